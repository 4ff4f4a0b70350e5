//! Gentoo's database: what lies beside each `CONTENTS`, slots, and upgrades, whichever layer brought them.

use crate::support::report;

const GENTOO: &str = "  etc/os-release 0644 \"ID=gentoo\\nVERSION_ID=2.17\\n\"\n";

fn contents(package: &str) -> String {
    format!("  var/db/pkg/{package}/CONTENTS 0644 \"dir /usr\\n\"\n")
}

fn beside(package: &str, name: &str, text: &str) -> String {
    format!("  var/db/pkg/{package}/{name} 0644 \"{text}\\n\"\n")
}

#[test]
fn copies_in_slots_and_what_lies_beside() {
    let (one, two) = ("dev-lang/python-3.11.9", "dev-lang/python-3.12.4-r1");
    let layer = [
        "layer gzip\n".to_owned(),
        GENTOO.into(),
        beside(one, "SLOT", "3.11/3.11"),
        contents(one),
        beside(one, "USE", "amd64 ssl"),
        contents(two),
        beside(two, "SLOT", "3.12/3.12"),
        beside(two, "repository", "gentoo"),
        beside("", "SLOT", "odd").replace("//", "/"),
        "  var/db/pkg/x/CONTENTS 0644 \"dir /usr\\n\"\n".into(),
    ];
    let report = report(&layer.concat());
    assert!(report.complete && report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let found: Vec<_> = report
        .packages
        .iter()
        .map(|it| (it.kind.name(), &*it.version, it.place.as_deref(), &*it.purl))
        .collect();
    let purl = "pkg:generic/portage/dev-lang/python";
    let expected = [
        ("portage", "3.11.9", Some("3.11"), format!("{purl}@3.11.9?distro=gentoo-2.17")),
        ("portage", "3.12.4-r1", Some("3.12"), format!("{purl}@3.12.4-r1?distro=gentoo-2.17")),
    ];
    assert!(
        found.iter().copied().eq(expected.iter().map(|it| (it.0, it.1, it.2, it.3.as_str()))),
        "{found:?}"
    );
    let details = report.packages[0].details.as_ref().unwrap();
    assert!(details.features.iter().eq(["amd64", "ssl"]));
    let details = report.packages[1].details.as_ref().unwrap();
    assert_eq!(details.repository.as_deref(), Some("gentoo"));
}

#[test]
fn an_upgrade_is_no_removal() {
    let (old, new, gone) = ("app-misc/a-1", "app-misc/a-2", "app-misc/b-1");
    let text = [
        "layer gzip\n".to_owned(),
        GENTOO.into(),
        contents(old),
        contents(gone),
        "layer gzip\n".into(),
        contents(new),
        "  var/db/pkg/app-misc/.wh.a-1\n".into(),
        "  var/db/pkg/app-misc/.wh.b-1\n".into(),
    ];
    let report = report(&text.concat());
    let names =
        |it: &cutaway_report::PackageReport| format!("{} {} {}", it.name, it.version, it.layer);
    assert_eq!(report.packages.iter().map(names).collect::<Vec<_>>(), ["a 2 1"]);
    let removed: Vec<_> = report.removed.iter().map(|it| it.package.name.as_str()).collect();
    assert_eq!(removed, ["b"]);
}
