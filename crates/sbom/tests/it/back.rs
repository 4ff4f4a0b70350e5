//! What is read back: the packages of the report, whatever they say.

use cutaway_report::{Format, PackageReport, Report};
use cutaway_sbom::{CycloneDx, Limits, Options, Spdx, SpecVersion, read};
use proptest::prelude::*;

use crate::arbitrary::report;

fn back(format: &dyn Format, report: &Report) -> Report {
    let mut bill = Vec::new();
    format.write(report, &mut bill).unwrap();
    read(bill.as_slice(), "nobody", &Limits::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bill_gives_the_packages_again(report in report()) {
        let options = Options { removed: true, version: SpecVersion::V1_7, ..Options::default() };
        let formats: [Box<dyn Format>; 4] = [
            Box::new(CycloneDx::default()),
            Box::new(CycloneDx(options.clone())),
            Box::new(Spdx::default()),
            Box::new(Spdx(options)),
        ];
        let mut installed: Vec<&PackageReport> = report.installed().collect();
        installed.sort();
        for (position, format) in formats.iter().enumerate() {
            let again = back(format.as_ref(), &report);
            let name = format.name();
            prop_assert_eq!(again.packages.iter().collect::<Vec<_>>(), installed.clone(), "{}", name);
            prop_assert_eq!(&again.layers, &report.layers, "{}", name);
            prop_assert_eq!(&again.distro, &report.distro, "{}", name);
            prop_assert_eq!(&again.keys, &if report.distro.is_some() { report.keys.clone() } else { Vec::new() });
            prop_assert_eq!(&again.created, &report.created, "{}", name);
            prop_assert_eq!(again.complete, report.complete, "{}", name);
            prop_assert_eq!(&again.image.digest, &report.image.digest, "{}", name);
            prop_assert_eq!(&again.image.id, &report.image.id, "{}", name);
            let mut removed = report.removed.clone();
            removed.sort();
            let expected = if position % 2 == 1 { removed } else { Vec::new() };
            prop_assert_eq!(&again.removed, &expected, "{}", name);
        }
    }

    #[test]
    fn any_text_is_refused_or_read(text in any::<String>(), cut in any::<prop::sample::Index>(), report in report()) {
        let limits = Limits::default();
        drop(read(text.as_bytes(), "a", &limits));
        let formats: [Box<dyn Format>; 2] = [Box::new(CycloneDx::default()), Box::new(Spdx::default())];
        for format in formats {
            let mut bill = Vec::new();
            format.write(&report, &mut bill).unwrap();
            let end = cut.index(bill.len().saturating_sub(2));
            prop_assert!(read(&bill[..end], "a", &limits).is_err(), "a bill that was cut is none");
        }
    }
}

#[test]
fn limits_are_named() {
    let many = r#"{"type":"library","purl":"pkg:deb/a@1"},"#.repeat(50);
    let bill = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}]}}"#,
        many.trim_end_matches(',')
    );
    let mut limits = Limits::default();
    assert_eq!(read(bill.as_bytes(), "a", &limits).unwrap().packages.len(), 50);
    limits.components = 49;
    let error = read(bill.as_bytes(), "a", &limits).unwrap_err().to_string();
    assert!(error.contains("limit sbom_components, which is 49"), "{error}");
    limits.components = 50;
    limits.bytes = 100;
    let error = read(bill.as_bytes(), "a", &limits).unwrap_err().to_string();
    assert!(error.contains("limit sbom_bytes, which is 100"), "{error}");
    let deep = r#"{"components":["#.repeat(10_000);
    assert!(read(deep.as_bytes(), "a", &Limits::default()).is_err());
    let error = read(&b"{}"[..], "a", &Limits::default()).unwrap_err().to_string();
    assert!(error.contains("bomFormat"), "{error}");
}
