//! Reads bills in one pass: CycloneDX and SPDX as JSON. Which of them it is shows on the way, since their
//! keys differ.
//!
//! Components are handed on one by one and not kept. What is not looked at is skipped, and takes nothing.

mod cyclonedx;
mod kept;
mod spdx;

use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufRead as _, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::limits::{Limited, Limits};
use crate::part::Part;
pub(crate) use kept::Id;
use kept::{Each, Empty, each};

/// Why a bill cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It cannot be had, or is over the limit of its size.
    #[error("{0}")]
    Io(io::Error),
    /// It is no JSON, breaks the form, or is over a limit.
    #[error("{0}")]
    Malformed(serde_json::Error),
    /// It is JSON and no bill.
    #[error("it is neither CycloneDX nor SPDX: it has neither \"bomFormat\" nor \"spdxVersion\"")]
    Unknown,
}

impl ReadError {
    /// Returns whether the bill cannot be had; else what was had is wrong.
    pub fn is_of_the_way(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() != io::ErrorKind::FileTooLarge)
    }
}

/// What a document says of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    /// `CycloneDX` or `SPDX`, and the version.
    pub(crate) form: Option<(Form, String)>,
    pub(crate) timestamp: bool,
    pub(crate) authors: bool,
    /// Whether an author can be reached: an address of mail or of the web.
    pub(crate) reachable: bool,
    pub(crate) tools: bool,
    /// Whether it says in which phase it was made.
    pub(crate) context: bool,
    /// Whether it says of itself that something may be missing.
    pub(crate) incomplete: bool,
    /// Whether it says how far its relations can be relied on.
    pub(crate) graded: bool,
    /// Whether it lists vulnerabilities.
    pub(crate) vulnerabilities: bool,
    /// Ids that stand in some relation.
    pub(crate) related: HashSet<Id>,
    /// Licences that SPDX refers to by an id, with their text.
    pub(crate) extracted: Vec<(String, String)>,
}

/// A form of bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    CycloneDx,
    Spdx,
}

/// Reads a bill, and hands on its parts. `take` says whether it keeps a part.
pub(crate) fn read(
    input: impl Read,
    limits: &Limits,
    take: &mut dyn FnMut(Part) -> bool,
) -> Result<Head, ReadError> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let mut input = io::BufReader::with_capacity(256 << 10, Limited::new(input, limits.bytes));
    if input.fill_buf().map_err(ReadError::Io)?.starts_with(BYTE_ORDER_MARK) {
        input.consume(BYTE_ORDER_MARK.len());
    }
    let mut json = serde_json::Deserializer::from_reader(input);
    let mut parts = Parts { take, left: limits.components, most: limits.components };
    let head = Document(&mut parts).deserialize(&mut json);
    let head =
        head.and_then(|head| json.end().map(|()| head)).map_err(|error| match error.is_io() {
            true => ReadError::Io(error.into()),
            false => ReadError::Malformed(error),
        })?;
    if head.form.is_none() { Err(ReadError::Unknown) } else { Ok(head) }
}

/// Where parts go.
pub(crate) struct Parts<'t> {
    take: &'t mut dyn FnMut(Part) -> bool,
    left: usize,
    most: usize,
}

impl Parts<'_> {
    fn put(&mut self, part: Part) -> Result<(), String> {
        if (self.take)(part) {
            self.left = self.left.checked_sub(1).ok_or_else(|| {
                format!("it is over the limit sbom_components, which is {}", self.most)
            })?;
        }
        Ok(())
    }
}

struct Document<'p, 't>(&'p mut Parts<'t>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = Head;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Head, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bill of materials")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        let parts = self.0;
        let mut head = Head::default();
        let mut is_cyclonedx = false;
        let mut version = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "bomFormat" => is_cyclonedx = map.next_value::<String>()? == "CycloneDX",
                "specVersion" => version = Some(map.next_value::<String>()?),
                "metadata" => {
                    map.next_value_seed(cyclonedx::Metadata { head: &mut head, parts })?;
                }
                "components" => map.next_value_seed(cyclonedx::Components(parts))?,
                "dependencies" => {
                    map.next_value_seed(each(|it: cyclonedx::Dependency| it.note(&mut head)))?;
                }
                "compositions" => {
                    map.next_value_seed(each(|it: cyclonedx::Composition| it.note(&mut head)))?;
                }
                "vulnerabilities" => head.vulnerabilities = !map.next_value::<Empty>()?.0,
                "spdxVersion" => head.form = Some((Form::Spdx, map.next_value::<String>()?)),
                "creationInfo" => spdx::create(&mut head, map.next_value()?),
                "comment" => spdx::comment(&mut head, map.next_value()?),
                "packages" => {
                    let put = |package: spdx::Package| parts.put(package.part());
                    map.next_value_seed(Each::new(put))?;
                }
                "hasExtractedLicensingInfos" => spdx::extract(&mut head, map.next_value()?),
                "relationships" => {
                    map.next_value_seed(each(|it: spdx::Relation| it.note(&mut head)))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if is_cyclonedx {
            head.form = Some((Form::CycloneDx, version.unwrap_or_default()));
        }
        Ok(head)
    }
}
