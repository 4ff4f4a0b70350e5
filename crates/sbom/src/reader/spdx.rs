//! What is looked at of SPDX. Everything may be absent.

use serde::Deserialize;

use super::Head;
use super::kept::{Id, Kept, Worth};
use crate::part::{Kind, OURS, Part};
use crate::spdx_json::INCOMPLETE;

/// What stands for what nobody knows.
const UNKNOWN: &[&str] = &["NOASSERTION", "NONE", ""];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Package {
    #[serde(rename = "SPDXID")]
    id: Option<String>,
    name: Option<String>,
    version_info: Option<String>,
    primary_package_purpose: Option<String>,
    supplier: Option<String>,
    originator: Option<String>,
    description: Option<String>,
    license_declared: Option<String>,
    license_concluded: Option<String>,
    source_info: Option<String>,
    #[serde(default)]
    checksums: Kept<Checksum>,
    #[serde(default)]
    external_refs: Kept<ExternalRef>,
    #[serde(default)]
    annotations: Kept<Annotation>,
}

#[derive(Debug, Deserialize)]
struct Checksum {
    #[serde(default)]
    algorithm: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    #[serde(default)]
    reference_type: String,
    #[serde(default)]
    reference_locator: String,
}

#[derive(Debug, Deserialize)]
struct Annotation {
    #[serde(default)]
    annotator: String,
    #[serde(default)]
    comment: String,
}

impl Package {
    pub(super) fn part(self) -> Part {
        let known = |text: Option<String>| text.filter(|it| !UNKNOWN.contains(&it.as_str()));
        let mut part = Part {
            kind: self.kind(),
            id: self.id,
            name: self.name.filter(|it| it != "NOASSERTION"),
            version: self.version_info,
            description: self.description,
            place: self.source_info.as_deref().and_then(place),
            ..Part::default()
        };
        let of_whom = known(self.supplier).or(known(self.originator));
        part.reachable = of_whom.as_ref().is_some_and(|it| it.contains('@') || it.contains("://"));
        part.supplier = of_whom.map(|text| {
            let name = text.split_once(": ").map_or(text.as_str(), |(_, name)| name);
            name.to_owned()
        });
        part.licenses.extend(known(self.license_declared).or(known(self.license_concluded)));
        part.hashes = self.checksums.0.into_iter().map(|it| it.algorithm.to_uppercase()).collect();
        for reference in self.external_refs.0 {
            match reference.reference_type.as_str() {
                "purl" => part.purl = Some(reference.reference_locator),
                "cpe22Type" | "cpe23Type" | "swid" => part.identified = true,
                _ => {}
            }
        }
        for line in self.annotations.0.iter().flat_map(|annotation| annotation.comment.split('\n'))
        {
            if let Some((name, value)) = line.split_once('=') {
                part.facts.push((format!("{OURS}{}", name.replace('.', ":")), unescaped(value)));
            }
        }
        if let Some((name, version)) = self.source_info.as_deref().and_then(built_from) {
            part.facts.push(("aquasecurity:trivy:SrcName".to_owned(), name.to_owned()));
            part.facts.push(("aquasecurity:trivy:SrcVersion".to_owned(), version.to_owned()));
        }
        part.excluded = part.own("removed:hiddenBy").is_some();
        part
    }

    fn kind(&self) -> Kind {
        match self.primary_package_purpose.as_deref() {
            Some("CONTAINER") => Kind::Image,
            Some("OPERATING_SYSTEM" | "OPERATING-SYSTEM") => Kind::System,
            Some("FILE" | "ARCHIVE" | "SOURCE" | "DEVICE") => Kind::Other,
            _ => Kind::Package,
        }
    }
}

/// Returns the place in `acquired from PLACE; …` and the like, as Syft and we write it.
fn place(text: &str) -> Option<String> {
    let place = match text.strip_prefix("acquired from ") {
        Some(ours) => ours.split("; ").next()?,
        None => text.strip_prefix("acquired package info from ")?.split_once(": ")?.1,
    };
    Some(place.trim_start_matches('/').split(", ").next()?.to_owned())
}

/// Returns the source package in `built package from: NAME VERSION`, as Trivy writes it.
fn built_from(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("built package from: ")?.split_once(' ')
}

/// Undoes what lines do to values.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                other => text.extend(other),
            },
            _ => text.push(letter),
        }
    }
    text
}

#[derive(Debug, Deserialize)]
pub(super) struct CreationInfo {
    created: Option<String>,
    #[serde(default)]
    creators: Kept<String>,
    comment: Option<String>,
}

/// Notes who made a document, and when.
pub(super) fn create(head: &mut Head, info: CreationInfo) {
    head.timestamp = info.created.is_some_and(|it| !it.is_empty());
    head.context = info.comment.is_some_and(|it| it.contains("post-build"));
    for creator in info.creators.0 {
        let is_author = creator.starts_with("Person: ") || creator.starts_with("Organization: ");
        head.authors |= is_author;
        head.reachable |= is_author && (creator.contains('@') || creator.contains("://"));
        head.tools |= creator.starts_with("Tool: ");
    }
}

/// Notes whether a document says that something may be missing.
pub(super) fn comment(head: &mut Head, comment: String) {
    head.incomplete |= comment == INCOMPLETE;
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extracted {
    #[serde(default)]
    license_id: String,
    #[serde(default)]
    extracted_text: String,
    name: Option<String>,
}

/// Notes the licences that packages refer to.
pub(super) fn extract(head: &mut Head, licenses: Kept<Extracted>) {
    let named = |it: Extracted| (it.license_id, it.name.unwrap_or(it.extracted_text));
    head.extracted = licenses.0.into_iter().map(named).collect();
    head.extracted.sort();
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Relation {
    #[serde(default)]
    spdx_element_id: Option<Id>,
    #[serde(default)]
    related_spdx_element: Option<Id>,
}

impl Relation {
    pub(super) fn note(self, head: &mut Head) {
        let ends = [self.spdx_element_id, self.related_spdx_element];
        head.related.extend(ends.into_iter().flatten());
    }
}

impl Worth for Checksum {
    fn is_kept(&self) -> bool {
        !self.algorithm.is_empty()
    }
}

impl Worth for ExternalRef {
    fn is_kept(&self) -> bool {
        ["purl", "cpe22Type", "cpe23Type", "swid"].contains(&self.reference_type.as_str())
    }
}

impl Worth for Annotation {
    fn is_kept(&self) -> bool {
        self.annotator.starts_with("Tool: cutaway")
    }
}

impl Worth for Extracted {
    fn is_kept(&self) -> bool {
        !self.license_id.is_empty()
    }
}
