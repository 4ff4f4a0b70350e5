//! Container-Optimized OS: `etc/cos-package-info.json`.
//!
//! ```text
//! {"installedPackages": [
//!   {"category": "libs", "name": "zlib", "version": "17162.336.17", "ebuild_version": "1.2.11-r5"}
//! ], "buildTimePackages": []}
//! ```
//!
//! Its packages are built from ebuilds, which stand as their sources. What was only needed for building it is
//! not in it.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Ecosystem, File, Findings, Interest, Outcome, Package, Source,
};
use serde::Deserialize;

use crate::json_records::{self, Codes};

/// The reader of the list.
#[derive(Debug)]
pub(crate) struct Cos;

const CODES: Codes = Codes {
    unreadable: "cos-unreadable",
    incomplete: "cos-record-incomplete",
    repeated: "cos-record-repeated",
};

/// What the list says of one package.
#[derive(Debug, Deserialize)]
struct Said {
    category: Option<String>,
    name: Option<String>,
    version: Option<String>,
    ebuild_version: Option<String>,
}

impl Analyzer for Cos {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("cos", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/cos-package-info.json"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        json_records::packages(file, "installedPackages", CODES, Said::package, findings);
        Outcome::Done
    }
}

impl Database for Cos {}

impl Said {
    /// Returns the package, or what it has not and how it is called.
    fn package(self) -> Result<Package, (&'static str, String)> {
        let there = |text: Option<String>| text.filter(|text| !text.is_empty());
        let Some(name) = there(self.name) else { return Err(("name", String::new())) };
        let Some(version) = there(self.version) else { return Err(("version", name)) };
        let mut package = Package::new(Ecosystem::COS, name.clone(), version);
        package.source =
            there(self.ebuild_version).map(|version| Source { name, version: Some(version) });
        package.namespace = there(self.category);
        Ok(package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::{outline, read};

    const PATH: &str = "etc/cos-package-info.json";

    #[test]
    fn packages() {
        for (content, expected) in [
            (
                r#"{"installedPackages":[{"category":"c","name":"a","version":"1","ebuild_version":"2-r1"}],"buildTimePackages":[{"category":"c","name":"b","version":"1"}]}"#,
                "a 1",
            ),
            (
                r#"{"installedPackages":[{"name":"a","version":"1"},{"name":"a","version":"1"},7]}"#,
                "a 1; cos-unreadable cos-record-repeated",
            ),
            (
                r#"{"installedPackages":[{"name":"a"},{"version":"1"},{"name":"b","version":"1"}]}"#,
                "b 1; cos-record-incomplete cos-record-incomplete",
            ),
            (r#"{"installedPackages":[]}"#, "; database-empty"),
            ("{}", "; database-empty"),
            ("", "; database-empty"),
            (r#"{"installedPackages":[{"name":"a","version":"1"}"#, "; cos-unreadable"),
        ] {
            assert_eq!(outline(&Cos, PATH, content.as_bytes()), expected, "{content}");
        }
    }

    #[test]
    fn ebuilds() {
        let content = br#"{"installedPackages":[{"category":"libs","name":"zlib","version":"17162.336.17","ebuild_version":"1.2.11-r5"}]}"#;
        let findings = read(&Cos, PATH, content);
        let package = &findings.packages()[0];
        let source = package.source.as_ref().unwrap();
        assert_eq!(package.namespace.as_deref(), Some("libs"));
        assert_eq!((&*source.name, source.version.as_deref()), ("zlib", Some("1.2.11-r5")));
    }
}
