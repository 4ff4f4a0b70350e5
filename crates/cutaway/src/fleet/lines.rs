//! Where the lines of several images go, and what they come to.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cutaway_fleet::{Line, Mismatch, Tally, Written};
use cutaway_report::Report;

use crate::error::Error;
use crate::outputs::{Output, ReportForm};

/// The lines of a run for several images: in a file, or handed to who has standard output.
#[derive(Debug)]
pub struct Lines {
    is_json: bool,
    file: Option<File>,
    tally: Tally,
}

impl Lines {
    /// Begins the lines about `names`, in one form. With `resume` they go on behind those that are in a file, which
    /// is made where it is missing; what was not written to its end is cut. Returns which names are left, too.
    ///
    /// # Errors
    ///
    /// Returns that there are no such lines, why the file cannot be used, and that its lines are about other
    /// images than `names`.
    pub fn begin(
        outputs: &[Output],
        resume: Option<&Path>,
        names: Vec<String>,
    ) -> Result<(Self, Vec<String>), Error> {
        let usage = |rule: &str| Err(Error::Usage(rule.to_owned()));
        let [Output { form: form @ (ReportForm::Table | ReportForm::Json), file }] = outputs else {
            return usage("of several images there is a table, or a line of JSON about each");
        };
        let is_json = *form == ReportForm::Json;
        let new = Self { is_json, file: None, tally: Tally::default() };
        match (resume, file.as_deref().filter(|file| *file != Path::new("-"))) {
            (Some(path), None) if is_json => go_on(path, &names),
            (Some(_), _) => {
                usage("what is resumed are lines of JSON: --format json, and without -o")
            }
            (None, Some(path)) => {
                let file = File::create(path).map_err(|source| unreadable(path, source))?;
                Ok((Self { file: Some(file), ..new }, names))
            }
            (None, None) => Ok((new, names)),
        }
    }

    /// Adds the line about an image, for which a run alone ends with a status and says why. Returns what is
    /// to be written to standard output.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be written.
    pub fn add(
        &mut self,
        name: String,
        digest: Option<String>,
        (exit, error): (u8, Option<String>),
        report: Option<&Report>,
    ) -> io::Result<Vec<u8>> {
        self.tally.count(digest.as_deref(), exit);
        let mut line = Line::new(name, digest, exit);
        line.error = error;
        line.report = report.map(serde_json::value::to_raw_value).transpose()?;
        let bytes = if self.is_json { line.to_bytes()? } else { line.to_string().into_bytes() };
        match &mut self.file {
            Some(file) => file.write_all(&bytes).map(|()| Vec::new()),
            None => Ok(bytes),
        }
    }

    /// Returns what they come to.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

fn go_on(path: &Path, names: &[String]) -> Result<(Lines, Vec<String>), Error> {
    let failed = |source| unreadable(path, source);
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(true).create(true).truncate(false).open(path);
    let mut file = opened.map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(failed(ErrorKind::InvalidInput.into()));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    let broken =
        |rule: Mismatch| Error::Settings { path: path.to_owned(), reason: rule.to_string() };
    let written = Written::read(&bytes).map_err(broken)?;
    let left = written.left(names).map_err(broken)?.to_vec();
    file.set_len(written.bytes).map_err(failed)?;
    file.seek(SeekFrom::Start(written.bytes)).map_err(failed)?;
    Ok((Lines { is_json: true, file: Some(file), tally: written.tally }, left))
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Unreadable { path: path.to_owned(), source }
}
