//! Bottlerocket: `usr/share/bottlerocket/application-inventory.json`.
//!
//! ```text
//! {"Content": [{"Name": "acpid", "Publisher": "Bottlerocket", "Architecture": "x86_64", "Url": "…",
//!   "Version": "2.0.34", "Release": "1.1732", "Epoch": "0", "Summary": "ACPI event daemon"}]}
//! ```
//!
//! An image is put together from rpms and has no database of theirs; this is the list of them.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Details, Ecosystem, File, Findings, Interest, Outcome, Package,
};
use serde::Deserialize;

use crate::json_records::{self, Codes};

/// The reader of the list.
#[derive(Debug)]
pub(crate) struct Bottlerocket;

const CODES: Codes = Codes {
    unreadable: "bottlerocket-unreadable",
    incomplete: "bottlerocket-record-incomplete",
    repeated: "bottlerocket-record-repeated",
};

/// What the list says of one package.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    name: Option<String>,
    version: Option<String>,
    release: Option<String>,
    epoch: Option<String>,
    architecture: Option<String>,
    publisher: Option<String>,
    url: Option<String>,
}

impl Analyzer for Bottlerocket {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("bottlerocket", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["usr/share/bottlerocket/application-inventory.json"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        json_records::packages(file, "Content", CODES, Said::package, findings);
        Outcome::Done
    }
}

impl Database for Bottlerocket {}

impl Said {
    /// Returns the package, or what it has not and how it is called.
    fn package(self) -> Result<Package, (&'static str, String)> {
        let there = |text: Option<String>| text.filter(|text| !text.is_empty());
        let Some(name) = there(self.name) else { return Err(("name", String::new())) };
        let Some(mut version) = there(self.version) else { return Err(("version", name)) };
        let release = there(self.release);
        if let Some(release) = &release {
            version = format!("{version}-{release}");
        }
        let epoch: Option<u64> = match there(self.epoch).map(|text| text.parse()) {
            Some(Ok(epoch)) => Some(epoch),
            Some(Err(_)) => return Err(("epoch that is a number", name)),
            None => None,
        };
        if let Some(epoch) = epoch.filter(|epoch| *epoch > 0) {
            version = format!("{epoch}:{version}");
        }
        let mut package = Package::new(Ecosystem::RPM, name, version);
        package.epoch = epoch;
        package.release = release;
        package.arch = there(self.architecture);
        package.vendor = there(self.publisher);
        let mut details = Details::default();
        details.homepage = there(self.url).map(Into::into);
        package.set_details(details);
        Ok(package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::{outline, read};

    const PATH: &str = "usr/share/bottlerocket/application-inventory.json";

    #[test]
    fn packages() {
        let record = |more: &str| format!(r#"{{"Name":"a","Version":"1","Release":"2"{more}}}"#);
        let list = |records: &[String]| format!(r#"{{"Content":[{}]}}"#, records.join(","));
        for (content, expected) in [
            (list(&[record(r#","Epoch":"0","Architecture":"x86_64""#)]), "a 1-2 x86_64"),
            (
                list(&[record(r#","Epoch":"3""#), record("")]),
                "a 3:1-2, a 1-2; bottlerocket-record-repeated",
            ),
            (list(&[record(r#","Epoch":"x""#)]), "; bottlerocket-record-incomplete"),
            (
                list(&[r#"{"Name":"a"}"#.into(), "[]".into()]),
                "; bottlerocket-unreadable bottlerocket-record-incomplete",
            ),
            (list(&[]), "; database-empty"),
            (String::new(), "; database-empty"),
            ("{\"Content\":[".into(), "; bottlerocket-unreadable"),
        ] {
            assert_eq!(outline(&Bottlerocket, PATH, content.as_bytes()), expected, "{content}");
        }
        let content = list(&[record(r#","Publisher":"Bottlerocket","Url":"https://a.org/""#)]);
        let findings = read(&Bottlerocket, PATH, content.as_bytes());
        let package = &findings.packages()[0];
        let homepage = package.details.as_ref().unwrap().homepage.as_deref();
        assert_eq!(
            (package.vendor.as_deref(), homepage),
            (Some("Bottlerocket"), Some("https://a.org/"))
        );
    }
}
