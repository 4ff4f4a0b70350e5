//! Which layer brought a package, and which one ended it.

use crate::support::{apk, codes, packages, removed, report};

const DB: &str = "lib/apk/db/installed";

#[test]
fn layers_bring_upgrade_and_end_packages() {
    let report = report(&format!(
        "layer gzip created_by=\"ADD rootfs\"\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20\\n\"\n{}\
         layer zstd created_by=\"RUN apk add c\"\n{}\
         layer plain created_by=\"RUN apk del a; apk upgrade b\"\n{}",
        apk(DB, &["a 1-r0", "b 1-r0"]),
        apk(DB, &["a 1-r0", "b 1-r0", "c 1-r0"]),
        apk(DB, &["b 2-r0", "c 1-r0"]),
    ));
    assert_eq!(packages(&report), ["b 2-r0@2", "c 1-r0@1"]);
    assert_eq!(removed(&report), ["a 1-r0@0-2"]);
    assert_eq!(report.layers[1].created_by.as_deref(), Some("RUN apk add c"));
    let distro = report.distro.as_ref().unwrap();
    assert_eq!(
        (distro.id.as_str(), distro.version_id.as_deref(), distro.layer),
        ("alpine", Some("3.20"), 0)
    );
    assert!(report.complete && codes(&report).is_empty(), "{:?}", report.diagnostics);
    assert_eq!(report.packages[0].purl, "pkg:apk/alpine/b@2-r0?arch=x86_64&distro=alpine-3.20");
}

#[test]
fn a_hidden_database_ends_all_its_packages() {
    let base = apk(DB, &["a 1-r0", "b 1-r0"]);
    for (what, upper) in [
        ("whiteout", "  lib/apk/db/.wh.installed\n".to_owned()),
        ("opaque directory", "  lib/apk/.wh..wh..opq\n".to_owned()),
        ("opaque root", "  .wh..wh..opq\n".to_owned()),
        ("whiteout of a parent", "  lib/.wh.apk\n".to_owned()),
        ("a file in the place of a parent", "  lib/apk 0644 \"x\"\n".to_owned()),
        ("an empty database", format!("  {DB} 0644\n")),
    ] {
        let report = report(&format!("layer gzip\n{base}layer gzip\n{upper}"));
        assert_eq!(packages(&report), [""; 0], "{what}");
        assert_eq!(removed(&report), ["a 1-r0@0-1", "b 1-r0@0-1"], "{what}");
    }
}

#[test]
fn the_dpkg_states_of_a_removed_package() {
    let status = |state: &str| {
        format!(
            "  var/lib/dpkg/status 0644 \"Package: a\\nStatus: {state}\\nArchitecture: amd64\\nVersion: 1:2-3\\n\"\n"
        )
    };
    let report = report(&format!(
        "layer gzip\n{}layer gzip\n{}",
        status("install ok installed"),
        status("deinstall ok config-files")
    ));
    assert_eq!(packages(&report), ["a 1:2-3@0"]);
    assert_eq!(report.packages[0].state, "config-files");
    assert_eq!(removed(&report), ["a 1:2-3@0-1"]);
    assert_eq!(report.packages[0].epoch, Some(1));
}

#[test]
fn a_layer_that_is_listed_twice_counts_twice_and_is_read_once() {
    let base = apk(DB, &["a 1-r0"]);
    let report = report(&format!(
        "layer gzip\n{base}layer gzip\n  lib/apk/db/.wh.installed\nlayer gzip\n{base}"
    ));
    assert_eq!(packages(&report), ["a 1-r0@2"]);
    assert_eq!(removed(&report), [""; 0]);
    assert_eq!(report.layers.len(), 3);
    assert_eq!(report.layers[0].digest, report.layers[2].digest);
}
