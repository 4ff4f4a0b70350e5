//! The bill itself, before it has a form: what is listed, in which order, and by which ids.

use std::borrow::Cow;
use std::collections::HashMap;

use cutaway_report::{DistroReport, LayerReport, PackageReport, Report};

use crate::clock::{self, Stated};
use crate::graph::Graph;
use crate::options::Options;
use crate::subject::Subject;
use crate::{uuid, web};

/// What every form of a report lists.
#[derive(Debug)]
pub(crate) struct Bill<'r> {
    pub(crate) report: &'r Report,
    pub(crate) options: &'r Options,
    pub(crate) subject: Subject,
    /// The time that is stated.
    pub(crate) time: Option<Stated>,
    /// The packages, sorted by type, package URL and id.
    pub(crate) rows: Vec<Row<'r>>,
    /// Which of them needs which.
    pub(crate) graph: Graph,
}

/// A package.
#[derive(Debug)]
pub(crate) struct Row<'r> {
    pub(crate) package: &'r PackageReport,
    /// Its id: the package URL where that is unique, else with a hash behind it.
    pub(crate) id: Cow<'r, str>,
    /// The layer that ended it, where it is not there any more.
    pub(crate) hidden_by: Option<usize>,
}

/// Kinds whose packages are programs of their own.
const APPLICATIONS: &[&str] = &["bitnami", "flatpak", "snap"];

impl<'r> Bill<'r> {
    /// Takes what is installed, and what is not any more where that is asked for.
    pub(crate) fn new(report: &'r Report, options: &'r Options) -> Self {
        let installed = report.installed().map(|package| (package, None));
        let removed = report.removed.iter().filter(|_| options.removed);
        let removed = removed.map(|it| (&it.package, Some(it.hidden_by)));
        let mut packages: Vec<(&PackageReport, Option<usize>)> = installed.chain(removed).collect();
        packages.sort_by(|(one, gone), (other, went)| {
            let key = |package: &PackageReport| is_application(package);
            let order = key(other).cmp(&key(one)).then_with(|| one.purl.cmp(&other.purl));
            order.then_with(|| one.cmp(other)).then_with(|| gone.cmp(went))
        });
        let rows = rows(&packages);
        Self {
            report,
            options,
            subject: Subject::of(report),
            time: clock::time(report, options.clock),
            graph: Graph::new(&rows),
            rows,
        }
    }

    /// Returns whether the packages of an image's system are all listed: every database was read, and
    /// nothing was left out.
    pub(crate) fn is_whole(&self) -> bool {
        const PARTIAL: &[&str] = &["skipped", "sbom-layers-unknown", "sbom-component-without-purl"];
        let partial = |code: &str| {
            PARTIAL.contains(&code) || code.ends_with("-unread") || code.ends_with("-incomplete")
        };
        self.report.complete && !self.report.diagnostics.iter().any(|it| partial(it.code.as_str()))
    }

    /// Returns the layer that a package is from, where the report describes it.
    pub(crate) fn layer(&self, package: &PackageReport) -> Option<&'r LayerReport> {
        self.report.layers.iter().find(|layer| layer.index == package.layer)
    }

    /// Returns the SHA-256 of the image's manifest in hexadecimal digits, where it is known.
    pub(crate) fn sha256(&self) -> Option<&'r str> {
        let digest = self.report.image.digest.as_ref();
        digest.filter(|digest| digest.algorithm_name() == "sha256").map(|digest| digest.encoded())
    }

    /// Returns who supplies a package: its vendor, else the distribution, for its own packages.
    pub(crate) fn supplier(&self, package: &'r PackageReport) -> Option<&'r str> {
        let vendor = package.vendor.as_deref().filter(|vendor| !vendor.trim().is_empty());
        // Who built a package for a distribution does not supply it.
        let vendor = vendor.filter(|vendor| maintainer(package) != Some(*vendor));
        vendor.or_else(|| {
            let distro = self.report.distro.as_ref()?;
            is_of_distribution(package).then(|| title(distro))
        })
    }
}

impl<'r> Row<'r> {
    /// Returns the name and version of what the package was built from; one without a version has that of
    /// the package.
    pub(crate) fn source(&self) -> Option<(&'r str, &'r str)> {
        let source = self.package.source.as_ref()?;
        Some((&source.name, source.version.as_deref().unwrap_or(&self.package.version)))
    }

    /// Returns the package URL, where it is one.
    pub(crate) fn purl(&self) -> Option<&str> {
        Some(self.package.purl.as_str()).filter(|purl| purl.starts_with("pkg:"))
    }

    /// Returns whether the package is a program of its own and no part of others.
    pub(crate) fn is_application(&self) -> bool {
        is_application(self.package)
    }

    /// Returns whether a package manager of systems installed it, and not one of a language.
    pub(crate) fn is_of_system(&self) -> bool {
        !self.package.kind.is_of_language()
    }
}

fn is_application(package: &PackageReport) -> bool {
    APPLICATIONS.contains(&package.kind.name())
}

/// Returns who looks after a package.
pub(crate) fn maintainer(package: &PackageReport) -> Option<&str> {
    let maintainer = package.details.as_ref()?.maintainer.as_deref();
    maintainer.filter(|text| !text.trim().is_empty())
}

/// Returns the address of a package's project, where it is one of the web.
pub(crate) fn homepage(package: &PackageReport) -> Option<&str> {
    package.details.as_ref()?.homepage.as_deref().filter(|text| web::is_address(text))
}

/// Returns whether the distribution's own package manager installed it: then its package URL names the
/// distribution.
fn is_of_distribution(package: &PackageReport) -> bool {
    package.purl.split_once('?').is_some_and(|(_, qualifiers)| {
        qualifiers.split('&').any(|qualifier| qualifier.starts_with("distro="))
    })
}

/// Returns the name of a distribution as people write it, without its version.
pub(crate) fn title(distro: &DistroReport) -> &str {
    let pretty = distro.pretty_name.as_deref().unwrap_or_default();
    let is_version = |word: &str| {
        word.trim_start_matches(['v', '(']).starts_with(|it: char| it.is_ascii_digit())
            || word.starts_with('(')
    };
    let mut end = pretty.len();
    let mut at = 0_usize;
    for word in pretty.split(' ') {
        if is_version(word) {
            end = at;
            break;
        }
        at = at.saturating_add(word.len()).saturating_add(1);
    }
    let title = pretty.get(..end).unwrap_or_default().trim();
    if title.is_empty() { &distro.id } else { title }
}

/// Gives each package its id. What stands there twice is told apart by how often it came before.
fn rows<'r>(packages: &[(&'r PackageReport, Option<usize>)]) -> Vec<Row<'r>> {
    let mut counts: HashMap<&str, usize> = HashMap::with_capacity(packages.len());
    for (package, _) in packages {
        let count = counts.entry(&package.purl).or_default();
        *count = count.saturating_add(1);
    }
    let mut rows = Vec::with_capacity(packages.len());
    let mut repeated = 0_u64;
    for (position, &(package, hidden_by)) in packages.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|at| packages.get(at));
        repeated = match before == Some(&(package, hidden_by)) {
            true => repeated.saturating_add(1),
            false => 0,
        };
        let purl = package.purl.as_str();
        // A fragment is ours alone, so that no package URL is the id of another package.
        let is_plain = purl.starts_with("pkg:") && !purl.contains('#');
        let id = match is_plain && counts.get(purl) == Some(&1) {
            true => Cow::Borrowed(purl),
            false => Cow::Owned(hashed(package, hidden_by, repeated)),
        };
        rows.push(Row { package, id, hidden_by });
    }
    rows
}

fn hashed(package: &PackageReport, hidden_by: Option<usize>, repeated: u64) -> String {
    let place = serde_json::to_string(&(package, hidden_by, repeated)).unwrap_or_default();
    let purl = package.purl.split('#').next().unwrap_or_default();
    format!("{purl}#{}", uuid::short(&place, 12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn ids_are_unique_and_rows_sorted() {
        let report = sample::report();
        let options = Options { removed: true, ..Options::default() };
        let bill = Bill::new(&report, &options);
        let ids: Vec<&str> = bill.rows.iter().map(|row| row.id.as_ref()).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!((unique.len(), ids.len()), (5, 5), "{ids:?}");
        assert_eq!(ids.iter().filter(|id| id.contains('#')).count(), 2, "{ids:?}");
        assert!(bill.rows.iter().all(|row| row.package.state != "config-files"));
    }

    #[test]
    fn records_that_are_the_same_have_ids_of_their_own() {
        let mut report = sample::report();
        let first = report.packages.iter().find(|it| it.is_installed()).unwrap().clone();
        report.packages = vec![first.clone(), first.clone(), first];
        let options = Options::default();
        let bill = Bill::new(&report, &options);
        let ids: std::collections::BTreeSet<_> = bill.rows.iter().map(|row| &row.id).collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn titles() {
        let of = |pretty: Option<&str>| {
            let distro = sample::report().distro.unwrap();
            title(&DistroReport { pretty_name: pretty.map(str::to_owned), ..distro }).to_owned()
        };
        for (pretty, expected) in [
            (Some("Debian GNU/Linux 12 (bookworm)"), "Debian GNU/Linux"),
            (Some("Alpine Linux v3.20"), "Alpine Linux"),
            (Some("Arch Linux"), "Arch Linux"),
            (Some("Red Hat Enterprise Linux 9.2 (Plow)"), "Red Hat Enterprise Linux"),
            (Some("Debian GNU/Linux trixie/sid"), "Debian GNU/Linux trixie/sid"),
            (Some("12"), "debian"),
            (None, "debian"),
        ] {
            assert_eq!(of(pretty), expected);
        }
    }
}
