//! What may be connected to as the socket of a daemon.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use cutaway_tar::Escaped;

/// Refuses what is no socket, and warns of one that everybody may write to.
pub(crate) fn check(path: &Path) -> Result<(), String> {
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such socket".to_owned(),
        _ => error.to_string(),
    })?;
    if !metadata.file_type().is_socket() {
        return Err("is not a socket".into());
    }
    if metadata.permissions().mode() & 0o002 != 0 {
        let path = Escaped::path(path).to_string();
        tracing::warn!(path, "everybody on this machine may write to the socket of the daemon");
    }
    Ok(())
}
