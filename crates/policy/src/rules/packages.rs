//! `packages`: what may not be installed, and what has to be.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use cutaway_analyze::Ecosystem;
use cutaway_report::PackageReport;
use cutaway_version::Family;

use crate::error::Error;
use crate::facts::Facts;
use crate::fields::{Fields, list, text, truth};
use crate::glob::{Glob, any};
use crate::judgement::{Evidence, Judgement, told};
use crate::yaml::Node;

#[derive(Debug)]
pub(crate) struct Packages {
    deny: Vec<Selection>,
    require: Vec<Selection>,
    include_removed: bool,
}

/// Packages by their name or that of their source, and by version.
#[derive(Debug)]
struct Selection {
    name: Option<Glob>,
    source: Option<Glob>,
    kind: Option<Ecosystem>,
    version: Version,
}

#[derive(Debug)]
enum Version {
    Any,
    At(Vec<Glob>),
    Below(String),
}

impl Packages {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "packages")?;
        let selections = |node| list(node, Selection::read);
        let (deny, require) =
            (fields.read("deny", selections)?, fields.read("require", selections)?);
        let include_removed = fields.read("include_removed", truth)?.unwrap_or_default();
        if deny.is_none() && require.is_none() {
            return Err(fields.one_is_wanted("deny, require"));
        }
        fields.end()?;
        let (deny, require) = (deny.unwrap_or_default(), require.unwrap_or_default());
        Ok(Self { deny, require, include_removed })
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let report = facts.report;
        let removed = report.removed.iter().map(|removed| &removed.package);
        let shipped = removed.filter(|_| self.include_removed);
        let packages: Vec<&PackageReport> = report.installed().chain(shipped).collect();
        let (mut evidence, mut messages, mut fixes) = (Vec::new(), BTreeSet::new(), Vec::new());
        let mut unknown = None;
        for selection in &self.deny {
            for package in &packages {
                match selection.has(package) {
                    Ok(false) => {}
                    Ok(true) => {
                        evidence.push(Evidence::of_package(package, report));
                        messages.insert(selection.complaint(package));
                        fixes.extend(selection.fix());
                    }
                    Err(cause) => unknown = unknown.or(Some(cause)),
                }
            }
        }
        for selection in &self.require {
            let found = packages.iter().map(|package| selection.has(package));
            let found: Vec<_> = found.filter(|found| *found != Ok(false)).collect();
            if found.is_empty() {
                evidence.push(Evidence::of_value(selection.named()));
                messages.insert(format!("{} is not installed", selection.named()));
            } else if !found.contains(&Ok(true)) {
                unknown = found.into_iter().find_map(Result::err);
            }
        }
        match (told(messages), unknown) {
            (Some(message), _) => {
                let judgement = Judgement::fail(message, evidence);
                fixes.sort();
                match fixes.first() {
                    Some(fix) => judgement.mended_by(fix),
                    None => judgement,
                }
            }
            (None, Some(cause)) => Judgement::unknown(cause),
            (None, None) => Judgement::pass("the packages are as they are wanted"),
        }
    }
}

impl Selection {
    fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "a package")?;
        let (name, source) = (fields.read("name", Glob::read)?, fields.read("source", Glob::read)?);
        let kind = fields.read("kind", kind)?;
        let at = fields.read("at", |node| list(node, Glob::read))?;
        let below = fields.read("below", |node| Ok((text(node)?, node.place)))?;
        if name.is_none() && source.is_none() {
            return Err(fields.one_is_wanted("name, source"));
        }
        let version = match (at, below) {
            (Some(_), Some((_, place))) => {
                return Err(Error::new(place, "\"below\" and \"at\" exclude each other"));
            }
            (Some(at), None) => Version::At(at),
            (None, Some((below, place))) => {
                let family =
                    kind.as_ref().and_then(|kind: &Ecosystem| Family::of_type(kind.name()));
                if let Some(Err(error)) = family.map(|family| family.check(&below)) {
                    return Err(Error::new(place, error.to_string()));
                }
                Version::Below(below)
            }
            (None, None) => Version::Any,
        };
        fields.end()?;
        Ok(Self { name, source, kind, version })
    }

    /// Returns whether a package is one of these, or why that is not known.
    fn has(&self, package: &PackageReport) -> Result<bool, String> {
        let source = package.source.as_ref();
        let source_name = source.map_or(&package.name, |source| &source.name);
        let full = package.namespace.as_ref().map(|it| format!("{it}/{}", package.name));
        let named = |glob: &Glob| {
            glob.matches(&package.name) || full.as_ref().is_some_and(|full| glob.matches(full))
        };
        let is = self.kind.as_ref().is_none_or(|kind| *kind == package.kind)
            && self.name.as_ref().is_none_or(named)
            && self.source.as_ref().is_none_or(|glob| glob.matches(source_name));
        if !is {
            return Ok(false);
        }
        let of_source = source.and_then(|source| source.version.as_ref());
        let version = of_source.filter(|_| self.source.is_some()).unwrap_or(&package.version);
        match &self.version {
            Version::Any => Ok(true),
            Version::At(globs) => Ok(any(globs, version)),
            Version::Below(below) => {
                let kind = package.kind.name();
                let family = Family::of_type(kind)
                    .ok_or_else(|| format!("the order of versions of {kind} is not known"))?;
                let order = family.compare(version, below);
                let order = order.map_err(|error| format!("{}: {error}", package.purl))?;
                Ok(order == Ordering::Less)
            }
        }
    }

    fn complaint(&self, package: &PackageReport) -> String {
        let PackageReport { name, version, .. } = package;
        match &self.version {
            Version::Below(below) => format!("{name} {version} is below {below}"),
            Version::Any | Version::At(_) => format!("{name} {version} is not allowed"),
        }
    }

    fn fix(&self) -> Option<String> {
        match &self.version {
            Version::Below(below) => Some(format!("upgrade to at least {below}")),
            Version::Any | Version::At(_) => None,
        }
    }

    fn named(&self) -> String {
        let names = [&self.name, &self.source].into_iter().flatten();
        names.map(ToString::to_string).collect::<Vec<_>>().join(" of ")
    }
}

/// Reads a kind of packages.
fn kind(node: &Node) -> Result<Ecosystem, Error> {
    let kind = Ecosystem::owned(text(node)?);
    match kind.is_known() {
        true => Ok(kind),
        false => Err(Error::new(node.place, format!("\"{kind}\" is no kind of packages"))),
    }
}
