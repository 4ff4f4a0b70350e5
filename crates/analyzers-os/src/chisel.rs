//! chisel's manifest: which parts ("slices") of which Debian packages a chiselled image is made of.
//!
//! Its packages are those of Ubuntu's archive, so that they are of kind `deb`. What they were built from is
//! not said. Files are read by [`ChiselFiles`](crate::chisel_files::ChiselFiles), the form by
//! [`Wall`](crate::chisel_wall::Wall).

use std::collections::BTreeMap;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Details, Ecosystem, File, Findings, Interest, Outcome, Package,
};

use crate::chisel_wall::{Row, Wall};
use crate::dpkg_version;
use crate::reporter::{Reporter, quote};

/// Where the manifest lies.
pub(crate) const MANIFEST: &str = "var/lib/chisel/manifest.wall";

/// The reader of packages.
#[derive(Debug)]
pub(crate) struct Chisel;

impl Analyzer for Chisel {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("chisel", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files([MANIFEST])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let wall = Wall::unpack(file.start(), &mut reporter);
        let (mut packages, mut slices) = (Vec::new(), BTreeMap::<&str, Vec<String>>::new());
        let mut names = Vec::new();
        let count = wall.rows(&mut reporter, |row, number, reporter| match row.kind.as_deref() {
            Some("package") => match package(&row, reporter) {
                Ok(package) => packages.push(package),
                Err(missing) => reporter.error(
                    "chisel-record-incomplete",
                    format_args!(
                        "line {number}: the package {} has no {missing}",
                        quote(row.name.as_deref().unwrap_or_default().as_bytes())
                    ),
                ),
            },
            Some("slice") => names.extend(row.name),
            Some("path" | "content") => {}
            kind => reporter.warning(
                "chisel-kind-unknown",
                format_args!(
                    "line {number} is of the unknown kind {}",
                    quote(kind.unwrap_or_default().as_bytes())
                ),
            ),
        });
        for slice in &names {
            slices.entry(package_of(slice)).or_default().push(slice.clone().into_owned());
        }
        if count == 0 && !reporter.findings().incomplete() {
            reporter.empty();
        }
        for mut package in packages {
            let mut details = Details::default();
            let own = slices.get(&*package.name).into_iter().flatten();
            details.features = own.collect();
            package.set_details(details);
            reporter.package(package);
        }
        reporter.repeated("chisel-record-repeated");
        reporter.finish();
        Outcome::Done
    }
}

impl Database for Chisel {}

/// Returns the package of a slice, `PACKAGE_SLICE`: names of Debian's packages have no underscore.
pub(crate) fn package_of(slice: &str) -> &str {
    slice.split_once('_').map_or(slice, |(package, _)| package)
}

fn package(row: &Row<'_>, reporter: &mut Reporter<'_>) -> Result<Package, &'static str> {
    let there = |text: &&str| !text.is_empty();
    let name = row.name.as_deref().filter(there).ok_or("name")?;
    let version = row.version.as_deref().filter(there).ok_or("version")?;
    let parts = dpkg_version::split(version);
    if let Some(odd) = parts.odd {
        reporter.warning(
            "dpkg-version-odd",
            format_args!(
                "the package {} has the version {}: {odd}",
                quote(name.as_bytes()),
                quote(version.as_bytes())
            ),
        );
    }
    let mut package = Package::new(Ecosystem::DEB, name, parts.full);
    package.epoch = parts.epoch;
    package.release = parts.revision;
    package.arch = row.arch.as_deref().map(str::to_owned);
    Ok(package)
}
