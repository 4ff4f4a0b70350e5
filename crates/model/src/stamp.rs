//! What shows whether stored bytes are still those that were read once.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// What may be concluded of stored bytes from what was read of them before, without reading them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stamp {
    /// What their digest says: they lie where only whoever fetches them sees them.
    Digest,
    /// The same as long as this value is: it changes with the file that holds them.
    File(String),
    /// Nothing.
    None,
}

impl Stamp {
    /// Returns the stamp of a file: which one it is, how large, and when it was changed last. The system
    /// notes a change whatever time a file is made to have.
    pub fn of(about: &Metadata) -> Self {
        let changed = [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec()];
        Self::File(format!("{} {} {} {changed:?}", about.dev(), about.ino(), about.len()))
    }

    /// Returns the stamp of a part of what has this one.
    #[must_use]
    pub fn part(self, name: &str) -> Self {
        match self {
            Self::File(whole) => Self::File(format!("{whole} {name}")),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_shows_whatever_the_times_are_set_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "one").unwrap();
        let stamp = || Stamp::of(&std::fs::metadata(&path).unwrap());
        let (before, times) = (stamp(), std::fs::metadata(&path).unwrap().modified().unwrap());
        assert_eq!(before, stamp());
        // The system's clock for files moves in steps.
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(&path, "two").unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(times).unwrap();
        assert_ne!(before, stamp());
        assert_ne!(before.clone().part("a"), before.part("b"));
        assert_eq!(Stamp::Digest.part("a"), Stamp::Digest);
    }
}
