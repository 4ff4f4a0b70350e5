//! opkg's database: the rows of the corpus, what opkg makes of odd records, and what each record says.

use cutaway_analyze::InstallReason;

use crate::support::{OPKG, analyze, codes, corpus_file, is_wanted, states};

#[test]
fn both_places_are_read() {
    assert!(is_wanted("usr/lib/opkg/status") && is_wanted("var/lib/opkg/status"));
    assert!(!is_wanted("usr/lib/opkg/info/ubus.control"));
}

#[test]
fn corpus() {
    let Some(content) = corpus_file("opkg/openwrt.status") else { return };
    let findings = analyze(OPKG, &content);
    assert_eq!(findings.diagnostics(), []);
    let packages: Vec<_> = findings
        .packages()
        .iter()
        .map(|it| (it.ecosystem.name(), &*it.name, &*it.version, it.arch.as_deref()))
        .collect();
    let arch = Some("x86_64");
    let expected = [
        ("opkg", "ubus", "2024.10.20~252a9b0c-r1", arch),
        ("opkg", "libuci20130104", "2023.08.10~5781664d-r1", arch),
        ("opkg", "busybox", "1.36.1-r2", arch),
    ];
    assert_eq!(packages, expected);
    let reasons: Vec<_> = findings.packages().iter().map(|it| it.install_reason).collect();
    let pulled_in = Some(InstallReason::Dependency);
    assert_eq!(reasons, [pulled_in, pulled_in, None]);
    let details = findings.packages()[1].details.as_ref().unwrap();
    assert_eq!(details.installed_at, Some(1_730_715_936));
    assert!(details.depends.iter().eq(["libc", "libubox20240329"]));
    assert!(details.provides.iter().eq(["libuci"]));
}

#[test]
fn states_of_records() {
    let Some(content) = corpus_file("opkg/status-field-variants.status") else { return };
    let findings = analyze(OPKG, &content);
    let expected = [
        ("wantinstall_installed", "installed", true),
        ("wantdeinstall_configfiles", "config-files", false),
        ("wantinstall_unpacked", "unpacked", true),
        ("wantpurge_installed", "installed", true),
        ("wantpurge_notinstalled", "not-installed", false),
        ("wantnostatus", "not-installed", false),
    ];
    assert_eq!(states(&findings), expected);
    assert_eq!(codes(&findings), (vec![], vec!["opkg-record-without-status"]));
}

/// Each record beside a sound one, which is always read.
#[test]
fn odd_records() {
    let sound = "Package: sound\nVersion: 1\nStatus: install ok installed\n\n";
    for (record, packages, errors, warnings) in [
        ("Package: a\nVersion: 1\nStatus: install user installed\n", 2, &[][..], &[][..]),
        ("Package: a\nVersion: $x!\nStatus: install ok installed\n", 2, &[], &[]),
        ("Version: 1\nStatus: install ok installed\n", 1, &["opkg-record-without-name"], &[]),
        ("Package: a\nStatus: install ok installed\n", 1, &["opkg-record-without-version"], &[]),
        ("Package: a\nVersion: 1\nStatus: installed\n", 2, &["opkg-status-malformed"], &[]),
        ("Package: a\nVersion: 1\nStatus: install ok weird\n", 2, &[], &["opkg-state-unknown"]),
        (
            "Package: a\nVersion: 1\nVersion: 2\nStatus: install ok installed\n",
            2,
            &[],
            &["opkg-field-repeated"],
        ),
        (
            "no field\nPackage: a\nVersion: 1\nStatus: install ok installed\n",
            2,
            &["opkg-line-unreadable"],
            &[],
        ),
        (
            "Package: a\nVersion: 1\nStatus: install ok installed\nPackage: b\nVersion: 2\nStatus: install ok installed\n",
            3,
            &[],
            &["opkg-record-unseparated"],
        ),
        (
            "Package: a\n more\nVersion: 1\nStatus: install ok installed\n",
            2,
            &[],
            &["opkg-field-continued"],
        ),
        // vcpkg's fields mean nothing to opkg.
        ("Package: a\nVersion: 1\nStatus: install ok installed\nAbi: x\n", 2, &[], &[]),
    ] {
        let findings = analyze(OPKG, format!("{record}\n{sound}").as_bytes());
        assert_eq!(codes(&findings), (errors.to_vec(), warnings.to_vec()), "{record}");
        assert_eq!(findings.packages().len(), packages, "{record}");
        assert_eq!(findings.packages().last().unwrap().name, "sound", "{record}");
    }
}

#[test]
fn a_cut_record_is_kept_and_told() {
    let findings =
        analyze(OPKG, b"Package: a\nVersion: 1\nStatus: install ok installed\nArchitecture: all");
    assert_eq!(findings.packages().len(), 1);
    assert_eq!(codes(&findings), (vec!["opkg-record-incomplete"], vec![]));
}

#[test]
fn versions_and_sources() {
    let findings = analyze(
        OPKG,
        b"Package: a\nVersion: 2:1.0-r3\nStatus: install ok installed\nSource: feeds/base/a\nLicense: GPL-2.0\nAuto-Installed: no\n",
    );
    let package = &findings.packages()[0];
    assert_eq!((package.epoch, package.release.as_deref()), (Some(2), Some("r3")));
    assert_eq!(package.source.as_ref().unwrap().name, "feeds/base/a");
    let text = b"Package: a\nVersion: 1\nStatus: install ok installed\nSource: s (2:1)\n";
    let source = analyze(OPKG, text).packages()[0].source.clone().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_deref()), ("s", Some("2:1")));
    assert_eq!(
        (package.licenses.as_slice(), package.install_reason),
        (&["GPL-2.0".to_owned()][..], None)
    );
}
