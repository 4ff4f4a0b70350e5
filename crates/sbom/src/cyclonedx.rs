//! CycloneDX 1.6 and 1.7 as JSON (ECMA-424): `cyclonedx-json`.
//!
//! Components are made one by one while they are written; the bill itself is never held as JSON.

mod component;
mod vulnerabilities;

use std::io;

use cutaway_report::{Format, Report, write_json};
use serde::Serialize;

use crate::bill::Bill;
use crate::clock::rfc3339;
use crate::graph::Known;
use crate::options::{Options, Serial};
use crate::seq::Seq;
use crate::uuid;
use component::{Component, Property};

/// `cyclonedx-json`.
#[derive(Debug, Clone, Default)]
pub struct CycloneDx(pub Options);

/// `cyclonedx-vex`: what is known to be broken in the components of a bill of ours, which it names by its
/// serial number.
#[derive(Debug, Clone, Default)]
pub struct CycloneDxVex(pub Options);

impl Format for CycloneDxVex {
    fn name(&self) -> &str {
        "cyclonedx-vex"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let plain = Report { vulnerabilities: None, database: None, ..report.clone() };
        let listed = Bill::new(&plain, &self.0);
        let link = uuid::of_content(|out| write(&listed, None, false, out))?;
        let bill = Bill::new(report, &self.0);
        let version = self.0.version.name();
        let document = Statements {
            schema: format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
            bom_format: "CycloneDX",
            spec_version: version,
            serial_number: format!("urn:uuid:{}", uuid::of_text(&format!("vex {link}"))),
            version: 1,
            metadata: StatementMetadata {
                timestamp: bill.time.map(|time| rfc3339(time.seconds)),
                tools: Tools { components: [component::tool()] },
                component: component::of_image(&bill),
            },
            vulnerabilities: vulnerabilities::of(&bill, Some(&link)),
        };
        write_json(&document, out)
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Statements<'b> {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: StatementMetadata<'b>,
    vulnerabilities: Vec<vulnerabilities::Vulnerability<'b>>,
}

#[derive(Debug, Serialize)]
struct StatementMetadata<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    tools: Tools<'b>,
    component: Component<'b>,
}

impl Format for CycloneDx {
    fn name(&self) -> &str {
        "cyclonedx-json"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let bill = Bill::new(report, &self.0);
        let uuid = match self.0.serial {
            Serial::None => None,
            Serial::Random(bytes) => Some(uuid::of_random(bytes)),
            Serial::Content => Some(uuid::of_content(|out| write(&bill, None, false, out))?),
        };
        write(&bill, uuid, true, out)
    }
}

/// Writes the document; without what differs from run to run, for its serial number.
fn write(
    bill: &Bill<'_>,
    uuid: Option<String>,
    timed: bool,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let options = bill.options;
    let time = bill.time.filter(|_| timed);
    let has_os = bill.report.distro.is_some();
    let (mut of_os, mut of_image): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for row in bill.rows.iter().filter(|row| row.hidden_by.is_none()) {
        match has_os && row.is_of_system() {
            true => of_os.push(&row.id),
            false => of_image.push(&row.id),
        }
    }
    of_image.extend(has_os.then_some(component::OS));
    of_os.sort_unstable();
    of_image.sort_unstable();
    let id = |at: &usize| bill.rows.get(*at).map(|row| row.id.as_ref());
    let of = |node: &Node| match node {
        Node::Image => of_image.clone(),
        Node::Os => of_os.clone(),
        Node::Row(at) => bill.graph.needs(*at).iter().filter_map(id).collect(),
    };
    let rows = bill.rows.iter().enumerate();
    let mut all: Vec<(&str, Node)> =
        rows.map(|(at, row)| (row.id.as_ref(), Node::Row(at))).collect();
    all.push((component::IMAGE, Node::Image));
    all.extend(has_os.then_some((component::OS, Node::Os)));
    all.sort_unstable();
    let version = options.version.name();
    let document = Document {
        schema: format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
        bom_format: "CycloneDX",
        spec_version: version,
        serial_number: uuid.map(|uuid| format!("urn:uuid:{uuid}")),
        version: 1,
        metadata: Metadata {
            timestamp: time.map(|time| rfc3339(time.seconds)),
            lifecycles: [Phase { phase: "post-build" }],
            tools: Tools { components: [component::tool()] },
            authors: options.authors.iter().map(|author| component::contact(author)).collect(),
            component: component::of_image(bill),
            supplier: options.supplier.as_deref().map(component::organization),
            properties: time
                .map(|time| Property::new("cutaway:time", time.origin))
                .into_iter()
                .collect(),
        },
        components: Seq(|| {
            let packages = bill.rows.iter().map(|row| component::of_package(bill, row));
            packages.chain(component::of_distro(bill))
        }),
        dependencies: Seq(|| {
            all.iter().map(|(id, node)| Dependency { reference: id, depends_on: of(node) })
        }),
        compositions: compositions(bill),
        vulnerabilities: vulnerabilities::of(bill, None),
    };
    write_json(&document, out)
}

/// What may need something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Image,
    Os,
    Row(usize),
}

/// Says how far the lists can be relied on: whether all packages are there, and of which of them it is
/// known what they need.
fn compositions<'b>(bill: &'b Bill<'_>) -> Vec<Composition<'b>> {
    let of_system = match bill.report.distro.is_some() {
        true => component::OS,
        false => component::IMAGE,
    };
    let (aggregate, assembly) = match (bill.report.complete, bill.is_whole()) {
        (false, _) => ("incomplete", component::IMAGE),
        (true, true) if of_system == component::OS => ("complete", of_system),
        (true, _) => ("unknown", of_system),
    };
    let mut compositions =
        vec![Composition { aggregate, assemblies: vec![assembly], dependencies: Vec::new() }];
    for (known, aggregate) in [
        (Known::Complete, "complete"),
        (Known::Incomplete, "incomplete"),
        (Known::Unknown, "unknown"),
    ] {
        let rows = bill.rows.iter().enumerate();
        let of = rows.filter(|(at, _)| bill.graph.known(*at) == known);
        let mut dependencies: Vec<&str> = of.map(|(_, row)| row.id.as_ref()).collect();
        dependencies.sort_unstable();
        if !dependencies.is_empty() {
            compositions.push(Composition { aggregate, assemblies: Vec::new(), dependencies });
        }
    }
    compositions
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'b, C: Serialize, D: Serialize> {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata<'b>,
    components: C,
    dependencies: D,
    compositions: Vec<Composition<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vulnerabilities: Vec<vulnerabilities::Vulnerability<'b>>,
}

#[derive(Debug, Serialize)]
struct Metadata<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    lifecycles: [Phase; 1],
    tools: Tools<'b>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<component::Contact<'b>>,
    component: Component<'b>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<component::Organization<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'b>>,
}

#[derive(Debug, Serialize)]
struct Phase {
    phase: &'static str,
}

#[derive(Debug, Serialize)]
struct Tools<'b> {
    components: [Component<'b>; 1],
}

#[derive(Debug, Serialize)]
struct Dependency<'b> {
    #[serde(rename = "ref")]
    reference: &'b str,
    #[serde(rename = "dependsOn")]
    depends_on: Vec<&'b str>,
}

#[derive(Debug, Serialize)]
struct Composition<'b> {
    aggregate: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assemblies: Vec<&'b str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<&'b str>,
}
