//! Paths inside an image: bytes, relative to the root, in one normal form.

use std::borrow::Borrow;
use std::fmt;

use cutaway_tar::Escaped;

/// A path inside an image, relative to its root, such as `var/lib/dpkg/status`.
///
/// Guaranteed to have no leading, trailing or doubled slash, no NUL and no component `.` or `..`.
/// Empty for the root itself. The bytes are kept as they are, whether UTF-8 or not.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EntryPath(Box<[u8]>);

impl EntryPath {
    /// Returns the root, the empty path.
    pub fn root() -> Self {
        Self::default()
    }

    /// Cleans a member name or another path from an image into its normal form.
    ///
    /// Slashes at both ends, doubled slashes and `.` components go; `..` takes back the component
    /// in front of it, by text alone.
    ///
    /// # Errors
    ///
    /// Returns an error for a name that leaves the root or has a NUL byte in it.
    pub fn clean(name: &[u8]) -> Result<Self, CleanError> {
        match Self::clamp(name)? {
            (_, true) => Err(CleanError::Escapes),
            (path, false) => Ok(path),
        }
    }

    /// Cleans the name of an entry or of what a hard link shares: `..` at the root is the root, as in a
    /// file system.
    ///
    /// # Errors
    ///
    /// Returns an error for a name that has a NUL byte in it.
    pub fn clean_at_root(name: &[u8]) -> Result<Self, CleanError> {
        Self::clamp(name).map(|(path, _)| path)
    }

    /// Cleans a name, and tells whether it led above the root.
    pub(crate) fn clamp(name: &[u8]) -> Result<(Self, bool), CleanError> {
        if name.contains(&0) {
            return Err(CleanError::Nul);
        }
        let mut path: Vec<u8> = Vec::with_capacity(name.len());
        let mut clamped = false;
        for component in name.split(|&byte| byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => {
                    clamped |= path.is_empty();
                    let parent = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                    path.truncate(parent);
                }
                _ => {
                    if !path.is_empty() {
                        path.push(b'/');
                    }
                    path.extend_from_slice(component);
                }
            }
        }
        Ok((Self(path.into_boxed_slice()), clamped))
    }

    /// Returns the bytes of the path.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the last component; empty for the root.
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    }

    /// Returns the path of the directory this lies in; empty for the root and for what lies in it.
    pub fn parent(&self) -> &[u8] {
        let end = self.0.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        self.0.get(..end).unwrap_or_default()
    }

    /// Returns the directory this lies in, as a path; the root for the root.
    pub fn directory(&self) -> Self {
        Self(self.parent().into())
    }

    /// Returns the path with its last component replaced by a name that cleaning would keep.
    pub(crate) fn with_name(&self, name: &[u8]) -> Self {
        let parent = self.parent();
        if parent.is_empty() {
            Self(name.into())
        } else {
            Self([parent, b"/", name].concat().into())
        }
    }

    /// Returns the path of something below this one, whose names cleaning would keep.
    pub fn join<N: AsRef<[u8]>>(&self, names: &[N]) -> Self {
        let mut components: Vec<&[u8]> = self.components().collect();
        components.extend(names.iter().map(AsRef::as_ref));
        Self::from_components(&components)
    }

    /// Returns the path that these components make, each of which cleaning would keep.
    pub(crate) fn from_components(components: &[&[u8]]) -> Self {
        Self(components.join(&b'/').into())
    }

    /// Returns whether this is `other` or a directory above it, by text.
    pub fn is_above(&self, other: &Self) -> bool {
        self.is_root()
            || other
                .0
                .strip_prefix(&*self.0)
                .is_some_and(|rest| rest.first().is_none_or(|&byte| byte == b'/'))
    }

    /// Returns the components from the root down; none for the root.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/').filter(|component| !component.is_empty())
    }

    /// Returns the path as text, with bytes that are not UTF-8 replaced.
    pub fn to_string_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl Borrow<[u8]> for EntryPath {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for EntryPath {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Prints the path on one line, as [`Escaped`] does.
impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped::new(self).fmt(f)
    }
}

impl fmt::Debug for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Why a name cannot be a path inside an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CleanError {
    /// More `..` than components: the name points outside the image.
    #[error("the name leaves the root of the image")]
    Escapes,
    /// A NUL byte, which no file system takes.
    #[error("the name has a NUL byte")]
    Nul,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_names() {
        for (name, clean) in [
            ("", ""),
            ("./", ""),
            ("/", ""),
            ("./a//b/./c/", "a/b/c"),
            ("/etc/passwd", "etc/passwd"),
            ("a/../b", "b"),
            ("a/b/../c", "a/c"),
            ("../x", "x"),
            ("..", ""),
            ("a/../../b", "b"),
            ("/../../b/..", ""),
        ] {
            assert_eq!(
                EntryPath::clean_at_root(name.as_bytes()).unwrap().as_bytes(),
                clean.as_bytes(),
                "{name}"
            );
        }
        let clamped = |name: &[u8]| EntryPath::clamp(name).unwrap().1;
        assert!(clamped(b"a/../../b") && clamped(b"..") && !clamped(b"a/../b") && !clamped(b"/"));
        assert_eq!(EntryPath::clean(b"a/../../b"), Err(CleanError::Escapes));
        assert_eq!(EntryPath::clean(b"a\0b"), Err(CleanError::Nul));
    }

    #[test]
    fn takes_apart() {
        let path = EntryPath::clean(b"usr/lib/os-release").unwrap();
        assert_eq!((path.parent(), path.name()), (&b"usr/lib"[..], &b"os-release"[..]));
        assert_eq!(path.components().count(), 3);
        let root = EntryPath::root();
        assert_eq!(
            (root.parent(), root.name(), root.components().count()),
            (&b""[..], &b""[..], 0)
        );
    }

    #[test]
    fn prints_escaped() {
        let path = EntryPath::clean(b"a\x1b[31m/\xff").unwrap();
        assert_eq!(path.to_string(), "a\\u{1b}[31m/\\xff");
    }
}
