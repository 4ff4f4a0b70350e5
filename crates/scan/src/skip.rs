//! Entries that the caller wants left out.

use cutaway_tar::Escaped;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::Error;

/// Patterns over paths in the image. `*` stays within a component, `**` crosses them; a pattern that
/// matches a directory matches all below it.
#[derive(Debug, Clone)]
pub(crate) struct Skip {
    patterns: Vec<String>,
    set: GlobSet,
}

impl Skip {
    pub(crate) fn new(patterns: &[String]) -> Result<Self, Error> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let trimmed = pattern.trim_start_matches("./").trim_matches('/');
            set.add(glob(trimmed, pattern)?);
            set.add(glob(&format!("{trimmed}/**"), pattern)?);
        }
        let set = set.build().map_err(|error| Error::Pattern {
            pattern: String::new(),
            reason: error.to_string(),
        })?;
        Ok(Self { patterns: patterns.to_vec(), set })
    }

    /// Returns whether nothing is to be skipped.
    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Returns whether the entry at `path` is to be left out.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        use std::os::unix::ffi::OsStrExt as _;
        !self.patterns.is_empty() && self.set.is_match(std::ffi::OsStr::from_bytes(path))
    }

    /// Returns each pattern that matches `path`, as the caller wrote it.
    pub(crate) fn matching(&self, path: &[u8]) -> impl Iterator<Item = &str> {
        use std::os::unix::ffi::OsStrExt as _;
        let globs = self.set.matches(std::ffi::OsStr::from_bytes(path));
        // Each pattern has two globs.
        let mut positions: Vec<usize> = globs.into_iter().map(|glob| glob >> 1).collect();
        positions.dedup();
        positions.into_iter().filter_map(|position| self.patterns.get(position).map(String::as_str))
    }

    /// Returns the patterns as the caller wrote them.
    pub(crate) fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

fn glob(trimmed: &str, pattern: &str) -> Result<Glob, Error> {
    GlobBuilder::new(trimmed).literal_separator(true).build().map_err(|error| Error::Pattern {
        pattern: Escaped::new(pattern).to_string(),
        reason: Escaped::new(&error.kind().to_string()).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, matches) in [
            ("var/lib/dpkg", "var/lib/dpkg/status", true),
            ("/var/lib/dpkg/", "var/lib/dpkg/status", true),
            ("var/*/status", "var/lib/dpkg/status", false),
            ("**/status", "var/lib/dpkg/status", true),
            ("*.db", "a/b.db", false),
            ("**/*.db", "a/b.db", true),
            ("opt", "optional", false),
        ] {
            let skip = Skip::new(&[pattern.to_owned()]).unwrap();
            assert_eq!(skip.matches(path.as_bytes()), matches, "{pattern} {path}");
            assert_eq!(
                skip.matching(path.as_bytes()).count(),
                usize::from(matches),
                "{pattern} {path}"
            );
        }
        assert!(Skip::new(&["a[".to_owned()]).is_err());
        assert!(!Skip::new(&[]).unwrap().matches(b"a"));
    }
}
