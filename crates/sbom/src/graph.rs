//! Which package needs which other one: conditions of records, resolved among the packages of one kind.
//!
//! A condition is met by the package of its name, of its own architecture where there are several, else by
//! the first that provides the name; of alternatives the first that is there counts. Versions are not
//! compared: the package manager did. What nobody in the image meets is counted and left out.

use std::collections::{HashMap, HashSet};

use cutaway_report::PackageReport;

use crate::bill::Row;

/// What each package needs.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// By the position of a row: the rows that it needs, sorted by their ids.
    needs: Vec<Vec<usize>>,
    /// By the position of a row: what is known of that.
    known: Vec<Known>,
    /// How many conditions nobody meets.
    pub(crate) unmet: usize,
}

/// How far it is known what a package needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    /// Everything that it needs is listed.
    Complete,
    /// Some of what it needs is not in the image, or a file.
    Incomplete,
    /// Its database does not say.
    Unknown,
}

/// Where a name leads: by the kind of package, the name and the architecture, which may be any.
type Names<'r> = HashMap<(&'r str, &'r str, Option<&'r str>), usize>;

impl Graph {
    /// Resolves what the packages of a bill need.
    pub(crate) fn new(rows: &[Row<'_>]) -> Self {
        let mut names = Names::with_capacity(rows.len().saturating_mul(2));
        let mut provided = Names::new();
        let mut stating = HashSet::new();
        for (at, row) in there(rows) {
            let package = row.package;
            let kind = package.kind.name();
            let arch = package.arch.as_deref();
            names.entry((kind, &package.name, arch)).or_insert(at);
            names.entry((kind, &package.name, None)).or_insert(at);
            let Some(details) = &package.details else { continue };
            if !details.depends.is_empty() || !details.provides.is_empty() {
                stating.insert(database(package));
            }
            for name in details.provides.iter().map(|it| name(kind, it)) {
                provided.entry((kind, name, arch)).or_insert(at);
                provided.entry((kind, name, None)).or_insert(at);
            }
        }
        let mut graph = Self {
            needs: vec![Vec::new(); rows.len()],
            known: vec![Known::Unknown; rows.len()],
            unmet: 0,
        };
        for (at, row) in there(rows) {
            let package = row.package;
            let depends = package.details.as_ref().map(|details| &details.depends);
            let (mut needs, mut unmet) = (Vec::new(), 0_usize);
            for condition in depends.into_iter().flat_map(|it| it.iter()) {
                match meets(package, condition, &names, &provided) {
                    Some(other) => needs.push(other),
                    None if is_conflict(package, condition) => {}
                    None => unmet = unmet.saturating_add(1),
                }
            }
            needs.retain(|other| *other != at);
            needs.sort_unstable_by_key(|other| rows.get(*other).map(|row| &row.id));
            needs.dedup();
            let known = match (stating.contains(&database(package)), unmet) {
                (false, _) => Known::Unknown,
                (true, 0) => Known::Complete,
                (true, _) => Known::Incomplete,
            };
            graph.unmet = graph.unmet.saturating_add(unmet);
            if let Some(slot) = graph.needs.get_mut(at) {
                *slot = needs;
            }
            if let Some(slot) = graph.known.get_mut(at) {
                *slot = known;
            }
        }
        graph
    }

    /// Returns the rows that a row needs, sorted by their ids.
    pub(crate) fn needs(&self, at: usize) -> &[usize] {
        self.needs.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns which row needs which.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let needs = self.needs.iter().enumerate();
        needs.flat_map(|(from, needs)| needs.iter().map(move |&to| (from, to)))
    }

    /// Returns how far it is known what a row needs.
    pub(crate) fn known(&self, at: usize) -> Known {
        self.known.get(at).copied().unwrap_or(Known::Unknown)
    }
}

fn there<'b, 'r>(rows: &'b [Row<'r>]) -> impl Iterator<Item = (usize, &'b Row<'r>)> {
    rows.iter().enumerate().filter(|(_, row)| row.hidden_by.is_none())
}

/// Returns the database of a package; one of many files is the directory of these.
fn database(package: &PackageReport) -> (&str, &str) {
    let kind = package.kind.name();
    let directory = package.database.rsplit_once('/').map_or("", |(directory, _)| directory);
    let directory = match kind {
        "alpm" => above(directory),
        "portage" | "homebrew" => above(above(directory)),
        _ => directory,
    };
    (kind, directory)
}

fn above(directory: &str) -> &str {
    directory.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Returns the row that meets a condition.
fn meets(
    package: &PackageReport,
    condition: &str,
    names: &Names<'_>,
    provided: &Names<'_>,
) -> Option<usize> {
    let kind = package.kind.name();
    let arch = package.arch.as_deref();
    let alternatives = condition.split('|').filter(|_| has_alternatives(kind));
    let whole = std::iter::once(condition).filter(|_| !has_alternatives(kind));
    alternatives.chain(whole).map(|condition| name(kind, condition)).find_map(|name| {
        let of = |map: &Names<'_>| {
            map.get(&(kind, name, arch)).or_else(|| map.get(&(kind, name, None))).copied()
        };
        of(names).or_else(|| of(provided))
    })
}

fn has_alternatives(kind: &str) -> bool {
    matches!(kind, "deb" | "opkg")
}

/// Returns whether a condition asks for something not to be there.
fn is_conflict(package: &PackageReport, condition: &str) -> bool {
    matches!(package.kind.name(), "apk" | "portage") && condition.starts_with('!')
}

/// Returns the name in a condition, or in what is provided.
fn name<'t>(kind: &str, condition: &'t str) -> &'t str {
    let condition = condition.trim();
    if kind == "portage" {
        return name_in_atom(condition);
    }
    let end = match kind {
        // `libc.so.6(GLIBC_2.34)(64bit)`, `(a or b)`.
        "rpm" => condition.find(' ').filter(|_| !condition.starts_with('(')),
        "apk" | "alpm" => condition.find(['<', '>', '=', '~', '@']),
        _ => condition.find([' ', '(', '[', ':', '<', '>', '=']),
    };
    condition.get(..end.unwrap_or(condition.len())).unwrap_or_default()
}

/// Returns the name in an atom of portage, `>=dev-libs/openssl-3.0.13:0/3=[asm]`, without the category.
fn name_in_atom(atom: &str) -> &str {
    let package = atom.trim_start_matches(['<', '>', '=', '~']);
    let with_version = package.len() < atom.len();
    let end = package.find([':', '[']).unwrap_or(package.len());
    let package = package.get(..end).unwrap_or_default();
    let name = package.rsplit_once('/').map_or(package, |(_, name)| name);
    if !with_version {
        return name;
    }
    let is_version = |at: &usize| {
        let behind = name.get(at.saturating_add(1)..).unwrap_or_default();
        behind.starts_with(|it: char| it.is_ascii_digit())
    };
    let at = name.rmatch_indices('-').map(|(at, _)| at).find(is_version);
    at.and_then(|at| name.get(..at)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use cutaway_report::Report;

    use super::*;
    use crate::bill::Bill;
    use crate::options::Options;
    use crate::sample;

    /// Kind, name, architecture, what it needs and provides.
    type Told<'t> = (&'t str, &'t str, &'t str, &'t [&'t str], &'t [&'t str]);

    /// A report with these packages.
    fn report(packages: &[Told<'_>]) -> Report {
        let mut report = sample::report();
        let mut value = serde_json::to_value(&report.packages[1]).unwrap();
        report.packages.clear();
        for (kind, name, arch, depends, provides) in packages {
            let package = value.as_object_mut().unwrap();
            for (key, text) in [("kind", *kind), ("name", name), ("arch", arch)] {
                package.insert(key.into(), text.into());
            }
            package.insert("purl".into(), format!("pkg:{kind}/{name}@1?arch={arch}").into());
            package.insert("depends".into(), serde_json::json!(depends));
            package.insert("provides".into(), serde_json::json!(provides));
            report.packages.push(serde_json::from_value(value.clone()).unwrap());
        }
        report
    }

    /// `name` and what it needs, for those that need something.
    fn needs(report: &Report) -> (Vec<String>, usize) {
        let options = Options::default();
        let bill = Bill::new(report, &options);
        let label = |at: &usize| {
            let package = bill.rows[*at].package;
            format!("{}/{}", package.name, package.arch.as_deref().unwrap_or_default())
        };
        let mut told: Vec<String> = (0..bill.rows.len())
            .filter(|at| !bill.graph.needs(*at).is_empty())
            .map(|at| {
                let needs: Vec<String> = bill.graph.needs(at).iter().map(label).collect();
                format!("{}: {}", label(&at), needs.join(" "))
            })
            .collect();
        told.sort();
        (told, bill.graph.unmet)
    }

    #[test]
    fn conditions_are_met_by_names_and_by_what_is_provided() {
        let (told, unmet) = needs(&report(&[
            ("deb", "a", "amd64", &["libc (>= 2)", "x | y | z", "awk", "none", "a"], &[]),
            ("deb", "a", "i386", &["libc (>= 2)", "b:any"], &[]),
            ("deb", "libc", "amd64", &[], &["libc-abi (= 1)"]),
            ("deb", "libc", "i386", &[], &[]),
            ("deb", "b", "all", &["libc", "libc-abi"], &[]),
            ("deb", "y", "all", &[], &[]),
            ("deb", "mawk", "amd64", &[], &["awk"]),
            ("apk", "curl", "x86_64", &["so:libc.so.1", "!bad", "y>1", "busybox~1.3"], &[]),
            ("apk", "musl", "x86_64", &[], &["so:libc.so.1=1.2.3"]),
            ("apk", "busybox", "x86_64", &[], &[]),
            ("rpm", "r", "x86_64", &["libc.so.6(GLIBC_2.34)(64bit)", "(s or t)", "s >= 1:2"], &[]),
            ("rpm", "s", "noarch", &[], &["libc.so.6(GLIBC_2.34)(64bit)"]),
            ("portage", "g", "x", &[">=dev-libs/h-1-r2:0/3=[asm]", "dev-libs/h:=", "!!a/b"], &[]),
            ("portage", "h", "x", &[], &[]),
            ("alpm", "p", "x86_64", &["libq.so=1-64"], &[]),
            ("alpm", "q", "x86_64", &[], &["libq.so=1-64"]),
        ]));
        let expected = [
            "a/amd64: libc/amd64 mawk/amd64 y/all",
            "a/i386: b/all libc/i386",
            "b/all: libc/amd64",
            "curl/x86_64: busybox/x86_64 musl/x86_64",
            "g/x: h/x",
            "p/x86_64: q/x86_64",
            "r/x86_64: s/noarch",
        ];
        assert_eq!(told, expected);
        assert_eq!(unmet, 3, "none, y of apk, the condition of many words");
    }

    #[test]
    fn what_is_known_follows_from_the_database() {
        let mut report = report(&[
            ("deb", "a", "amd64", &["b"], &[]),
            ("deb", "b", "amd64", &["none"], &[]),
            ("deb", "c", "amd64", &[], &[]),
            ("deb", "d", "amd64", &[], &[]),
        ]);
        report.packages[3].database = "var/lib/chisel/manifest.wall".to_owned();
        let options = Options::default();
        let bill = Bill::new(&report, &options);
        let known: Vec<Known> = (0..4).map(|at| bill.graph.known(at)).collect();
        use Known::{Complete, Incomplete, Unknown};
        assert_eq!(known, [Complete, Incomplete, Complete, Unknown]);
    }
}
