//! Which files an analyzer may want, as data: many analyzers' interests become one [`Matcher`](crate::Matcher).

use std::borrow::Cow;

/// Which files an analyzer may want to read.
///
/// *Places* are where databases and release files lie: they have an order of preference, and a
/// symbolic link there counts as what it leads to. *Names* are patterns over the last component of
/// any path, for artefacts that lie anywhere; links to such files add nothing.
///
/// ```
/// use cutaway_analyze::Interest;
///
/// let release = Interest::default().files(["etc/os-release", "usr/lib/os-release"]);
/// let jars = Interest::default().ending(".jar").named("MANIFEST.MF");
/// assert!(release.holds(b"etc/os-release"));
/// assert!(jars.holds(b"opt/app/lib.jar") && !jars.holds(b"opt/app/lib.jar.md5"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Interest {
    places: Vec<Place>,
    names: Vec<NamePattern>,
    any: bool,
}

/// A place where a database lies, relative to the root of the image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A file at exactly this path.
    File(Cow<'static, str>),
    /// Every regular file directly in a directory.
    Directory {
        /// The path of the directory.
        path: Cow<'static, str>,
        /// What names must end in; empty where any name will do.
        ending: Cow<'static, str>,
        /// Endings of names to leave out.
        except: Cow<'static, [&'static str]>,
        /// Whether it is a journal: names are numbers, and in their order the records of its files
        /// replace those of the same packages in the places before.
        journal: bool,
    },
    /// The file of this name in each directory directly in a directory, which is called as the
    /// package that the file is about.
    InEach {
        /// The path of the directory.
        path: Cow<'static, str>,
        /// The name of the file.
        file: Cow<'static, str>,
    },
}

/// A pattern over the last component of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamePattern {
    /// Exactly this name.
    Is(Cow<'static, str>),
    /// A name with this ending, and something in front of it.
    Ends(Cow<'static, str>),
    /// Exactly this name, somewhere below a directory.
    Below {
        /// The path of the directory.
        directory: Cow<'static, str>,
        /// The name.
        name: Cow<'static, str>,
    },
}

impl Interest {
    /// Adds files at exactly these paths, in order of preference, behind the places before them.
    #[must_use]
    pub fn files<T: Into<Cow<'static, str>>>(mut self, paths: impl IntoIterator<Item = T>) -> Self {
        self.places.extend(paths.into_iter().map(|path| Place::File(path.into())));
        self
    }

    /// Adds a place, behind those before it.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }

    /// Adds files of this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.names.push(NamePattern::Is(name.into()));
        self
    }

    /// Adds files of this name that lie somewhere below a directory.
    #[must_use]
    pub fn named_below(
        mut self,
        directory: impl Into<Cow<'static, str>>,
        name: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.names.push(NamePattern::Below { directory: directory.into(), name: name.into() });
        self
    }

    /// Adds files whose name has this ending.
    #[must_use]
    pub fn ending(mut self, ending: impl Into<Cow<'static, str>>) -> Self {
        self.names.push(NamePattern::Ends(ending.into()));
        self
    }

    /// Adds every regular file: what is wanted of them is decided by size, mode and first bytes.
    #[must_use]
    pub fn any_file(mut self) -> Self {
        self.any = true;
        self
    }

    /// Returns the places, in order of preference.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns the patterns of names.
    pub fn names(&self) -> &[NamePattern] {
        &self.names
    }

    /// Returns whether every regular file is of interest.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Returns whether no file is of interest.
    pub fn is_empty(&self) -> bool {
        !self.any && self.places.is_empty() && self.names.is_empty()
    }

    /// Returns whether a path is of interest. [`Matcher`](crate::Matcher) answers this for many
    /// analyzers at once, and much faster.
    pub fn holds(&self, path: &[u8]) -> bool {
        self.any
            || self.places.iter().any(|place| place.holds(path))
            || self.names.iter().any(|pattern| pattern.holds(path))
    }
}

impl Place {
    /// Returns the place of one file.
    pub fn file(path: impl Into<Cow<'static, str>>) -> Self {
        Self::File(path.into())
    }

    /// Returns the place of all files in a directory whose names do not end in one of `except`.
    pub fn directory(path: impl Into<Cow<'static, str>>, except: &'static [&'static str]) -> Self {
        Self::Directory {
            path: path.into(),
            ending: "".into(),
            except: except.into(),
            journal: false,
        }
    }

    /// Returns the place of all files in a directory whose names end so.
    pub fn ending_in(
        path: impl Into<Cow<'static, str>>,
        ending: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Directory {
            path: path.into(),
            ending: ending.into(),
            except: Cow::default(),
            journal: false,
        }
    }

    /// Returns the place of a journal: the files in a directory whose names are numbers. In their order,
    /// their records replace those of the same packages in the places before.
    pub fn journal(path: impl Into<Cow<'static, str>>) -> Self {
        Self::Directory {
            path: path.into(),
            ending: "".into(),
            except: Cow::default(),
            journal: true,
        }
    }

    /// Returns the place of the file of this name in each directory in a directory.
    pub fn in_each(path: impl Into<Cow<'static, str>>, file: impl Into<Cow<'static, str>>) -> Self {
        Self::InEach { path: path.into(), file: file.into() }
    }

    /// Returns the path of the file or the directory.
    pub fn path(&self) -> &str {
        let (Self::File(path) | Self::Directory { path, .. } | Self::InEach { path, .. }) = self;
        path
    }

    /// Returns whether its files are a journal.
    pub fn is_journal(&self) -> bool {
        matches!(self, Self::Directory { journal: true, .. })
    }

    /// Returns whether `path` lies here.
    pub fn holds(&self, path: &[u8]) -> bool {
        match self {
            Self::File(file) => file.as_bytes() == path,
            Self::Directory { path: directory, .. } => {
                let (parent, name) = split(path);
                parent == directory.as_bytes() && self.takes(name)
            }
            Self::InEach { path: directory, file } => {
                let (parent, name) = split(path);
                let (above, package) = split(parent);
                name == file.as_bytes() && above == directory.as_bytes() && !package.is_empty()
            }
        }
    }

    /// Returns whether a directory of databases takes a file of this name.
    pub fn takes(&self, name: &[u8]) -> bool {
        match self {
            Self::Directory { ending, except, journal, .. } => {
                !name.is_empty()
                    && (!journal || name.iter().all(u8::is_ascii_digit))
                    && name.ends_with(ending.as_bytes())
                    && !except.iter().any(|ending| name.ends_with(ending.as_bytes()))
            }
            Self::File(_) | Self::InEach { .. } => false,
        }
    }
}

impl NamePattern {
    /// Returns whether a path fits.
    pub fn holds(&self, path: &[u8]) -> bool {
        let (parent, name) = split(path);
        match self {
            Self::Below { directory, name: whole } => {
                whole.as_bytes() == name && is_in(parent, directory.as_bytes())
            }
            Self::Is(whole) => whole.as_bytes() == name,
            Self::Ends(ending) => name.len() > ending.len() && name.ends_with(ending.as_bytes()),
        }
    }
}

/// Returns whether a directory is another one or lies below it.
pub(crate) fn is_in(directory: &[u8], above: &[u8]) -> bool {
    directory.strip_prefix(above).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}

/// Splits a path into its directory and its last component.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (
            path.get(..slash).unwrap_or_default(),
            path.get(slash.saturating_add(1)..).unwrap_or_default(),
        ),
        None => (b"", path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_hold() {
        let file = Place::file("etc/os-release");
        let each = Place::in_each("usr/share/doc", "copyright");
        let directory = Place::directory("var/lib/dpkg/status.d", &[".md5sums"]);
        let journal = Place::journal("var/lib/dpkg/updates");
        let sums = Place::ending_in("var/lib/dpkg/status.d", ".md5sums");
        for (place, path, holds) in [
            (&file, "etc/os-release", true),
            (&file, "etc/os-release2", false),
            (&directory, "var/lib/dpkg/status.d/base", true),
            (&directory, "var/lib/dpkg/status.d/base.md5sums", false),
            (&directory, "var/lib/dpkg/status.d/a/b", false),
            (&directory, "var/lib/dpkg/status.d", false),
            (&directory, "var/lib/dpkg/status.d/", false),
            (&journal, "var/lib/dpkg/updates/0017", true),
            (&journal, "var/lib/dpkg/updates/tmp.i", false),
            (&journal, "var/lib/dpkg/updates/0017~", false),
            (&journal, "var/lib/dpkg/updates/", false),
            (&sums, "var/lib/dpkg/status.d/base.md5sums", true),
            (&sums, "var/lib/dpkg/status.d/base", false),
            (&each, "usr/share/doc/bash/copyright", true),
            (&each, "usr/share/doc/bash/a/copyright", false),
            (&each, "usr/share/doc/copyright", false),
            (&each, "usr/share/doc//copyright", false),
            (&each, "usr/share/doc/bash/xcopyright", false),
        ] {
            assert_eq!(place.holds(path.as_bytes()), holds, "{place:?} {path}");
        }
    }
}
