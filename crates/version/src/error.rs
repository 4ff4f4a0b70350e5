//! What is no version.

use std::fmt::Write as _;

use crate::Family;

/// How much of a text an [`Error`] shows, in bytes.
const SHOWN: usize = 80;

/// A text is no version of its family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{shown}\" is no version of {family}: {rule}")]
pub struct Error {
    family: Family,
    shown: String,
    rule: &'static str,
}

impl Error {
    pub(crate) fn new(family: Family, text: &str, rule: &'static str) -> Self {
        Self { family, shown: shown(text), rule }
    }

    /// The family that was asked.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The rule that the text breaks.
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

/// The beginning of a text, on one line and printable.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        if shown.len() >= SHOWN {
            shown.push('…');
            break;
        }
        if character.is_control() || character == '"' {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
