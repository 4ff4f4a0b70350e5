//! Bitnami's components: `opt/bitnami/COMPONENT/.spdx-NAME.spdx`, a bill of materials beside each.
//!
//! ```text
//! PackageName: redis
//! PackageVersion: 7.4.1-0
//! PackageLicenseDeclared: RSALv2
//! ExternalRef: PACKAGE-MANAGER purl pkg:bitnami/redis@7.4.1-0?arch=arm64&distro=debian-12
//! ```
//!
//! The bills are SPDX 2.3, earlier as tags and values, today as JSON. Components are what has a package URL of
//! the type `bitnami`. What else a bill lists, such as the modules of a Go program, it only claims: that is read
//! where it lies.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, Ecosystem, File, Findings, Interest, Outcome, Package, Want,
};
use cutaway_layerfs::EntryPath;
use serde::Deserialize;

use crate::json_records;
use crate::line::{lines, without_mark};
use crate::reporter::{Reporter, quote};

/// A bill that cannot be read, or is none of a component.
pub(crate) const UNREADABLE: &str = "bitnami-unreadable";
/// A component without a name or a version.
pub(crate) const INCOMPLETE: &str = "bitnami-record-incomplete";

/// The reader of components.
#[derive(Debug)]
pub(crate) struct Bitnami;

/// What a bill says of one package.
#[derive(Debug, Default, Deserialize)]
struct Said {
    name: Option<String>,
    #[serde(rename = "versionInfo")]
    version: Option<String>,
    #[serde(rename = "licenseDeclared")]
    license: Option<String>,
    #[serde(rename = "externalRefs", default)]
    references: Vec<Reference>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    #[serde(rename = "referenceType", default)]
    kind: String,
    #[serde(rename = "referenceLocator", default)]
    locator: String,
}

impl Analyzer for Bitnami {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("bitnami", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".spdx")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if is_of_bitnami(file.path) { Want::Whole { max: u64::MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        if !is_of_bitnami(file.path()) {
            return Outcome::Done;
        }
        let mut reporter = Reporter::new(findings);
        let content = without_mark(file.start());
        let listed = match content.trim_ascii_start().first() {
            Some(b'{') => json_records::list(content, "packages", UNREADABLE, &mut reporter),
            _ => Some(tags(content, &mut reporter)),
        };
        let components: Vec<Said> =
            listed.into_iter().flatten().filter(Said::is_component).collect();
        if components.is_empty() && !reporter.findings().incomplete() {
            reporter.error(UNREADABLE, "the bill of materials lists no component of Bitnami's");
        }
        for said in components {
            match said.package() {
                Ok(package) => reporter.package(package),
                Err(missing) => reporter.error(
                    INCOMPLETE,
                    format_args!(
                        "the component {} has no {missing}",
                        quote(said.name.as_deref().unwrap_or_default().as_bytes())
                    ),
                ),
            }
        }
        reporter.repeated("bitnami-record-repeated");
        reporter.finish();
        Outcome::Done
    }
}

impl Said {
    /// Returns whether it is one of Bitnami's.
    fn is_component(&self) -> bool {
        self.purls().any(|purl| purl.starts_with("pkg:bitnami/"))
    }

    fn purls(&self) -> impl Iterator<Item = &str> {
        let purls = self.references.iter().filter(|reference| reference.kind == "purl");
        purls.map(|reference| reference.locator.as_str())
    }

    fn package(&self) -> Result<Package, &'static str> {
        let there = |text: &&str| !text.is_empty() && *text != "NOASSERTION";
        let name = self.name.as_deref().filter(there).ok_or("name")?;
        let version = self.version.as_deref().filter(there).ok_or("version")?;
        let mut package = Package::new(Ecosystem::BITNAMI, name, version);
        let qualifiers = self.purls().filter_map(|purl| purl.split_once('?'));
        let mut qualifiers = qualifiers.flat_map(|(_, qualifiers)| qualifiers.split(['&', '#']));
        package.arch = qualifiers.find_map(|it| it.strip_prefix("arch=")).map(str::to_owned);
        let license = self.license.as_deref().filter(there).filter(|it| *it != "NONE");
        package.licenses = license.map(str::to_owned).into_iter().collect();
        Ok(package)
    }
}

/// Returns whether a path is `opt/bitnami/**/.spdx-NAME.spdx`.
fn is_of_bitnami(path: &EntryPath) -> bool {
    path.as_bytes().starts_with(b"opt/bitnami/") && path.name().starts_with(b".spdx-")
}

/// Reads a bill of tags and values.
fn tags(content: &[u8], reporter: &mut Reporter<'_>) -> Vec<Said> {
    let mut packages: Vec<Said> = Vec::new();
    for line in lines(content) {
        if line.is_too_long() {
            reporter.error("line-over-limit", line.too_long());
            continue;
        }
        if !line.ended {
            reporter.error(
                UNREADABLE,
                format_args!("the file ends in line {}, without a newline", line.number),
            );
        }
        let text = String::from_utf8_lossy(line.text);
        let Some((tag, value)) = text.split_once(':') else { continue };
        let value = value.trim();
        if tag == "PackageName" {
            packages.push(Said { name: Some(value.to_owned()), ..Said::default() });
        }
        let Some(said) = packages.last_mut() else { continue };
        match tag {
            "PackageVersion" => said.version = Some(value.to_owned()),
            "PackageLicenseDeclared" => said.license = Some(value.to_owned()),
            "ExternalRef" => {
                let mut words = value.split_whitespace().skip(1).map(str::to_owned);
                let (kind, locator) = (words.next(), words.next());
                let (kind, locator) = (kind.unwrap_or_default(), locator.unwrap_or_default());
                said.references.push(Reference { kind, locator });
            }
            _ => {}
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::outline;

    const PATH: &str = "opt/bitnami/redis/.spdx-redis.spdx";

    #[test]
    fn components() {
        let tagged = |name: &str, version: &str| {
            format!(
                "PackageName: {name}\nPackageVersion: {version}\nExternalRef: PACKAGE-MANAGER purl pkg:bitnami/{name}@{version}?arch=arm64&distro=debian-12\n"
            )
        };
        let json = r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","versionInfo":"1-0","licenseDeclared":"MIT","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:bitnami/a@1-0?arch=amd64"}]},{"name":"opt/bitnami/bin/a"},{"name":"b","versionInfo":"2","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/b@2"}]}]}"#;
        for (content, expected) in [
            (tagged("a", "1-0"), "a 1-0 arm64"),
            (tagged("a", "1") + &tagged("b", "2"), "a 1 arm64, b 2 arm64"),
            (tagged("a", "1") + &tagged("a", "1"), "a 1 arm64; bitnami-record-repeated"),
            (format!("{}FilesAnalyzed: f", tagged("a", "1")), "a 1 arm64; bitnami-unreadable"),
            (json.to_owned(), "a 1-0 amd64"),
            (json.replace("\"1-0\"", "1"), "; bitnami-unreadable"),
            (json.replace(r#""versionInfo":"1-0","#, ""), "; bitnami-record-incomplete"),
            (tagged("a", "NOASSERTION"), "; bitnami-record-incomplete"),
            (json.get(..80).unwrap().to_owned(), "; bitnami-unreadable"),
            (json.replace("bitnami/", "generic/"), "; bitnami-unreadable"),
            ("SPDXVersion: SPDX-2.3\n".into(), "; bitnami-unreadable"),
            (String::new(), "; bitnami-unreadable"),
        ] {
            assert_eq!(outline(&Bitnami, PATH, content.as_bytes()), expected, "{content}");
        }
        assert_eq!(outline(&Bitnami, "srv/.spdx-redis.spdx", json.as_bytes()), "");
    }
}
