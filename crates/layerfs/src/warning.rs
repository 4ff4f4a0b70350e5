//! What is odd in a layer without making it unreadable.

use std::borrow::Cow;

use crate::EntryPath;

/// How many warnings are kept of one layer; the rest is counted.
const KEPT: usize = 100;

/// Something odd in a layer.
///
/// A walk warns of `entry-outside-root`, `root-not-a-directory`, `reserved-name` and what the tar
/// reader finds (`tar-…`); a tree of `duplicate-entry`, `hard-link-target-missing`,
/// `hard-link-to-directory`, `hard-link-to-itself`, `parent-not-a-directory` and `symlink-loop`; both
/// of `layer-ambiguous`.
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

impl Warning {
    /// The code of a place that runtimes read in different ways; what lies at its path or below
    /// may be another file to some of them.
    pub const AMBIGUOUS: &'static str = "layer-ambiguous";

    /// Returns the path at which runtimes read the layer in different ways; none of another warning.
    pub fn ambiguous_at(&self) -> Option<&EntryPath> {
        self.path.as_ref().filter(|_| self.code == Self::AMBIGUOUS)
    }
}

/// Warnings in the order they came up, not more than a fixed number.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    kept: Vec<Warning>,
    left_out: u64,
    /// Places that runtimes read in different ways; apart, so that no flood of others hides them.
    ambiguous: Vec<Warning>,
    /// Whether there are more such places than are kept.
    more_ambiguous: bool,
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

    /// Keeps a place that runtimes read in different ways, once.
    pub(crate) fn push_ambiguous(&mut self, path: EntryPath, message: impl FnOnce() -> String) {
        if self.ambiguous.iter().any(|it| it.path.as_ref() == Some(&path)) {
            return;
        }
        if self.ambiguous.len() >= KEPT {
            self.more_ambiguous = true;
            return;
        }
        let message = message();
        self.ambiguous.push(Warning { code: Warning::AMBIGUOUS.into(), path: Some(path), message });
    }

    pub(crate) fn into_vec(mut self) -> Vec<Warning> {
        if self.more_ambiguous {
            // Anywhere, for all that is known.
            let (path, message) = (EntryPath::root(), "more of its places than are listed".into());
            let code = Warning::AMBIGUOUS.into();
            self.ambiguous.push(Warning { code, path: Some(path), message });
        }
        self.kept.append(&mut self.ambiguous);
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

    #[test]
    fn a_flood_does_not_hide_what_is_ambiguous() {
        let mut warnings = Warnings::default();
        for n in 0..1000 {
            warnings.push("odd", None, String::new);
            let path = EntryPath::clean(format!("a/{}", n / 2).as_bytes()).unwrap();
            warnings.push_ambiguous(path, String::new);
        }
        let warnings = warnings.into_vec();
        let at: Vec<_> = warnings.iter().filter_map(Warning::ambiguous_at).collect();
        assert_eq!(at.len(), KEPT + 1);
        assert!(at[KEPT].is_root() && !at[..KEPT].contains(&at[KEPT]));
    }
}
