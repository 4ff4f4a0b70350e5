//! Packages that change their architecture: an upgrade, or the loss of one of several.

use crate::support::report;

/// A status file of dpkg with `name version architecture` of each package.
fn status(packages: &[&str]) -> String {
    let record = |package: &&str| {
        let mut words = package.split(' ');
        let mut next = || words.next().unwrap();
        let (name, version, arch) = (next(), next(), next());
        format!(
            "Package: {name}\\nStatus: install ok installed\\nArchitecture: {arch}\\nVersion: {version}\\n\\n"
        )
    };
    let records: String = packages.iter().map(record).collect();
    format!("layer gzip\n  var/lib/dpkg/status 0644 \"{records}\"\n")
}

#[test]
fn between_native_and_none_it_is_an_upgrade() {
    for (layers, removed) in [
        (&[&["a 1 all"][..], &["a 2 amd64"]][..], &[][..]),
        (&[&["a 1 amd64"], &["a 2 all"]], &[]),
        (&[&["a 1 amd64"], &["a 1 all"]], &[]),
        (&[&["a 1 all", "b 1 all"], &["a 2 amd64"]], &["b 1 all by 1"]),
        // Neither of these is that of the platform, or none.
        (&[&["a 1 i386"], &["a 2 amd64"]], &["a 1 i386 by 1"]),
        (&[&["a 1 all"], &["a 2 i386"]], &["a 1 all by 1"]),
        (&[&["a 1 arm64"], &["a 2 all"]], &["a 1 arm64 by 1"]),
        // One of several architectures is gone.
        (&[&["a 1 amd64", "a 1 i386"], &["a 1 amd64"]], &["a 1 i386 by 1"]),
        (&[&["a 1 amd64", "a 1 i386"], &["a 2 all"]], &["a 1 i386 by 1"]),
        // The new one did not come in the layer in which the old one went.
        (&[&["a 1 all"], &["a 1 all", "a 2 amd64"], &["a 2 amd64"]], &["a 1 all by 2"]),
        (&[&["a 1 all"], &["a 2 amd64"], &["c 1 all"]], &["a 2 amd64 by 2"]),
        (&[&["a 1 all"], &["b 1 all"], &["a 2 amd64"]], &["a 1 all by 1", "b 1 all by 2"]),
    ] {
        let text: String = layers.iter().map(|packages| status(packages)).collect();
        let report = report(&text);
        let found: Vec<String> = report
            .removed
            .iter()
            .map(|it| {
                let package = &it.package;
                let arch = package.arch.as_deref().unwrap_or_default();
                format!("{} {} {arch} by {}", package.name, package.version, it.hidden_by)
            })
            .collect();
        assert_eq!(found, removed, "{layers:?}");
    }
}
