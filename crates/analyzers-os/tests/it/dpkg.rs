//! Records of dpkg's status file that are odd or broken: what is kept, and what is said.

use crate::support::{DPKG, analyze, codes, is_wanted};

/// `name version state` of each package, the errors and the warnings.
type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

const OK: &str = "Status: install ok installed\n";

fn check(rows: &[Row<'_>]) {
    for (content, packages, errors, warnings) in rows {
        let content = content.replace("OK\n", OK);
        let findings = analyze(DPKG, content.as_bytes());
        let found: Vec<_> = findings
            .packages()
            .iter()
            .map(|it| format!("{} {} {}", it.name, it.version, it.state))
            .collect();
        assert_eq!(found, *packages, "{content:?}");
        assert_eq!(codes(&findings), (errors.to_vec(), warnings.to_vec()), "{content:?}");
    }
}

#[test]
fn lines_and_fields() {
    check(&[
        ("\n\n", &[], &[], &["database-empty"]),
        (
            "Package: a\nOK\nVersion: 1\n\n\n\nPackage: b\nOK\nVersion: 2\n",
            &["a 1 installed", "b 2 installed"],
            &[],
            &[],
        ),
        (
            "Package: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\nPackage: b\r\nVersion: 2\r\nStatus: hold ok unpacked\r\n",
            &["a 1 installed", "b 2 unpacked"],
            &[],
            &[],
        ),
        ("Package:a\nOK\nVERSION:\t1 \n", &["a 1 installed"], &[], &[]),
        (": x\nPackage: a\nOK\nVersion: 1\n", &["a 1 installed"], &["dpkg-line-unreadable"], &[]),
        (
            "Package: a\nOK\nno field\nVersion: 1\n",
            &["a 1 installed"],
            &["dpkg-line-unreadable"],
            &[],
        ),
        (
            "Package: a\nOK\nVer sion: 1\nVersion: 1\n",
            &["a 1 installed"],
            &["dpkg-line-unreadable"],
            &[],
        ),
        (
            "Package: a\nOK\n-Version: 1\nVersion: 1\n",
            &["a 1 installed"],
            &["dpkg-line-unreadable"],
            &[],
        ),
        (
            " continued\nPackage: a\nOK\nVersion: 1\n",
            &["a 1 installed"],
            &["dpkg-line-unreadable"],
            &[],
        ),
        ("Package: a\nOK\nVersion: 1\n more\n", &["a 1 installed"], &[], &["dpkg-field-continued"]),
        (
            "Package: a\nOK\nVersion: 1\n \nPackage: b\nOK\nVersion: 2\n",
            &["a 1 installed", "b 2 installed"],
            &[],
            &["dpkg-record-unseparated"],
        ),
        (
            "Package: a\nOK\nVersion: 1\nVersion: 2\n",
            &["a 1 installed"],
            &[],
            &["dpkg-field-repeated"],
        ),
        ("Package: a\nOK\nVersion: 1\nX: a\0b\n", &["a 1 installed"], &[], &[]),
        ("Package: a\nOK\nVersion: 1\0\n", &["a 1\0 installed"], &[], &["dpkg-version-odd"]),
        (
            "Package: a\nOK\nVersion: 1\nDescription: x\n Package: b\n .\n",
            &["a 1 installed"],
            &[],
            &[],
        ),
    ]);
}

#[test]
fn records() {
    check(&[
        (
            "Package: a\nOK\n\nPackage: b\nOK\nVersion: 2\n",
            &["b 2 installed"],
            &["dpkg-record-without-version"],
            &[],
        ),
        (
            "Package: a\nStatus: deinstall ok config-files\n",
            &[],
            &["dpkg-record-without-version"],
            &[],
        ),
        (
            "Package: a\nStatus: unknown ok not-installed\n",
            &[],
            &[],
            &["dpkg-record-without-version"],
        ),
        ("Package: a\n", &[], &["dpkg-record-without-version"], &[]),
        (
            "Package: a\nStatus: install ok not-installed\nVersion: 1\n",
            &["a 1 not-installed"],
            &[],
            &[],
        ),
        ("OK\nVersion: 1\n", &[], &["dpkg-record-without-name"], &[]),
        ("Package:\nOK\nVersion: 1\n", &[], &["dpkg-record-without-name"], &[]),
        ("Package: a\nVersion: 1\n", &["a 1 not-installed"], &[], &["dpkg-record-without-status"]),
        (
            "Package: a\nStatus: installed\nVersion: 1\n",
            &["a 1 installed"],
            &["dpkg-status-malformed"],
            &[],
        ),
        (
            "Package: a\nStatus: a b c d\nVersion: 1\n",
            &["a 1 a b c d"],
            &["dpkg-status-malformed"],
            &[],
        ),
        (
            "Package: a\nStatus: install ok postinst-failed\nVersion: 1\n",
            &["a 1 postinst-failed"],
            &[],
            &["dpkg-state-unknown"],
        ),
        (
            "Package: a\nOK\nVersion: 99999999999999999999:1\n",
            &["a 99999999999999999999:1 installed"],
            &[],
            &["dpkg-version-odd"],
        ),
        (
            "Package: a\nOK\nArchitecture: amd64\nVersion: 1\n\nPackage: a\nOK\nArchitecture: i386\nVersion: 1\n",
            &["a 1 installed", "a 1 installed"],
            &[],
            &[],
        ),
        (
            "Package: a\nOK\nVersion: 1\n\nPackage: a\nOK\nVersion: 2\n",
            &["a 1 installed", "a 2 installed"],
            &[],
            &["dpkg-record-repeated"],
        ),
        (
            "Package: a\nOK\nVersion: 1\nAbi: 0123\n\nPackage: b\nOK\nVersion: 2\n",
            &["b 2 installed"],
            &["dpkg-record-foreign"],
            &[],
        ),
    ]);
}

#[test]
fn sources() {
    for (source, name, version) in [
        ("", "a", "1:2-3"),
        ("Source: s\n", "s", "1:2-3"),
        ("Source: s (4-5)\n", "s", "4-5"),
        ("Source: s(4-5)\n", "s", "4-5"),
        ("Source: s (4-5\n", "s", "4-5"),
        ("Source: (4-5)\n", "a", "4-5"),
        ("Source: s ()\n", "s", "1:2-3"),
    ] {
        for path in [DPKG, "var/lib/dpkg/status.d/a"] {
            let content = format!("Package: a\n{OK}{source}Version: 1:2-3\n");
            let findings = analyze(path, content.as_bytes());
            let found = findings.packages()[0].source.as_ref().unwrap();
            assert_eq!(
                (found.name.as_str(), found.version.as_deref()),
                (name, Some(version)),
                "{source:?}"
            );
        }
    }
}

/// What stands beside the records of status.d, and dpkg's other files, are left alone; so is the
/// database of vcpkg, which looks like dpkg's.
#[test]
fn wanted_paths() {
    let wanted = is_wanted;
    for path in [
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/base-files",
        "var/lib/dpkg/status.d/bGliYzY=",
    ] {
        assert!(wanted(path), "{path}");
    }
    for path in [
        "var/lib/dpkg/status-old",
        "var/lib/dpkg/available",
        "var/lib/dpkg/status.d/base-files.md5sums",
        "var/lib/dpkg/status.d/base-files.preinst",
        "var/lib/dpkg/info/base-files.list",
        "opt/vcpkg/installed/vcpkg/status",
    ] {
        assert!(!wanted(path), "{path}");
    }
}
