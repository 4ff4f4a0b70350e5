//! Which crate may depend on which: an edge that is not in these tables is a decision, made here.
//!
//! `docs/ARCHITECTURE.md` says why the arrows point as they do.

use crate::tidy::metadata::Package;

/// Our crates, each with those of ours that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("cutaway-ref", &[]),
    ("cutaway-tar", &[]),
    ("cutaway-model", &["cutaway-ref", "cutaway-tar"]),
    ("cutaway-fetch", &["cutaway-ref", "cutaway-model"]),
    ("cutaway-cloud", &["cutaway-ref"]),
    ("cutaway-layerfs", &["cutaway-tar"]),
    ("cutaway-files", &["cutaway-ref", "cutaway-model", "cutaway-layerfs"]),
    ("cutaway-export", &["cutaway-ref", "cutaway-model", "cutaway-layerfs", "cutaway-files"]),
    ("cutaway-daemon", &["cutaway-ref", "cutaway-model"]),
    ("cutaway-analyze", &["cutaway-layerfs"]),
    ("cutaway-analyzers-os", &["cutaway-analyze", "cutaway-layerfs"]),
    (
        "cutaway-scan",
        &[
            "cutaway-ref",
            "cutaway-tar",
            "cutaway-model",
            "cutaway-layerfs",
            "cutaway-files",
            "cutaway-analyze",
        ],
    ),
    (
        "cutaway-cli",
        &[
            "cutaway-ref",
            "cutaway-tar",
            "cutaway-model",
            "cutaway-fetch",
            "cutaway-cloud",
            "cutaway-layerfs",
            "cutaway-files",
            "cutaway-export",
            "cutaway-daemon",
            "cutaway-analyze",
            "cutaway-analyzers-os",
            "cutaway-scan",
        ],
    ),
    ("cutaway-fixtures", &["cutaway-ref"]),
    ("xtask", &["cutaway-fixtures"]),
];

/// Edges of tests, examples and benchmarks beyond [`ALLOWED`]; fixtures are free to all.
const ALLOWED_IN_TESTS: &[(&str, &[&str])] = &[
    // Itself, so that its tests are built with its features.
    ("cutaway-fetch", &["cutaway-fetch"]),
    ("cutaway-scan", &["cutaway-analyzers-os"]),
];

/// Packages of others that only some of our crates may name, outside of tests.
const CONFINED: &[(&str, &[&str])] = &[
    ("anyhow", &["cutaway-cli", "xtask"]),
    ("astral-tokio-tar", &["cutaway-export", "cutaway-fixtures"]),
    ("async-compression", &["cutaway-model", "cutaway-fixtures"]),
    ("clap", &["cutaway-cli"]),
    ("indicatif", &["cutaway-cli"]),
    ("libc", &["cutaway-model"]),
    ("oci-client", &["cutaway-fetch"]),
    ("oci-spec", &["cutaway-model"]),
    ("rayon", &["cutaway-scan", "cutaway-cli"]),
    ("reqwest", &["cutaway-fetch", "cutaway-cloud", "cutaway-daemon"]),
    ("ring", &["cutaway-cloud"]),
    ("rusqlite", &[]),
    ("rustls", &["cutaway-fetch", "cutaway-cloud", "cutaway-daemon", "cutaway-cli"]),
    ("tempfile", &[]),
    (
        "tokio",
        &[
            "cutaway-model",
            "cutaway-fetch",
            "cutaway-cloud",
            "cutaway-files",
            "cutaway-export",
            "cutaway-daemon",
            "cutaway-scan",
            "cutaway-cli",
            "cutaway-fixtures",
        ],
    ),
    ("tracing-subscriber", &["cutaway-cli"]),
];

/// Returns one line for every edge that the tables do not allow.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
            complaints
                .push(format!("{}: a crate that the layering table does not know", package.name));
            continue;
        };
        let in_tests = ALLOWED_IN_TESTS
            .iter()
            .find(|(name, _)| *name == package.name)
            .map_or(&[][..], |(_, to)| to);
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            let fine = if ALLOWED.iter().any(|(name, _)| *name == to) {
                allowed.contains(&to)
                    || (dependency.dev && (to == "cutaway-fixtures" || in_tests.contains(&to)))
            } else {
                let confined = CONFINED.iter().find(|(name, _)| *name == to);
                dependency.dev
                    || confined
                        .is_none_or(|(_, to_these)| to_these.contains(&package.name.as_str()))
            };
            if !fine {
                complaints.push(format!(
                    "{} depends on {to}, which the layering table does not allow",
                    package.name
                ));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::metadata::Dependency;

    fn edge(from: &str, to: &str, dev: bool) -> Vec<String> {
        let dependencies = vec![Dependency { name: to.into(), dev }];
        check(&[Package { name: from.into(), dependencies, ..Package::default() }])
    }

    #[test]
    fn edges() {
        for (from, to, dev, fine) in [
            ("cutaway-fetch", "cutaway-model", false, true),
            ("cutaway-model", "cutaway-fetch", false, false),
            ("cutaway-model", "cutaway-fetch", true, false),
            ("cutaway-layerfs", "cutaway-ref", false, false),
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
    fn the_table_has_no_cycle_and_no_unknown_crate() {
        // Crates are listed after all that they depend on; then there can be no cycle.
        for (position, (name, allowed)) in ALLOWED.iter().enumerate() {
            for to in *allowed {
                let below = ALLOWED.iter().take(position).any(|(lower, _)| lower == to);
                assert!(below, "{name} may depend on {to}, which is not above it in the table");
            }
        }
    }
}
