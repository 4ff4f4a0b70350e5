//! What two images differ in: packages and config.

use std::collections::{BTreeMap, BTreeSet};

use cutaway_analyze::{Ecosystem, Identity, goes_on_as, may_go_on, native_architectures};
use cutaway_model::Config;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Report;

/// The packages in which two images differ, or why they were not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageDifferences {
    /// Whether the packages of both are known.
    pub compared: bool,
    /// Why they are not.
    pub reason: Option<String>,
    /// Those that only the second image has, by what makes packages the same.
    pub added: Vec<PackageDifference>,
    /// Those that only the first image has.
    pub removed: Vec<PackageDifference>,
    /// Those of another version.
    pub changed: Vec<PackageDifference>,
}

/// A package in which two images differ; a version is none where the image has not that package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageDifference {
    /// The package manager's kind.
    pub kind: Ecosystem,
    /// What stands before the name where names alone are not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The architecture, where records have one.
    pub arch: Option<String>,
    /// The architecture in the first image, where the package had another one there and is the same (`all`, then
    /// that of the system, or the other way round).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch_a: Option<String>,
    /// What tells copies apart that lie beside each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The version in the first image.
    pub a: Option<String>,
    /// The version in the second image.
    pub b: Option<String>,
}

/// A key of the config in which two images differ; null where it is not set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigDifference {
    /// The key, as configs spell it; also `Platform` and `Author`.
    pub key: String,
    /// The value in the first image.
    pub a: Value,
    /// The value in the second image.
    pub b: Value,
}

type Versions<'a> = BTreeSet<&'a str>;
type Installed<'a> = BTreeMap<Identity<'a>, Versions<'a>>;

impl PackageDifferences {
    /// Compares what is installed in two images. A version that goes while one comes is a change, and so is one of a
    /// package whose architecture goes from none (`all`, `noarch`) to that of the second image, or back.
    pub fn between(a: &Report, b: &Report) -> Self {
        let native = b.image.platform.architecture.as_deref().map(native_architectures);
        let (a, b) = (installed(a), installed(b));
        let mut differences = Self { compared: true, ..Self::default() };
        let none = Versions::new();
        let joined = joined(&a, &b, &native.unwrap_or_default());
        let left: BTreeSet<&Identity<'_>> = joined.values().collect();
        let identities: BTreeSet<&Identity<'_>> = a.keys().chain(b.keys()).collect();
        for identity in identities.difference(&left).copied() {
            let before = joined.get(identity);
            let old = a.get(before.unwrap_or(identity)).unwrap_or(&none);
            let new = b.get(identity).unwrap_or(&none);
            // In another architecture a package has changed though its version has not.
            let is_gone = |version: &&&str| before.is_some() || !new.contains(*version);
            let is_new = |version: &&&str| before.is_some() || !old.contains(*version);
            let (mut gone, mut come) = (old.iter().filter(is_gone), new.iter().filter(is_new));
            loop {
                let (old, new) = (gone.next(), come.next());
                let list = match (old, new) {
                    (None, None) => break,
                    (None, Some(_)) => &mut differences.added,
                    (Some(_), None) => &mut differences.removed,
                    (Some(_), Some(_)) => &mut differences.changed,
                };
                let &Identity { ecosystem, namespace, name, arch, place } = identity;
                let arch_of_old = before.filter(|_| old.is_some()).and_then(|before| before.arch);
                list.push(PackageDifference {
                    kind: ecosystem.clone(),
                    namespace: namespace.map(str::to_owned),
                    name: name.to_owned(),
                    arch: arch.map(str::to_owned),
                    arch_a: arch_of_old.map(str::to_owned),
                    place: place.map(str::to_owned),
                    a: old.map(|&version| version.to_owned()),
                    b: new.map(|&version| version.to_owned()),
                });
            }
        }
        differences
    }

    /// Says why packages cannot be compared.
    pub fn not_compared(reason: String) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }
}

/// Returns the keys in which two configs differ, sorted.
pub fn config_differences(a: &Config, b: &Config) -> Vec<ConfigDifference> {
    let (a, b) = (keys(a), keys(b));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let value = |side: &BTreeMap<String, Value>, key| side.get(key).cloned().unwrap_or_default();
    let differing = names.into_iter().filter(|key| a.get(*key) != b.get(*key));
    differing
        .map(|key| ConfigDifference { key: key.clone(), a: value(&a, key), b: value(&b, key) })
        .collect()
}

fn keys(config: &Config) -> BTreeMap<String, Value> {
    let run = match serde_json::to_value(&config.run) {
        Ok(Value::Object(keys)) => Some(keys),
        _ => None,
    };
    let mut keys: BTreeMap<String, Value> = run.into_iter().flatten().collect();
    keys.insert("Platform".into(), config.platform.to_string().into());
    keys.insert("Author".into(), config.author.clone().into());
    keys
}

/// Returns the packages of the second image that are those of the first one in another architecture, each with what it was.
fn joined<'a>(
    a: &Installed<'a>,
    b: &Installed<'a>,
    native: &[&str],
) -> BTreeMap<Identity<'a>, Identity<'a>> {
    let any = |identity: &Identity<'a>| Identity { arch: None, ..*identity };
    let mut gone: BTreeMap<Identity<'a>, Vec<Identity<'a>>> = BTreeMap::new();
    for old in a.keys().filter(|old| !b.contains_key(old) && may_go_on(old.arch, native)) {
        gone.entry(any(old)).or_default().push(*old);
    }
    let mut joined = BTreeMap::new();
    for new in b.keys().filter(|new| !a.contains_key(new)) {
        let Some(candidates) = gone.get_mut(&any(new)) else { continue };
        if let Some(at) = candidates.iter().position(|old| goes_on_as(old.arch, new.arch, native)) {
            joined.insert(*new, candidates.swap_remove(at));
        }
    }
    joined
}

fn installed(report: &Report) -> Installed<'_> {
    let mut packages = Installed::new();
    for package in report.installed() {
        packages.entry(package.identity()).or_default().insert(&package.version);
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format as _, Purls};

    /// Makes a report of packages for amd64, each `name version state` and perhaps an architecture, parted by commas.
    fn report(text: &str) -> Report {
        let packages = text.split(',').map(str::trim).filter(|package| !package.is_empty());
        let packages: Vec<String> = packages
            .map(|package| {
                let words: Vec<&str> = package.split(' ').collect();
                let (name, version, state) = (words[0], words[1], words[2]);
                let arch = words.get(3).map_or("null".to_owned(), |arch| format!("\"{arch}\""));
                format!(
                    r#"{{"kind":"deb","name":"{name}","version":"{version}","epoch":null,"release":null,"arch":{arch},"source":null,"licenses":[],"vendor":null,"state":"{state}","purl":"pkg:deb/{name}@{version}","database":"d","layer":0}}"#
                )
            })
            .collect();
        let json = format!(
            r#"{{"schema":"cutaway.scan/1","image":{{"name":"a","source":"oci","digest":null,"id":null,"media_type":null,"platform":{{"os":null,"architecture":"amd64","variant":null}}}},"distro":null,"layers":[],"packages":[{}],"removed":[],"keys":[],"diagnostics":[],"complete":true}}"#,
            packages.join(",")
        );
        Report::read(json.as_bytes()).unwrap()
    }

    #[test]
    fn packages_differ_by_what_is_installed() {
        let shown = |list: &[PackageDifference]| {
            let of = |version: &Option<String>| version.clone().unwrap_or_default();
            let lines = list.iter().map(|it| format!("{} {}>{}", it.name, of(&it.a), of(&it.b)));
            lines.collect::<Vec<_>>().join(",")
        };
        for (a, b, added, removed, changed) in [
            ("x 1 installed", "x 1 installed", "", "", ""),
            ("x 1 installed", "x 1 triggers-pending", "", "", ""),
            ("x 1 installed", "x 1 half-configured", "", "", ""),
            ("x 1 installed", "x 1 config-files", "", "x 1>", ""),
            ("x 1 config-files", "x 1 installed", "x >1", "", ""),
            ("x 1 config-files", "", "", "", ""),
            ("x 1 installed", "x 2 triggers-awaited", "", "", "x 1>2"),
            ("x 1 installed,x 2 installed", "x 2 installed,x 3 installed", "", "", "x 1>3"),
            ("x 1 installed", "y 1 installed", "y >1", "x 1>", ""),
        ] {
            let found = PackageDifferences::between(&report(a), &report(b));
            assert!(found.compared);
            let found = [&found.added, &found.removed, &found.changed].map(|list| shown(list));
            assert_eq!(found, [added, removed, changed], "{a} | {b}");
        }
    }

    #[test]
    fn an_architecture_that_changes_is_one_change() {
        let shown = |list: &[PackageDifference]| {
            let lines = list.iter().map(|it| {
                let PackageDifference { arch_a, arch, a, b, .. } = it;
                let of = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{} {}>{} {}", of(arch_a), of(a), of(arch), of(b))
            });
            lines.collect::<Vec<_>>().join(",")
        };
        for (a, b, added, removed, changed) in [
            ("x 1 installed all", "x 2 installed amd64", "", "", "all 1>amd64 2"),
            ("x 1 installed amd64", "x 1 installed all", "", "", "amd64 1>all 1"),
            ("x 1 installed noarch", "x 2 installed x86_64", "", "", "noarch 1>x86_64 2"),
            // Another architecture of those that may lie beside each other is another package.
            ("x 1 installed amd64", "x 1 installed i386", " >i386 1", " 1>amd64 ", ""),
            (
                "x 1 installed all,x 1 installed i386",
                "x 1 installed amd64",
                "",
                " 1>i386 ",
                "all 1>amd64 1",
            ),
            // The old one is still there.
            ("x 1 installed all", "x 1 installed all,x 1 installed amd64", " >amd64 1", "", ""),
        ] {
            let found = PackageDifferences::between(&report(a), &report(b));
            let found = [&found.added, &found.removed, &found.changed].map(|list| shown(list));
            assert_eq!(found, [added, removed, changed], "{a} | {b}");
        }
    }

    #[test]
    fn package_urls_are_of_what_is_installed() {
        let report =
            report("b 1 installed,a 1 config-files,c 1 triggers-pending,d 1 not-installed");
        let mut purls = Vec::new();
        Purls.write(&report, &mut purls).unwrap();
        assert_eq!(String::from_utf8(purls).unwrap(), "pkg:deb/b@1\npkg:deb/c@1\n");
    }
}
