//! Values whose type may be wrong: then they are as if they were absent.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Any JSON value, not looked at yet.
pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// Reads a value; the default where it is absent, null or of another type.
pub(crate) fn read<'a, T: Deserialize<'a> + Default>(raw: Raw<'a>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// Reads the elements of a list that are of this type.
pub(crate) fn list<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> impl Iterator<Item = T> {
    let elements: Vec<&RawValue> = read(raw);
    elements.into_iter().filter_map(|element| serde_json::from_str(element.get()).ok())
}

/// Reads a text; nothing where it is none or empty.
pub(crate) fn text(raw: Raw<'_>) -> Option<String> {
    let text: Option<Cow<'_, str>> = read(raw);
    text.filter(|text| !text.is_empty()).map(Cow::into_owned)
}

/// Reads the texts of a list.
pub(crate) fn texts(raw: Raw<'_>) -> Vec<String> {
    let texts = list::<Cow<'_, str>>(raw).filter(|text| !text.is_empty());
    texts.map(Cow::into_owned).collect()
}

/// Reads a time; nothing for the one that means that none is known.
pub(crate) fn time(raw: Raw<'_>) -> Option<String> {
    text(raw).filter(|time| !time.starts_with("0001-01-01T00:00:00"))
}
