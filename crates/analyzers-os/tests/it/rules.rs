//! What holds for every reader of packages, whatever form its database has.

use cutaway_analyze::Findings;

use crate::bdb::{self, Order};
use crate::ndb;
use crate::records::{Value::Text, header};
use crate::sqlite::{self, Form};
use crate::support::{APK, CHISEL, DPKG, OPKG, RPM, analyze, codes};

/// A database that can hold several records, each a name and a version.
struct Reader {
    what: &'static str,
    path: &'static str,
    write: fn(&[(&'static str, &'static str)]) -> Vec<u8>,
    repeated: &'static str,
    keeps_keys: bool,
}

const READERS: [Reader; 11] = [
    Reader {
        what: "apk",
        path: APK,
        write: |records| {
            let record = |(name, version): &(&str, &str)| format!("P:{name}\nV:{version}\n\n");
            records.iter().map(record).collect::<String>().into()
        },
        repeated: "apk-record-repeated",
        keeps_keys: false,
    },
    Reader {
        what: "dpkg",
        path: DPKG,
        write: |records| {
            let record = |(name, version): &(&str, &str)| {
                format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
            };
            records.iter().map(record).collect::<String>().into()
        },
        repeated: "dpkg-record-repeated",
        keeps_keys: false,
    },
    Reader {
        what: "opkg",
        path: OPKG,
        write: |records| {
            let record = |(name, version): &(&str, &str)| {
                format!("Package: {name}\nVersion: {version}\nStatus: install user installed\n\n")
            };
            records.iter().map(record).collect::<String>().into()
        },
        repeated: "opkg-record-repeated",
        keeps_keys: false,
    },
    Reader {
        what: "chisel",
        path: CHISEL,
        write: |records| crate::chisel::write(records),
        repeated: "chisel-record-repeated",
        keeps_keys: false,
    },
    Reader {
        what: "BerkeleyDB",
        path: RPM,
        write: |records| bdb::write(&headers(records), Order::Little, 512),
        repeated: "rpm-record-repeated",
        keeps_keys: true,
    },
    Reader {
        what: "NDB",
        path: RPM,
        write: |records| ndb::write(&headers(records)),
        repeated: "rpm-record-repeated",
        keeps_keys: true,
    },
    Reader {
        what: "SQLite",
        path: RPM,
        write: |records| {
            let form = Form { page_size: 512, encoding: "UTF-8", log: false };
            sqlite::write(&headers(records), form).0
        },
        repeated: "rpm-record-repeated",
        keeps_keys: true,
    },
    Reader {
        what: "manifest",
        path: "var/lib/rpmmanifest/container-manifest-2",
        write: |records| {
            let record = |(name, version): &(&str, &str)| {
                format!("{name}\t{version}\t1\t1\tv\t(none)\t1\tnoarch\t0\tx-1-1.src.rpm\n")
            };
            records.iter().map(record).collect::<String>().into()
        },
        repeated: "container-manifest-record-repeated",
        keeps_keys: true,
    },
    Reader {
        what: "Bottlerocket",
        path: "usr/share/bottlerocket/application-inventory.json",
        write: |records| {
            let record = |(name, full): &(&str, &str)| {
                let (version, release) = full.split_once('-').unwrap();
                format!(r#"{{"Name":"{name}","Version":"{version}","Release":"{release}"}}"#)
            };
            let records: Vec<String> = records.iter().map(record).collect();
            format!(r#"{{"Content":[{}]}}"#, records.join(",")).into()
        },
        repeated: "bottlerocket-record-repeated",
        keeps_keys: false,
    },
    Reader {
        what: "Container-Optimized OS",
        path: "etc/cos-package-info.json",
        write: |records| {
            let record = |(name, version): &(&str, &str)| {
                format!(r#"{{"category":"c","name":"{name}","version":"{version}"}}"#)
            };
            let records: Vec<String> = records.iter().map(record).collect();
            format!(r#"{{"installedPackages":[{}]}}"#, records.join(",")).into()
        },
        repeated: "cos-record-repeated",
        keeps_keys: false,
    },
    Reader {
        what: "Bitnami",
        path: "opt/bitnami/a/.spdx-a.spdx",
        write: |records| {
            let record = |(name, version): &(&str, &str)| {
                format!(
                    "PackageName: {name}\nPackageVersion: {version}\nExternalRef: P purl pkg:bitnami/{name}@{version}\n"
                )
            };
            records.iter().map(record).collect::<String>().into()
        },
        repeated: "bitnami-record-repeated",
        keeps_keys: false,
    },
];

fn headers(records: &[(&'static str, &'static str)]) -> Vec<Vec<u8>> {
    let header = |(name, full): &(&'static str, &'static str)| {
        let (version, release) = full.split_once('-').unwrap();
        header(&[(1000, Text(name)), (1001, Text(version)), (1002, Text(release))])
    };
    records.iter().map(header).collect()
}

fn outline(findings: &Findings) -> Vec<String> {
    let mut packages: Vec<String> =
        findings.packages().iter().map(|it| format!("{} {}", it.name, it.version)).collect();
    packages.sort();
    packages
}

#[test]
fn equal_records_count_once_and_others_are_all_listed() {
    for Reader { what, path, write, repeated, .. } in READERS {
        for (records, expected, told) in [
            (&[("a", "1-r0"), ("b", "1-r0")][..], &["a 1-r0", "b 1-r0"][..], false),
            (&[("a", "1-r0"), ("b", "1-r0"), ("a", "1-r0")], &["a 1-r0", "b 1-r0"], true),
            (&[("a", "1-r0"), ("a", "2-r0")], &["a 1-r0", "a 2-r0"], true),
            (
                &[("a", "1-r0"), ("a", "2-r0"), ("a", "1-r0"), ("a", "2-r0")],
                &["a 1-r0", "a 2-r0"],
                true,
            ),
        ] {
            let findings = analyze(path, &write(records));
            assert_eq!(outline(&findings), expected, "{what} {records:?}");
            let warnings = if told { vec![repeated] } else { Vec::new() };
            assert_eq!(codes(&findings), (Vec::new(), warnings), "{what} {records:?}");
        }
    }
}

#[test]
fn keys_are_no_packages_where_the_package_manager_keeps_keys() {
    for Reader { what, path, write, keeps_keys, .. } in READERS {
        let findings = analyze(path, &write(&[("a", "1-r0"), ("gpg-pubkey", "1-2")]));
        assert_eq!(findings.packages().len(), if keeps_keys { 1 } else { 2 }, "{what}");
        let keys: Vec<_> = findings.keys().iter().map(|key| key.version.as_str()).collect();
        assert_eq!(keys, if keeps_keys { vec!["1-2"] } else { vec![] }, "{what}");
    }
}

#[test]
fn databases_cut_at_every_byte_are_never_shorter_in_silence() {
    let sets: [&[(&str, &str)]; 3] = [
        &[("a", "1-r0")],
        &[("a", "1-r0"), ("b", "1-r0"), ("c", "12-r34")],
        &[("lib", "1.2.3-4"), ("lib", "1.2.4-5"), ("a-much-longer-name", "20240101-r7")],
    ];
    let written = READERS.iter().flat_map(|Reader { what, path, write, .. }| {
        sets.map(|records| (*what, *path, write(records)))
    });
    let alone = [
        (
            "pacman",
            "var/lib/pacman/local/a-1-1/desc",
            "%NAME%\na\n\n%VERSION%\n1-1\n\n%LICENSE%\nMIT\n\n",
        ),
        (
            "a record of status.d",
            "var/lib/dpkg/status.d/a",
            "Package: a\nArchitecture: amd64\nVersion: 1-1\nSource: s (2-1)\n",
        ),
    ];
    let alone = alone.map(|(what, path, text)| (what, path, text.into()));
    let databases: Vec<(&str, &str, Vec<u8>)> = written.chain(alone).collect();
    assert_eq!(databases.len(), 35);
    for (what, path, content) in databases {
        let whole = outline(&analyze(path, &content));
        assert!(!whole.is_empty(), "{what}");
        for end in 1..content.len() {
            let cut = analyze(path, &content[..end]);
            // A text that ends with a line may be a whole one; its layer's digest tells.
            let is_text = std::str::from_utf8(&content).is_ok() && !content.contains(&0);
            let may_be_whole = is_text && content[end - 1..=end].contains(&b'\n');
            let same = outline(&cut) == whole;
            assert!(cut.incomplete() || same || may_be_whole, "{what} cut at {end}");
        }
    }
}

#[test]
fn a_database_without_a_byte_is_told() {
    for Reader { what, path, .. } in READERS.into_iter().filter(|it| it.what != "Bitnami") {
        assert_eq!(codes(&analyze(path, b"")), (vec![], vec!["database-empty"]), "{what}");
    }
}

#[test]
fn epochs_of_packages_and_of_their_sources_are_read_alike() {
    for (path, content, version, epoch, source) in [
        (
            DPKG,
            "Package: a\nStatus: install ok installed\nSource: s (0:1-1)\nVersion: 0:1-1\n",
            "1-1",
            Some(0),
            Some("1-1"),
        ),
        (
            DPKG,
            "Package: a\nStatus: install ok installed\nSource: s (01:1-1)\nVersion: 1:1-1+b1\n",
            "1:1-1+b1",
            Some(1),
            Some("1:1-1"),
        ),
        (
            DPKG,
            "Package: a\nStatus: install ok installed\nVersion: 00:1-1\n",
            "1-1",
            Some(0),
            Some("1-1"),
        ),
        (
            "var/lib/rpmmanifest/container-manifest-2",
            "a\t1-1\t1\t1\tv\t0\t1\tnoarch\t0\ts-1-1.src.rpm\n",
            "1-1",
            Some(0),
            Some("1-1"),
        ),
        (
            "var/lib/rpmmanifest/container-manifest-2",
            "a\t1-1\t1\t1\tv\t2\t1\tnoarch\t2\ts-1-1.src.rpm\n",
            "2:1-1",
            Some(2),
            Some("1-1"),
        ),
        (
            "var/lib/pacman/local/a-1-1/desc",
            "%NAME%\na\n\n%VERSION%\n2:1-1\n\n%BASE%\ns\n\n",
            "2:1-1",
            Some(2),
            Some("2:1-1"),
        ),
    ] {
        let findings = analyze(path, content.as_bytes());
        let package = &findings.packages()[0];
        let found = package.source.as_ref().and_then(|source| source.version.as_deref());
        assert_eq!(
            (&*package.version, package.epoch, found),
            (version, epoch, source),
            "{content}"
        );
    }
}
