//! What records say of packages beside what they are: tables, and what the real tools print.

use cutaway_analyze::{Details, Findings, Package, Texts};

use crate::oracle::{dpkg, query_rpm};
use crate::reencode;
use crate::sqlite::{self, Form};
use crate::support::{APK, DPKG, RPM, analyze, analyze_with, codes, corpus, corpus_file};

/// What a package says, name by name; an absent field is empty.
fn said(package: &Package, names: &[&str]) -> Vec<String> {
    let none = Details::default();
    let details = package.details.as_deref().unwrap_or(&none);
    let list = |list: &Texts| list.iter().collect::<Vec<_>>().join(", ");
    let time = |time: Option<u64>| time.map(|it| it.to_string()).unwrap_or_default();
    let field = |name: &&str| match *name {
        "depends" => list(&details.depends),
        "provides" => list(&details.provides),
        "installed_size" => time(details.installed_size),
        "built_at" => time(details.built_at),
        "installed_at" => time(details.installed_at),
        "reason" => package.install_reason.map_or("", |it| it.name()).to_owned(),
        "vendor" => package.vendor.clone().unwrap_or_default(),
        name => {
            let (_, text) = details.texts().into_iter().find(|(it, _)| *it == name).unwrap();
            text.as_deref().unwrap_or_default().to_owned()
        }
    };
    names.iter().map(field).collect()
}

fn only(findings: &Findings) -> &Package {
    assert_eq!(findings.packages().len(), 1);
    &findings.packages()[0]
}

#[test]
fn dpkg_fields() {
    let names = ["depends", "provides", "maintainer", "homepage", "want", "flag", "vendor"];
    for (status, fields, expected) in [
        ("install ok", "", ["", "", "", "", "", "", ""]),
        (
            "hold reinstreq",
            "Pre-Depends: p\nDepends: libc6 (>= 2.34), a |  b\nProvides: x (= 1), y\nMaintainer: A B <a@b>\nHomepage: https://a.b/\nVendor: V\n",
            [
                "p, libc6 (>= 2.34), a | b",
                "x (= 1), y",
                "A B <a@b>",
                "https://a.b/",
                "hold",
                "reinstreq",
                "V",
            ],
        ),
        (
            "deinstall ok",
            "Depends: a,\n b (>= 1),\n\tc\nProvides:\n x\nDepends: no\nHomepage:\nX: y\n z\n",
            ["a, b (>= 1), c", "x", "", "", "deinstall", "", ""],
        ),
    ] {
        let record = format!("Package: a\nStatus: {status} installed\nVersion: 1\n{fields}\n");
        let findings = analyze(DPKG, record.as_bytes());
        assert_eq!(said(only(&findings), &names), expected, "{record}");
        let repeated = record.contains("Depends: no").then_some("dpkg-field-repeated");
        assert_eq!(codes(&findings), (vec![], Vec::from_iter(repeated)), "{record}");
    }
}

#[test]
fn apk_fields() {
    let record = "C:Q1a=\nP:a\nV:1-r0\nA:x86_64\nI:40960\nU:https://a.b\nm:A <a@b>\nt:1716900000\nc:0123abcd\ns:edge\nD:so:libc.musl-x86_64.so.1  /bin/sh !b>1\np:cmd:a=1-r0 so:liba.so.1=1.0\n\n";
    let findings = analyze(APK, record.as_bytes());
    let names = ["depends", "provides", "maintainer", "homepage", "built_at", "commit"];
    let expected = [
        "so:libc.musl-x86_64.so.1, /bin/sh, !b>1",
        "cmd:a=1-r0, so:liba.so.1=1.0",
        "A <a@b>",
        "https://a.b",
        "1716900000",
        "0123abcd",
    ];
    assert_eq!(said(only(&findings), &names), expected);
    assert_eq!(said(only(&findings), &["repository", "installed_size"]), ["edge", "40960"]);
    assert_eq!(findings.diagnostics(), []);
}

#[test]
fn pacman_fields() {
    let names = ["depends", "provides", "maintainer", "homepage", "repository", "reason"];
    let record = "%NAME%\na\n\n%VERSION%\n1-1\n\n%URL%\nhttps://a.b\n\n%PACKAGER%\nA <a@b>\n\n%BUILDDATE%\n1\n\n%INSTALLDATE%\n2\n\n%SIZE%\n3\n\n%DEPENDS%\nglibc>=2.26\nsh\n\n%PROVIDES%\nlibfoo.so=1-64\n\n%INSTALLED_DB%\nextra\n\n";
    let path = "var/lib/pacman/local/a-1-1/desc";
    let expected = ["glibc>=2.26, sh", "libfoo.so=1-64", "A <a@b>", "https://a.b", "extra"];
    let findings = analyze(path, record.as_bytes());
    assert_eq!(said(only(&findings), &names), [&expected[..], &["explicit"]].concat());
    let numbers = ["built_at", "installed_at", "installed_size"];
    assert_eq!(said(only(&findings), &numbers), ["1", "2", "3"]);
    let pulled_in = format!("{record}%REASON%\n1\n\n");
    let findings = analyze(path, pulled_in.as_bytes());
    assert_eq!(said(only(&findings), &names)[5], "dependency");
}

/// Lines of any length that databases have, and values that are no such thing as the field is for.
#[test]
fn long_and_odd_values() {
    let long: Vec<String> = (0..9000).map(|n| format!("libfoo{n} (>= 1:{n}~rc1)")).collect();
    let list = long.join(", ");
    let record =
        format!("Package: a\nStatus: install ok installed\nVersion: 1\nDepends: {list}\n\n");
    let findings = analyze(DPKG, record.as_bytes());
    let found = only(&findings).details.as_ref().unwrap();
    assert!(found.depends.iter().eq(long.iter()) && findings.diagnostics().is_empty());
    let findings = analyze(APK, b"P:a\nV:1-r0\nt:soon\nD:\nm:\nc:\xff\n\n");
    let found = only(&findings).details.as_ref().unwrap();
    assert_eq!((found.built_at, found.commit.as_deref()), (None, Some("\u{fffd}")));
    assert!(found.depends.is_empty() && found.maintainer.is_none());
    let huge = "x".repeat(5 << 20);
    let record = format!(
        "Package: a\nStatus: install ok installed\nHomepage: {huge}\n b\nVersion: 1\nMaintainer: m\n"
    );
    let findings = analyze(DPKG, record.as_bytes());
    assert_eq!(codes(&findings), (vec![], vec!["line-over-limit"]), "a detail is not the package");
    assert_eq!(said(only(&findings), &["homepage", "maintainer"]), ["", "m"]);
}

/// What dpkg-query prints of the same records.
#[test]
fn dpkg_query_says_the_same() {
    const FORMAT: &str = "${Package}\\t${Architecture}\\t${db:Status-Want}\\t${db:Status-Eflag}\\t${Installed-Size}\\t${Maintainer}\\t${Homepage}\\t${Pre-Depends}\\t${Depends}\\t${Provides}\\n";
    let rest = "Description: x\n";
    let records = [
        "Package: aa\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 1:2.3~rc1-4\nMaintainer: A \\B <a@b>\nHomepage: https://a.b/c\nInstalled-Size: 12\nDepends: bb (>= 1:1.0~), cc:any | dd (<< 2)\n",
        "Package: aa\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: same\nVersion: 1:2.3~rc1-4\nMaintainer: A \\B <a@b>\nPre-Depends: bb\nProvides: ff, gg (= 1)\n",
        "Package: bb\nStatus: install ok triggers-awaited\nArchitecture: all\nTriggers-Awaited: ee\nVersion: 0:1\nMaintainer: x\n",
        "Package: cc\nStatus: hold reinstreq half-configured\nArchitecture: all\nVersion: 2-0.1+b2\nConfig-Version: 1\nMaintainer: x\n",
        "Package: dd\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 2\nConfig-Version: 2\nMaintainer: x\nDepends: aa,\n bb (= 1),\n cc\n",
        "Package: ee\nStatus: deinstall ok installed\nArchitecture: all\nVersion: 2\nMaintainer: x\n",
    ];
    let mut inputs: Vec<Vec<u8>> = vec![
        records.map(|record| format!("{record}{rest}\n")).concat().into_bytes(),
        std::fs::read("/var/lib/dpkg/status").unwrap_or_default(),
    ];
    if let Some(root) = corpus() {
        inputs.extend(
            ["texlive", "postgresql", "status-field-variants"]
                .map(|name| std::fs::read(root.join(format!("dpkg/{name}.status"))).unwrap()),
        );
    }
    for content in inputs {
        let Some(listed) = dpkg(&content, FORMAT) else { return };
        let findings = analyze(DPKG, &content);
        let mut rows: Vec<String> = findings
            .packages()
            .iter()
            .filter(|package| package.state != "not-installed")
            .map(|package| {
                let mut fields =
                    said(package, &["want", "flag", "installed_size", "maintainer", "homepage"]);
                // dpkg counts in KiB.
                if let Ok(size) = fields[2].parse::<u64>() {
                    fields[2] = (size / 1024).to_string();
                }
                for (field, usual) in fields.iter_mut().zip(["install", "ok"]) {
                    if field.is_empty() {
                        *field = usual.to_owned();
                    }
                }
                let [depends, provides] =
                    said(package, &["depends", "provides"]).try_into().unwrap();
                let arch = package.arch.as_deref().unwrap_or_default();
                [&package.name, arch, &fields.join("\t"), &depends, &provides].join("\t")
            })
            .collect();
        rows.sort();
        // Both lists are one here.
        let mut joined: Vec<String> = listed
            .iter()
            .map(|row| {
                let fields: Vec<&str> = row.split('\t').collect();
                let [head @ .., pre, depends, provides] = fields.as_slice() else { panic!() };
                let lists = [*pre, *depends].into_iter().filter(|it| !it.is_empty());
                let depends = lists.collect::<Vec<_>>().join(", ");
                [&head.join("\t"), depends.as_str(), provides].join("\t")
            })
            .collect();
        joined.sort();
        assert_eq!(rows, joined);
    }
}

const RPM_FORMAT: &str = "%{name}\\t%{longsize}\\t%{buildtime}\\t%{installtime}\\t%{packager}\\t%{url}\\t%{modularitylabel}\\t%|RSAHEADER?{%{RSAHEADER:pgpsig}}:{%|DSAHEADER?{%{DSAHEADER:pgpsig}}:{%|SIGPGP?{%{SIGPGP:pgpsig}}:{%|SIGGPG?{%{SIGGPG:pgpsig}}|}|}|}|\\t[%{requirenevrs};]\\t[%{providenevrs};]\\n";

/// What rpm prints of the same headers.
#[test]
fn rpm_says_the_same() {
    let Some(all) = reencode::headers() else { return };
    for headers in all {
        let form = Form { page_size: 4096, encoding: "UTF-8", log: false };
        let (database, _) = sqlite::write(&headers, form);
        let Some(listed) = query_rpm("rpmdb.sqlite", "sqlite", &database, b"", RPM_FORMAT) else {
            return;
        };
        let listed = listed.into_iter().filter(|row| !row.starts_with("gpg-pubkey\t"));
        let mut listed: Vec<String> = listed.map(|row| as_we_say_it(&row)).collect();
        listed.sort();
        let findings = analyze_with(RPM, &database, None);
        let names = ["installed_size", "built_at", "installed_at", "maintainer", "homepage"];
        let names = [&names[..], &["modularity", "signer"]].concat();
        let mut rows: Vec<String> = findings
            .packages()
            .iter()
            .map(|package| {
                let fields = said(package, &names).join("\t");
                let lists = said(package, &["depends", "provides"]).join("\t");
                format!("{}\t{fields}\t{lists}", package.name)
            })
            .collect();
        rows.sort();
        assert_eq!(rows, listed);
        assert!(rows.iter().any(|row| row.contains(" >= ")), "there are conditions");
    }
}

/// Takes from a row of rpm what is not said by us: missing values, words around the id of a key,
/// conditions on rpm itself, and what stands there twice.
fn as_we_say_it(row: &str) -> String {
    let mut fields: Vec<String> = row.split('\t').map(|it| it.replace("(none)", "")).collect();
    let signer = fields[7].rsplit_once("Key ID ").map_or("", |(_, id)| id).to_owned();
    fields[7] = signer;
    for field in &mut fields[8..] {
        let mut seen = std::collections::BTreeSet::new();
        let said = field.split(';').filter(|it| !it.is_empty() && !it.starts_with("rpmlib("));
        *field = said.filter(|it| seen.insert(*it)).collect::<Vec<_>>().join(", ");
    }
    fields.join("\t")
}

#[test]
fn a_manifest_has_times() {
    let Some(content) = corpus_file("rpm/container-manifest-2") else { return };
    let findings = analyze("var/lib/rpmmanifest/container-manifest-2", &content);
    let known =
        |package: &Package| !said(package, &["installed_at", "built_at"]).contains(&String::new());
    assert!(findings.packages().iter().all(|package| known(package)));
}
