//! Where a report goes: standard output, or a file that appears whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, BufWriter};

use crate::failure::Failure;

/// Writes everything to `file`, or to standard output where none is named.
///
/// A file is written under another name beside it and moved into place when it is whole; what a
/// symbolic link points to is replaced, not the link. A device or a pipe is written as it is.
pub(crate) fn write(bytes: &[u8], file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file.filter(|file| *file != Path::new("-")) else {
        let mut stdout = io::stdout().lock();
        return stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::of_write(&error, "standard output"));
    };
    let shown = file.display().to_string();
    if is_special(file) {
        let written = fs::OpenOptions::new()
            .write(true)
            .open(file)
            .and_then(|mut special| special.write_all(bytes));
        return written.map_err(|error| Failure::of_write(&error, &shown));
    }
    let file = &target_of(file);
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let written = fs::File::create_new(&beside)
        .and_then(|mut part| part.write_all(bytes).and_then(|()| part.sync_all()))
        .and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| {
        // Best effort: the first error is the one to tell.
        let _ = fs::remove_file(&beside);
        Failure::of_write(&error, &shown)
    })
}

/// Returns whether something else than a regular file stands there: a device, a pipe, a directory.
fn is_special(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| !metadata.is_file())
}

/// Returns the file that a symbolic link points to, and any other path as it is.
fn target_of(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

/// Copies verified bytes to standard output as they come; `what` names them in errors.
pub(crate) async fn copy(mut reader: impl AsyncRead + Unpin, what: &str) -> Result<(), Failure> {
    let mut chunk = vec![0; 256 << 10];
    loop {
        let read = reader.read(&mut chunk).await;
        let count = read.map_err(|error| cutaway_model::Error::from_io(error, what))?;
        let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        let written = io::stdout().lock().write_all(bytes);
        written.map_err(|error| Failure::of_write(&error, "standard output"))?;
    }
    let flushed = io::stdout().lock().flush();
    flushed.map_err(|error| Failure::of_write(&error, "standard output"))
}

/// What is written as it comes: standard output, or a file that gets its name when it is whole.
pub(crate) struct Target {
    file: Option<(PathBuf, PathBuf)>,
    named: bool,
}

impl Target {
    /// Opens `file`, or standard output where none or `-` is named.
    pub(crate) async fn open(
        file: Option<&Path>,
    ) -> Result<(Self, Box<dyn AsyncWrite + Send + Unpin>), Failure> {
        let Some(file) = file.filter(|file| *file != Path::new("-")) else {
            let buffered = BufWriter::with_capacity(256 << 10, tokio::io::stdout());
            return Ok((Self { file: None, named: true }, Box::new(buffered)));
        };
        if is_special(file) {
            let special = tokio::fs::OpenOptions::new().write(true).open(file).await;
            let special =
                special.map_err(|error| Failure::of_write(&error, &file.display().to_string()))?;
            let target = Self { file: None, named: true };
            return Ok((target, Box::new(BufWriter::with_capacity(256 << 10, special))));
        }
        let file = &target_of(file);
        let mut beside = file.as_os_str().to_owned();
        beside.push(format!(".{}.part", std::process::id()));
        let beside = PathBuf::from(beside);
        let part = tokio::fs::File::create_new(&beside).await;
        let part = part.map_err(|error| Failure::of_write(&error, &file.display().to_string()))?;
        let target = Self { file: Some((beside, file.to_owned())), named: false };
        Ok((target, Box::new(BufWriter::with_capacity(256 << 10, part))))
    }

    /// Returns how errors call it.
    pub(crate) fn name(&self) -> String {
        match &self.file {
            Some((_, file)) => file.display().to_string().escape_debug().to_string(),
            None => "standard output".into(),
        }
    }

    /// Gives the file its name: it is whole.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if let Some((beside, file)) = &self.file {
            fs::File::open(beside)
                .and_then(|part| part.sync_all())
                .and_then(|()| fs::rename(beside, file))
                .map_err(|error| Failure::of_write(&error, &file.display().to_string()))?;
        }
        self.named = true;
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some((beside, _)) = self.file.as_ref().filter(|_| !self.named) {
            // Best effort: the run has failed already.
            let _ = fs::remove_file(beside);
        }
    }
}
