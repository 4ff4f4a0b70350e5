//! Whatever a report says, documents of it are valid, the same each time, and have all its packages.

use std::str::FromStr as _;

use cutaway_report::{Format, Report};
use cutaway_sbom::{CycloneDx, Github, Options, Sarif, Spdx, SpecVersion};
use packageurl::PackageUrl;
use proptest::prelude::*;
use serde_json::Value;

use crate::arbitrary::report;
use crate::judge::Judge;

fn written(format: &dyn Format, report: &Report) -> Value {
    let [mut first, mut second] = [Vec::new(), Vec::new()];
    format.write(report, &mut first).unwrap();
    format.write(report, &mut second).unwrap();
    assert!(first == second, "written twice, {} differs", format.name());
    serde_json::from_slice(&first).unwrap()
}

#[test]
fn documents_of_any_report_are_valid() {
    let Some(judge) = Judge::find(|purl| PackageUrl::from_str(purl).is_ok()) else { return };
    let options = |version| Options {
        version,
        removed: true,
        sources: true,
        authors: vec!["A <a@example.com>".into(), "B".into()],
        supplier: Some("Example".into()),
        ..Options::default()
    };
    let formats: [Box<dyn Format>; 6] = [
        Box::new(Sarif),
        Box::new(CycloneDx::default()),
        Box::new(CycloneDx(options(SpecVersion::V1_6))),
        Box::new(CycloneDx(options(SpecVersion::V1_7))),
        Box::new(Spdx::default()),
        Box::new(Spdx(options(SpecVersion::V1_6))),
    ];
    proptest!(cases(), |(report in report())| {
        for format in &formats {
            let document = written(format.as_ref(), &report);
            let complaints = judge.complaints(&document);
            prop_assert!(complaints.is_empty(), "{}: {complaints:#?}", format.name());
        }
    });
}

fn cases() -> ProptestConfig {
    ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_package_that_is_installed_is_listed(report in report()) {
        let installed = report.installed().count();
        let bill = written(&CycloneDx::default(), &report);
        let components = bill["components"].as_array().unwrap();
        let packages = components.iter().filter(|it| it["type"] != "operating-system").count();
        prop_assert_eq!(packages, installed);
        let bill = written(&Spdx::default(), &report);
        let packages = bill["packages"].as_array().unwrap();
        let is_package = |it: &&Value| it["SPDXID"].as_str().unwrap().starts_with("SPDXRef-Package-");
        prop_assert_eq!(packages.iter().filter(is_package).count(), installed);
    }
}

/// GitHub's own words on what a snapshot has, since it publishes no schema.
#[test]
fn snapshots_have_what_is_required() {
    proptest!(cases(), |(report in report())| {
        let snapshot = written(&Github::default(), &report);
        for key in ["version", "job", "sha", "ref", "detector", "scanned", "manifests"] {
            prop_assert!(snapshot.get(key).is_some(), "{key}");
        }
        prop_assert_eq!(snapshot["sha"].as_str().unwrap().len(), 40);
        let manifests = snapshot["manifests"].as_object().unwrap();
        let resolved = manifests.values().map(|it| it["resolved"].as_object().unwrap().len());
        prop_assert_eq!(resolved.sum::<usize>(), report.installed().count());
    });
}
