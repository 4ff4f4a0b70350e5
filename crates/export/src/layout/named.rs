//! Files that get their name once they are whole, and how errors call them.

use std::fs;
use std::path::Path;

use cutaway_model::SinkError;

/// Gives a finished file its name.
pub(super) fn give_name(from: &Path, to: &Path) -> Result<(), SinkError> {
    let made = to.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::rename(from, to)).map_err(|error| SinkError::write(shown(to), error))
}

/// Returns how errors call a path.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}
