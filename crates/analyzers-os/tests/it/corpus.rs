//! Every row of the corpus that this crate reads, as the index says.

use std::collections::BTreeMap;

use crate::support::{
    APK, DPKG, RPM, analyze, codes, corpus, corpus_file, expected_rows, is_wanted, rpm_rows, states,
};

#[test]
fn apk() {
    let rows: [(&str, usize, &[&str], &[&str]); 4] = [
        ("apk/alpine-3.18.installed", 15, &[], &[]),
        ("apk/alpine-mixed-one-invalid.installed", 15, &["apk-record-without-version"], &[]),
        ("apk/extra-file-attributes.installed", 1, &[], &[]),
        ("apk/corrupt.installed", 1, &["apk-line-unreadable"], &[]),
    ];
    for (name, packages, errors, warnings) in rows {
        let Some(content) = corpus_file(name) else { return };
        let findings = analyze(APK, &content);
        assert_eq!(findings.packages().len(), packages, "{name}");
        assert_eq!(
            codes(&findings),
            (errors.to_vec(), warnings.to_vec()),
            "{name}: {:?}",
            findings.diagnostics()
        );
    }
    let findings = analyze(APK, &corpus_file("apk/alpine-mixed-one-invalid.installed").unwrap());
    assert!(
        findings.diagnostics()[0].message.contains("invalidPackageWithoutAVersion"),
        "{:?}",
        findings.diagnostics()
    );
}

#[test]
fn apk_fields() {
    let Some(content) = corpus_file("apk/alpine-3.18.installed") else { return };
    let findings = analyze(APK, &content);
    let package = findings.packages().iter().find(|package| package.name == "libcrypto3").unwrap();
    assert_eq!(package.arch.as_deref(), Some("x86_64"));
    assert_eq!(package.source.as_ref().unwrap().name, "openssl");
    assert_eq!(package.licenses, ["Apache-2.0"]);
    assert_eq!(package.state, "installed");
}

#[test]
fn dpkg() {
    let rows: [(&str, usize, &[&str], &[&str]); 4] = [
        ("dpkg/texlive.status", 357, &[], &[]),
        ("dpkg/postgresql.status", 3, &[], &[]),
        ("dpkg/status-field-variants.status", 7, &[], &["dpkg-record-without-status"]),
        ("dpkg/one-without-version.status", 2, &["dpkg-record-without-version"], &[]),
    ];
    for (name, packages, errors, warnings) in rows {
        let Some(content) = corpus_file(name) else { return };
        let findings = analyze(DPKG, &content);
        assert_eq!(findings.packages().len(), packages, "{name}");
        assert_eq!(
            codes(&findings),
            (errors.to_vec(), warnings.to_vec()),
            "{name}: {:?}",
            findings.diagnostics()
        );
    }
    let findings = analyze(DPKG, &corpus_file("dpkg/one-without-version.status").unwrap());
    assert!(findings.diagnostics()[0].message.contains("\"acl\""), "{:?}", findings.diagnostics());
}

#[test]
fn dpkg_states() {
    let Some(content) = corpus_file("dpkg/status-field-variants.status") else { return };
    let findings = analyze(DPKG, &content);
    let expected = [
        ("wantinstall_installed", "installed", true),
        ("wantdeinstall_installed", "installed", true),
        ("wantdeinstall_configfiles", "config-files", false),
        ("wantinstall_unpacked", "unpacked", true),
        ("wantpurge_installed", "installed", true),
        ("wantinstall_halfinstalled", "half-installed", true),
        ("wantnostatus", "not-installed", false),
    ];
    assert_eq!(states(&findings), expected);
}

#[test]
fn dpkg_sources() {
    let Some(content) = corpus_file("dpkg/postgresql.status") else { return };
    let findings = analyze(DPKG, &content);
    let package =
        findings.packages().iter().find(|package| package.name == "postgresql-client").unwrap();
    assert_eq!(
        (package.version.as_str(), package.epoch, &package.release),
        ("11+200+deb10u5", None, &None)
    );
    let source = package.source.as_ref().unwrap();
    assert_eq!(
        (source.name.as_str(), source.version.as_deref()),
        ("postgresql-common", Some("200+deb10u5"))
    );
}

#[test]
fn distroless() {
    let Some(root) = corpus() else { return };
    let dir = root.join("dpkg/distroless-root/var/lib/dpkg/status.d");
    let mut packages = Vec::new();
    for entry in std::fs::read_dir(&dir).unwrap().map(Result::unwrap) {
        let path = format!("var/lib/dpkg/status.d/{}", entry.file_name().to_str().unwrap());
        if is_wanted(&path) {
            let findings = analyze(&path, &std::fs::read(entry.path()).unwrap());
            assert_eq!(findings.diagnostics(), [], "{path}");
            packages.extend_from_slice(findings.packages());
        }
    }
    assert_eq!(packages.len(), 1);
    let package = &packages[0];
    assert_eq!((package.name.as_str(), package.version.as_str()), ("libsqlite3-0", "3.34.1-3"));
    assert_eq!((package.state.as_str(), package.arch.as_deref()), ("installed", Some("arm64")));
    let source = package.source.as_ref().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_deref()), ("sqlite3", Some("3.34.1-3")));
}

#[test]
fn rpm() {
    for (database, list) in [
        ("rpm/mariner-2.0.rpmdb.sqlite", "rpm/mariner-2.0.expected.tsv"),
        ("rpm/mariner-2.0.bdb-le.Packages", "rpm/mariner-2.0.expected.tsv"),
        ("rpm/sle-15-bci.Packages.db", "rpm/sle-15-bci.expected.tsv"),
        ("rpm/epoch.bdb.Packages", "rpm/epoch.expected.tsv"),
    ] {
        let (Some(content), Some(list)) = (corpus_file(database), corpus_file(list)) else {
            return;
        };
        let findings = analyze(RPM, &content);
        assert_eq!(rpm_rows(findings.packages()), expected_rows(&list), "{database}");
        assert_eq!(findings.diagnostics(), [], "{database}");
    }
}

#[test]
fn rpm_epochs() {
    let Some(content) = corpus_file("rpm/epoch.bdb.Packages") else { return };
    let findings = analyze(RPM, &content);
    assert_eq!(findings.packages()[0].version, "1:0.0.1-rls");
    assert_eq!(findings.packages()[0].epoch, Some(1));
    let findings = analyze(RPM, &corpus_file("rpm/sle-15-bci.Packages.db").unwrap());
    assert!(
        findings.packages().iter().all(|package| package.epoch.is_none()),
        "a missing epoch is not 0"
    );
}

#[test]
fn rpm_without_table() {
    let Some(content) = corpus_file("rpm/no-packages-table.sqlite") else { return };
    let findings = analyze(RPM, &content);
    assert_eq!(findings.packages(), []);
    assert_eq!(codes(&findings), (vec!["rpm-sqlite-no-table"], vec![]));
}

#[test]
fn container_manifest() {
    let Some(content) = corpus_file("rpm/container-manifest-2") else { return };
    let findings = analyze("var/lib/rpmmanifest/container-manifest-2", &content);
    assert_eq!(findings.diagnostics(), []);
    let versions: Vec<_> = findings
        .packages()
        .iter()
        .map(|it| (it.name.as_str(), it.version.as_str(), it.epoch))
        .collect();
    let expected = [
        ("mariner-release", "2.0-12.cm2", None),
        ("filesystem", "1.1-9.cm2", None),
        ("glibc", "2.35-2.cm2", None),
        ("openssl-libs", "1.1.1k-15.cm2", None),
        ("vim", "2:9.0-1.cm2", Some(2)),
    ];
    assert_eq!(versions, expected);
}

#[test]
fn os_release() {
    let Some(root) = corpus() else { return };
    let mut files = 0;
    for entry in std::fs::read_dir(root.join("os-release")).unwrap().map(Result::unwrap) {
        let content = std::fs::read_to_string(entry.path()).unwrap();
        let findings = analyze("etc/os-release", content.as_bytes());
        let distro = findings.distro().unwrap();
        // None of these files needs more of the syntax than quotation marks around a value.
        let plain: BTreeMap<_, _> = content
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key, value.trim_matches(['"', '\''])))
            .collect();
        let name = entry.file_name();
        assert_eq!(Some(distro.id.as_str()), plain.get("ID").copied(), "{name:?}");
        assert_eq!(distro.version_id.as_deref(), plain.get("VERSION_ID").copied(), "{name:?}");
        assert_eq!(
            distro.codename.as_deref().unwrap_or_default(),
            plain.get("VERSION_CODENAME").copied().unwrap_or_default(),
            "{name:?}"
        );
        assert_eq!(distro.pretty_name.as_deref(), plain.get("PRETTY_NAME").copied(), "{name:?}");
        let like: Vec<_> =
            plain.get("ID_LIKE").map(|it| it.split(' ').collect()).unwrap_or_default();
        assert_eq!(distro.id_like, like, "{name:?}");
        files += 1;
    }
    assert_eq!(files, 34);
}

#[test]
fn release_files() {
    for (name, id, version) in [
        ("almalinux-release", "almalinux", "8.4"),
        ("centos-release", "centos", "7.6.1810"),
        ("lsb-release", "ubuntu", "18.04"),
        ("oracle-release", "ol", "7.6"),
        ("redhat-release", "rhel", "6.2"),
    ] {
        let Some(content) = corpus_file(&format!("release-files/{name}")) else { return };
        let findings = analyze(&format!("etc/{name}"), &content);
        let distro = findings.distro().unwrap();
        assert_eq!(
            (distro.id.as_str(), distro.version_id.as_deref()),
            (id, Some(version)),
            "{name}"
        );
        assert_eq!(findings.diagnostics(), [], "{name}");
    }
}
