//! The JSON of a table, entry by entry.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// An entry as it stands there; numbers that cannot be are refused by their types.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Raw {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) size: u64,
    pub(crate) modtime: Option<String>,
    pub(crate) link_name: Option<String>,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) user_name: Option<String>,
    pub(crate) group_name: Option<String>,
    pub(crate) dev_major: u32,
    pub(crate) dev_minor: u32,
    pub(crate) xattrs: Option<BTreeMap<String, String>>,
    pub(crate) digest: Option<String>,
    pub(crate) offset: u64,
    pub(crate) end_offset: u64,
    pub(crate) chunk_offset: u64,
    pub(crate) chunk_size: u64,
    pub(crate) chunk_digest: Option<String>,
    pub(crate) chunk_type: Option<String>,
    pub(crate) inner_offset: u64,
}

/// Reads a table and hands on each entry, in order.
pub(crate) fn read(
    json: &[u8],
    take: impl FnMut(Raw) -> Result<(), crate::Error>,
) -> Result<(), crate::Error> {
    let mut refusal = None;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let document = Document { take, refusal: &mut refusal };
    let read = deserializer.deserialize_map(document).and_then(|()| deserializer.end());
    match (refusal, read) {
        (Some(refusal), _) => Err(refusal),
        (None, Err(error)) => Err(crate::Error::malformed(format!("its JSON: {error}"))),
        (None, Ok(())) => Ok(()),
    }
}

struct Document<'a, F> {
    take: F,
    /// Why an entry was refused: said in its own words, not in those of a JSON reader.
    refusal: &'a mut Option<crate::Error>,
}

impl<'de, F: FnMut(Raw) -> Result<(), crate::Error>> Visitor<'de> for Document<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of contents")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (mut version, mut has_entries) = (None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => version = Some(map.next_value::<u64>()?),
                "entries" if has_entries => {
                    return Err(A::Error::custom("entries stand there twice"));
                }
                "entries" => {
                    has_entries = true;
                    map.next_value_seed(Entries(&mut self))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match version {
            Some(1) if has_entries => Ok(()),
            Some(1) => Err(A::Error::custom("it has no entries")),
            _ => Err(A::Error::custom("its version is not 1")),
        }
    }
}

struct Entries<'b, 'a, F>(&'b mut Document<'a, F>);

impl<'de, F: FnMut(Raw) -> Result<(), crate::Error>> DeserializeSeed<'de> for Entries<'_, '_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Raw) -> Result<(), crate::Error>> Visitor<'de> for Entries<'_, '_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(raw) = entries.next_element::<Raw>()? {
            if let Err(refusal) = (self.0.take)(raw) {
                *self.0.refusal = Some(refusal);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}
