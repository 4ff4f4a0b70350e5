//! SPDX 2.3 as JSON (ISO/IEC 5962): `spdx-json`.
//!
//! Packages are made one by one while they are written; the bill itself is never held as JSON.

mod licenses;
mod package;

use std::io;

use cutaway_report::{Format, Report, write_json};
use serde::Serialize;

use crate::bill::Bill;
use crate::clock::rfc3339;
use crate::options::{Options, Serial, VERSION};
use crate::seq::Seq;
use crate::subject::encoded;
use crate::uuid;
use licenses::Extraction;
use package::{DOCUMENT, IMAGE, OS, Stamp};

/// `spdx-json`.
#[derive(Debug, Clone, Default)]
pub struct Spdx(pub Options);

/// The address below which documents are named: one that nobody can have.
const NAMESPACE: &str = "https://cutaway.invalid/spdx";

/// The list of licences that is followed.
const LICENSE_LIST: &str = "3.28";

impl Format for Spdx {
    fn name(&self) -> &str {
        "spdx-json"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let bill = Bill::new(report, &self.0);
        let uuid = match self.0.serial {
            Serial::Random(bytes) => uuid::of_random(bytes),
            // A document has to have a name of its own.
            Serial::Content | Serial::None => uuid::of_content(|out| write(&bill, None, out))?,
        };
        write(&bill, Some(&uuid), out)
    }
}

/// Writes the document; without a UUID, without what differs from run to run.
fn write(bill: &Bill<'_>, uuid: Option<&str>, out: &mut dyn io::Write) -> io::Result<()> {
    let options = bill.options;
    let time = bill.time.filter(|_| uuid.is_some());
    let stamp = Stamp {
        date: rfc3339(time.map_or(0, |time| time.seconds)),
        annotator: format!("Tool: cutaway-{VERSION}"),
    };
    let name = match bill.subject.name.as_str() {
        "" => "image",
        name => name,
    };
    let ids = package::ids(&bill.rows);
    let mut related: Vec<(&str, Option<usize>)> =
        ids.iter().zip(&bill.rows).map(|(id, row)| (id.as_str(), row.hidden_by)).collect();
    related.extend(bill.report.distro.is_some().then_some((OS, None)));
    related.sort_unstable();
    let base = options.namespace.as_deref().unwrap_or(NAMESPACE).trim_end_matches('/');
    let last = name.rsplit('/').next().unwrap_or_default();
    let document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name,
        document_namespace: uuid.map(|uuid| format!("{base}/{}/{uuid}", encoded(last))),
        comment: (!bill.report.complete).then_some(INCOMPLETE),
        creation_info: CreationInfo {
            created: &stamp.date,
            creators: creators(options, &stamp.annotator),
            license_list_version: LICENSE_LIST,
            comment: time.map(|time| format!("post-build; cutaway:time={}", time.origin)),
        },
        document_describes: [IMAGE],
        packages: Seq(|| {
            let rows = bill.rows.iter().zip(&ids);
            let first = [Some(package::of_image(bill, &stamp)), package::of_distro(bill, &stamp)];
            let packages = rows.map(|(row, id)| package::of_package(bill, row, id, &stamp));
            first.into_iter().flatten().chain(packages)
        }),
        extracted: licenses::extracted(&bill.rows),
        relationships: Seq(|| {
            let there = related.iter().filter(|(_, hidden_by)| hidden_by.is_none());
            let contains = there.map(|(to, _)| Relationship::new(IMAGE, "CONTAINS", to));
            let gone = related.iter().filter_map(|(to, hidden_by)| {
                let comment = format!("removed by layer {}", (*hidden_by)?);
                let relation = Relationship::new(IMAGE, "OTHER", to);
                Some(Relationship { comment: Some(comment), ..relation })
            });
            let first = Relationship::new(DOCUMENT, "DESCRIBES", IMAGE);
            let needed = bill.graph.edges().filter_map(|(from, to)| {
                Some(Relationship::new(ids.get(from)?, "DEPENDS_ON", ids.get(to)?))
            });
            std::iter::once(first).chain(contains).chain(gone).chain(needed)
        }),
    };
    write_json(&document, out)
}

/// What a document says of itself that may lack packages.
pub(crate) const INCOMPLETE: &str =
    "incomplete: something in the image could not be read, so packages may be missing";

fn creators(options: &Options, tool: &str) -> Vec<String> {
    let authors = options.authors.iter().map(|author| format!("Person: {}", person(author)));
    let supplier = options.supplier.iter().map(|name| format!("Organization: {name}"));
    authors.chain(supplier).chain([tool.to_owned()]).collect()
}

/// Writes an address of mail as SPDX has it: in brackets.
fn person(text: &str) -> String {
    text.replace('<', "(").replace('>', ")")
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'b, P: Serialize, R: Serialize> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
    creation_info: CreationInfo<'b>,
    document_describes: [&'static str; 1],
    packages: P,
    #[serde(rename = "hasExtractedLicensingInfos", skip_serializing_if = "Extraction::is_empty")]
    extracted: Extraction<'b>,
    relationships: R,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo<'b> {
    created: &'b str,
    creators: Vec<String>,
    license_list_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship<'b> {
    spdx_element_id: &'b str,
    relationship_type: &'static str,
    related_spdx_element: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

impl<'b> Relationship<'b> {
    fn new(from: &'b str, kind: &'static str, to: &'b str) -> Self {
        Self {
            spdx_element_id: from,
            relationship_type: kind,
            related_spdx_element: to,
            comment: None,
        }
    }
}
