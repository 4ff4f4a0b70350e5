//! Paths as databases record them.

use cutaway_layerfs::{CleanError, EntryPath};

/// The longest path, which no file system goes over (`PATH_MAX` of Linux). Databases that name each
/// directory once for all its files could otherwise make far more of themselves than they are.
const PATH_MAX: usize = 4096;

/// Why a recorded path cannot be one of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// It leads out of the image, or has a NUL in it.
    #[error(transparent)]
    Unclean(#[from] CleanError),
    /// It is too long.
    #[error("the path is longer than {PATH_MAX} bytes")]
    Long,
}

/// Returns a path in its normal form.
pub(crate) fn clean(path: &[u8]) -> Result<EntryPath, Unusable> {
    if path.len() > PATH_MAX { Err(Unusable::Long) } else { Ok(EntryPath::clean(path)?) }
}

/// Returns the path of a name in a directory, which may be empty.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Result<EntryPath, Unusable> {
    if directory.len().saturating_add(name.len()) >= PATH_MAX {
        return Err(Unusable::Long);
    }
    clean(&[directory, b"/", name].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(join(b"/usr/bin/", b"a").unwrap().as_bytes(), b"usr/bin/a");
        assert_eq!(join(b"", b"a").unwrap().as_bytes(), b"a");
        assert_eq!(join(b"etc", b"").unwrap().as_bytes(), b"etc");
        assert_eq!(join(b"a", b"../../b"), Err(Unusable::Unclean(CleanError::Escapes)));
        assert_eq!(join(&[b'a'; 4090], b"123456"), Err(Unusable::Long));
        assert_eq!(clean(&[b'a'; 4097]), Err(Unusable::Long));
    }
}
