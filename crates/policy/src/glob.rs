//! Patterns of names: `*` within a segment, `**` across segments, everything else as it stands.
//!
//! Time is at most the length of the pattern times that of the text.

use std::fmt;

use crate::error::Error;
use crate::fields::text;
use crate::yaml::Node;

/// The longest pattern, in bytes.
const MAX_LENGTH: usize = 1024;

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    source: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Byte(u8),
    /// Any bytes but `/`.
    Segment,
    /// Any bytes.
    All,
}

impl Glob {
    /// Reads a pattern.
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let source = text(node)?;
        if source.len() > MAX_LENGTH {
            return Err(Error::new(node.place, "a pattern of more than 1,024 bytes"));
        }
        if source.bytes().any(|byte| matches!(byte, b'?' | b'[' | b']' | b'{' | b'}')) {
            return Err(Error::new(node.place, "patterns know * and ** and no other sign"));
        }
        if source.contains("***") {
            return Err(Error::new(node.place, "three stars in a row"));
        }
        Ok(Self::new(&source))
    }

    pub(crate) fn new(source: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = source.as_bytes();
        loop {
            rest = match rest {
                [] => break,
                [b'*', b'*', after @ ..] => {
                    steps.push(Step::All);
                    after
                }
                [b'*', after @ ..] => {
                    steps.push(Step::Segment);
                    after
                }
                [byte, after @ ..] => {
                    steps.push(Step::Byte(*byte));
                    after
                }
            };
        }
        Self { source: source.to_owned(), steps }
    }

    /// Returns whether the pattern is the whole of a text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        // Which numbers of steps may have been taken so far.
        let mut reached = vec![false; self.steps.len().saturating_add(1)];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        self.pass_stars(&mut reached);
        let mut next = vec![false; reached.len()];
        for &byte in text.as_bytes() {
            next.fill(false);
            for (at, (step, _)) in
                self.steps.iter().zip(&reached).enumerate().filter(|(_, (_, it))| **it)
            {
                let to = match step {
                    Step::Byte(wanted) if *wanted == byte => at.saturating_add(1),
                    Step::Segment if byte != b'/' => at,
                    Step::All => at,
                    _ => continue,
                };
                if let Some(slot) = next.get_mut(to) {
                    *slot = true;
                }
            }
            self.pass_stars(&mut next);
            std::mem::swap(&mut reached, &mut next);
        }
        reached.last().copied().unwrap_or_default()
    }

    /// A star may stand for nothing.
    fn pass_stars(&self, reached: &mut [bool]) {
        for (at, step) in self.steps.iter().enumerate() {
            let passes = !matches!(step, Step::Byte(_)) && reached.get(at).is_some_and(|it| *it);
            if let Some(slot) = reached.get_mut(at.saturating_add(1)).filter(|_| passes) {
                *slot = true;
            }
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// Returns whether one of some patterns is the whole of a text.
pub(crate) fn any(globs: &[Glob], text: &str) -> bool {
    globs.iter().any(|glob| glob.matches(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars() {
        for (glob, text, expected) in [
            ("registry.example/**", "registry.example/team/app", true),
            ("registry.example/*", "registry.example/team/app", false),
            ("registry.example/*", "registry.example/app", true),
            ("**", "", true),
            ("*", "", true),
            ("*", "a/b", false),
            ("5.6.0-*", "5.6.0-1", true),
            ("5.6.0-*", "5.6.1-1", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("**/x", "a/b/x", true),
            ("**/x", "x", false),
            ("AGPL-3.0-*", "AGPL-3.0-or-later", true),
            ("a", "ab", false),
            ("", "", true),
        ] {
            assert_eq!(Glob::new(glob).matches(text), expected, "{glob} {text}");
        }
        let slow = "a*".repeat(500);
        assert!(!Glob::new(&slow).matches(&("a".repeat(5_000) + "b/")));
    }
}
