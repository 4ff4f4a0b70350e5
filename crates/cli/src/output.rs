//! Where a report goes: standard output, or a file that appears whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::failure::Failure;

/// Writes everything to `file`, or to standard output where none is named.
///
/// A file is written under another name beside it and moved into place when it is whole.
pub(crate) fn write(bytes: &[u8], file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file else {
        let mut stdout = io::stdout().lock();
        return stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::of_write(&error, "standard output"));
    };
    let shown = file.display().to_string();
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
