//! Files that get their name once they are whole, and how errors call them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use cutaway_model::SinkError;

/// Makes a new file in the place of whatever has its name. A link there is removed, not followed: a layout may
/// be from elsewhere, and its links lead out of it.
pub(super) fn create(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            File::create_new(path)
        }
        created => created,
    }
}

/// Opens a file that is there, and whose name is no link.
pub(super) fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let file = options.open(path)?;
    match is_at(&file, path) {
        true => Ok(file),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "is a link, which is not followed")),
    }
}

/// Tells whether an open file is the one at a path, and no link to it.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
    let held = file.metadata().map(identity).ok();
    held.is_some() && held == fs::symlink_metadata(path).map(identity).ok()
}

/// Refuses a directory of a layout that is a link, or anything else than a directory.
pub(super) fn refuse_linked(path: &Path) -> Result<(), SinkError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_dir() => {
            Err(SinkError::target(shown(path), "is a link or a file, and should be a directory"))
        }
        _ => Ok(()),
    }
}

/// Gives a finished file its name.
pub(super) fn give_name(from: &Path, to: &Path) -> Result<(), SinkError> {
    let made = to.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::rename(from, to)).map_err(|error| SinkError::write(shown(to), error))
}

/// Returns how errors call a path.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}
