//! A report of a bill: the way back of [`facts`](crate::facts).
//!
//! A bill of ours gives the packages of the scan again. Of other programs' bills (Syft, Trivy) that is
//! taken which package URLs and their properties say; what a bill cannot know is null.

mod package;

use std::io::Read;

use cutaway_analyze::Severity;
use cutaway_model::DiffId;
use cutaway_report::{
    DiagnosticReport, DistroReport, ImageReport, KeyReport, LayerReport, PackageReport,
    RemovedReport, Report, Schema, SourceKind, Subject, SupportEnd,
};

use crate::limits::Limits;
use crate::part::{Kind, Part};
use crate::purl::Purl;
use crate::reader::{self, ReadError};

/// Reads a bill in CycloneDX or SPDX (JSON) as a report. `name` is what the image is called where the
/// bill does not say it.
///
/// # Errors
///
/// Returns why the bill cannot be had, which rule it breaks, and the limit that it meets.
pub fn read(input: impl Read, name: &str, limits: &Limits) -> Result<Report, ReadError> {
    let mut image = None;
    let mut system = None;
    let mut packages = Vec::new();
    let mut removed = Vec::new();
    let mut unnamed = 0_usize;
    let head = reader::read(input, limits, &mut |part| match part.kind {
        Kind::Image => take(&mut image, part),
        Kind::System => take(&mut system, part),
        Kind::Other => false,
        Kind::Package => {
            let hidden_by = part.own("removed:hiddenBy").and_then(|layer| layer.parse().ok());
            match (package::of(&part), hidden_by) {
                (Some(package), Some(hidden_by)) => {
                    removed.push(RemovedReport { package, hidden_by });
                    true
                }
                // Another program's way to say that it is not there.
                (Some(_), None) if part.excluded => false,
                (Some(package), None) => {
                    packages.push(package);
                    true
                }
                (None, _) => {
                    let is_described = part.purl.is_some() || part.name.is_none();
                    unnamed = unnamed.saturating_add(usize::from(!is_described));
                    false
                }
            }
        }
    })?;
    for package in &mut packages {
        package::name_licenses(package, &head.extracted);
    }
    packages.sort();
    removed.sort();
    let image = image.unwrap_or_default();
    let layers = layers(&image);
    let mut diagnostics = Vec::new();
    let mut tell = |severity, code: &'static str, message: String| {
        diagnostics.push(DiagnosticReport {
            severity,
            code: code.into(),
            path: None,
            layer: None,
            message,
        });
    };
    if head.incomplete {
        let message = "the bill says of itself that packages may be missing".to_owned();
        tell(Severity::Error, "sbom-incomplete", message);
    }
    if unnamed > 0 {
        let message = format!("{unnamed} components have no package URL and are not listed");
        tell(Severity::Warning, "sbom-component-without-purl", message);
    }
    if layers.is_empty() && !packages.is_empty() {
        let message = "the bill does not describe the layers; layer 0 stands for all of them";
        tell(Severity::Warning, "sbom-layers-unknown", message.to_owned());
    }
    diagnostics.sort();
    Ok(Report {
        schema: Schema::Scan1,
        created: image.own("image:created").map(str::to_owned),
        distro: system.as_ref().and_then(distro).or_else(|| distro_of(&packages)),
        keys: system.as_ref().map(keys).unwrap_or_default(),
        image: image_report(&image, name),
        layers,
        packages,
        removed,
        bundled: Vec::new(),
        diagnostics,
        complete: !head.incomplete,
        vulnerabilities: None,
        database: None,
        history: None,
        files: None,
    })
}

/// Keeps the first of its kind.
/// Returns the package that a package URL names, and the value of its qualifier `distro`; nothing where it
/// names no package, or no version of one.
pub fn package(purl: &str) -> Option<(PackageReport, Option<String>)> {
    let part = Part { purl: Some(purl.to_owned()), ..Part::default() };
    let distro = Purl::parse(purl)?.qualifier("distro").map(str::to_owned);
    Some((package::of(&part)?, distro))
}

fn take(place: &mut Option<Part>, part: Part) -> bool {
    place.get_or_insert(part);
    false
}

fn image_report(part: &Part, name: &str) -> ImageReport {
    let stated = part.own("image:name").or(part.name.as_deref()).filter(|name| !name.is_empty());
    let name = stated.unwrap_or(name).to_owned();
    let mut report = ImageReport::unknown(Subject { name, source: SourceKind::Sbom });
    let digest = part.own("image:digest").map(str::to_owned);
    // Ours says the image ID where there is no digest; others state the digest alone.
    let version = part.version.as_deref().filter(|_| part.own("image:name").is_none());
    report.digest = digest.as_deref().or(version).and_then(|digest| digest.parse().ok());
    let id = part.own("image:id").or(part.fact("aquasecurity:trivy:ImageID"));
    report.id = id.and_then(|id| id.parse().ok());
    report.media_type = part.own("image:mediaType").map(Into::into);
    let word = |name: &str| part.own(name).map(str::to_owned);
    report.platform.os = word("image:os");
    report.platform.architecture = word("image:architecture");
    report.platform.variant = word("image:variant");
    report
}

/// Returns the layers that a bill of ours describes, oldest first.
fn layers(image: &Part) -> Vec<LayerReport> {
    let mut layers = Vec::new();
    let mut facts: Vec<(usize, &str, &str)> = Vec::new();
    for (name, value) in &image.facts {
        let of_layer = name.strip_prefix("cutaway:image:layer:").and_then(|it| it.split_once(':'));
        if let Some((index, what)) = of_layer
            && let Ok(index) = index.parse()
        {
            facts.push((index, what, value));
        }
    }
    facts.sort_unstable();
    for of_layer in facts.chunk_by(|one, other| one.0 == other.0) {
        let get = |what: &str| {
            of_layer.iter().find(|(_, known, _)| *known == what).map(|(.., value)| *value)
        };
        let layer = || {
            Some(LayerReport {
                index: of_layer.first()?.0,
                digest: get("digest")?.parse().ok()?,
                diff_id: DiffId(get("diffId")?.parse().ok()?),
                chain_id: get("chainId")?.parse().ok()?,
                media_type: get("mediaType").map(Into::into),
                size: get("size")?.parse().ok()?,
                uncompressed_size: get("uncompressedSize")?.parse().ok()?,
                created_by: get("createdBy").map(str::to_owned),
                verified: get("verified")? == "true",
            })
        };
        layers.extend(layer());
    }
    layers
}

fn distro(part: &Part) -> Option<DistroReport> {
    let name = part.name.as_deref().filter(|name| !name.is_empty());
    let is_ours = part.own("distro:path").is_some();
    let id = if is_ours { name.unwrap_or_default() } else { id(name?) };
    let text = |name: &str| part.own(name).map(str::to_owned);
    let id_like = part.facts.iter().filter(|(name, _)| name.starts_with("cutaway:distro:idLike:"));
    let mut id_like: Vec<(usize, String)> = id_like
        .filter_map(|(name, value)| Some((name.rsplit(':').next()?.parse().ok()?, value.clone())))
        .collect();
    id_like.sort();
    Some(DistroReport {
        id: id.to_owned(),
        version_id: part.version.clone(),
        codename: text("distro:codename")
            .or_else(|| part.fact("syft:distro:versionCodename").map(str::to_owned)),
        pretty_name: part.description.clone(),
        id_like: id_like.into_iter().map(|(_, value)| value).collect(),
        path: text("distro:path").unwrap_or_default(),
        layer: text("distro:layer").and_then(|layer| layer.parse().ok()).unwrap_or_default(),
        eol: match is_ours {
            true => text("distro:eol"),
            false => eol(id, part.version.as_deref(), part.description.as_deref()),
        },
        cpe: text("distro:cpe"),
        home_url: text("distro:homeUrl"),
        bug_report_url: text("distro:bugReportUrl"),
    })
}

/// Returns the `ID` of a distribution that Trivy calls by the name of its family.
fn id(name: &str) -> &str {
    const FAMILIES: &[(&str, &str)] = &[
        ("redhat", "rhel"),
        ("amazon", "amzn"),
        ("oracle", "ol"),
        ("rocky", "rocky"),
        ("alma", "almalinux"),
        ("cbl-mariner", "mariner"),
        ("opensuse.leap", "opensuse-leap"),
        ("opensuse.tumbleweed", "opensuse-tumbleweed"),
        ("suse linux enterprise server", "sles"),
    ];
    FAMILIES.iter().find(|(family, _)| *family == name).map_or(name, |(_, id)| id)
}

/// Returns the distribution that package URLs name, where the bill has no component for it.
fn distro_of(packages: &[PackageReport]) -> Option<DistroReport> {
    let named = |package: &PackageReport| {
        let purl = Purl::parse(&package.purl)?;
        let stated = purl.qualifier("distro")?;
        // Trivy names the version alone for Alpine.
        let distro = match purl.namespace.as_deref() {
            Some(id) if stated.starts_with(|it: char| it.is_ascii_digit()) => {
                format!("{id}-{stated}")
            }
            _ => stated.to_owned(),
        };
        let (id, version) = match distro.rsplit_once('-') {
            Some((id, version)) if version.starts_with(|it: char| it.is_ascii_digit()) => {
                (id.to_owned(), Some(version.to_owned()))
            }
            _ => (distro, None),
        };
        let eol = eol(&id, version.as_deref(), None);
        Some(DistroReport { eol, ..DistroReport::named(id, version) })
    };
    packages.iter().find_map(named)
}

/// Returns when support of a distribution ends, of whom the bill does not say it.
fn eol(id: &str, version_id: Option<&str>, pretty_name: Option<&str>) -> Option<String> {
    SupportEnd::eol(id, version_id, pretty_name, None)
}

fn keys(system: &Part) -> Vec<KeyReport> {
    let mut keys = Vec::new();
    let count = system.facts.iter().filter(|(name, _)| name.starts_with("cutaway:key:")).count();
    for position in 0..count {
        let get = |what: &str| system.own(&format!("key:{position}:{what}")).map(str::to_owned);
        let Some(name) = get("name") else { break };
        keys.push(KeyReport {
            name,
            version: get("version").unwrap_or_default(),
            summary: get("summary"),
            database: get("database").unwrap_or_default(),
            layer: get("layer").and_then(|layer| layer.parse().ok()).unwrap_or_default(),
        });
    }
    keys
}
