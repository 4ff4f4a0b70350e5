//! Where output goes: standard output, or a file that appears whole or not at all.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cutaway_tar::Escaped;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, BufWriter};

use crate::args::TextFormat;
use crate::failure::Failure;
use crate::{print, progress};

/// Bytes that are moved at once.
const CHUNK: usize = 256 << 10;

/// Writes everything to `file`, or to standard output where none or `-` is named.
pub(crate) fn write(bytes: &[u8], file: Option<&Path>) -> Result<(), Failure> {
    write_with(file, |out| out.write_all(bytes))
}

/// Writes what programs read to standard output: its bytes as they are, or what a terminal would obey
/// escaped.
pub(crate) fn document(bytes: &[u8]) -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        return write(Escaped::lines(bytes).as_bytes(), None);
    }
    write(bytes, None)
}

/// Writes an answer as JSON, or as the text that is made of it.
pub(crate) fn answer<T: Serialize>(
    format: TextFormat,
    answer: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    match format {
        TextFormat::Json => document(&print::json(answer)?),
        TextFormat::Table => write(text(answer).as_bytes(), None),
    }
}

/// Fails now, and not when everything is read, where `file` cannot be written.
pub(crate) fn check(file: Option<&Path>) -> Result<(), Failure> {
    let mut target = Target::new(file);
    let tried = match &target.place {
        Place::Special(file) if file.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Place::Special(_) => Ok(None),
        _ => target.create(),
    };
    tried.map(drop).map_err(|error| Failure::of_write(&error, &target.name()))
}

/// Lets `write` write to `file`, or to standard output where none or `-` is named.
pub(crate) fn write_with(
    file: Option<&Path>,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut target = Target::new(file);
    let written = target.create().and_then(|part| match part {
        Some(part) => buffered(part, write),
        None => {
            progress::end_on_terminal();
            buffered(io::stdout().lock(), write)
        }
    });
    written.map_err(|error| Failure::of_write(&error, &target.name()))?;
    target.finish()
}

fn buffered(
    out: impl io::Write,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(CHUNK, out);
    write(&mut out)?;
    out.flush()
}

/// Copies verified bytes to standard output as they come; `what` names them in errors.
pub(crate) async fn copy(mut reader: impl AsyncRead + Unpin, what: &str) -> Result<(), Failure> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = reader.read(&mut chunk).await;
        let count = read.map_err(|error| cutaway_model::Error::from_io(error, what))?;
        let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        progress::end_on_terminal();
        let written = io::stdout().lock().write_all(bytes);
        written.map_err(|error| Failure::of_write(&error, STDOUT))?;
    }
    let flushed = io::stdout().lock().flush();
    flushed.map_err(|error| Failure::of_write(&error, STDOUT))
}

/// How errors call standard output.
const STDOUT: &str = "standard output";

/// What is written: standard output, or a file.
///
/// A file is written under another name beside it and moved into place by [`finish`](Self::finish);
/// dropped without, it is removed. What a symbolic link points to is replaced, not the link. A
/// device or a pipe is written as it is.
pub(crate) struct Target {
    place: Place,
}

enum Place {
    Stdout,
    Special(PathBuf),
    Beside { part: PathBuf, file: PathBuf, made: bool },
}

impl Target {
    /// Opens `file`, or standard output where none or `-` is named.
    pub(crate) async fn open(
        file: Option<&Path>,
    ) -> Result<(Self, Box<dyn AsyncWrite + Send + Unpin>), Failure> {
        let mut target = Self::new(file);
        let name = target.name();
        #[expect(
            clippy::disallowed_methods,
            reason = "a pipe is opened when somebody reads it, so no worker may wait for that"
        )]
        let opened = tokio::task::spawn_blocking(move || {
            let part = target.create();
            (target, part)
        });
        let (target, part) =
            opened.await.map_err(|error| Failure::of_write(&io::Error::other(error), &name))?;
        let part = part.map_err(|error| Failure::of_write(&error, &name))?;
        let writer: Box<dyn AsyncWrite + Send + Unpin> = match part {
            Some(part) => {
                Box::new(BufWriter::with_capacity(CHUNK, tokio::fs::File::from_std(part)))
            }
            None => {
                progress::end_on_terminal();
                Box::new(BufWriter::with_capacity(CHUNK, tokio::io::stdout()))
            }
        };
        Ok((target, writer))
    }

    /// Returns how errors call it.
    pub(crate) fn name(&self) -> String {
        match &self.place {
            Place::Stdout => STDOUT.into(),
            Place::Special(file) | Place::Beside { file, .. } => file.display().to_string(),
        }
    }

    /// Gives the file its name: it is whole. Nothing waits for the disk.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if let Place::Beside { part, file, .. } = &self.place {
            fs::rename(part, file).map_err(|error| Failure::of_write(&error, &self.name()))?;
            parts().files.remove(part);
            self.place = Place::Stdout;
        }
        Ok(())
    }

    fn new(file: Option<&Path>) -> Self {
        let place = match file.filter(|file| *file != Path::new("-")) {
            None => Place::Stdout,
            Some(file) if is_special(file) => Place::Special(file.to_owned()),
            Some(file) => {
                let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
                let mut part = file.as_os_str().to_owned();
                part.push(format!(".{}.part", std::process::id()));
                Place::Beside { part: part.into(), file, made: false }
            }
        };
        Self { place }
    }

    /// Opens what is written; nothing for standard output, which is open.
    fn create(&mut self) -> io::Result<Option<fs::File>> {
        match &mut self.place {
            Place::Stdout => Ok(None),
            Place::Special(file) => fs::OpenOptions::new().write(true).open(file).map(Some),
            Place::Beside { part, made, .. } => {
                let created = parts().create(part)?;
                *made = true;
                Ok(Some(created))
            }
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Place::Beside { part, made: true, .. } = &self.place {
            // Best effort: the run has failed already.
            let _ = fs::remove_file(part);
            parts().files.remove(part);
        }
    }
}

/// Removes every file that is not whole, of a process that ends without waiting for the run, and lets
/// no further one begin.
pub(crate) fn abandon() {
    parts().abandon();
}

static PARTS: Mutex<Parts> = Mutex::new(Parts { files: BTreeSet::new(), closed: false });

fn parts() -> MutexGuard<'static, Parts> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Files that are being written under another name. One is made and noted under one lock, so that
/// none is missing where the process ends, and none comes after that.
struct Parts {
    files: BTreeSet<PathBuf>,
    closed: bool,
}

impl Parts {
    fn create(&mut self, part: &Path) -> io::Result<fs::File> {
        if self.closed {
            return Err(io::Error::other("the run has ended"));
        }
        let created = fs::File::create_new(part)?;
        self.files.insert(part.to_owned());
        Ok(created)
    }

    fn abandon(&mut self) {
        self.closed = true;
        for part in std::mem::take(&mut self.files) {
            // Best effort, as above.
            let _ = fs::remove_file(part);
        }
    }
}

/// Returns whether something else than a regular file stands there: a device, a pipe, a directory.
fn is_special(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| !metadata.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_and_nothing_begins_after_the_end() {
        let place = tempfile::tempdir().unwrap();
        let [before, after] = ["before", "after"].map(|name| place.path().join(name));
        let mut parts = Parts { files: BTreeSet::new(), closed: false };
        parts.create(&before).unwrap();
        parts.abandon();
        assert!(parts.create(&after).is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
