//! The trait that every reader of a database implements.

use std::fmt::Debug;

use cutaway_layerfs::EntryPath;

use crate::Findings;

/// A reader of one kind of database or release file.
///
/// Implementations hold no state, do no I/O and take any bytes: what cannot be read becomes a
/// diagnostic in the findings, never a panic.
pub trait Analyzer: Debug + Send + Sync {
    /// Returns the name, in kebab-case; part of the key of a cached result.
    fn name(&self) -> &'static str;

    /// Returns a number that is raised whenever the same bytes give other findings.
    fn version(&self) -> u32;

    /// Returns the places where a database of this kind lies, in order of preference.
    fn locations(&self) -> &'static [Location];

    /// Returns what it means when databases lie at several locations.
    fn selection(&self) -> Selection {
        Selection::Union
    }

    /// Returns the suffix of a second file that belongs to each database, such as `-wal`.
    fn companion(&self) -> Option<&'static str> {
        None
    }

    /// Returns whether it reads what packages say of the files of the image. What such a reader finds
    /// matters at the top only, and where files are compared with what their packages record.
    fn reads_files(&self) -> bool {
        false
    }

    /// Returns what programs write that no package records, on systems that have such a database; of an
    /// analyzer without locations, on any system.
    fn unrecorded(&self) -> &'static [Unrecorded] {
        &[]
    }

    /// Returns whether a layer is to be read a second time for a file that turns out to be of this kind.
    fn worth_a_second_read(&self) -> bool {
        true
    }

    /// Returns whether the file at `path` is to be read. Called for every entry; allocates nothing.
    fn wants(&self, path: &[u8]) -> bool {
        self.locations().iter().any(|location| location.holds(path))
    }

    /// Reads one file into `findings`.
    fn analyze(&self, input: &Input<'_>, findings: &mut Findings);
}

/// A place where a database lies, relative to the root of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A file at exactly this path.
    File(&'static str),
    /// Every regular file directly in this directory whose name does not end in one of `except`.
    Dir {
        /// The path of the directory.
        path: &'static str,
        /// Endings of names to leave out.
        except: &'static [&'static str],
    },
    /// The file of this name in each directory directly in a directory, which is called as the
    /// package that the file is about.
    InEach {
        /// The path of the directory.
        path: &'static str,
        /// The name of the file.
        file: &'static str,
    },
}

impl Location {
    /// Returns whether `path` lies here.
    pub fn holds(&self, path: &[u8]) -> bool {
        match self {
            Self::File(file) => file.as_bytes() == path,
            Self::Dir { path: dir, except } => path
                .strip_prefix(dir.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"/"))
                .is_some_and(|name| {
                    !name.is_empty()
                        && !name.contains(&b'/')
                        && !except.iter().any(|ending| name.ends_with(ending.as_bytes()))
                }),
            Self::InEach { path: dir, file } => path
                .strip_prefix(dir.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"/"))
                .and_then(|rest| rest.strip_suffix(file.as_bytes()))
                .and_then(|rest| rest.strip_suffix(b"/"))
                .is_some_and(|name| !name.is_empty() && !name.contains(&b'/')),
        }
    }

    /// Returns the path of the file or the directory.
    pub fn path(&self) -> &'static str {
        let (Self::File(path) | Self::Dir { path, .. } | Self::InEach { path, .. }) = self;
        path
    }
}

/// Files that programs of a system write or change, and that no package records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unrecorded {
    /// A pattern over paths in the image: `*` stays within a component, `**` crosses them.
    pub pattern: &'static str,
    /// What must be there.
    pub trace: Trace,
    /// Who writes it, in a few words.
    pub reason: &'static str,
}

/// What must be at a path for an explanation to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trace {
    /// Anything that no package owns.
    Unowned,
    /// A symbolic link, owned by nobody, that leads to what a package owns.
    LinkToOwned,
    /// A symbolic link, owned by nobody, that leads to one of these, which a package owns.
    LinkTo(&'static [&'static str]),
    /// A device or a symbolic link, owned by nobody.
    Special,
    /// A file that a package owns and that was changed.
    Changed,
    /// Nothing, where a package records something.
    Gone,
}

/// What it means when an analyzer finds databases at several locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// They complete each other: all are read, and a record that several have counts once.
    Union,
    /// They exclude each other: the first location that has records is the database.
    First,
}

/// One file as it is handed to an analyzer.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Where the file lies in the image.
    pub path: &'a EntryPath,
    /// All bytes of the file.
    pub content: &'a [u8],
    /// All bytes of its companion, where the analyzer names one and it is there and not empty.
    pub companion: Option<&'a [u8]>,
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn locations_hold() {
        let file = Location::File("etc/os-release");
        let each = Location::InEach { path: "usr/share/doc", file: "copyright" };
        let dir = Location::Dir { path: "var/lib/dpkg/status.d", except: &[".md5sums"] };
        for (location, path, holds) in [
            (file, "etc/os-release", true),
            (file, "etc/os-release2", false),
            (dir, "var/lib/dpkg/status.d/base", true),
            (dir, "var/lib/dpkg/status.d/base.md5sums", false),
            (dir, "var/lib/dpkg/status.d/a/b", false),
            (dir, "var/lib/dpkg/status.d", false),
            (dir, "var/lib/dpkg/status.d/", false),
            (each, "usr/share/doc/bash/copyright", true),
            (each, "usr/share/doc/bash/a/copyright", false),
            (each, "usr/share/doc/copyright", false),
            (each, "usr/share/doc//copyright", false),
            (each, "usr/share/doc/bash/xcopyright", false),
        ] {
            assert_eq!(location.holds(path.as_bytes()), holds, "{location:?} {path}");
        }
    }
}
