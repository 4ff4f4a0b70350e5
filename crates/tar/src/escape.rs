//! Bytes from an archive, made fit for a line of an error message.

use std::fmt;

/// How many bytes of a name are shown: several names must fit an error of 1 KiB.
const SHOWN: usize = 120;

/// Shows bytes as text: control characters and what is not UTF-8 escaped, long names cut short.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..SHOWN).unwrap_or(self.0);
        for chunk in shown.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || is_reordering(c) {
                    write!(f, "{}", c.escape_unicode())?;
                } else {
                    write!(f, "{c}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        if shown.len() < self.0.len() { write!(f, "… ({} bytes)", self.0.len()) } else { Ok(()) }
    }
}

/// Marks that change the reading direction and so the look of the rest of a line.
fn is_reordering(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_cuts() {
        assert_eq!(Escaped(b"usr/bin").to_string(), "usr/bin");
        assert_eq!(Escaped(b"a\x1b[31m\n\xff").to_string(), "a\\u{1b}[31m\\u{a}\\xff");
        assert_eq!(Escaped("\u{202e}gpj".as_bytes()).to_string(), "\\u{202e}gpj");
        assert!(Escaped(&[b'x'; 5000]).to_string().ends_with("x… (5000 bytes)"));
    }
}
