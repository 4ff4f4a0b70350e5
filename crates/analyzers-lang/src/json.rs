//! JSON of which a few members are wanted: the others are passed over, whatever their shape.
//!
//! Nothing is built of what is not asked for, so a document costs no more memory than its bytes. Of keys
//! that stand twice the last one counts, as in JavaScript.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Why a document is not read: what serde_json says of it.
pub(crate) type Error = serde_json::Error;

/// Returns the text of a file: without a byte order mark and zero bytes behind it, other bytes than
/// UTF-8 replaced.
pub(crate) fn text(content: &[u8]) -> Cow<'_, str> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let zeros = content.iter().rev().take_while(|byte| **byte == 0).count();
    let content = content.get(..content.len().saturating_sub(zeros)).unwrap_or(content);
    String::from_utf8_lossy(content)
}

/// Returns the members of an object that have these keys.
pub(crate) fn pick<'a, const N: usize>(
    json: &'a str,
    keys: [&str; N],
) -> Result<[Option<&'a RawValue>; N], Error> {
    let mut picked = [None; N];
    members(json, |key, value| {
        if let Some(at) = keys.iter().position(|wanted| *wanted == key)
            && let Some(slot) = picked.get_mut(at)
        {
            *slot = Some(value);
        }
    })?;
    Ok(picked)
}

/// Shows every member of an object, in order.
pub(crate) fn members<'a>(
    json: &'a str,
    mut show: impl FnMut(&str, &'a RawValue),
) -> Result<(), Error> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let both = Both { member: &mut show, item: &mut |_| {} };
    both.deserialize(&mut reader)?;
    reader.end()
}

/// Shows every item of a list, in order.
pub(crate) fn items<'a>(json: &'a str, mut show: impl FnMut(&'a RawValue)) -> Result<(), Error> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let both = Both { member: &mut |_, _| {}, item: &mut show };
    both.deserialize(&mut reader)?;
    reader.end()
}

/// Returns a text; none of what is something else.
pub(crate) fn string(value: Option<&RawValue>) -> Option<String> {
    value.and_then(|value| serde_json::from_str(value.get()).ok())
}

/// Shows what is in an object or a list; of any other value nothing.
struct Both<'f, 'a> {
    member: &'f mut dyn FnMut(&str, &'a RawValue),
    item: &'f mut dyn FnMut(&'a RawValue),
}

impl<'a> DeserializeSeed<'a> for Both<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Both<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'a, str>>()? {
            let value = map.next_value::<&'a RawValue>()?;
            (self.member)(&key, value);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<&'a RawValue>()? {
            (self.item)(value);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_are_asked_for() {
        let json =
            text(b"\xef\xbb\xbf{\"a\":1,\"na\\u006de\":\"x\",\"b\":[[{}]],\"name\":\"y\"}\0\0")
                .into_owned();
        let [name, other] = pick(&json, ["name", "c"]).unwrap();
        assert_eq!((string(name).as_deref(), other.is_none()), (Some("y"), true));
        let mut count = 0;
        items("[1,[2],{\"a\":3}]", |_| count += 1).unwrap();
        assert_eq!(count, 3);
        for broken in ["", "{", "1", "{\"a\":1} x", "nul", "{\"a\" 1}"] {
            assert!(pick(broken, ["a"]).is_err(), "{broken}");
        }
        let deep = format!("{{\"a\":{}1{},\"name\":\"z\"}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(string(pick(&deep, ["name"]).unwrap()[0]).as_deref(), Some("z"));
    }
}
