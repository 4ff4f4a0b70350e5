//! What is odd in a layer without making it unreadable.

use std::borrow::Cow;

use crate::EntryPath;

/// How many warnings are kept of one layer; the rest is counted.
const KEPT: usize = 100;

/// Something odd in a layer.
///
/// A walk warns of `entry-outside-root`, `root-not-a-directory`, `reserved-name` and what the tar
/// reader finds (`tar-…`); a tree of `duplicate-entry`, `hard-link-target-missing`,
/// `hard-link-to-directory`, `hard-link-to-itself`, `parent-not-a-directory` and `symlink-loop`.
/// `more-warnings` ends a list that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// A name for the oddity, in kebab-case; owned where it was read back.
    pub code: Cow<'static, str>,
    /// The entry it is about; none for a name that is no path inside the image.
    pub path: Option<EntryPath>,
    /// What is odd and how it was taken, as a fragment of text without control characters.
    pub message: String,
}

/// Warnings in the order they came up, not more than a fixed number.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    kept: Vec<Warning>,
    left_out: u64,
}

impl Warnings {
    /// Keeps a warning, whose text is only made if there is room for it.
    pub(crate) fn push(
        &mut self,
        code: &'static str,
        path: Option<&[u8]>,
        message: impl FnOnce() -> String,
    ) {
        if self.kept.len() >= KEPT {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        let path = path.and_then(|path| EntryPath::clean(path).ok());
        self.kept.push(Warning { code: code.into(), path, message: message() });
    }

    pub(crate) fn into_vec(mut self) -> Vec<Warning> {
        if self.left_out > 0 {
            let message = format!("{} more warnings about this layer", self.left_out);
            self.kept.push(Warning { code: "more-warnings".into(), path: None, message });
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_bounded() {
        let mut warnings = Warnings::default();
        for n in 0..1000 {
            warnings.push("odd", None, || n.to_string());
        }
        let warnings = warnings.into_vec();
        assert_eq!(warnings.len(), KEPT + 1);
        assert_eq!(warnings[KEPT].message, "900 more warnings about this layer");
    }
}
