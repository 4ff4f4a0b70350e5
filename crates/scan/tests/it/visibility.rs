//! What counts as a database, and what the caller wants left out.

use cutaway_fixtures::image;

use crate::support::{apk, codes, options, packages, report, scan_image};

#[test]
fn entries_are_skipped_as_asked() {
    let text = format!(
        "layer gzip\n  etc/os-release 0644 \"ID=alpine\\n\"\n{}  var/lib/dpkg/status 0644 \"Package: d\\nStatus: install ok installed\\nVersion: 1\\n\"\n",
        apk("lib/apk/db/installed", &["a 1-r0"])
    );
    let mut options = options();
    options.skip = vec!["/lib/apk".into(), "no/such/**".into()];
    let report = scan_image(&image(&text), &options).unwrap();
    assert_eq!(packages(&report), ["d 1@0"]);
    let skipped: Vec<_> =
        report.diagnostics.iter().map(|d| (d.path.clone().unwrap(), d.message.clone())).collect();
    assert_eq!(
        skipped,
        [
            ("/lib/apk".to_owned(), "1 entries were left out of analysis, as asked".to_owned()),
            ("no/such/**".to_owned(), "0 entries were left out of analysis, as asked".to_owned()),
        ]
    );
    assert!(report.complete);
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    let mut options = options();
    options.skip = vec!["a[".into()];
    assert!(
        scan_image(&image("layer gzip\n"), &options)
            .unwrap_err()
            .to_string()
            .contains("pattern \"a[\"")
    );
}

#[test]
fn half_of_the_facts_is_worth_a_warning() {
    for (text, expected) in [
        (format!("layer gzip\n{}", apk("lib/apk/db/installed", &["a 1-r0"])), "no-distribution"),
        ("layer gzip\n  etc/os-release 0644 \"ID=alpine\\n\"\n".to_owned(), "no-packages"),
        (String::new(), "no-layers"),
        ("platform windows/amd64\nlayer gzip\n".to_owned(), "other-platform"),
    ] {
        let report = report(&text);
        assert_eq!(codes(&report), [expected], "{text}");
        assert!(report.complete, "{text}");
    }
}

#[test]
fn a_database_over_the_limit_is_an_error_of_the_report() {
    let mut options = options();
    options.limits.database_bytes = 16;
    let text = format!("layer gzip\n{}", apk("lib/apk/db/installed", &["a 1-r0"]));
    let report = scan_image(&image(&text), &options).unwrap();
    assert_eq!(codes(&report), ["database-too-large"]);
    assert!(!report.complete);
}

#[test]
fn the_upper_release_file_wins_and_is_named_by_its_real_path() {
    let report = report(
        "layer gzip\n  usr/lib/os-release 0644 \"ID=alpine\\nVERSION_ID=3.18\\n\"\n  etc/os-release -> ../usr/lib/os-release\n\
         layer gzip\n  usr/lib/os-release 0644 \"ID=alpine\\nVERSION_ID=3.19\\n\"\n",
    );
    let distro = report.distro.unwrap();
    assert_eq!(
        (distro.version_id.as_deref(), distro.path.as_str(), distro.layer),
        (Some("3.19"), "usr/lib/os-release", 1)
    );
}

#[test]
fn licences_of_debs_come_from_their_copyright_files() {
    let status = |names: &[&str]| {
        let records: String = names
            .iter()
            .map(|n| format!("Package: {n}\\nStatus: install ok installed\\nVersion: 1\\n\\n"))
            .collect();
        format!("  var/lib/dpkg/status 0644 \"{records}\"\n")
    };
    let report = report(&format!(
        "layer gzip\n{}  usr/share/doc/a/copyright 0644 \"Format: 1\\nLicense: MIT\\n\"\n  usr/share/doc/b -> a\n\
         layer gzip\n{}  usr/share/doc/c/copyright 0644 \"Format: 1\\nLicense: BSD\\n\"\n  usr/share/doc/.wh.a\n",
        status(&["a", "b"]),
        status(&["b", "c"]),
    ));
    let licenses =
        |package: &cutaway_report::PackageReport| (package.name.clone(), package.licenses.clone());
    let known = |name: &str, licence: &str| (name.to_owned(), vec![licence.to_owned()]);
    assert_eq!(
        report.packages.iter().map(licenses).collect::<Vec<_>>(),
        [known("b", "MIT"), known("c", "BSD")]
    );
    assert_eq!(licenses(&report.removed[0].package), known("a", "MIT"));
}

#[test]
fn a_layer_that_unpacks_like_a_bomb_is_named() {
    let report = report("layer zstd\n  zeros 0644 zeros=104857600\n");
    assert!(codes(&report).contains(&"compression-ratio"), "{:?}", report.diagnostics);
    assert!(report.complete);
}
