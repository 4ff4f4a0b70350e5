//! The directory for what may be needed again.

use std::path::Path;

use crate::error::Error;

/// Makes the directory where it is missing, and sees that something can be written into it.
///
/// # Errors
///
/// Returns what the system says against it.
pub fn cache_directory(directory: &Path) -> Result<(), Error> {
    let probe = directory.join(format!(".{}.probe", std::process::id()));
    let tried = std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::File::create_new(&probe))
        .and_then(|_| std::fs::remove_file(&probe));
    tried.map_err(|error| {
        Error::Usage(format!("cannot use the cache directory {}: {error}", directory.display()))
    })
}
