//! Which crate may depend on which: an edge that is not in these tables is a decision, made here.
//!
//! `docs/ARCHITECTURE.md` says why the arrows point as they do. An edge may pass over floors (what
//! a crate may name, it may name all the way down) and never climbs.

use crate::tidy::metadata::{Dependency, Package};

/// Our crates, lowest first, each with those of ours that lie directly below it.
const FLOORS: &[(&str, &[&str])] = &[
    ("cutaway-ref", &[]),
    ("cutaway-tar", &[]),
    ("cutaway-version", &[]),
    ("cutaway-model", &["cutaway-ref", "cutaway-tar"]),
    ("cutaway-layerfs", &["cutaway-tar"]),
    ("cutaway-fetch", &["cutaway-model"]),
    ("cutaway-cloud", &["cutaway-ref"]),
    ("cutaway-daemon", &["cutaway-model"]),
    ("cutaway-toc", &["cutaway-ref", "cutaway-layerfs"]),
    ("cutaway-read", &["cutaway-model", "cutaway-toc"]),
    ("cutaway-analyze", &["cutaway-model", "cutaway-layerfs"]),
    ("cutaway-analyzers-os", &["cutaway-analyze"]),
    ("cutaway-analyzers-lang", &["cutaway-analyze"]),
    ("cutaway-cache", &["cutaway-analyze"]),
    ("cutaway-report", &["cutaway-analyze"]),
    ("cutaway-sbom", &["cutaway-report"]),
    ("cutaway-vulns", &["cutaway-report", "cutaway-version"]),
    ("cutaway-policy", &["cutaway-report", "cutaway-version"]),
    ("cutaway-files", &["cutaway-read"]),
    ("cutaway-fleet", &[]),
    ("cutaway-scan", &["cutaway-read", "cutaway-report", "cutaway-files"]),
    ("cutaway-export", &["cutaway-read"]),
    (
        "cutaway",
        &[
            "cutaway-fetch",
            "cutaway-cloud",
            "cutaway-daemon",
            "cutaway-scan",
            "cutaway-sbom",
            "cutaway-vulns",
            "cutaway-policy",
            "cutaway-cache",
            "cutaway-fleet",
            "cutaway-analyzers-os",
            "cutaway-analyzers-lang",
            "cutaway-export",
        ],
    ),
    ("cutaway-serve", &["cutaway"]),
    ("cutaway-cli", &["cutaway-serve"]),
    ("cutaway-fixtures", &["cutaway-ref"]),
    ("xtask", &["cutaway-fixtures"]),
];

/// Edges of tests, examples and benchmarks beyond [`FLOORS`]; fixtures are free to all.
const ALLOWED_IN_TESTS: &[(&str, &[&str])] = &[
    // Itself, so that its tests are built with its features.
    ("cutaway-fetch", &["cutaway-fetch"]),
    // Readers to try it with.
    ("cutaway-scan", &["cutaway-analyzers-os", "cutaway-analyzers-lang"]),
];

/// Packages of others that only some of our crates may name, outside of tests.
const CONFINED: &[(&str, &[&str])] = &[
    ("anyhow", &["xtask"]),
    ("astral-tokio-tar", &["cutaway-export", "cutaway-fixtures"]),
    ("axum", &["cutaway-serve"]),
    ("async-compression", &["cutaway-model", "cutaway-fixtures"]),
    ("clap", &["cutaway-cli"]),
    ("indicatif", &["cutaway-cli"]),
    ("cvss", &["cutaway-vulns"]),
    ("libc", &["cutaway-model"]),
    ("oci-client", &["cutaway-fetch"]),
    ("oci-spec", &["cutaway-model"]),
    ("packageurl", &["cutaway-report"]),
    ("rayon", &["cutaway-scan"]),
    ("reqwest", &["cutaway-fetch", "cutaway-cloud", "cutaway-daemon"]),
    ("ring", &["cutaway-cloud"]),
    ("rusqlite", &[]),
    ("saphyr-parser", &["cutaway-policy"]),
    ("spdx", &["cutaway-sbom"]),
    ("rustls", &["cutaway-fetch", "cutaway-cloud", "cutaway-daemon", "cutaway", "cutaway-serve"]),
    ("tempfile", &[]),
    (
        "tokio",
        &[
            "cutaway-model",
            "cutaway-fetch",
            "cutaway-cloud",
            "cutaway-daemon",
            "cutaway-read",
            "cutaway-files",
            "cutaway-fleet",
            "cutaway-scan",
            "cutaway-export",
            "cutaway",
            "cutaway-serve",
            "cutaway-cli",
            "cutaway-fixtures",
        ],
    ),
    ("tracing-subscriber", &["cutaway-cli"]),
    ("twox-hash", &["cutaway-vulns"]),
    ("zip", &["cutaway-vulns"]),
    ("zstd", &["cutaway", "cutaway-analyzers-os", "xtask", "cutaway-toc"]),
];

/// Who may have the credentials of `cutaway-ref`: all others take names alone, and link no TOML for a digest.
const AUTHENTICATED: &[&str] = &["cutaway-fetch", "cutaway-cloud", "cutaway", "cutaway-cli"];

/// Returns one line for every edge that the tables do not allow.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        let from = package.name.as_str();
        if !is_ours(from) {
            complaints.push(format!("{from}: a crate that the layering table does not know"));
            continue;
        }
        let in_tests =
            ALLOWED_IN_TESTS.iter().find(|(name, _)| *name == from).map_or(&[][..], |(_, to)| to);
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            let fine = if is_ours(to) {
                lies_below(from, to)
                    || (dependency.dev && (to == "cutaway-fixtures" || in_tests.contains(&to)))
            } else {
                let confined = CONFINED.iter().find(|(name, _)| *name == to);
                dependency.dev || confined.is_none_or(|(_, to_these)| to_these.contains(&from))
            };
            if !fine {
                complaints.push(format!(
                    "{from} depends on {to}, which the layering table does not allow"
                ));
            }
            if to == "cutaway-ref" && has_auth(dependency) && !AUTHENTICATED.contains(&from) {
                complaints.push(format!("{from} takes {to} with its auth, and needs names alone"));
            }
        }
    }
    complaints
}

/// Returns one line for every edge of the table that nobody uses.
pub(crate) fn unused(packages: &[Package]) -> Vec<String> {
    let unused = |package: &Package| {
        let uses = |to: &str| package.dependencies.iter().any(|it| !it.dev && it.name == to);
        let edges = below(&package.name).iter().filter(|to| !uses(to));
        edges.map(|to| format!("{} stands on {to} and does not use it", package.name)).collect()
    };
    packages.iter().flat_map(|package| -> Vec<String> { unused(package) }).collect()
}

fn has_auth(dependency: &Dependency) -> bool {
    dependency.features.iter().any(|feature| matches!(feature.as_str(), "default" | "auth"))
}

fn is_ours(name: &str) -> bool {
    FLOORS.iter().any(|(known, _)| *known == name)
}

/// Tells whether arrows lead from one crate down to another.
fn lies_below(from: &str, to: &str) -> bool {
    let mut open = vec![from];
    // The table has no cycle (a test), and it is short: what is reached twice is looked at twice.
    while let Some(name) = open.pop() {
        let below = below(name);
        if below.contains(&to) {
            return true;
        }
        open.extend(below);
    }
    false
}

/// Returns the crates that the table has directly below one.
fn below(name: &str) -> &'static [&'static str] {
    FLOORS.iter().find(|(known, _)| *known == name).map_or(&[], |(_, to)| to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, dev: bool) -> Vec<String> {
        let dependencies = vec![Dependency { name: to.into(), dev, ..Dependency::default() }];
        check(&[Package { name: from.into(), dependencies, ..Package::default() }])
    }

    #[test]
    fn edges() {
        for (from, to, dev, fine) in [
            ("cutaway-fetch", "cutaway-model", false, true),
            ("cutaway-model", "cutaway-fetch", false, false),
            ("cutaway-model", "cutaway-fetch", true, false),
            ("cutaway-layerfs", "cutaway-ref", false, false),
            ("cutaway-files", "cutaway-tar", false, true),
            ("cutaway-read", "cutaway-analyze", false, false),
            ("cutaway-report", "cutaway-scan", false, false),
            ("cutaway-cli", "cutaway-fetch", false, true),
            ("cutaway", "cutaway-cli", false, false),
            ("cutaway-analyzers-os", "cutaway-scan", false, false),
            ("cutaway-scan", "cutaway-analyzers-os", false, false),
            ("cutaway-scan", "cutaway-analyzers-os", true, true),
            ("cutaway-scan", "cutaway-fixtures", false, false),
            ("cutaway-scan", "cutaway-fixtures", true, true),
            ("cutaway-scan", "rayon", false, true),
            ("cutaway-analyzers-os", "rayon", false, false),
            ("cutaway-layerfs", "tokio", false, false),
            ("cutaway-layerfs", "tokio", true, true),
            ("cutaway-cli", "tempfile", false, false),
            ("cutaway-layerfs", "thiserror", false, true),
            ("cutaway-new", "thiserror", false, false),
        ] {
            assert_eq!(edge(from, to, dev).is_empty(), fine, "{from} {to} {dev}");
        }
    }

    #[test]
    fn an_edge_that_nobody_uses_goes() {
        let package = |dependencies: Vec<Dependency>| {
            unused(&[Package { name: "cutaway-fetch".into(), dependencies, ..Package::default() }])
        };
        let to = |dev| Dependency { name: "cutaway-model".into(), dev, ..Dependency::default() };
        assert_eq!(package(vec![to(false)]), Vec::<String>::new());
        for unused in [package(Vec::new()), package(vec![to(true)])] {
            assert_eq!(unused, ["cutaway-fetch stands on cutaway-model and does not use it"]);
        }
    }

    #[test]
    fn names_are_had_without_credentials() {
        for (from, features, fine) in [
            ("cutaway-model", &[][..], true),
            ("cutaway-model", &["default"], false),
            ("cutaway-daemon", &["auth"], false),
            ("cutaway-fetch", &["auth"], true),
        ] {
            let features = features.iter().map(ToString::to_string).collect();
            let to = Dependency { name: "cutaway-ref".into(), features, ..Dependency::default() };
            let package =
                Package { name: from.into(), dependencies: vec![to], ..Package::default() };
            assert_eq!(check(&[package]).is_empty(), fine, "{from}");
        }
    }

    #[test]
    fn the_table_has_no_cycle_and_no_unknown_crate() {
        // Crates are listed after all that they depend on; then there can be no cycle.
        for (position, (name, directly)) in FLOORS.iter().enumerate() {
            for to in *directly {
                let below = FLOORS.iter().take(position).any(|(lower, _)| lower == to);
                assert!(below, "{name} lies above {to}, which is not above it in the table");
            }
        }
    }
}
