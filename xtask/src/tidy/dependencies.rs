//! Licences, bans and sources of what we link, by the lists in `deny.toml`.
//!
//! cargo-deny checks the same and more; this works where it is not installed. Advisories need its
//! database and are not checked here.

use anyhow::{Result, ensure};

use crate::process::root;
use crate::tidy::licence;
use crate::tidy::metadata::Package;

/// The lists of `deny.toml`.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Licences that we accept.
    pub(crate) licences: Vec<String>,
    /// Packages that nothing may bring in.
    pub(crate) banned: Vec<String>,
}

impl Rules {
    /// Reads `deny.toml`.
    pub(crate) fn read() -> Result<Self> {
        let rules = Self::parse(&std::fs::read_to_string(root().join("deny.toml"))?);
        ensure!(
            !rules.licences.is_empty() && !rules.banned.is_empty(),
            "deny.toml has no allow or deny list: {rules:?}"
        );
        Ok(rules)
    }

    /// Reads the strings of the two lists; this is as much TOML as the file has.
    fn parse(text: &str) -> Self {
        let mut rules = Self::default();
        let mut list = "";
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if let Some((key, "[")) = line.split_once(" = ") {
                list = key;
            } else if line == "]" {
                list = "";
            } else if list == "allow" {
                rules.licences.extend(strings(line));
            } else if list == "deny" {
                rules.banned.extend(strings(line).into_iter().take(1));
            }
        }
        rules
    }
}

/// Returns one line for every package that breaks a rule.
pub(crate) fn check(packages: &[Package], rules: &Rules) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        let name = &package.name;
        if rules.banned.contains(name) {
            complaints.push(format!("{name}: banned by deny.toml"));
        }
        if !licence::met(&package.licence, &rules.licences) {
            complaints.push(format!(
                "{name}: licence \"{}\" is not among those of deny.toml",
                package.licence
            ));
        }
        if !package.source.is_empty() && !is_cargos_own(&package.source) {
            complaints.push(format!(
                "{name}: comes from {}, and only cargo's own registry is known",
                package.source
            ));
        }
    }
    complaints
}

/// Tells whether a source is the registry that cargo asks when nothing else is said.
fn is_cargos_own(source: &str) -> bool {
    source.starts_with("registry+https://") && source.ends_with("/rust-lang/crates.io-index")
}

/// The quoted strings of a line.
fn strings(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_breaks_a_rule() {
        let rules = Rules::parse(
            "[licenses]\nallow = [\n  # why\n  \"MIT\",\n]\n[bans]\ndeny = [\n  { crate = \"bad\", reason = \"x\" },\n]",
        );
        for (name, licence, source, fine) in [
            ("good", "MIT", "registry+https://example.org/rust-lang/crates.io-index", true),
            ("ours", "MIT", "", true),
            ("bad", "MIT", "", false),
            ("good", "GPL-2.0-only", "", false),
            ("good", "", "", false),
            ("good", "MIT", "registry+https://example.org/index", false),
            ("good", "MIT", "git+https://example.org/rust-lang/crates.io-index", false),
        ] {
            let package = Package {
                name: name.into(),
                licence: licence.into(),
                source: source.into(),
                ..Package::default()
            };
            assert_eq!(check(&[package], &rules).is_empty(), fine, "{name} {licence} {source}");
        }
    }
}
