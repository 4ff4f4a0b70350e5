//! Files that no package owns, as people read them: one that stands alone, or a directory full of them.

use std::iter;

use crate::files::{FileReport, FilesReport};

/// Unowned files that are shown as one: a single file, or several of one layer in a directory that nobody owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGroup<'f> {
    /// The layer that put them there.
    pub layer: Option<usize>,
    /// How many they are.
    pub files: u64,
    /// The path of the first.
    first: String,
    directory: Option<&'f str>,
}

impl FileGroup<'_> {
    /// Returns the path of a single file, or that of the directory, with a slash at its end.
    pub fn path(&self) -> String {
        match self.directory {
            Some(directory) if self.files > 1 => format!("{directory}/"),
            _ => self.first.clone(),
        }
    }
}

impl FilesReport {
    /// Returns what nobody owns and nothing explains, in order.
    pub fn unowned_groups(&self) -> impl Iterator<Item = FileGroup<'_>> {
        let mut ones = self
            .unowned
            .unexplained()
            .map(|file| FileGroup {
                layer: file.layer,
                files: 1,
                directory: self.directory_of(&file.path),
                first: file.path,
            })
            .peekable();
        iter::from_fn(move || {
            let mut group = ones.next()?;
            while ones
                .next_if(|next| {
                    next.directory.is_some()
                        && next.directory == group.directory
                        && next.layer == group.layer
                })
                .is_some()
            {
                group.files = group.files.saturating_add(1);
            }
            Some(group)
        })
    }
}

impl FileReport {
    /// Says what is there instead of what was recorded; that it is other content, where it is.
    pub fn change(&self) -> String {
        let algorithm = |text: &String| text.split_once(':').map(|(name, _)| name.to_owned());
        match (&self.recorded, &self.found) {
            (Some(recorded), Some(found)) if algorithm(recorded) == algorithm(found) => {
                "content".to_owned()
            }
            (_, Some(found)) => format!("now {found}"),
            (_, None) => "content".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, layer: usize) -> FileReport {
        FileReport {
            path: path.to_owned(),
            layer: Some(layer),
            packages: Vec::new(),
            config: false,
            recorded: None,
            found: None,
            explained: None,
        }
    }

    #[test]
    fn neighbours_of_one_layer_are_one() {
        let files = [("opt/a", 1), ("opt/b", 1), ("opt/c", 2), ("srv/x", 0)];
        let report = FilesReport {
            unowned: files.map(|(path, layer)| file(path, layer)).to_vec().into(),
            modified: Vec::new().into(),
            missing: Vec::new().into(),
            unowned_directories: vec!["opt".to_owned()],
        };
        let groups: Vec<_> = report.unowned_groups().map(|g| (g.path(), g.files)).collect();
        let expected = [("opt/", 2), ("opt/c", 1), ("srv/x", 1)];
        assert_eq!(groups, expected.map(|(path, files)| (path.to_owned(), files)));
    }

    #[test]
    fn changes() {
        for (recorded, found, said) in [
            (Some("md5:a"), Some("md5:b"), "content"),
            (Some("md5:a"), Some("link:b"), "now link:b"),
            (None, Some("directory"), "now directory"),
            (Some("md5:a"), None, "content"),
        ] {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let (recorded, found) = (text(recorded), text(found));
            assert_eq!(FileReport { recorded, found, ..file("a", 0) }.change(), said);
        }
    }
}
