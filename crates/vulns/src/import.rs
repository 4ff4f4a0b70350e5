//! Records from files: JSON, JSON lines, arrays, zips, tars, directories. What a file is its bytes say.

mod split;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use cutaway_tar::{Escaped, Kind, Limits as TarLimits, Reader as TarReader, Step};
use flate2::bufread::MultiGzDecoder;

use crate::osv::RecordError;
use crate::{Builder, Enrichment, Limits};
use split::{SplitError, Splitter};

/// Records on their way from files into a [`Builder`].
#[derive(Debug)]
pub struct Importer {
    builder: Builder,
    limits: Limits,
    /// How many records were taken.
    taken: u64,
    problems: Vec<String>,
}

/// Why files cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file breaks its format, or meets a limit.
    #[error("{}: {reason}", .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The rule that it breaks.
        reason: String,
    },
}

/// How many records that could not be read are named; the others are counted.
const PROBLEMS: usize = 10;
/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// What is read went wrong.
enum Trouble {
    Io(io::Error),
    /// A file; where it is one of many, it is counted.
    Broken(String),
    /// All of them together.
    TooMuch(String),
}

impl Importer {
    /// Begins without records.
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, Enrichment::default())
    }

    /// Begins without records, and with what others say of flaws.
    pub fn with(limits: Limits, known: Enrichment) -> Self {
        let mut builder = Builder::new(limits.clone());
        builder.enrich(known);
        Self { builder, limits, taken: 0, problems: Vec::new() }
    }

    /// Takes all records of a file, or of every `*.json` below a directory. A record that cannot be read
    /// is counted; an archive that cannot be read is an error.
    ///
    /// # Errors
    ///
    /// Returns which file cannot be read, and why.
    pub fn add(&mut self, path: &Path) -> Result<(), ImportError> {
        let trouble = |path: &Path, trouble| match trouble {
            Trouble::Io(source) => ImportError::Io { path: path.to_owned(), source },
            Trouble::Broken(reason) | Trouble::TooMuch(reason) => {
                ImportError::Broken { path: path.to_owned(), reason }
            }
        };
        if !path.is_dir() {
            return self.file(path).map_err(|it| trouble(path, it));
        }
        let mut open = vec![path.to_owned()];
        while let Some(folder) = open.pop() {
            let of_folder = |source| ImportError::Io { path: folder.clone(), source };
            for entry in std::fs::read_dir(&folder).map_err(of_folder)? {
                let entry = entry.map_err(of_folder)?;
                // Links to directories are not followed: they may lead in a ring.
                if entry.file_type().map_err(of_folder)?.is_dir() {
                    open.push(entry.path());
                } else if entry.path().extension().is_some_and(|it| it == "json") {
                    let file = entry.path();
                    let read = File::open(&file).map_err(Trouble::Io);
                    let name = file.display().to_string();
                    let read = read.and_then(|it| self.json(it, &name));
                    let read = self.one_of_many(read, &name);
                    read.map_err(|it| trouble(&file, it))?;
                }
            }
        }
        Ok(())
    }

    /// Returns how many records were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns a line for each of the first records that could not be read.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Returns what a reader should know: the first records that could not be read, and how many there are.
    pub fn remarks(&self) -> Vec<String> {
        let named = self.problems.iter().map(|problem| format!("passed over: {problem}"));
        let mut remarks: Vec<String> = named.collect();
        let unread = self.builder.unread();
        remarks.extend((unread > 0).then(|| format!("{unread} records could not be read")));
        remarks
    }

    /// Returns what was taken.
    pub fn into_builder(self) -> Builder {
        self.builder
    }

    fn file(&mut self, path: &Path) -> Result<(), Trouble> {
        let name = path.display().to_string();
        let mut file = File::open(path)?;
        let mut start = [0; 4];
        let read = read_some(&mut file, &mut start)?;
        file.rewind()?;
        match start.get(..read).unwrap_or_default() {
            [b'P', b'K', 3 | 5, 4 | 6] => self.zip(file),
            [0x1f, 0x8b, ..] => {
                let plain = MultiGzDecoder::new(BufReader::with_capacity(CHUNK, file));
                self.stream(plain, &name)
            }
            _ => self.stream(file, &name),
        }
    }

    /// Takes a tar, or JSON.
    fn stream(&mut self, input: impl Read, name: &str) -> Result<(), Trouble> {
        let mut input = BufReader::with_capacity(CHUNK, input);
        // What the first block says is enough: a tar's first header names its form.
        let mut start = vec![0; 512];
        let read = read_some(&mut input, &mut start)?;
        start.truncate(read);
        let is_tar = start.get(257..262) == Some(b"ustar");
        let whole = start.as_slice().chain(input);
        if is_tar { self.tar(whole) } else { self.json(whole, name) }
    }

    fn zip(&mut self, file: File) -> Result<(), Trouble> {
        let mut archive = zip::ZipArchive::new(BufReader::with_capacity(CHUNK, file))?;
        for at in 0..archive.len() {
            let member = archive.by_index(at)?;
            let name = member.name()?.into_owned();
            if member.is_file() && is_json(name.as_bytes()) {
                let read = self.json(member, &name);
                self.one_of_many(read, &name)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, mut input: impl Read) -> Result<(), Trouble> {
        let mut reader = TarReader::new(TarLimits::default());
        let mut buffer = vec![0; CHUNK];
        // The records of the member that is read, if it is one that has some.
        let mut member: Option<(String, Splitter)> = None;
        loop {
            let read = input.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            let mut rest = buffer.get(..read).unwrap_or_default();
            loop {
                match reader.step(&mut rest)? {
                    Step::NeedInput => break,
                    Step::Entry(entry) => {
                        let wanted = entry.kind == Kind::File && is_json(&entry.path);
                        let name = String::from_utf8_lossy(&entry.path).into_owned();
                        member = wanted.then(|| (name, Splitter::new(self.limits.record_bytes)));
                    }
                    Step::Data(data) => {
                        let Some((name, splitter)) = &mut member else { continue };
                        if let Err(error) = splitter.feed(data, &mut |json| self.take(json, name)) {
                            let name = name.clone();
                            self.one_of_many(Err(error.into()), &name)?;
                            member = None;
                        }
                    }
                    Step::EndEntry => {
                        if let Some((name, splitter)) = member.take() {
                            self.one_of_many(splitter.finish().map_err(Into::into), &name)?;
                        }
                    }
                    _ => {}
                }
            }
        }
        reader.finish()?;
        Ok(())
    }

    /// Takes a record, records one after the other, or an array of records.
    fn json(&mut self, mut input: impl Read, name: &str) -> Result<(), Trouble> {
        let mut splitter = Splitter::new(self.limits.record_bytes);
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = input.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            let chunk = buffer.get(..read).unwrap_or_default();
            splitter.feed(chunk, &mut |json| self.take(json, name))?;
        }
        Ok(splitter.finish()?)
    }

    /// Counts a file that is broken and goes on with the others.
    fn one_of_many(&mut self, read: Result<(), Trouble>, name: &str) -> Result<(), Trouble> {
        if let Err(Trouble::Broken(reason)) = read {
            self.problem(name, &reason);
            return Ok(());
        }
        read
    }

    fn take(&mut self, json: &[u8], name: &str) -> Result<(), SplitError> {
        match self.builder.add(json) {
            Ok(()) => self.taken = self.taken.saturating_add(1),
            Err(error @ RecordError::Limit { name: "osv_total_bytes", .. }) => {
                return Err(SplitError::Total(error.to_string()));
            }
            Err(error) => self.problem(name, &error.to_string()),
        }
        Ok(())
    }

    fn problem(&mut self, name: &str, why: &str) {
        self.builder.count_unread();
        if self.problems.len() < PROBLEMS {
            self.problems.push(format!("{}: {}", Escaped::new(name), Escaped::new(why)));
        }
    }
}

fn is_json(name: &[u8]) -> bool {
    [&b".json"[..], b".jsonl", b".ndjson"].iter().any(|end| name.ends_with(end))
}

/// Reads until the buffer is full or the input ends.
fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let length = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
    let mut rest = &mut *buffer;
    let read = io::copy(&mut input.take(length), &mut rest)?;
    Ok(usize::try_from(read).unwrap_or_default())
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SplitError> for Trouble {
    fn from(error: SplitError) -> Self {
        match error {
            SplitError::Total(reason) => Self::TooMuch(reason),
            error => Self::Broken(error.to_string()),
        }
    }
}

impl From<zip::result::ZipError> for Trouble {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Broken(format!("no zip that can be read: {error}"))
    }
}

impl From<cutaway_tar::Error> for Trouble {
    fn from(error: cutaway_tar::Error) -> Self {
        Self::Broken(error.to_string())
    }
}
