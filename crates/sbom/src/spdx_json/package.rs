//! Packages of SPDX: the image, its distribution, its packages.

use std::borrow::Cow;

use serde::Serialize;

use super::licenses::{NOASSERTION, declared};
use crate::bill::{Bill, Row, homepage, maintainer, title};
use crate::facts::{self, Fact};
use crate::{cpe, uuid, web};

/// The id of the document.
pub(super) const DOCUMENT: &str = "SPDXRef-DOCUMENT";
/// The id of the image.
pub(super) const IMAGE: &str = "SPDXRef-Image";
/// The id of the distribution.
pub(super) const OS: &str = "SPDXRef-OS";

/// When and by whom annotations are made.
#[derive(Debug)]
pub(super) struct Stamp {
    pub(super) date: String,
    pub(super) annotator: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Package<'b> {
    #[serde(rename = "SPDXID")]
    id: &'b str,
    name: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<&'b str>,
    primary_package_purpose: &'static str,
    supplier: Cow<'b, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    originator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<&'b str>,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    license_concluded: &'static str,
    license_declared: Cow<'b, str>,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'b str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation<'b>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'b> {
    algorithm: &'static str,
    checksum_value: &'b str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'b> {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: &'b str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation<'b> {
    annotation_type: &'static str,
    annotator: &'b str,
    annotation_date: &'b str,
    comment: String,
}

impl<'b> Package<'b> {
    fn new(id: &'b str, name: &'b str, purpose: &'static str) -> Self {
        Self {
            id,
            name,
            version_info: None,
            primary_package_purpose: purpose,
            supplier: NOASSERTION.into(),
            originator: None,
            homepage: None,
            download_location: NOASSERTION,
            files_analyzed: false,
            source_info: None,
            license_concluded: NOASSERTION,
            license_declared: NOASSERTION.into(),
            copyright_text: NOASSERTION,
            description: None,
            checksums: Vec::new(),
            external_refs: Vec::new(),
            annotations: Vec::new(),
        }
    }
}

/// Returns the ids of packages, in their order.
pub(super) fn ids(rows: &[Row<'_>]) -> Vec<String> {
    let id = |row: &Row<'_>| {
        let sane = |text: &str| -> String {
            let letters = text.chars().take(64);
            letters
                .map(|it| if it.is_ascii_alphanumeric() || it == '.' { it } else { '-' })
                .collect()
        };
        let package = row.package;
        let (kind, name) = (sane(package.kind.name()), sane(&package.name));
        format!("SPDXRef-Package-{kind}-{name}-{}", uuid::short(&row.id, 16))
    };
    rows.iter().map(id).collect()
}

/// Returns the image.
pub(super) fn of_image<'b>(bill: &'b Bill<'_>, stamp: &'b Stamp) -> Package<'b> {
    let checksum =
        bill.sha256().map(|checksum_value| Checksum { algorithm: "SHA256", checksum_value });
    let supplier = bill.options.supplier.as_ref();
    Package {
        version_info: bill.subject.version.as_deref(),
        supplier: supplier.map_or(NOASSERTION.into(), |name| organization(name).into()),
        checksums: checksum.into_iter().collect(),
        external_refs: purl(bill.subject.purl.as_deref()),
        annotations: annotations(&facts::of_image(bill), stamp),
        ..Package::new(IMAGE, named(&bill.subject.name), "CONTAINER")
    }
}

/// Returns the distribution.
pub(super) fn of_distro<'b>(bill: &'b Bill<'_>, stamp: &'b Stamp) -> Option<Package<'b>> {
    let distro = bill.report.distro.as_ref()?;
    Some(Package {
        version_info: distro.version_id.as_deref(),
        supplier: organization(title(distro)).into(),
        description: distro.pretty_name.as_deref(),
        homepage: distro.home_url.as_deref().filter(|url| web::is_address(url)),
        external_refs: cpe(distro.cpe.as_deref()),
        annotations: annotations(&facts::of_distro(distro, &bill.report.keys), stamp),
        ..Package::new(OS, named(&distro.id), "OPERATING_SYSTEM")
    })
}

/// Returns a package.
pub(super) fn of_package<'b>(
    bill: &'b Bill<'_>,
    row: &'b Row<'_>,
    id: &'b str,
    stamp: &'b Stamp,
) -> Package<'b> {
    let package = row.package;
    let with_licenses = !facts::licenses_fit_an_expression(package);
    let purpose = if row.is_application() { "APPLICATION" } else { "LIBRARY" };
    let mut acquired = format!("acquired from {}", package.database);
    if let Some((name, version)) = row.source() {
        acquired.push_str(&format!("; built from {name} {version}"));
    }
    Package {
        version_info: Some(&package.version),
        supplier: bill.supplier(package).map_or(NOASSERTION.into(), |it| organization(it).into()),
        originator: maintainer(package).map(person),
        homepage: homepage(package),
        source_info: Some(acquired),
        license_declared: declared(&package.licenses),
        external_refs: purl(row.purl()),
        annotations: annotations(&facts::of_package(bill, row, with_licenses), stamp),
        ..Package::new(id, named(&package.name), purpose)
    }
}

/// A name may not be empty.
fn named(name: &str) -> &str {
    if name.is_empty() { NOASSERTION } else { name }
}

fn organization(name: &str) -> String {
    format!("Organization: {name}")
}

/// Writes a person as SPDX has it: a name, and an address of mail in brackets.
fn person(text: &str) -> String {
    let plain = |text: &str| {
        let letters = text.chars().map(|it| match it {
            '(' => '[',
            ')' => ']',
            it if it.is_control() => ' ',
            it => it,
        });
        letters.collect::<String>().trim().to_owned()
    };
    let parts = text.split_once('<').and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)));
    match parts {
        Some((name, mail)) if !name.trim().is_empty() && mail.contains('@') => {
            format!("Person: {} ({})", plain(name), plain(mail))
        }
        _ => format!("Person: {}", plain(text)),
    }
}

fn cpe(name: Option<&str>) -> Vec<ExternalRef<'_>> {
    let reference = |reference_locator| {
        let reference_type = match cpe::form(reference_locator)? {
            cpe::Form::Uri => "cpe22Type",
            cpe::Form::Formatted => "cpe23Type",
        };
        Some(ExternalRef { reference_category: "SECURITY", reference_type, reference_locator })
    };
    name.and_then(reference).into_iter().collect()
}

fn purl(purl: Option<&str>) -> Vec<ExternalRef<'_>> {
    let reference = |reference_locator| ExternalRef {
        reference_category: "PACKAGE-MANAGER",
        reference_type: "purl",
        reference_locator,
    };
    purl.map(reference).into_iter().collect()
}

/// Returns facts as lines of one annotation: `key=value`, with dots in the key.
fn annotations<'b>(facts: &[Fact<'_>], stamp: &'b Stamp) -> Vec<Annotation<'b>> {
    let lines: Vec<String> = facts
        .iter()
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
            format!("{}={value}", name.replace(':', "."))
        })
        .collect();
    vec![Annotation {
        annotation_type: "OTHER",
        annotator: &stamp.annotator,
        annotation_date: &stamp.date,
        comment: lines.join("\n"),
    }]
}
