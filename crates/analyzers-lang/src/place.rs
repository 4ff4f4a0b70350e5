//! Paths of evidence, taken apart.

use std::borrow::Cow;

use cutaway_layerfs::EntryPath;

/// The components of a path.
#[derive(Debug)]
pub(crate) struct Parts<'a>(Vec<&'a [u8]>);

impl<'a> Parts<'a> {
    pub(crate) fn new(path: &'a EntryPath) -> Self {
        Self(path.as_bytes().split(|&byte| byte == b'/').collect())
    }

    /// Returns a component, counted from the end: 0 is the name of the file. Empty where there is none.
    pub(crate) fn back(&self, number: usize) -> &'a [u8] {
        self.0.iter().rev().nth(number).copied().unwrap_or_default()
    }

    /// Returns a component as text.
    pub(crate) fn text(&self, number: usize) -> Cow<'a, str> {
        String::from_utf8_lossy(self.back(number))
    }

    /// Returns the path without its last components.
    pub(crate) fn above(&self, levels: usize) -> String {
        let kept = self.0.len().saturating_sub(levels);
        let joined = self.0.get(..kept).unwrap_or_default().join(&b'/');
        String::from_utf8_lossy(&joined).into_owned()
    }

    /// Returns the components, first to last.
    pub(crate) fn all(&self) -> &[&'a [u8]] {
        &self.0
    }
}

/// Splits `NAME-VERSION` at the first hyphen with a digit behind it.
pub(crate) fn name_and_version(text: &str) -> Option<(&str, &str)> {
    let mut hyphens = text.match_indices('-').map(|(at, _)| at);
    let at = hyphens.find(|&at| {
        let behind = text.get(at.saturating_add(1)..).unwrap_or_default();
        at > 0 && behind.starts_with(|it: char| it.is_ascii_digit())
    })?;
    Some((text.get(..at)?, text.get(at.saturating_add(1)..)?))
}
