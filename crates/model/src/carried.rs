//! Bytes that are there already: those that a descriptor carries itself, and those that came with a request.

use cutaway_tar::len64;

use crate::verify::algorithm_of;
use crate::{Descriptor, Error};

impl Descriptor {
    /// Returns the bytes that the descriptor carries itself, where they are those that it describes.
    pub fn carried(&self) -> Option<&[u8]> {
        let data = self.data.as_deref()?;
        check(data, self, "data").is_ok().then_some(data)
    }
}

/// Checks bytes that are there already against their descriptor.
///
/// # Errors
///
/// Returns [`Error::Size`] or [`Error::Digest`] where they are others, and [`Error::Malformed`] for a digest of
/// an algorithm that cannot be verified.
pub(crate) fn check(bytes: &[u8], descriptor: &Descriptor, what: &str) -> Result<(), Error> {
    let found = len64(bytes.len());
    if found != descriptor.size {
        return Err(Error::Size {
            what: what.to_owned(),
            expected: descriptor.size,
            found: found.to_string(),
        });
    }
    let mut hasher = algorithm_of(Some(&descriptor.digest), what)?.hasher();
    hasher.update(bytes);
    let found = hasher.finish();
    if found != descriptor.digest {
        return Err(Error::Digest { what: what.to_owned(), found });
    }
    Ok(())
}
