//! Text from anywhere, made fit for one line that people read.
//!
//! Names of files, layers, tags and packages, and what servers say, are chosen by whoever made them. This is
//! the one rule for showing them: what would move a cursor, break a line, turn the direction of writing or
//! hide stands there as its number, and everything else as it is.

use std::fmt;
use std::path::Path;

/// How many bytes of a name are shown: several names must fit an error of 1 KiB.
const NAME: usize = 120;

/// Bytes shown as text on one line.
///
/// Control characters (C0 and C1), marks and overrides of the writing direction, separators of lines and
/// paragraphs, and characters without a shape are written as `\n` or `\u{202e}`, bytes that are no UTF-8 as
/// `\xff`. Backslashes and quotation marks stay, so text that was escaped already is not changed once more.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a> {
    bytes: &'a [u8],
    /// The most bytes of `bytes` that are shown.
    head: usize,
    /// The most bytes that are written.
    max: usize,
}

impl<'a> Escaped<'a> {
    /// Shows all of `text`.
    pub fn new(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { bytes: text.as_ref(), head: usize::MAX, max: usize::MAX }
    }

    /// Shows text of several lines: their breaks and tabulators stay.
    pub fn lines(text: &[u8]) -> String {
        let mut shown = String::new();
        for part in text.split_inclusive(|byte| matches!(byte, b'\n' | b'\t')) {
            let (body, end) = match part.split_last() {
                Some((b'\n', body)) => (body, "\n"),
                Some((b'\t', body)) => (body, "\t"),
                _ => (part, ""),
            };
            shown.push_str(&Escaped::new(body).to_string());
            shown.push_str(end);
        }
        shown
    }

    /// Shows the path of a file on this machine.
    pub fn path(path: &'a Path) -> Self {
        Self::new(path.as_os_str().as_encoded_bytes())
    }

    /// Shows the first 120 bytes of a name, and how long it is where it is longer.
    pub fn name(name: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { head: NAME, ..Self::new(name) }
    }

    /// Writes at most `max` bytes, and `…` in the place of the rest.
    #[must_use]
    pub fn at_most(self, max: usize) -> Self {
        Self { max, ..self }
    }

    /// Hands `write` one piece after the other; stops where there is no room for one.
    fn pieces(&self, mut write: impl FnMut(fmt::Arguments<'_>) -> fmt::Result) -> fmt::Result {
        let head = self.bytes.get(..self.head).unwrap_or(self.bytes);
        let mut room = self.max;
        let mut has_room = |width: usize| {
            let left = room.checked_sub(width);
            room = left.unwrap_or(0);
            left.is_some()
        };
        for chunk in head.utf8_chunks() {
            for c in chunk.valid().chars() {
                let hidden = is_hidden(c);
                let width = if hidden { c.escape_default().count() } else { c.len_utf8() };
                if !has_room(width) {
                    return write(format_args!("…"));
                }
                if hidden {
                    write(format_args!("{}", c.escape_default()))?;
                } else {
                    write(format_args!("{c}"))?;
                }
            }
            for byte in chunk.invalid() {
                if !has_room(r"\xff".len()) {
                    return write(format_args!("…"));
                }
                write(format_args!("\\x{byte:02x}"))?;
            }
        }
        if head.len() < self.bytes.len() {
            return write(format_args!("… ({} bytes)", self.bytes.len()));
        }
        Ok(())
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces(|piece| f.write_fmt(piece))
    }
}

/// Returns whether a character moves the cursor, breaks a line, turns the direction of writing or shows nothing.
///
/// Beside the control characters these are those of the general category Cf that no script needs in a name
/// (Unicode, UAX 9 and UAX 31), and U+2028 and U+2029.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_do_harm_is_written_as_its_number() {
        for (bytes, shown) in [
            (&b"usr/bin"[..], "usr/bin"),
            (b"plain \"text\" \\n", "plain \"text\" \\n"),
            (b"a\x1b[31m\n\xff", "a\\u{1b}[31m\\n\\xff"),
            ("a\u{7f}\u{9b}\u{85}".as_bytes(), "a\\u{7f}\\u{9b}\\u{85}"),
            ("\u{202e}gpj".as_bytes(), "\\u{202e}gpj"),
            ("\u{2066}a\u{2069}\u{61c}".as_bytes(), "\\u{2066}a\\u{2069}\\u{61c}"),
            ("a\u{2028}b\u{2029}".as_bytes(), "a\\u{2028}b\\u{2029}"),
            ("a\u{200b}\u{feff}\u{ad}".as_bytes(), "a\\u{200b}\\u{feff}\\u{ad}"),
            ("naïve 字 🦀".as_bytes(), "naïve 字 🦀"),
        ] {
            assert_eq!(Escaped::new(bytes).to_string(), shown);
        }
    }

    #[test]
    fn lines_stay() {
        let text = "{\n\t\"a\": \"\u{202e}\x1b[2J\u{9b}\u{2028}\"\r\n}".as_bytes();
        let shown = "{\n\t\"a\": \"\\u{202e}\\u{1b}[2J\\u{9b}\\u{2028}\"\\r\n}";
        assert_eq!(Escaped::lines(text), shown);
        assert_eq!(Escaped::lines(b"\n\n"), "\n\n");
    }

    #[test]
    fn long_text_is_cut() {
        for (text, max, shown) in [("abcdef", 3, "abc…"), ("ab\n", 3, "ab…"), ("abc", 3, "abc")]
        {
            assert_eq!(Escaped::new(text).at_most(max).to_string(), shown);
        }
        assert_eq!(Escaped::name("usr").to_string(), "usr");
        assert!(Escaped::name(&[b'x'; 5000]).to_string().ends_with("x… (5000 bytes)"));
        assert_eq!(Escaped::path(Path::new("a\nb")).to_string(), "a\\nb");
    }

    proptest! {
        /// Whoever shows what somebody else has escaped changes nothing; and nothing harmful is left.
        #[test]
        fn twice_is_once(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".*") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let once = Escaped::new(bytes).to_string();
                prop_assert!(!once.chars().any(is_hidden), "{once:?}");
                prop_assert_eq!(&Escaped::new(&once).to_string(), &once);
            }
        }

        #[test]
        fn the_length_is_kept(text in ".*", max in 0_usize..50) {
            let shown = Escaped::new(&text).at_most(max).to_string();
            prop_assert!(shown.len() <= max.saturating_add('…'.len_utf8()));
        }
    }
}
