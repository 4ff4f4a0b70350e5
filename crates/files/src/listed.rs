//! What a list of a directory shows.

use cutaway_layerfs::{EntryPath, Kind, tree_order};

use crate::view::LayerFiles;

/// Returns whether a list of what is at `under` shows a path: what lies in a directory, with `recursive`
/// all that lies below it, or a file itself.
pub fn is_listed(path: &EntryPath, under: &EntryPath, recursive: bool, directory: bool) -> bool {
    if path.is_root() || !under.is_above(path) {
        return false;
    }
    if path == under {
        return !directory;
    }
    recursive || path.parent() == under.as_bytes()
}

impl LayerFiles {
    /// Returns the entries that a list of what is at `under` shows, with their numbers in the listing, as
    /// a tree is walked.
    pub fn listed(&self, under: &EntryPath, recursive: bool) -> Vec<(EntryPath, u32)> {
        let mut entries = Vec::new();
        let mut number = 0_u32;
        self.listing.for_each(|path, kind| {
            if let Ok(path) = EntryPath::clean(path)
                && is_listed(&path, under, recursive, kind == Kind::Directory)
            {
                entries.push((path, number));
            }
            number = number.saturating_add(1);
        });
        entries.sort_by(|(a, _), (b, _)| tree_order(a, b));
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let path = |text: &str| EntryPath::clean(text.as_bytes()).unwrap();
        for (shown, under, recursive, directory, listed) in [
            ("etc", "", false, true, true),
            ("etc/issue", "", false, false, false),
            ("etc/issue", "", true, false, true),
            ("etc/issue", "etc", false, false, true),
            ("etc", "etc", false, true, false),
            ("etc/issue", "etc/issue", false, false, true),
            ("etcetera", "etc", true, false, false),
            ("", "", true, true, false),
        ] {
            let found = is_listed(&path(shown), &path(under), recursive, directory);
            assert_eq!(found, listed, "{shown} under {under}");
        }
    }
}
