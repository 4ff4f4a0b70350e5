//! Texts for other programs: one line, control characters escaped, cut.

use cutaway::report::text::escape;

/// The most characters of a line that leaves the gate.
const MAX_LINE: usize = 1000;

/// Returns a text as one line that is not too long.
pub(crate) fn line(text: &str) -> String {
    cut(&escape(text), MAX_LINE)
}

/// Returns the first characters of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => text.get(..at).map(|start| format!("{start}…")).unwrap_or_default(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_escaped_and_cut() {
        assert_eq!(line("a\nb"), "a\\nb");
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
        assert!(line(&"x".repeat(5000)).chars().count() <= MAX_LINE + 1);
    }
}
