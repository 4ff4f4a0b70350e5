//! JSON as image documents need it: tolerant of what tools write, strict where two readers could differ.
//!
//! A key that a document has twice, or once more in another case, means one thing to a reader that
//! takes the last, another to one that takes the exact spelling, so one digest would name two
//! images. Known keys in two spellings are refused; unknown fields are let pass.

use std::collections::BTreeMap;
use std::fmt;

use cutaway_tar::Escaped;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::Error;

/// Parses a document, or says which document it is and where it breaks.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, Error> {
    let looks_like_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(looks_like_json, Some(b'{' | b'[')) {
        let shown: String = String::from_utf8_lossy(bytes).chars().take(80).collect();
        return Err(Error::malformed(
            what,
            format!("is no JSON document; it begins \"{}\"", Escaped::new(&shown)),
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string().replace("recursion limit exceeded", "nesting deeper than 128");
        let shown: String = text.chars().take(400).collect();
        Error::malformed(what, shown)
    })
}

/// Reads `null` as the empty value, as Go's tools write empty lists and maps.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a list of texts, or `null`; an element that is `null` is an empty text, as Go's tools read it.
pub(crate) fn texts_of_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let list = Option::<Vec<Option<String>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(list.into_iter().map(Option::unwrap_or_default).collect())
}

/// Reads a map of texts; a value that is `null` is an empty text, as Go's tools read it.
pub(crate) fn texts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let map = Option::<BTreeMap<String, Option<String>>>::deserialize(deserializer)?;
    let texts = map.unwrap_or_default().into_iter();
    Ok(texts.map(|(key, value)| (key, value.unwrap_or_default())).collect())
}

/// Reads a text, which some tools write as a number; `null` as the empty one.
pub(crate) fn text_or_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    match Option::<serde_json::Value>::deserialize(deserializer)? {
        None => Ok(String::new()),
        Some(serde_json::Value::String(text)) => Ok(text),
        Some(serde_json::Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(D::Error::custom("invalid type: neither a text nor a number")),
    }
}

/// Reads a field that is there, `null` as the empty value; with `default` an absent one is `None`.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    null_as_empty(deserializer).map(Some)
}

/// The keys of an object that are not fields of ours; their values are dropped.
#[derive(Debug, Default)]
pub(crate) struct OtherKeys(Vec<String>);

impl OtherKeys {
    /// Refuses keys that differ from a known one in case only.
    pub(crate) fn refuse_variants_of(&self, known: &[&str]) -> Result<(), String> {
        for key in &self.0 {
            if let Some(known) =
                known.iter().find(|known| **known != key && fold(known) == fold(key))
            {
                return Err(format!(
                    "key \"{}\" is \"{known}\" in another case",
                    Escaped::new(key)
                ));
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for OtherKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = OtherKeys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OtherKeys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
                    keys.push(key);
                }
                Ok(OtherKeys(keys))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// An object whose keys are checked: those of `T` in their own spelling only.
#[derive(Debug, Deserialize)]
struct Strict<T> {
    #[serde(flatten)]
    value: T,
    #[serde(flatten)]
    other: OtherKeys,
}

/// A type whose keys are known by name.
pub(crate) trait Known {
    /// The keys as documents have to spell them.
    const KEYS: &[&str];
}

/// Reads an object and refuses keys of `T` in another case; `null` is the empty value.
pub(crate) fn strict<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + Known,
{
    Ok(strict_option(deserializer)?.unwrap_or_default())
}

/// As [`strict`], `null` as `None`.
pub(crate) fn strict_option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Known,
{
    Option::<Strict<T>>::deserialize(deserializer)?.map(checked).transpose()
}

/// Reads a list of objects as [`strict`] does one.
pub(crate) fn strict_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + Known,
{
    let list = Option::<Vec<Option<Strict<T>>>>::deserialize(deserializer)?.unwrap_or_default();
    list.into_iter().map(|item| item.map_or_else(|| Ok(T::default()), checked)).collect()
}

fn checked<T: Known, E: serde::de::Error>(strict: Strict<T>) -> Result<T, E> {
    strict.other.refuse_variants_of(T::KEYS).map_err(E::custom)?;
    Ok(strict.value)
}

/// Folds case as Go's JSON decoder does: ASCII, and the two letters outside it that fold into it.
fn fold(key: &str) -> String {
    key.chars()
        .map(|c| match c {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}
