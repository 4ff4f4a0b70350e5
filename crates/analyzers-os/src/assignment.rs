//! `KEY=value` files as os-release(5) defines them: shell syntax, read as data and never expanded.
//!
//! Understood are comments, unquoted values, single and double quotes with their escapes, `$'…'`,
//! and quoted parts that stand side by side. A `$name` or `$(command)` is text like any other. Not
//! understood, as in os-release(5) itself: values over several lines.

use crate::line::{Line, lines, without_mark};
use crate::reporter::{Reporter, quote};

/// Calls `visit` with every assignment of `content`, in the order of the file.
///
/// Lines that are no assignments are skipped with a warning.
pub(crate) fn read(
    content: &[u8],
    reporter: &mut Reporter<'_>,
    mut visit: impl FnMut(&str, String),
) {
    let content = without_mark(content);
    for line in lines(content) {
        let text = line.text.trim_ascii();
        if text.is_empty() || matches!(text.first(), Some(b'#' | b';')) {
            continue;
        }
        if let Some((key, value)) = assignment(line, text, reporter) {
            visit(key, value);
        }
    }
}

fn assignment<'a>(
    line: Line<'a>,
    text: &'a [u8],
    reporter: &mut Reporter<'_>,
) -> Option<(&'a str, String)> {
    let number = line.number;
    if line.is_too_long() {
        reporter.warning("line-over-limit", line.too_long());
        return None;
    }
    let equals = text.iter().position(|&byte| byte == b'=');
    let Some((key, value)) = equals.and_then(|at| text.split_at_checked(at)) else {
        reporter.warning(
            "release-line-unreadable",
            format_args!("line {number} is no assignment: {}", quote(text)),
        );
        return None;
    };
    let Some(key) = name(key) else {
        reporter.warning(
            "release-line-unreadable",
            format_args!("line {number} has no usable key: {}", quote(text)),
        );
        return None;
    };
    let (value, closed) = unquote(value.strip_prefix(b"=").unwrap_or(value));
    if !closed {
        reporter.warning(
            "release-quote-unclosed",
            format_args!("line {number}: the value of {key} ends in a quote"),
        );
    }
    let text = String::from_utf8_lossy(&value).into_owned();
    if text
        .chars()
        .any(|character| character.is_control() || character == char::REPLACEMENT_CHARACTER)
    {
        reporter.warning(
            "release-value-unprintable",
            format_args!("line {number}: the value of {key} has unprintable bytes"),
        );
    }
    Some((key, text))
}

fn name(key: &[u8]) -> Option<&str> {
    let valid = key.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let first_valid = key.first().is_some_and(|byte| !byte.is_ascii_digit());
    if valid && first_valid { std::str::from_utf8(key).ok() } else { None }
}

/// Takes the quotes off a value; says whether every quote was closed.
fn unquote(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut value = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\'' => {
                if !until(&mut bytes, b'\'', &mut value, |_, _| false) {
                    return (value, false);
                }
            }
            b'"' => {
                if !until(&mut bytes, b'"', &mut value, double_escape) {
                    return (value, false);
                }
            }
            b'$' if bytes.peek() == Some(&b'\'') => {
                bytes.next();
                if !until(&mut bytes, b'\'', &mut value, ansi_escape) {
                    return (value, false);
                }
            }
            b'\\' => value.extend(bytes.next()),
            _ => value.push(byte),
        }
    }
    (value, true)
}

type Bytes<'a> = std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, u8>>>;

/// Reads up to the closing quote. `escape` is asked at every backslash and returns whether it read on.
fn until(
    bytes: &mut Bytes<'_>,
    end: u8,
    value: &mut Vec<u8>,
    escape: fn(&mut Bytes<'_>, &mut Vec<u8>) -> bool,
) -> bool {
    while let Some(byte) = bytes.next() {
        if byte == end {
            return true;
        }
        if byte != b'\\' || !escape(bytes, value) {
            value.push(byte);
        }
    }
    false
}

/// Between double quotes a backslash escapes `$`, `"`, `\` and the backtick, and else stands for itself.
fn double_escape(bytes: &mut Bytes<'_>, value: &mut Vec<u8>) -> bool {
    let escaped = bytes.next_if(|byte| matches!(byte, b'$' | b'"' | b'\\' | b'`'));
    value.extend(escaped);
    escaped.is_some()
}

/// Between `$'` and `'` the escapes are those of C.
fn ansi_escape(bytes: &mut Bytes<'_>, value: &mut Vec<u8>) -> bool {
    let Some(byte) = bytes.next() else { return false };
    let number = match byte {
        b'x' => digits(bytes, 16, 2, 0),
        b'u' => digits(bytes, 16, 4, 0),
        b'U' => digits(bytes, 16, 8, 0),
        b'0'..=b'7' => digits(bytes, 8, 2, u32::from(byte.saturating_sub(b'0'))),
        _ => {
            match byte {
                b'a' => value.push(7),
                b'b' => value.push(8),
                b'e' | b'E' => value.push(27),
                b'f' => value.push(12),
                b'n' => value.push(b'\n'),
                b'r' => value.push(b'\r'),
                b't' => value.push(b'\t'),
                b'v' => value.push(11),
                b'\'' | b'"' | b'\\' | b'?' => value.push(byte),
                _ => value.extend([b'\\', byte]),
            }
            return true;
        }
    };
    if matches!(byte, b'u' | b'U') {
        let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        value.push(u8::try_from(number & 0xff).unwrap_or_default());
    }
    true
}

fn digits(bytes: &mut Bytes<'_>, radix: u32, most: usize, start: u32) -> u32 {
    let mut number = start;
    for _ in 0..most {
        let Some(byte) = bytes.next_if(|byte| char::from(*byte).is_digit(radix)) else { break };
        let digit = char::from(byte).to_digit(radix).unwrap_or_default();
        number = number.wrapping_mul(radix).wrapping_add(digit);
    }
    number
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::Findings;

    use super::{Reporter, read, unquote};

    #[test]
    fn quoting() {
        let table: &[(&[u8], &[u8], bool)] = &[
            (b"", b"", true),
            (b"plain", b"plain", true),
            (b"two words", b"two words", true),
            (b"\"a b\"", b"a b", true),
            (b"'a \\ b'", b"a \\ b", true),
            (br#""a \"b\" \$HOME \\ \` \n""#, br#"a "b" $HOME \ ` \n"#, true),
            (b"\"$(reboot)\"", b"$(reboot)", true),
            (b"$(reboot)`x`${y}", b"$(reboot)`x`${y}", true),
            (br"a\ b\'c", b"a b'c", true),
            (b"'a'\"b\"c", b"abc", true),
            (br"$'a\tb\x41\101\u00e9\'\q'", "a\tbAAé'\\q".as_bytes(), true),
            (br"$'\U0010ffff\Uffffffff'", "\u{10ffff}\u{fffd}".as_bytes(), true),
            (b"\"open", b"open", false),
            (b"'open", b"open", false),
            (b"$'open\\", b"open\\", false),
            (b"trailing\\", b"trailing", true),
            (b"cost$", b"cost$", true),
        ];
        for (raw, value, closed) in table {
            let (found, found_closed) = unquote(raw);
            assert_eq!(
                (found.as_slice(), found_closed),
                (*value, *closed),
                "{}",
                raw.escape_ascii()
            );
        }
    }

    #[test]
    fn lines() {
        let content = b"\xef\xbb\xbfID=a\r\n# ID=b\n\n  NAME='x'\n=empty\n1A=x\nno assignment\nexport B=c\nV=\x07\xff\nID=last";
        let mut findings = Findings::default();
        let mut reporter = Reporter::new(&mut findings);
        let mut found = Vec::new();
        read(content, &mut reporter, |key, value| found.push((key.to_owned(), value)));
        reporter.finish();
        let expected = [("ID", "a"), ("NAME", "x"), ("V", "\u{7}\u{fffd}"), ("ID", "last")];
        assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let codes: Vec<_> =
            findings.diagnostics().iter().map(|diagnostic| &*diagnostic.code).collect();
        assert_eq!(
            codes,
            [["release-line-unreadable"; 4].as_slice(), &["release-value-unprintable"]].concat()
        );
        assert!(!findings.incomplete());
    }
}
