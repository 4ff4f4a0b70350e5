//! What is odd in a layer without making it unreadable.

use std::borrow::Cow;

use crate::EntryPath;

/// How many warnings are kept of one layer; the rest is counted.
const KEPT: usize = 100;

/// Something odd in a layer.
///
/// A walk warns of `entry-outside-root`, `root-not-a-directory`, `reserved-name` and what the tar
/// reader finds (`tar-…`); a tree of `duplicate-entry`, `hard-link-target-missing`,
/// `hard-link-to-directory`, `hard-link-to-itself`, `parent-not-a-directory`, `symlink-loop` and
/// `layer-refused`; both of `layer-ambiguous`.
/// `more-warnings` ends a list that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// A name for the oddity, in kebab-case; owned where it was read back.
    pub code: Cow<'static, str>,
    /// The entry it is about; none for a name that is no path inside the image.
    pub path: Option<EntryPath>,
    /// What is odd and how it was taken, as a fragment of text without control characters.
    pub message: String,
    /// Whether the other reading of a place that runtimes read in different ways is known; none of
    /// another warning.
    pub other: Option<OtherReading>,
}

/// What is known of the other reading of a layer, at a place that runtimes read in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherReading {
    /// It is worked out, by [`Readings`](crate::Readings).
    Known,
    /// It is worked out as if a global header did all that any runtime takes it to do. As long as it is alone, this
    /// reading differs from what is read wherever any of them does, if not in the same way: see
    /// [`Readings::shows`](crate::Readings::shows).
    Global,
    /// It is the same file with another mode or owner.
    Attributes,
    /// It is not worked out: whatever lies at the path or below may be another file.
    Unknown,
}

impl Warning {
    /// The code of a place that runtimes read in different ways; what lies at its path or below
    /// may be another file to some of them.
    pub const AMBIGUOUS: &'static str = "layer-ambiguous";

    /// The code of a layer that overlay drivers do not unpack.
    pub const REFUSED: &'static str = "layer-refused";

    /// Returns a warning of a walk, which works no other reading out.
    pub fn of_walk(code: Cow<'static, str>, path: Option<EntryPath>, message: String) -> Self {
        let other = (code == Self::AMBIGUOUS).then_some(OtherReading::Unknown);
        Self { code, path, message, other }
    }

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
    /// Why overlay drivers refuse the layer; apart, so that no flood of others hides it.
    refused: Option<Warning>,
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
        self.kept.push(Warning { code: code.into(), path, message: message(), other: None });
    }

    /// Keeps a place at which runtimes give a file another mode or owner.
    pub(crate) fn push_attributes(&mut self, path: EntryPath, message: impl FnOnce() -> String) {
        self.push(Warning::AMBIGUOUS, None, message);
        if let Some(last) = self.kept.last_mut().filter(|_| self.left_out == 0) {
            (last.path, last.other) = (Some(path), Some(OtherReading::Attributes));
        }
    }

    /// Keeps why overlay drivers refuse the layer, once.
    pub(crate) fn push_refused(&mut self, path: &[u8], message: impl FnOnce() -> String) {
        if self.refused.is_none() {
            let path = EntryPath::clean(path).ok();
            let code = Warning::REFUSED.into();
            self.refused = Some(Warning { code, path, message: message(), other: None });
        }
    }

    /// Keeps a place that runtimes read in different ways, once for each reason that is known in another way.
    pub(crate) fn push_ambiguous(
        &mut self,
        path: EntryPath,
        other: OtherReading,
        message: impl FnOnce() -> String,
    ) {
        let is_told = |it: &Warning| it.path.as_ref() == Some(&path) && it.other == Some(other);
        if self.ambiguous.iter().any(is_told) {
            return;
        }
        if self.ambiguous.len() >= KEPT {
            self.more_ambiguous = true;
            return;
        }
        let (code, message, other) = (Warning::AMBIGUOUS.into(), message(), Some(other));
        self.ambiguous.push(Warning { code, path: Some(path), message, other });
    }

    pub(crate) fn into_vec(mut self) -> Vec<Warning> {
        if self.more_ambiguous {
            // Anywhere, for all that is known.
            let (path, message) = (EntryPath::root(), "more of its places than are listed".into());
            let (code, other) = (Warning::AMBIGUOUS.into(), Some(OtherReading::Unknown));
            self.ambiguous.push(Warning { code, path: Some(path), message, other });
        }
        self.kept.extend(self.refused.take());
        self.kept.append(&mut self.ambiguous);
        if self.left_out > 0 {
            let message = format!("{} more warnings about this layer", self.left_out);
            let code = "more-warnings".into();
            self.kept.push(Warning { code, path: None, message, other: None });
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
            warnings.push_ambiguous(path, OtherReading::Known, String::new);
        }
        let warnings = warnings.into_vec();
        let at: Vec<_> = warnings.iter().filter_map(Warning::ambiguous_at).collect();
        assert_eq!(at.len(), KEPT + 1);
        assert!(at[KEPT].is_root() && !at[..KEPT].contains(&at[KEPT]));
    }
}
