//! Bitnami's components in images from before each had a bill of materials: `opt/bitnami/.bitnami_components.json`.
//!
//! ```text
//! {"mongodb": {"arch": "amd64", "digest": "d21f…", "type": "NAMI", "version": "4.4.11-2"}}
//! ```
//!
//! Where both are there they say the same, and the bill says more: its record is preferred.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Ecosystem, File, Findings, Interest, Outcome, Package,
};
use serde::Deserialize;

use crate::bitnami::{INCOMPLETE, UNREADABLE};
use crate::json_records;
use crate::reporter::{Reporter, quote};

/// The reader of the list.
#[derive(Debug)]
pub(crate) struct BitnamiComponents;

/// What the list says of one component.
#[derive(Debug, Deserialize)]
struct Said {
    version: Option<String>,
    arch: Option<String>,
}

impl Analyzer for BitnamiComponents {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("bitnami-components", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["opt/bitnami/.bitnami_components.json"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        for (name, said) in json_records::members::<Said>(file.start(), UNREADABLE, &mut reporter) {
            let version = said.version.filter(|version| !version.is_empty());
            let Some(version) = version.filter(|_| !name.is_empty()) else {
                let name = quote(name.as_bytes());
                reporter.error(INCOMPLETE, format_args!("the component {name} has no version"));
                continue;
            };
            let mut package = Package::new(Ecosystem::BITNAMI, name, version);
            package.arch = said.arch.filter(|arch| !arch.is_empty());
            reporter.package(package);
        }
        reporter.finish();
        Outcome::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::outline;

    #[test]
    fn components() {
        for (content, expected) in [
            (
                r#"{"b":{"version":"2-0","arch":"amd64","type":"NAMI"},"a":{"version":"1"}}"#,
                "a 1, b 2-0 amd64",
            ),
            (
                r#"{"a":{"version":"1"},"b":{},"c":1}"#,
                "a 1; bitnami-unreadable bitnami-record-incomplete",
            ),
            ("{}", ""),
            ("{", "; bitnami-unreadable"),
            ("", "; bitnami-unreadable"),
        ] {
            let path = "opt/bitnami/.bitnami_components.json";
            assert_eq!(
                outline(&BitnamiComponents, path, content.as_bytes()),
                expected,
                "{content}"
            );
        }
    }
}
