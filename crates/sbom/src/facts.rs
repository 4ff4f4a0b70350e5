//! What a bill says beyond the fields of its form: names and values, one table for every form.
//!
//! CycloneDX has them as properties below `cutaway:`, SPDX as lines of an annotation. They are what makes
//! a report of a bill again.

use std::borrow::Cow;

use cutaway_report::{DistroReport, KeyReport, PackageReport};

use crate::bill::{Bill, Row};
use crate::details;
use crate::license::{self, Kind};

/// A name, and what it has.
pub(crate) type Fact<'r> = (Cow<'static, str>, Cow<'r, str>);

/// The longest value that is written, in bytes: readers have limits.
const MAX_VALUE: usize = 60 << 10;

struct Facts<'r>(Vec<Fact<'r>>);

impl<'r> Facts<'r> {
    fn put(&mut self, name: impl Into<Cow<'static, str>>, value: Option<impl Into<Cow<'r, str>>>) {
        if let Some(value) = value {
            self.0.push((name.into(), cut(value.into())));
        }
    }

    fn sorted(mut self) -> Vec<Fact<'r>> {
        self.0.sort();
        self.0
    }
}

/// Returns the facts of a package, sorted. With `licenses` they have its licences, too.
pub(crate) fn of_package<'r>(bill: &Bill<'r>, row: &Row<'r>, licenses: bool) -> Vec<Fact<'r>> {
    let package = row.package;
    let mut facts = Facts(Vec::with_capacity(12));
    facts.put("layer:index", Some(package.layer.to_string()));
    let layer = bill.layer(package);
    facts.put("layer:digest", layer.map(|layer| layer.digest.as_str()));
    facts.put("layer:diffId", layer.map(|layer| layer.diff_id.to_string()));
    facts.put("layer:createdBy", layer.and_then(|layer| layer.created_by.as_deref()));
    facts.put("package:kind", Some(package.kind.name()));
    facts.put("package:database", Some(package.database.as_str()));
    facts.put("package:namespace", package.namespace.as_deref());
    facts.put("package:epoch", package.epoch.map(|epoch| epoch.to_string()));
    facts.put("package:release", package.release.as_deref());
    facts.put("package:arch", package.arch.as_deref());
    facts.put("package:vendor", package.vendor.as_deref());
    facts.put("package:place", package.place.as_deref());
    facts.put("package:state", Some(package.state.as_str()));
    let source = package.source.as_ref();
    facts.put("package:source:name", source.map(|source| source.name.as_str()));
    facts.put("package:source:version", source.and_then(|source| source.version.as_deref()));
    details::facts(package).into_iter().for_each(|(name, value)| facts.put(name, Some(value)));
    facts.put("removed:hiddenBy", row.hidden_by.map(|layer| layer.to_string()));
    if licenses {
        for (position, text) in package.licenses.iter().enumerate() {
            facts.put(format!("package:license:{position}"), Some(text.as_str()));
        }
    }
    facts.sorted()
}

/// Returns whether the licences of a package can be read from a list of CycloneDX: readers refuse
/// empty texts.
pub(crate) fn licenses_fit_a_list(package: &PackageReport) -> bool {
    package.licenses.iter().all(|text| !text.is_empty())
}

/// Returns whether the licences of a package are what a single expression says.
pub(crate) fn licenses_fit_an_expression(package: &PackageReport) -> bool {
    match package.licenses.as_slice() {
        [] => true,
        [only] => license::kind(only) != Kind::Name,
        _ => false,
    }
}

/// Returns the facts of the image and of its layers, sorted.
pub(crate) fn of_image<'r>(bill: &Bill<'r>) -> Vec<Fact<'r>> {
    let (report, unmet) = (bill.report, bill.graph.unmet);
    let image = &report.image;
    let mut facts = Facts(Vec::with_capacity(report.layers.len().saturating_mul(8)));
    let word = |value: &Option<String>| value.clone();
    facts.put("image:name", Some(image.name.as_str()));
    facts.put("image:digest", image.digest.as_ref().map(|digest| digest.as_str()));
    facts.put("image:id", image.id.as_ref().map(|digest| digest.as_str()));
    facts.put("image:mediaType", image.media_type.as_ref().map(ToString::to_string));
    facts.put("image:created", report.created.as_deref());
    facts.put("image:unmetConditions", (unmet > 0).then(|| unmet.to_string()));
    facts.put("image:os", word(&image.platform.os));
    facts.put("image:architecture", word(&image.platform.architecture));
    facts.put("image:variant", word(&image.platform.variant));
    for layer in &report.layers {
        let name = |what: &str| format!("image:layer:{}:{what}", layer.index);
        facts.put(name("digest"), Some(layer.digest.as_str()));
        facts.put(name("diffId"), Some(layer.diff_id.to_string()));
        facts.put(name("chainId"), Some(layer.chain_id.as_str()));
        facts.put(name("mediaType"), layer.media_type.as_ref().map(ToString::to_string));
        facts.put(name("size"), Some(layer.size.to_string()));
        facts.put(name("uncompressedSize"), Some(layer.uncompressed_size.to_string()));
        facts.put(name("createdBy"), layer.created_by.as_deref());
        facts.put(name("verified"), Some(if layer.verified { "true" } else { "false" }));
    }
    facts.sorted()
}

/// Returns the facts of the distribution and of the keys that its package manager trusts, sorted.
pub(crate) fn of_distro<'r>(distro: &'r DistroReport, keys: &'r [KeyReport]) -> Vec<Fact<'r>> {
    let mut facts = Facts(Vec::new());
    facts.put("distro:codename", distro.codename.as_deref());
    facts.put("distro:eol", distro.eol.as_deref());
    facts.put("distro:cpe", distro.cpe.as_deref());
    facts.put("distro:homeUrl", distro.home_url.as_deref());
    facts.put("distro:bugReportUrl", distro.bug_report_url.as_deref());
    facts.put("distro:path", Some(distro.path.as_str()));
    facts.put("distro:layer", Some(distro.layer.to_string()));
    for (position, id) in distro.id_like.iter().enumerate() {
        facts.put(format!("distro:idLike:{position}"), Some(id.as_str()));
    }
    for (position, key) in keys.iter().enumerate() {
        let name = |what: &str| format!("key:{position}:{what}");
        facts.put(name("name"), Some(key.name.as_str()));
        facts.put(name("version"), Some(key.version.as_str()));
        facts.put(name("summary"), key.summary.as_deref());
        facts.put(name("database"), Some(key.database.as_str()));
        facts.put(name("layer"), Some(key.layer.to_string()));
    }
    facts.sorted()
}

/// Returns the properties from which Trivy takes what a package was built from, and its layer.
pub(crate) fn of_trivy<'r>(bill: &Bill<'r>, row: &Row<'r>) -> Vec<Fact<'r>> {
    let package = row.package;
    let mut facts = Facts(Vec::with_capacity(5));
    facts.put("LayerDiffID", bill.layer(package).map(|layer| layer.diff_id.to_string()));
    if let Some((name, version)) = row.source() {
        let (epoch, version, release) = match package.kind.name() {
            "deb" | "rpm" => parts(version),
            _ => (None, version, None),
        };
        facts.put("SrcName", Some(name));
        facts.put("SrcEpoch", epoch.filter(|epoch| *epoch != "0"));
        facts.put("SrcVersion", Some(version));
        facts.put("SrcRelease", release);
    }
    facts.sorted()
}

/// Takes a version apart: epoch, version, release.
fn parts(version: &str) -> (Option<&str>, &str, Option<&str>) {
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (Some(epoch), rest),
        None => (None, version),
    };
    match rest.rsplit_once('-') {
        Some((version, release)) => (epoch, version, Some(release)),
        None => (epoch, rest, None),
    }
}

/// Cuts a value at the limit.
fn cut(value: Cow<'_, str>) -> Cow<'_, str> {
    if value.len() <= MAX_VALUE {
        return value;
    }
    Cow::Owned(value.get(..value.floor_char_boundary(MAX_VALUE)).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_apart() {
        for (version, expected) in [
            ("1:2.3-4", (Some("1"), "2.3", Some("4"))),
            ("2.3", (None, "2.3", None)),
            ("2.36-9+deb12u4", (None, "2.36", Some("9+deb12u4"))),
            ("1-2-3", (None, "1-2", Some("3"))),
        ] {
            assert_eq!(parts(version), expected);
        }
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(cut("ü".repeat(40 << 10).into()).len(), MAX_VALUE);
        assert_eq!(cut("short".into()), "short");
    }
}
