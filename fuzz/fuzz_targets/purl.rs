//! Packages and distributions made of the input: a package URL is one line of printable ASCII, and is
//! read again by the crate that knows the specification.

#![no_main]

use cutaway_analyze::{Distro, Ecosystem, Package, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut parts = text.split('\u{1f}');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let ecosystems = [Ecosystem::ALPM, Ecosystem::APK, Ecosystem::DEB, Ecosystem::RPM];
    for ecosystem in ecosystems {
        let mut package = Package::new(ecosystem, next(), next());
        package.epoch = next().parse().ok();
        package.arch = Some(next());
        package.source = Some(Source { name: next(), version: Some(next()) });
        let distro = Distro { id: next(), version_id: Some(next()), ..Distro::default() };
        for distro in [None, Some(&distro)] {
            let url = cutaway_report::purl(&package, distro);
            assert!(url.starts_with("pkg:") && !url.contains(['\n', '\r', ' ']), "{url:?}");
        }
    }
});
