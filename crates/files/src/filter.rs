//! Which files somebody is looking for.

use cutaway_layerfs::{EntryPath, Kind, Meta};
use cutaway_tar::Escaped;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Conditions on a file; all that are set have to be met.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Patterns of the last component, or of the whole path where they have a slash; one has to match.
    pub names: Option<Patterns>,
    /// What it may be.
    pub kinds: Vec<Kind>,
    /// The fewest bytes.
    pub min_size: Option<u64>,
    /// The most bytes.
    pub max_size: Option<u64>,
    /// The owner, by number or by the name that its layer gives.
    pub user: Option<Owner>,
    /// The group, in the same way.
    pub group: Option<Owner>,
    /// Mode bits of which at least one has to be set.
    pub any_mode: Option<u32>,
    /// Mode bits that all have to be set.
    pub all_mode: Option<u32>,
    /// Modified after this time, in seconds since 1970.
    pub newer: Option<i64>,
    /// Put there by this layer.
    pub layer: Option<usize>,
}

/// Patterns of names.
#[derive(Debug, Clone)]
pub struct Patterns {
    names: GlobSet,
    paths: GlobSet,
}

/// An owner as people name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// By number.
    Id(u64),
    /// By name.
    Name(Vec<u8>),
}

impl Filter {
    /// Returns whether a file that `layer` has put there meets all conditions.
    pub fn matches(&self, path: &EntryPath, meta: &Meta, layer: usize) -> bool {
        let owned = |owner: &Option<Owner>, id: u64, name: &[u8]| match owner {
            None => true,
            Some(Owner::Id(wanted)) => *wanted == id,
            Some(Owner::Name(wanted)) => wanted == name || (wanted == b"root" && id == 0),
        };
        self.names.as_ref().is_none_or(|names| names.matches(path))
            && (self.kinds.is_empty() || self.kinds.contains(&meta.kind))
            && self.min_size.is_none_or(|min| meta.size >= min)
            && self.max_size.is_none_or(|max| meta.size <= max)
            && owned(&self.user, meta.uid, &meta.uname)
            && owned(&self.group, meta.gid, &meta.gname)
            && self.any_mode.is_none_or(|bits| meta.mode & bits != 0)
            && self.all_mode.is_none_or(|bits| meta.mode & bits == bits)
            && self.newer.is_none_or(|time| (meta.mtime, meta.mtime_nanos) > (time, 0))
            && self.layer.is_none_or(|wanted| wanted == layer)
    }
}

impl Patterns {
    /// Reads glob patterns: `*` and `?` stay within a component, `**` crosses them.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the first that is none.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            let glob = glob(pattern.trim_start_matches('/'))?;
            if pattern.contains('/') {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        let build = |set: GlobSetBuilder| set.build().map_err(|error| error.to_string());
        Ok(Self { names: build(names)?, paths: build(paths)? })
    }

    /// Returns whether one of the patterns matches.
    pub fn matches(&self, path: &EntryPath) -> bool {
        use std::os::unix::ffi::OsStrExt as _;
        let os = std::ffi::OsStr::from_bytes;
        self.names.is_match(os(path.name())) || self.paths.is_match(os(path.as_bytes()))
    }
}

fn glob(pattern: &str) -> Result<Glob, String> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| format!("pattern \"{}\": {}", Escaped::new(pattern), error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        let path = EntryPath::clean(b"usr/bin/su").unwrap();
        let mut meta = Meta::implied();
        (meta.kind, meta.mode, meta.size, meta.mtime) = (Kind::File, 0o4755, 100, 1000);
        let names = |pattern: &str| Patterns::new(&[pattern.to_owned()]).ok();
        let base = Filter::default();
        for (filter, matches) in [
            (base.clone(), true),
            (Filter { names: names("s?"), ..base.clone() }, true),
            (Filter { names: names("usr"), ..base.clone() }, false),
            (Filter { names: names("/usr/**/su"), ..base.clone() }, true),
            (Filter { names: names("usr/*"), ..base.clone() }, false),
            (Filter { kinds: vec![Kind::Symlink, Kind::File], ..base.clone() }, true),
            (Filter { kinds: vec![Kind::Directory], ..base.clone() }, false),
            (Filter { min_size: Some(100), max_size: Some(100), ..base.clone() }, true),
            (Filter { min_size: Some(101), ..base.clone() }, false),
            (Filter { max_size: Some(99), ..base.clone() }, false),
            (Filter { user: Some(Owner::Id(0)), ..base.clone() }, true),
            (Filter { user: Some(Owner::Name(b"root".to_vec())), ..base.clone() }, true),
            (Filter { group: Some(Owner::Name(b"shadow".to_vec())), ..base.clone() }, false),
            (Filter { any_mode: Some(0o6000), ..base.clone() }, true),
            (Filter { all_mode: Some(0o6000), ..base.clone() }, false),
            (Filter { newer: Some(999), ..base.clone() }, true),
            (Filter { newer: Some(1000), ..base.clone() }, false),
            (Filter { layer: Some(2), ..base.clone() }, true),
            (Filter { layer: Some(1), ..base.clone() }, false),
        ] {
            assert_eq!(filter.matches(&path, &meta, 2), matches, "{filter:?}");
        }
        assert!(Patterns::new(&["[".to_owned()]).is_err());
    }
}
