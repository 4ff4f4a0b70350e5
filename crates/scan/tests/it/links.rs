//! Databases behind links, and what one pass over a layer cannot know.

use cutaway_fixtures::{ArchiveShape, Layout, image};

use crate::support::{apk, codes, options, packages, report, scan_bytes};

#[test]
fn a_database_is_found_behind_links() {
    let content = apk("data/db", &["a 1-r0"]);
    for (what, text) in [
        (
            "hard link in its layer",
            format!("layer gzip\n{content}  lib/apk/db/installed => data/db\n"),
        ),
        (
            "hard link to a lower layer",
            format!("layer gzip\n{content}layer gzip\n  lib/apk/db/installed => data/db\n"),
        ),
        (
            "symbolic link to a lower layer",
            format!("layer gzip\n{content}layer gzip\n  lib/apk/db/installed -> /data/db\n"),
        ),
        (
            "relative symbolic link",
            format!("layer gzip\n{content}  lib/apk/db/installed -> ../../../data/db\n"),
        ),
        (
            "linked directory",
            format!(
                "layer gzip\n{}layer gzip\n  lib/apk/db -> ../../data\n",
                apk("data/installed", &["a 1-r0"])
            ),
        ),
        (
            "merged usr",
            format!(
                "layer gzip\n  lib -> usr/lib\n{}",
                apk("usr/lib/apk/db/installed", &["a 1-r0"])
            ),
        ),
    ] {
        let report = report(&text);
        let names: Vec<String> =
            report.packages.iter().map(|package| package.name.clone()).collect();
        assert_eq!(names, ["a"], "{what}: {:?}", report.diagnostics);
        assert!(report.complete, "{what}");
    }
}

#[test]
fn the_real_path_is_reported_and_counted_once() {
    let report = report(&format!(
        "layer gzip\n  lib -> usr/lib\n{}",
        apk("usr/lib/apk/db/installed", &["a 1-r0"])
    ));
    assert_eq!(report.packages.len(), 1);
    assert_eq!(report.packages[0].database, "usr/lib/apk/db/installed");
}

#[test]
fn an_upper_layer_writes_through_a_linked_parent() {
    let report = report(&format!(
        "layer gzip\n  usr/lib/ 0755\n  lib -> usr/lib\n{}layer gzip\n{}",
        apk("usr/lib/apk/db/installed", &["a 1-r0"]),
        apk("lib/apk/db/installed", &["a 1-r0", "b 1-r0"]),
    ));
    assert_eq!(packages(&report), ["a 1-r0@0", "b 1-r0@1"]);
}

#[test]
fn a_loop_is_said_and_not_followed() {
    let report = report("layer gzip\n  lib/apk -> apk\n");
    assert_eq!(codes(&report), ["database-unreadable"]);
    assert!(!report.complete);
}

#[test]
fn what_has_passed_is_said() {
    let image = image(&format!(
        "layer gzip\n{}layer gzip\n  lib/apk/db/installed -> /data/db\n",
        apk("data/db", &["a 1-r0"])
    ));
    let archive = Layout::new().image("test", &image).archive(&ArchiveShape::default());
    let report = scan_bytes(archive, &options()).unwrap();
    assert_eq!(codes(&report), ["database-unread"]);
    assert!(!report.complete);
}
