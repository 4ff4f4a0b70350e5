//! Every code of a diagnostic stands in the table of crate `report`, and the table has no other.

use std::collections::BTreeSet;

use crate::tidy::sources::Source;

const TABLE: &str = "crates/report/src/codes.rs";

/// The crates whose sources make diagnostics.
const CRATES: &[&str] = &[
    "tar",
    "layerfs",
    "model",
    "read",
    "analyze",
    "analyzers-os",
    "analyzers-lang",
    "scan",
    "sbom",
];

/// Single files of other crates that make them.
const FILES: &[&str] = &["crates/vulns/src/matching.rs"];

/// Words of the form of a code that are none: distributions, names of files, states of dpkg and opkg, settings, and
/// words of bills of materials.
const OTHERS: &[&str] = &[
    "bom-ref",
    "bundle-symbolicname",
    "bundle-version",
    "cbl-mariner",
    "conda-meta",
    "config-files",
    "cyclonedx-json",
    "cyclonedx-vex",
    "dev-package-names",
    "gpg-pubkey",
    "group-id",
    "half-configured",
    "half-installed",
    "implementation-title",
    "implementation-vendor-id",
    "implementation-version",
    "issue-tracker",
    "kebab-case",
    "manifest-analysis",
    "not-installed",
    "oci-layout",
    "opensuse-leap",
    "opensuse-tumbleweed",
    "operating-system",
    "path-exclude",
    "path-include",
    "plugin-version",
    "post-build",
    "redis-server",
    "post-inst-failed",
    "removal-failed",
    "remove-on-upgrade",
    "security-severity",
    "sha256-160",
    "short-name",
    "spdx-json",
    "specification-version",
    "test-sources",
    "triggers-awaited",
    "triggers-pending",
    "valkey-server",
    "wordpress-plugin",
    "wordpress-theme",
    "wp-content",
    "wp-includes",
];

/// Returns one line for every code that the table lacks, and every one that nothing reports.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let table = sources.iter().find(|source| source.path == TABLE);
    let table: BTreeSet<&str> =
        table.map(|source| codes_of_table(&source.text)).unwrap_or_default();
    let (mut complaints, mut seen) = (Vec::new(), BTreeSet::new());
    for source in sources.iter().filter(|source| makes_diagnostics(&source.path)) {
        let text = source.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let mut before = "";
        for (number, word) in text.split('"').enumerate() {
            if number % 2 == 1 && !before.ends_with("AnalyzerId::new(") {
                if table.contains(word) {
                    seen.insert(word);
                } else if has_form_of_code(word) && !OTHERS.contains(&word) {
                    complaints.push(format!("{}: the code {word} is not in {TABLE}", source.path));
                }
            }
            before = word;
        }
    }
    let unused = table.difference(&seen);
    complaints.extend(unused.map(|code| format!("{TABLE}: nothing reports the code {code}")));
    complaints
}

fn codes_of_table(text: &str) -> BTreeSet<&str> {
    let table = text.split("&[(&str, &str)] = &[").nth(1).unwrap_or_default();
    let table = table.split("\n];").next().unwrap_or_default();
    table.split('"').skip(1).step_by(4).collect()
}

fn makes_diagnostics(path: &str) -> bool {
    if FILES.contains(&path) {
        return true;
    }
    let Some((name, rest)) = path.strip_prefix("crates/").and_then(|path| path.split_once('/'))
    else {
        return false;
    };
    let is_test = rest.ends_with("/tests.rs") || rest.ends_with("/laws.rs");
    CRATES.contains(&name) && rest.starts_with("src/") && rest.ends_with(".rs") && !is_test
}

fn has_form_of_code(word: &str) -> bool {
    let mut parts = word.split('-');
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    word.contains('-') && parts.all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_without_a_line_and_lines_without_a_code_are_found() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let table = "const CODES: &[(&str, &str)] = &[\n (\"a-b\", \"It is \\so.\"),\n (\"odd\", \"So.\"),\n];\n";
        for (text, found) in [
            ("warning(\"a-b\", \"text\"); warning(\"odd\")", 0),
            ("warning(\"a-b\"); warning(\"odd\"); error(\"c-d\")", 1),
            ("warning(\"a-b\")", 1),
            ("AnalyzerId::new(\"e-f\", 1); [\"a-b\", \"odd\", \"not-installed\"]", 0),
            ("[\"a-b\", \"odd\"]\n#[cfg(test)]\nmod tests { \"x-y\" }", 0),
        ] {
            let sources = [source(TABLE, table), source("crates/scan/src/a.rs", text)];
            assert_eq!(check(&sources).len(), found, "{text}");
        }
    }
}
