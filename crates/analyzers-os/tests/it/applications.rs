//! Snaps, applications of Flatpak and components of Bitnami: the rows of the corpus, whole and cut.

use cutaway_analyze::Package;

use crate::support::{analyze, codes, corpus_file, is_wanted};

const SNAP: &str = "snap/core/16928/meta/snap.yaml";
const FLATPAK: &str = "var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/0a1b/export/share/metainfo/org.gimp.GIMP.metainfo.xml";
const BITNAMI: &str = "opt/bitnami/redis/.spdx-redis.spdx";

/// A row of the corpus, where it would lie, and what is found in it.
const ROWS: [(&str, &str, &str); 3] = [
    ("snap/single-arch.yaml", SNAP, "snap core 16-2.61.4-20240607 amd64"),
    ("flatpak/valid.xml", FLATPAK, "flatpak org.gimp.GIMP 2.10.38 x86_64"),
    ("bitnami/apache.spdx", BITNAMI, "bitnami redis 7.4.1-0 arm64"),
];

fn outline(packages: &[std::sync::Arc<Package>]) -> String {
    let of = |it: &std::sync::Arc<Package>| {
        let arch = it.arch.as_deref().unwrap_or_default();
        format!("{} {} {} {arch}", it.ecosystem, it.name, it.version)
    };
    packages.iter().map(of).collect::<Vec<_>>().join(", ")
}

#[test]
fn corpus_rows() {
    for (name, path, expected) in ROWS {
        let Some(content) = corpus_file(name) else { return };
        let findings = analyze(path, &content);
        assert_eq!(codes(&findings), (vec![], vec![]), "{name}");
        assert_eq!(outline(findings.packages()), expected, "{name}");
    }
    let redis = analyze(BITNAMI, &corpus_file("bitnami/apache.spdx").unwrap());
    assert_eq!(redis.packages()[0].licenses, ["RSALv2"]);
    let gimp = analyze(FLATPAK, &corpus_file("flatpak/valid.xml").unwrap());
    assert_eq!(gimp.packages()[0].vendor.as_deref(), Some("The GIMP team"));
}

#[test]
fn rows_cut_at_every_byte_are_never_shorter_in_silence() {
    for (name, path, expected) in ROWS {
        let Some(content) = corpus_file(name) else { return };
        for end in 0..content.len() {
            let cut = analyze(path, &content[..end]);
            let told = !cut.diagnostics().is_empty();
            // A text that ends with a line may be a whole one, which says less.
            let found = outline(cut.packages());
            let may_be_whole = expected.starts_with(&found) && !found.is_empty();
            assert!(told || may_be_whole, "{name} cut at {end}: {found}");
        }
    }
}

#[test]
fn places() {
    for (path, wanted) in [
        (SNAP, true),
        ("srv/snap/core/1/meta/snap.yaml", false),
        (FLATPAK, true),
        ("usr/share/metainfo/a.xml", false),
        (BITNAMI, true),
        ("opt/bitnami/.bitnami_components.json", true),
        ("opt/bitnami/redis/.spdx-redis.spdx.bak", false),
        ("home/linuxbrew/.linuxbrew/Cellar/a/1/INSTALL_RECEIPT.json", true),
    ] {
        assert_eq!(is_wanted(path), wanted, "{path}");
    }
}
