//! Reading files that have or may have a secret.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::limits::Lookup;

/// Reads a file that has or may have a secret.
///
/// # Errors
///
/// Returns why it is not read, as text that says nothing of what is in it.
pub(crate) fn read(path: &Path, limits: &Lookup) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let longest = limits.credential_bytes;
    let read = File::open(path)
        .and_then(|file| file.take(longest.saturating_add(1)).read_to_end(&mut bytes));
    match read {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= longest) => Ok(bytes),
        Ok(_) => Err("it is over credential_bytes".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err("there is no such file".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}
