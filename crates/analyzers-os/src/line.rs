//! Lines of a text database, with their places. Knows nothing of what stands in them.

/// How long a line of a database may be, in bytes; what is longer is skipped with a diagnostic.
const LINE_MAX: usize = 4 << 20;

/// One line of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// The byte of the file at which it starts.
    pub(crate) offset: usize,
    /// Its bytes, without the end of the line (`\n` or `\r\n`).
    pub(crate) text: &'a [u8],
    /// Whether the end of the line is there; false for the rest of a file that was cut.
    pub(crate) ended: bool,
}

impl Line<'_> {
    /// Returns whether the line is over the limit.
    pub(crate) fn is_too_long(&self) -> bool {
        self.text.len() > LINE_MAX
    }

    /// Says so, for a diagnostic.
    pub(crate) fn too_long(&self) -> String {
        let (number, len) = (self.number, self.text.len());
        format!(
            "line {number} has {len} bytes, over the limit database_line of {LINE_MAX}: skipped"
        )
    }
}

/// Returns `content` without the byte order mark that some editors put in front of a text.
pub(crate) fn without_mark(content: &[u8]) -> &[u8] {
    content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content)
}

/// Returns the lines of `content`.
pub(crate) fn lines(content: &[u8]) -> Lines<'_> {
    Lines { rest: content, number: 0, offset: 0 }
}

/// Iterates over the lines of a file.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
    offset: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let (text, rest) = match end.and_then(|end| self.rest.split_at_checked(end)) {
            Some((text, rest)) => (text, rest.strip_prefix(b"\n").unwrap_or(rest)),
            None => (self.rest, <&[u8]>::default()),
        };
        self.number = self.number.saturating_add(1);
        let offset = self.offset;
        self.offset = offset.saturating_add(self.rest.len().saturating_sub(rest.len()));
        self.rest = rest;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Some(Line { number: self.number, offset, text, ended: end.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_with_their_places() {
        let found: Vec<_> = lines(b"a\r\n\nbc\nd")
            .map(|line| (line.number, line.offset, line.text, line.ended))
            .collect();
        let expected: [(usize, usize, &[u8], bool); 4] =
            [(1, 0, b"a", true), (2, 3, b"", true), (3, 4, b"bc", true), (4, 7, b"d", false)];
        assert_eq!(found, expected);
        assert_eq!(lines(b"").count(), 0);
    }
}
