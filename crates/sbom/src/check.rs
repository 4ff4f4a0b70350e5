//! What a bill lacks, by the lists of what one has to have: per field, with counts.
//!
//! Whether a field is there is counted; whether it is true nobody can tell from a bill. A field that is
//! there for some components and not for others is missing for these.

mod profile;

use std::io::Read;

use serde::Serialize;

use crate::limits::Limits;
use crate::part::{Kind, Part};
use crate::reader::{self, Form, Head, Id, ReadError};
pub use profile::Profile;
use profile::{Component, Document};

/// What a bill has and lacks (`cutaway.sbom-check/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The name and version of this form.
    pub schema: &'static str,
    /// The list that was asked for.
    pub profile: Profile,
    /// The form of the bill.
    pub form: &'static str,
    /// The version of the form.
    pub form_version: String,
    /// How many components count: all but files.
    pub components: usize,
    /// Whether nothing is missing.
    pub conforms: bool,
    /// What is wanted, of the document first.
    pub fields: Vec<Field>,
}

/// A field that a list wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// `document` or `component`.
    pub scope: &'static str,
    /// How often it is there.
    pub present: usize,
    /// How often it is not.
    pub missing: usize,
    /// The first components that lack it, by name and version, in the order of the bill.
    pub examples: Vec<String>,
}

/// How many components that lack a field are named.
const EXAMPLES: usize = 5;

/// A component, as far as it is looked at.
struct Row {
    label: String,
    id: Option<String>,
    has: Vec<bool>,
}

/// Counts what a bill in CycloneDX or SPDX (JSON) has of what a list wants.
///
/// # Errors
///
/// Returns why the bill cannot be had, which rule it breaks, and the limit that it meets.
pub fn check(input: impl Read, profile: Profile, limits: &Limits) -> Result<Check, ReadError> {
    let wanted = profile.of_components();
    let mut rows = Vec::new();
    let head = reader::read(input, limits, &mut |part| {
        let counts = part.kind != Kind::Other && !part.excluded;
        if counts {
            rows.push(Row {
                has: wanted.iter().map(|field| has(&part, *field)).collect(),
                label: label(&part),
                id: part.id,
            });
        }
        counts
    })?;
    let mut fields: Vec<Field> = Vec::new();
    for field in profile.of_documents() {
        let there = usize::from(states(&head, *field));
        let (present, missing) = (there, 1_usize.saturating_sub(there));
        let scope = "document";
        fields.push(Field { name: field.name(), scope, present, missing, examples: Vec::new() });
    }
    for (position, field) in wanted.iter().enumerate() {
        let lacks = |row: &&Row| match field {
            Component::Relation => {
                !row.id.as_ref().is_some_and(|id| head.related.contains(&Id::of(id)))
            }
            _ => row.has.get(position) != Some(&true),
        };
        let missing = rows.iter().filter(lacks).count();
        let examples = rows.iter().filter(lacks).take(EXAMPLES);
        fields.push(Field {
            name: field.name(),
            scope: "component",
            present: rows.len().saturating_sub(missing),
            missing,
            examples: examples.map(|row| row.label.clone()).collect(),
        });
    }
    let (form, form_version) = head.form.unwrap_or((Form::CycloneDx, String::new()));
    Ok(Check {
        schema: "cutaway.sbom-check/1",
        profile,
        form: match form {
            Form::CycloneDx => "CycloneDX",
            Form::Spdx => "SPDX",
        },
        form_version: form_version.trim_start_matches("SPDX-").to_owned(),
        components: rows.len(),
        conforms: fields.iter().all(|field| field.missing == 0),
        fields,
    })
}

fn label(part: &Part) -> String {
    let name = part.name.as_deref().or(part.id.as_deref()).unwrap_or("without a name");
    match &part.version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    }
}

fn states(head: &Head, field: Document) -> bool {
    match field {
        Document::Author => head.authors,
        Document::ReachableAuthor => head.reachable,
        Document::Timestamp => head.timestamp,
        Document::Tool => head.tools,
        Document::Context => head.context,
        Document::Completeness => head.graded,
        Document::NoVulnerabilities => !head.vulnerabilities,
        Document::Version => head.form.as_ref().is_some_and(|(form, version)| {
            let digits = version.trim_start_matches("SPDX-");
            let mut numbers = digits.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
            let stated = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
            match form {
                Form::CycloneDx => stated >= (1, 6),
                Form::Spdx => stated >= (3, 0),
            }
        }),
    }
}

fn has(part: &Part, field: Component) -> bool {
    let is_stated = |text: &Option<String>| text.as_ref().is_some_and(|it| !it.trim().is_empty());
    match field {
        Component::Name => is_stated(&part.name),
        Component::Version => is_stated(&part.version),
        Component::Supplier | Component::Producer => is_stated(&part.supplier),
        Component::ReachableSupplier => part.reachable,
        Component::OwnId => is_stated(&part.id) || is_stated(&part.purl) || part.identified,
        Component::Identifier => is_stated(&part.purl) || part.identified,
        Component::License => part.licenses.iter().any(|it| !it.is_empty()),
        Component::Hash => !part.hashes.is_empty(),
        Component::Sha512 => part.hashes.iter().any(|it| it == "SHA512"),
        Component::Filename => part.fact("bsi:component:filename").is_some(),
        Component::Properties => ["executable", "archive", "structured"]
            .iter()
            .all(|name| part.fact(&format!("bsi:component:{name}")).is_some()),
        // Only the end of the document tells.
        Component::Relation => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(bill: &str, profile: Profile) -> Vec<(&'static str, usize)> {
        let check = check(bill.as_bytes(), profile, &Limits::default()).unwrap();
        let lacking = check.fields.iter().filter(|field| field.missing > 0);
        let lacking: Vec<_> = lacking.map(|field| (field.name, field.missing)).collect();
        assert_eq!(lacking.is_empty(), check.conforms);
        lacking
    }

    const BILL: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"t",
        "authors":[{"name":"A","email":"a@b.c"}],"tools":{"components":[]},"lifecycles":[{"phase":"build"}],
        "component":{"bom-ref":"i","type":"container","name":"i","version":"1","supplier":{"name":"S","url":["https://s"]},
        "purl":"pkg:oci/i@1","hashes":[{"alg":"SHA-512","content":"a"}],"licenses":[{"license":{"id":"MIT"}}]}},
        "components":[{"bom-ref":"f","type":"file","name":"f"},{"bom-ref":"a","type":"library","name":"a"}],
        "dependencies":[{"ref":"i","dependsOn":["f"]}],"compositions":[{"aggregate":"unknown","dependencies":["i"]}]}"#;

    #[test]
    fn what_is_missing_is_counted() {
        assert_eq!(
            missing(BILL, Profile::Ntia),
            [("supplier", 1), ("version", 1), ("relationship", 1)]
        );
        assert_eq!(
            missing(BILL, Profile::Cisa),
            [
                ("producer", 1),
                ("version", 1),
                ("identifier", 1),
                ("hash", 1),
                ("license", 1),
                ("relationship", 1)
            ]
        );
        let of_bsi = missing(BILL, Profile::Bsi);
        assert!(of_bsi.contains(&("filename", 2)) && of_bsi.contains(&("sha512", 1)), "{of_bsi:?}");
        assert!(of_bsi.iter().all(|(name, _)| !["author_contact", "spec_version"].contains(name)));
        let bare = r#"{"spdxVersion":"SPDX-2.3","creationInfo":{"creators":["Tool: a"]}}"#;
        assert_eq!(missing(bare, Profile::Ntia), [("author", 1), ("timestamp", 1)]);
        assert!(missing(bare, Profile::Bsi).contains(&("spec_version", 1)));
    }
}
