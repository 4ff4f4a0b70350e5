//! A database that was cut gives the same packages or an error, never fewer packages in silence.

use std::sync::Arc;

use cutaway_analyze::{Findings, Package};

use crate::bdb::{self, Order};
use crate::sqlite::{self, Form};
use crate::support::{APK, CHISEL, DPKG, OPKG, RPM, analyze, analyze_with, corpus_file};
use crate::{ndb, reencode};

/// Cuts `content` at every byte of `ends` and checks what `analyze` makes of it.
fn check(
    what: &str,
    content: &[u8],
    ends: impl Iterator<Item = usize>,
    analyze: impl Fn(&[u8]) -> Findings,
) {
    let whole = analyze(content);
    assert!(!whole.incomplete(), "{what}: {:?}", whole.diagnostics());
    assert!(!whole.packages().is_empty(), "{what}");
    for end in ends {
        let cut = analyze(&content[..end]);
        let same = || sorted(cut.packages()) == sorted(whole.packages());
        assert!(
            cut.incomplete() || (end == 0 && !cut.diagnostics().is_empty()) || same(),
            "{what} cut at {end}"
        );
    }
}

fn sorted(packages: &[Arc<Package>]) -> Vec<Arc<Package>> {
    let mut packages = packages.to_vec();
    packages.sort();
    packages
}

/// Three small headers of the corpus, so that every byte can be tried.
fn small() -> Option<Vec<Vec<u8>>> {
    let [_, mut headers] = reencode::headers()?;
    headers.sort_by_key(Vec::len);
    headers.truncate(3);
    Some(headers)
}

#[test]
fn bdb() {
    let Some(headers) = small() else { return };
    for (order, page_size) in [(Order::Little, 512), (Order::Big, 1024), (Order::Little, 65536)] {
        let database = bdb::write(&headers, order, page_size);
        let step = if page_size > 4096 { 97 } else { 1 };
        check("bdb", &database, (0..database.len()).step_by(step), |it| analyze(RPM, it));
    }
}

#[test]
fn ndb() {
    let Some(headers) = small() else { return };
    let database = ndb::write(&headers);
    check("ndb", &database, 0..database.len(), |it| analyze(RPM, it));
}

#[test]
fn sqlite() {
    let Some(headers) = small() else { return };
    for page_size in [512, 4096] {
        let (database, _) =
            sqlite::write(&headers, Form { page_size, encoding: "UTF-8", log: false });
        check("sqlite", &database, 0..database.len(), |it| analyze(RPM, it));
    }
}

#[test]
fn sqlite_log() {
    let Some(headers) = small() else { return };
    let page_size = 512;
    let (database, log) = sqlite::write(&headers, Form { page_size, encoding: "UTF-8", log: true });
    let whole = analyze_with(RPM, &database, Some(&log));
    assert_eq!(whole.packages().len(), 3);
    let frame = 24 + 512;
    for end in 1..log.len() {
        let cut = analyze_with(RPM, &database, Some(&log[..end]));
        // A log that ends with a commit is what the file was at that time: nothing can tell.
        let committed = end == 32
            || (end > 32
                && (end - 32).is_multiple_of(frame)
                && log[end - frame + 4..end - frame + 8] != [0; 4]);
        // Less than the salts of a frame is no frame.
        let rest = end.saturating_sub(32) % frame;
        let none = end >= 32 && (1..16).contains(&rest);
        assert!(
            cut.incomplete()
                || committed
                || none
                || sorted(cut.packages()) == sorted(whole.packages()),
            "{end}"
        );
    }
}

#[test]
fn chisel() {
    let Some(content) = corpus_file("chisel/openssl.wall") else { return };
    check("chisel", &content, 0..content.len(), |it| analyze(CHISEL, it));
    // Also where what was packed was cut before.
    let text = zstd::decode_all(content.as_slice()).unwrap();
    check("chisel's lines", &text, (1..text.len()).step_by(13), |it| {
        analyze(CHISEL, &zstd::encode_all(it, 1).unwrap())
    });
}

/// What ends with a whole line may be a whole file; everything else must be noticed.
#[test]
fn text() {
    for (path, name) in [
        (APK, "apk/extra-file-attributes.installed"),
        (DPKG, "dpkg/status-field-variants.status"),
        (DPKG, "dpkg/postgresql.status"),
        (OPKG, "opkg/openwrt.status"),
        (OPKG, "opkg/status-field-variants.status"),
        ("var/lib/rpmmanifest/container-manifest-2", "rpm/container-manifest-2"),
    ] {
        let Some(content) = corpus_file(name) else { return };
        let ends =
            (1..content.len()).filter(|end| content[end - 1] != b'\n' && content[*end] != b'\n');
        check(name, &content, ends, |it| analyze(path, it));
    }
}
