//! A package of a component.

use std::sync::Arc;

use cutaway_analyze::{Details, Ecosystem, Source};
use cutaway_report::PackageReport;

use crate::details;
use crate::part::Part;
use crate::purl::Purl;

/// Types of package URLs that name no package.
const NO_PACKAGES: &[&str] = &["docker", "github", "oci"];

/// Returns the package that a component is; nothing where it has no package URL, or where that names
/// an image.
pub(super) fn of(part: &Part) -> Option<PackageReport> {
    if part.own("package:kind").is_some() { ours(part) } else { theirs(part) }
}

/// Takes what a bill of ours says: all that the report had.
fn ours(part: &Part) -> Option<PackageReport> {
    let text = |name: &str| part.own(name).map(str::to_owned);
    let source = part
        .own("package:source:name")
        .map(|name| Source { name: name.to_owned(), version: text("package:source:version") });
    let mut licenses: Vec<(usize, &String)> = Vec::new();
    for (name, value) in &part.facts {
        let position = name.strip_prefix("cutaway:package:license:").and_then(|it| it.parse().ok());
        licenses.extend(position.map(|position| (position, value)));
    }
    licenses.sort_unstable();
    let (install_reason, details) = details::recall(part);
    Some(PackageReport {
        kind: Ecosystem::owned(part.own("package:kind")?),
        namespace: text("package:namespace"),
        name: part.name.clone().unwrap_or_default(),
        version: part.version.clone().unwrap_or_default(),
        epoch: part.own("package:epoch").and_then(|epoch| epoch.parse().ok()),
        release: text("package:release"),
        arch: text("package:arch"),
        source,
        licenses: match licenses.is_empty() {
            true => part.licenses.clone(),
            false => licenses.into_iter().map(|(_, text)| text.clone()).collect(),
        },
        vendor: text("package:vendor"),
        state: text("package:state")?,
        place: text("package:place"),
        purl: part.purl.clone().unwrap_or_default(),
        database: text("package:database")?,
        layer: part.own("layer:index")?.parse().ok()?,
        install_reason,
        details: (!details.is_empty()).then(|| Arc::new(details)),
    })
}

/// Takes what the package URL says, and properties of Syft and Trivy.
fn theirs(part: &Part) -> Option<PackageReport> {
    let text = part.purl.as_deref()?;
    let purl = Purl::parse(text).filter(|purl| !NO_PACKAGES.contains(&purl.kind.as_str()))?;
    let (ecosystem, namespace) = ecosystem(&purl);
    let kind = ecosystem.name();
    let is_of_system = Ecosystem::OF_SYSTEMS.contains(&ecosystem);
    let is_ours = is_of_system || Ecosystem::WITHOUT_TYPE.contains(&ecosystem);
    let stated = purl.version.clone().or_else(|| part.version.clone())?;
    let epoch = purl.qualifier("epoch").filter(|epoch| *epoch != "0" && !stated.contains(':'));
    let version = match epoch.filter(|_| is_of_system) {
        Some(epoch) => format!("{epoch}:{stated}"),
        None => stated,
    };
    let with_release = ["deb", "rpm"].contains(&kind);
    let epoch = version.split_once(':').filter(|_| with_release);
    let release = version.rsplit_once('-').filter(|_| with_release);
    let place = ["syft:location:0:path", "aquasecurity:trivy:FilePath"];
    let place = place.iter().find_map(|name| part.fact(name)).or(part.place.as_deref());
    Some(PackageReport {
        epoch: epoch.and_then(|(epoch, _)| epoch.parse().ok()),
        release: release.map(|(_, release)| release.to_owned()),
        namespace,
        name: if is_ours { purl.name.clone() } else { full_name(&purl) },
        arch: purl.qualifier("arch").map(str::to_owned),
        source: source(part, &purl, &version),
        licenses: part.licenses.clone(),
        vendor: None,
        state: "installed".to_owned(),
        place: None,
        purl: text.to_owned(),
        database: place.unwrap_or_default().trim_start_matches('/').to_owned(),
        layer: 0,
        install_reason: None,
        details: modularity(part, &purl),
        kind: ecosystem,
        version,
    })
}

/// Returns the module that Syft's bills and package URLs name.
fn modularity(part: &Part, purl: &Purl) -> Option<Arc<Details>> {
    let stated = part.fact("syft:metadata:modularityLabel").or(purl.qualifier("rpmmod"));
    let label = stated.filter(|label| !label.is_empty() && *label != "(none)")?;
    let mut details = Details::default();
    details.modularity = Some(label.into());
    Some(Arc::new(details))
}

/// Returns whose package it is, and what stands before its name. Where package managers have no type of
/// package URL, they are named in front of that.
fn ecosystem(purl: &Purl) -> (Ecosystem, Option<String>) {
    let generic = purl.namespace.as_deref().filter(|_| purl.kind == "generic");
    let (manager, rest) = generic.map_or(("", ""), |it| it.split_once('/').unwrap_or((it, "")));
    match Ecosystem::WITHOUT_TYPE.into_iter().find(|known| known.name() == manager) {
        Some(known) => (known, Some(rest.to_owned()).filter(|rest| !rest.is_empty())),
        None => (Ecosystem::owned(&purl.kind), None),
    }
}

/// Returns the name by which people call a package of a language.
fn full_name(purl: &Purl) -> String {
    match &purl.namespace {
        None => purl.name.clone(),
        Some(group) if purl.kind == "maven" => format!("{group}:{}", purl.name),
        Some(namespace) => format!("{namespace}/{}", purl.name),
    }
}

fn source(part: &Part, purl: &Purl, version: &str) -> Option<Source> {
    let of_trivy = |name: &str| part.fact(&format!("aquasecurity:trivy:{name}"));
    if let Some(name) = of_trivy("SrcName") {
        let mut version = of_trivy("SrcVersion").map(str::to_owned);
        if let (Some(version), Some(release)) = (&mut version, of_trivy("SrcRelease")) {
            version.push_str(&format!("-{release}"));
        }
        if let (Some(version), Some(epoch)) = (&mut version, of_trivy("SrcEpoch")) {
            version.insert_str(0, &format!("{epoch}:"));
        }
        return Some(Source { name: name.to_owned(), version });
    }
    let owned = |name: &str, version: Option<&str>| Source {
        name: name.to_owned(),
        version: version.map(str::to_owned),
    };
    match purl.qualifier("upstream") {
        Some(upstream) if purl.kind == "rpm" => {
            let stem = upstream.strip_suffix(".src.rpm").unwrap_or(upstream);
            let mut dashes = stem.rmatch_indices('-').map(|(at, _)| at);
            let split = dashes.nth(1).and_then(|at| stem.split_at_checked(at));
            Some(match split {
                Some((name, version)) => owned(name, version.strip_prefix('-')),
                None => owned(stem, None),
            })
        }
        Some(upstream) => Some(match upstream.split_once('@') {
            Some((name, version)) => owned(name, Some(version)),
            None => owned(upstream, Some(version).filter(|_| purl.kind == "deb")),
        }),
        // A deb that names no source is its own.
        None => (purl.kind == "deb").then(|| owned(&purl.name, Some(version))),
    }
}

/// Puts the names of licences in the place of references to them; `extracted` is sorted.
pub(super) fn name_licenses(package: &mut PackageReport, extracted: &[(String, String)]) {
    for text in &mut package.licenses {
        let found = extracted.binary_search_by(|(id, _)| id.as_str().cmp(text));
        if let Some((_, name)) = found.ok().and_then(|at| extracted.get(at)) {
            text.clone_from(name);
        }
    }
}
