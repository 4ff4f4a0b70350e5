//! Whether an answer continues a blob where the last one broke off (RFC 9110, section 14). Pure.

use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap};

use crate::answer::content_type;

/// How an answer goes together with the bytes that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It goes on at the next byte.
    Continues,
    /// It begins at the first byte, so the known ones are to be compared and passed over.
    StartsOver,
}

/// Judges the answer to a request for the bytes from `from` on, or for all where that is `None`.
///
/// `etag` is the entity tag of the first answer.
///
/// # Errors
///
/// Returns what is wrong with it; the bytes of such an answer must not be used.
pub(crate) fn judge(
    status: u16,
    headers: &HeaderMap,
    from: Option<u64>,
    etag: Option<&str>,
) -> Result<Fit, String> {
    match (status, from) {
        (200, _) => Ok(Fit::StartsOver),
        (206, None) => Err("a part came, and the whole was asked for".to_owned()),
        (206, Some(from)) => {
            if content_type(headers).is_some_and(|kind| kind.starts_with("multipart/")) {
                return Err("several parts came, and one was asked for".to_owned());
            }
            let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
            let first = range
                .and_then(first_byte)
                .ok_or("a part came without a Content-Range that can be read")?;
            if first != from {
                return Err(format!(
                    "the part from byte {first} on came, and byte {from} was asked for"
                ));
            }
            match (etag, entity_tag(headers)) {
                (Some(old), Some(new)) if old != new => {
                    Err("the part is of another version: its ETag has changed".to_owned())
                }
                _ => Ok(Fit::Continues),
            }
        }
        (status, _) => Err(format!("HTTP status {status} came, and bytes were asked for")),
    }
}

/// Returns the size of the whole that the answer to a range beyond it states: that of `bytes */30`.
pub(crate) fn size(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    number(range.trim().strip_prefix("bytes")?.trim_start().strip_prefix("*/")?)
}

/// Returns the size of the whole that an answer with a part of it states: that of `bytes 0-0/30`.
pub(crate) fn total(headers: &HeaderMap) -> Option<u64> {
    number(headers.get(CONTENT_RANGE)?.to_str().ok()?.rsplit_once('/')?.1)
}

/// Returns the entity tag of an answer.
pub(crate) fn entity_tag(headers: &HeaderMap) -> Option<&str> {
    headers.get(ETAG).and_then(|value| value.to_str().ok())
}

/// Parses the first byte of `bytes 10-19/30` or `bytes 10-19/*`.
fn first_byte(range: &str) -> Option<u64> {
    let (span, size) = range.trim().strip_prefix("bytes")?.trim_start().split_once('/')?;
    let (first, last) = span.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    let fits = size == "*" || number(size)? > last;
    if first <= last && fits { Some(first) } else { None }
}

fn number(digits: &str) -> Option<u64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn content_ranges() {
        for (text, first) in [
            ("bytes 10-19/30", Some(10)),
            ("bytes 10-19/*", Some(10)),
            ("bytes 0-0/1", Some(0)),
            ("bytes 20-19/30", None),
            ("bytes 10-30/30", None),
            ("bytes */30", None),
            ("bytes 10-/30", None),
            ("bytes +10-19/30", None),
            ("items 10-19/30", None),
            ("bytes 10-99999999999999999999/*", None),
            ("", None),
        ] {
            assert_eq!(first_byte(text), first, "{text}");
        }
    }

    #[test]
    fn sizes_beyond_which_nothing_is() {
        for (text, wanted) in [
            ("bytes */30", Some(30)),
            ("bytes */0", Some(0)),
            ("bytes */*", None),
            ("bytes 10-19/30", None),
            ("bytes */-1", None),
            ("items */30", None),
        ] {
            assert_eq!(size(&headers(&[(CONTENT_RANGE, text)])), wanted, "{text}");
        }
        for (text, wanted) in [("bytes 0-0/30", Some(30)), ("bytes 0-0/*", None), ("30", None)] {
            assert_eq!(total(&headers(&[(CONTENT_RANGE, text)])), wanted, "{text}");
        }
    }

    #[test]
    fn answers() {
        let part = headers(&[(CONTENT_RANGE, "bytes 10-19/20"), (ETAG, "\"a\"")]);
        assert_eq!(judge(206, &part, Some(10), None), Ok(Fit::Continues));
        assert_eq!(judge(206, &part, Some(10), Some("\"a\"")), Ok(Fit::Continues));
        assert!(judge(206, &part, Some(10), Some("\"b\"")).unwrap_err().contains("ETag"));
        assert!(judge(206, &part, Some(9), None).is_err());
        assert!(judge(206, &part, None, None).is_err());
        assert!(judge(206, &HeaderMap::new(), Some(10), None).is_err());
        let parts = headers(&[
            (CONTENT_TYPE, "multipart/byteranges; boundary=x"),
            (CONTENT_RANGE, "bytes 10-19/20"),
        ]);
        assert!(judge(206, &parts, Some(10), None).is_err());
        assert_eq!(judge(200, &HeaderMap::new(), Some(10), None), Ok(Fit::StartsOver));
        assert_eq!(judge(200, &HeaderMap::new(), None, None), Ok(Fit::StartsOver));
        assert!(judge(416, &HeaderMap::new(), Some(10), None).is_err());
        assert!(judge(204, &HeaderMap::new(), None, None).is_err());
    }
}
