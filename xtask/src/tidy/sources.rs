//! The files of the repository: those that git tracks or would track.

use anyhow::Result;

use crate::process::{self, root};

/// A text file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Its path from the root.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
}

/// Returns every text file that git tracks, and every new one that it does not ignore.
pub(crate) fn tracked() -> Result<Vec<Source>> {
    let names =
        process::read("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
    let mut sources = Vec::new();
    for path in names.split('\0').filter(|name| !name.is_empty()) {
        // A file that was deleted and not yet committed is still listed; a binary file has no text.
        if let Ok(text) = std::fs::read_to_string(root().join(path)) {
            sources.push(Source { path: path.to_owned(), text });
        }
    }
    Ok(sources)
}
