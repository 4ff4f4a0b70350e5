//! Components of CycloneDX: the image, its distribution, its packages.

use std::borrow::Cow;

use serde::Serialize;

use crate::bill::{Bill, Row, homepage, maintainer, title};
use crate::facts::{self, Fact};
use crate::license::{self, Kind};
use crate::options::{Compat, SpecVersion, VERSION};
use crate::{cpe, web};

/// The id of the image.
pub(super) const IMAGE: &str = "image";
/// The id of the distribution.
pub(super) const OS: &str = "os";

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Component<'b> {
    r#type: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    id: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Organization<'b>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'b str>,
    name: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Choice<'b>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpe: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pedigree: Option<Pedigree<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference<'b>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'b>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Organization<'b> {
    name: &'b str,
}

#[derive(Debug, Serialize)]
pub(super) struct Contact<'b> {
    name: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'b str>,
}

#[derive(Debug, Serialize)]
struct Hash<'b> {
    alg: &'static str,
    content: &'b str,
}

/// A licence, or an expression of several.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Choice<'b> {
    License { license: License<'b> },
    Expression { expression: &'b str, acknowledgement: &'static str },
}

#[derive(Debug, Serialize)]
struct License<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'b str>,
    acknowledgement: &'static str,
}

/// An address, and of what.
#[derive(Debug, Serialize)]
struct Reference<'b> {
    url: &'b str,
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct Pedigree<'b> {
    ancestors: [Ancestor<'b>; 1],
}

#[derive(Debug, Serialize)]
struct Ancestor<'b> {
    r#type: &'static str,
    name: &'b str,
    version: &'b str,
}

#[derive(Debug, Serialize)]
struct Evidence<'b> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    identity: Vec<Identity<'b>>,
    occurrences: [Occurrence<'b>; 1],
}

#[derive(Debug, Serialize)]
struct Identity<'b> {
    field: &'static str,
    confidence: u8,
    methods: [Method<'b>; 1],
}

#[derive(Debug, Serialize)]
struct Method<'b> {
    technique: &'static str,
    confidence: u8,
    value: &'b str,
}

#[derive(Debug, Serialize)]
struct Occurrence<'b> {
    location: &'b str,
}

#[derive(Debug, Serialize)]
pub(super) struct Property<'b> {
    name: Cow<'b, str>,
    value: Cow<'b, str>,
}

impl<'b> Property<'b> {
    pub(super) fn new(name: &'b str, value: &'b str) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Returns the program that writes.
pub(super) fn tool<'b>() -> Component<'b> {
    Component {
        r#type: "application",
        name: "cutaway",
        version: Some(VERSION),
        ..Component::default()
    }
}

/// Returns a person: a name, and an address of mail where one stands in angle brackets behind it.
pub(super) fn contact(text: &str) -> Contact<'_> {
    match text.split_once('<').and_then(|(name, rest)| Some((name, rest.strip_suffix('>')?))) {
        Some((name, mail)) => Contact { name: name.trim(), email: Some(mail) },
        None => Contact { name: text, email: None },
    }
}

/// Returns an organization.
pub(super) fn organization(name: &str) -> Organization<'_> {
    Organization { name }
}

/// Returns the image.
pub(super) fn of_image<'b>(bill: &'b Bill<'_>) -> Component<'b> {
    let hash = bill.sha256().map(|content| Hash { alg: "SHA-256", content });
    Component {
        r#type: "container",
        id: Some(IMAGE),
        supplier: bill.options.supplier.as_deref().map(organization),
        name: &bill.subject.name,
        version: bill.subject.version.as_deref(),
        hashes: hash.into_iter().collect(),
        purl: bill.subject.purl.as_deref(),
        properties: properties("cutaway:", facts::of_image(bill)).collect(),
        ..Component::default()
    }
}

/// Returns the distribution.
pub(super) fn of_distro<'b>(bill: &'b Bill<'_>) -> Option<Component<'b>> {
    let distro = bill.report.distro.as_ref()?;
    Some(Component {
        r#type: "operating-system",
        id: Some(OS),
        supplier: Some(Organization { name: title(distro) }),
        name: &distro.id,
        version: distro.version_id.as_deref(),
        description: distro.pretty_name.as_deref(),
        cpe: distro.cpe.as_deref().filter(|text| cpe::form(text).is_some()),
        external_references: references([
            (distro.home_url.as_deref(), "website"),
            (distro.bug_report_url.as_deref(), "issue-tracker"),
        ]),
        properties: properties("cutaway:", facts::of_distro(distro, &bill.report.keys)).collect(),
        ..Component::default()
    })
}

/// Returns a package.
pub(super) fn of_package<'b>(bill: &'b Bill<'_>, row: &'b Row<'_>) -> Component<'b> {
    let package = row.package;
    let with_licenses = !facts::licenses_fit_a_list(package);
    let mut all: Vec<Property<'b>> = match bill.options.compat {
        Compat::Trivy => properties("aquasecurity:trivy:", facts::of_trivy(bill, row)).collect(),
        Compat::None => Vec::new(),
    };
    all.extend(properties("cutaway:", facts::of_package(bill, row, with_licenses)));
    let database = package.database.as_str();
    let identity = row.purl().map(|_| Identity {
        field: "purl",
        confidence: 1,
        methods: [Method { technique: "manifest-analysis", confidence: 1, value: database }],
    });
    let evidence = Evidence {
        identity: identity.into_iter().collect(),
        occurrences: [Occurrence { location: database }],
    };
    let source = row.source().filter(|_| bill.options.sources);
    Component {
        r#type: if row.is_application() { "application" } else { "library" },
        id: Some(&row.id),
        supplier: bill.supplier(package).map(organization),
        publisher: maintainer(package),
        group: package.namespace.as_deref(),
        name: &package.name,
        version: Some(&package.version),
        scope: row.hidden_by.map(|_| "excluded"),
        licenses: licenses(&package.licenses, bill.options.version),
        purl: row.purl(),
        pedigree: source.map(|(name, version)| Pedigree {
            ancestors: [Ancestor { r#type: "library", name, version }],
        }),
        external_references: references([(homepage(package), "website")]),
        evidence: Some(evidence).filter(|_| !database.is_empty()),
        properties: all,
        ..Component::default()
    }
}

/// Returns those of the addresses that are some of the web, each with what is there.
fn references<'b, const N: usize>(
    addresses: [(Option<&'b str>, &'static str); N],
) -> Vec<Reference<'b>> {
    let addresses = addresses.into_iter().filter_map(|(url, kind)| Some((url?, kind)));
    let addresses = addresses.filter(|(url, _)| web::is_address(url));
    addresses.map(|(url, r#type)| Reference { url, r#type }).collect()
}

/// Returns licences as a list takes them: an expression stands alone in 1.6, so that one among others
/// is a name there.
fn licenses(texts: &[String], version: SpecVersion) -> Vec<Choice<'_>> {
    let alone = texts.len() == 1 || version == SpecVersion::V1_7;
    texts.iter().filter(|text| !text.is_empty()).map(|text| choice(text, alone)).collect()
}

fn choice(text: &str, alone: bool) -> Choice<'_> {
    let acknowledgement = "declared";
    let (id, name) = match license::kind(text) {
        Kind::Id => (Some(text), None),
        Kind::Expression(_) if alone => {
            return Choice::Expression { expression: text, acknowledgement };
        }
        Kind::Expression(_) | Kind::Name => (None, Some(text)),
    };
    Choice::License { license: License { id, name, acknowledgement } }
}

fn properties<'b>(
    prefix: &'static str,
    facts: Vec<Fact<'b>>,
) -> impl Iterator<Item = Property<'b>> {
    facts
        .into_iter()
        .map(move |(name, value)| Property { name: Cow::Owned(format!("{prefix}{name}")), value })
}
