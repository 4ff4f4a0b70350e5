//! Headers as mail has them (RFC 822): `Name: value`, continued by lines that begin with a blank, up to
//! the first empty line. What Python writes as METADATA, R as DESCRIPTION, Java as a manifest's like.

use std::borrow::Cow;

/// The longest line that is taken, in bytes.
const LINE_MAX: usize = 1 << 20;

/// Returns the fields of a header, in order: name, and the first line of the value. A line that is no
/// field is passed over.
pub(crate) fn fields(content: &[u8]) -> impl Iterator<Item = (&[u8], Cow<'_, str>)> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let lines = content.split(|&byte| byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let head = lines.take_while(|line| !line.trim_ascii().is_empty());
    head.filter_map(|line| {
        let continues = line.first().is_some_and(|first| matches!(first, b' ' | b'\t'));
        if continues || line.len() > LINE_MAX {
            return None;
        }
        let colon = line.iter().take(128).position(|&byte| byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        Some((name, String::from_utf8_lossy(value)))
    })
}

/// Returns the first value of a field; none where it is empty.
pub(crate) fn first<'a>(content: &'a [u8], field: &str) -> Option<Cow<'a, str>> {
    let mut values = fields(content).filter(|(name, _)| is(name, field)).map(|(_, value)| value);
    values.next().filter(|value| !value.is_empty())
}

/// Returns whether a text begins with a field.
pub(crate) fn is_header(content: &[u8]) -> bool {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let colon = content.iter().take(128).position(|&byte| byte == b':');
    let name = colon.and_then(|at| content.get(..at)).unwrap_or_default();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

/// Returns whether a field has this name.
pub(crate) fn is(name: &[u8], field: &str) -> bool {
    name.trim_ascii().eq_ignore_ascii_case(field.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_at_the_first_empty_line() {
        let text = b"\xef\xbb\xbfName: a\r\nlicense: M\xffT\r\n\tmore: x\r\nno field\r\nVERSION:1\nName: b\n\nVersion: 2";
        assert_eq!(first(text, "name").as_deref(), Some("a"));
        assert_eq!(first(text, "License").as_deref(), Some("M\u{fffd}T"));
        assert_eq!(first(text, "Version").as_deref(), Some("1"));
        assert_eq!(first(text, "more"), None);
    }
}
