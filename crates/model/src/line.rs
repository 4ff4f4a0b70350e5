//! Text from anywhere as part of a message on one line.

use std::fmt::{self, Write as _};

/// Text without what moves a cursor, breaks a line or turns the direction of writing, and not longer
/// than a number of bytes.
///
/// Documents and archives name themselves as they like, so this stands in every error and not only
/// where somebody thought of it. Text that was escaped already stays as it is.
pub(crate) struct Line<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut length = 0usize;
        for c in self.0.chars() {
            let hidden = c.is_control() || is_invisible(c);
            let width = if hidden { c.escape_default().count() } else { c.len_utf8() };
            length = length.saturating_add(width);
            if length > self.1 {
                return f.write_char('…');
            }
            if hidden {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// Returns whether a character shows nothing, breaks a line or turns the direction of writing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (text, max, line) in [
            ("plain \"text\" \\n", 100, "plain \"text\" \\n"),
            ("a\nb\u{1b}[31m\u{7f}\u{9b}", 100, "a\\nb\\u{1b}[31m\\u{7f}\\u{9b}"),
            ("\u{202e}gnp.exe", 100, "\\u{202e}gnp.exe"),
            ("naïve", 100, "naïve"),
            ("abcdef", 3, "abc…"),
            ("ab\n", 3, "ab…"),
        ] {
            assert_eq!(Line(text, max).to_string(), line, "{text:?}");
        }
    }
}
