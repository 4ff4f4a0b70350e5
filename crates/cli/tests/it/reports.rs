//! Reports: the keys that programs rely on, and what people see.

use cutaway_fixtures::{ArchiveShape, Compression, DockerArchive, Layout, image};
use serde_json::{Value, json};

use crate::support::{
    OnDisk, alpine, cutaway, json as parsed, run, run_with, status, stderr, stdout,
};

#[test]
fn kinds_of_packages_are_chosen() {
    let image = OnDisk::layout(&alpine());
    let count = |kind: &str| {
        let report = parsed(&run(&["scan", &image.oci(), "--format", "json", "--kind", kind]));
        report["packages"].as_array().unwrap().len()
    };
    let [all, apk, system, languages] = ["os,lang", "apk", "os", "lang"].map(count);
    assert!(all > 0 && apk == all && system == all && languages == 0);
}

#[test]
fn the_json_has_every_key_of_its_schema() {
    let image = OnDisk::layout(&alpine());
    let report = parsed(&run(&["scan", &image.oci(), "--format", "json"]));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&report),
        [
            "schema",
            "image",
            "created",
            "distro",
            "layers",
            "packages",
            "removed",
            "bundled",
            "keys",
            "diagnostics",
            "complete"
        ]
        .map(String::from)
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert_eq!(report["schema"], "cutaway.scan/1");
    assert_eq!(report["image"]["source"], "oci");
    assert_eq!(
        report["image"]["platform"],
        json!({"os": "linux", "architecture": "amd64", "variant": null})
    );
    assert_eq!(
        report["distro"],
        json!({"id": "alpine", "version_id": "3.20.1", "codename": null, "pretty_name": "Alpine Linux v3.20",
               "id_like": [], "path": "etc/os-release", "layer": 0, "eol": "2026-04-01"})
    );
    assert_eq!(report["layers"][1]["created_by"], "RUN apk add c");
    assert_eq!(report["layers"][1]["verified"], true);
    assert_eq!(
        report["packages"],
        json!([
            {"kind": "apk", "name": "b", "version": "2-r0", "epoch": null, "release": null, "arch": "x86_64",
             "source": {"name": "src", "version": null}, "licenses": ["MIT"], "vendor": null, "state": "installed",
             "purl": "pkg:apk/alpine/b@2-r0?arch=x86_64&distro=alpine-3.20.1&upstream=src",
             "database": "lib/apk/db/installed", "layer": 1},
            {"kind": "apk", "name": "c", "version": "1-r0", "epoch": null, "release": null, "arch": "x86_64",
             "source": null, "licenses": [], "vendor": null, "state": "installed",
             "purl": "pkg:apk/alpine/c@1-r0?arch=x86_64&distro=alpine-3.20.1",
             "database": "lib/apk/db/installed", "layer": 1},
        ])
    );
    assert_eq!(report["removed"][0]["name"], "a");
    assert_eq!(report["removed"][0]["hidden_by"], 1);
    assert_eq!(report["complete"], true);
}

#[test]
fn two_runs_print_the_same_bytes() {
    let image = OnDisk::layout(&alpine());
    let first = run(&["scan", &image.oci(), "--format", "json"]);
    for _ in 0..5 {
        assert_eq!(run(&["scan", &image.oci(), "--format", "json"]).stdout, first.stdout);
    }
}

#[test]
fn the_table_is_made_for_people() {
    let image = OnDisk::layout(&alpine());
    let text = stdout(&run(&["scan", &image.oci()]));
    for line in [
        "distro    Alpine Linux v3.20 (etc/os-release, layer 0)",
        "2 packages",
        "PACKAGE  VERSION  ARCH    KIND  LAYER  SOURCE",
        "b        2-r0     x86_64  apk       1  src",
        "1 removed: still shipped by a lower layer",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains('\x1b'));
    assert!(stdout(&run(&["scan", &image.oci(), "--color", "always"])).contains("\x1b[1m"));
}

#[test]
fn purls_are_one_a_line() {
    let image = OnDisk::layout(&alpine());
    let text = stdout(&run(&["scan", &image.oci(), "--format", "purls"]));
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().all(|line| line.starts_with("pkg:apk/alpine/")));
}

/// Two packages that are installed, the second as `state` says, and one of which configuration is left.
fn dpkg(state: &str) -> OnDisk {
    let record = |name: &str, status: &str| {
        format!("Package: {name}\\nStatus: {status}\\nArchitecture: all\\nVersion: 1\\n\\n")
    };
    let records = [
        record("a", "install ok installed"),
        record("b", state),
        record("c", "deinstall ok config-files"),
    ];
    let status = records.concat();
    OnDisk::layout(&image(&format!("\nlayer gzip\n  var/lib/dpkg/status 0644 \"{status}\"\n")))
}

#[test]
fn what_is_installed_is_counted_alike() {
    let (a, b) = (dpkg("install ok installed"), dpkg("install ok triggers-pending"));
    for image in [&a, &b] {
        assert_eq!(stdout(&run(&["scan", &image.oci(), "--format", "purls"])).lines().count(), 2);
        let table = stdout(&run(&["scan", &image.oci()]));
        assert!(table.contains("\n2 packages, 1 not installed\n"), "{table}");
        let history = parsed(&run(&["history", &image.oci(), "--format", "json"]));
        let installed = &history["steps"][0]["packages"]["installed"];
        assert_eq!(installed.as_array().unwrap().len(), 2);
        let report = parsed(&run(&["scan", &image.oci(), "--format", "json"]));
        assert_eq!(report["packages"].as_array().unwrap().len(), 3, "the list keeps every state");
    }
    let diff = parsed(&run(&["diff", &a.oci(), &b.oci(), "--read-base", "--format", "json"]));
    let none = json!([]);
    let packages = &diff["packages"];
    assert_eq!(
        [&packages["added"], &packages["removed"], &packages["changed"]],
        [&none, &none, &none]
    );
}

#[test]
fn every_source_on_disk_and_standard_input_say_the_same() {
    let image = alpine();
    let report = |output| {
        let mut report = parsed(&output);
        report["image"]["name"] = Value::Null;
        report["image"]["source"] = Value::Null;
        report
    };
    let expected = report(run(&["scan", &OnDisk::layout(&image).oci(), "--format", "json"]));
    for compression in [Compression::Plain, Compression::GZIP, Compression::ZSTD] {
        let shape = ArchiveShape { compression, ..ArchiveShape::default() };
        let oci = Layout::new().image("1", &image).archive(&shape);
        let file = OnDisk::archive(&oci);
        for argument in [
            file.file(),
            format!("oci-archive:{}", file.file()),
            format!("oci-archive:{}:1", file.file()),
        ] {
            assert_eq!(
                report(run(&["scan", &argument, "--format", "json"])),
                expected,
                "{argument} {compression:?}"
            );
        }
        assert_eq!(report(run_with(&["scan", "-", "--format", "json"], &oci)), expected);
        let docker = DockerArchive::new().image(&["app:1"], &image).shape(shape).archive();
        let file = OnDisk::archive(&docker);
        for output in [
            run(&["scan", &file.file(), "--format", "json"]),
            run(&["scan", &format!("docker-archive:{}:app:1", file.file()), "--format", "json"]),
            run_with(&["scan", "-", "--format", "json"], &docker),
        ] {
            let found = report(output);
            for key in ["distro", "packages", "removed"] {
                assert_eq!(found[key], expected[key], "{key} {compression:?}");
            }
            let said: Vec<_> = found["diagnostics"].as_array().unwrap().iter().collect();
            assert_eq!((said.len(), &said[0]["code"]), (1, &"no-manifest".into()));
            assert_eq!(found["image"]["id"], expected["image"]["id"]);
            assert_eq!(found["image"]["digest"], Value::Null);
            assert_eq!(found["layers"][0]["diff_id"], expected["layers"][0]["diff_id"]);
        }
    }
}

#[test]
fn a_report_goes_to_a_file_as_a_whole() {
    let image = OnDisk::layout(&alpine());
    let file = image.path().join("report.json");
    let file = file.to_str().unwrap();
    let output = run(&["scan", &image.oci(), "--format", "json", "-o", file]);
    assert_eq!((status(&output), output.stdout.len()), (0, 0), "{}", stderr(&output));
    assert!(std::fs::read_to_string(file).unwrap().ends_with("}\n"));
    let output = run(&["scan", &image.oci(), "-o", "/nonexistent/report"]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).starts_with("error: cannot write /nonexistent/report"));
}

#[test]
fn inspect_claims_and_verifies() {
    let image = OnDisk::layout(&alpine());
    let claimed = parsed(&run(&["inspect", &image.oci(), "--format", "json"]));
    assert_eq!(claimed["layers"][0]["status"], "claimed");
    assert_eq!(claimed["layers"][0]["uncompressed_size"], Value::Null);
    let verified = parsed(&run(&["inspect", &image.oci(), "--format", "json", "--verify"]));
    assert_eq!(verified["layers"][1]["status"], "verified");
    for key in ["digest", "diff_id", "chain_id", "size", "created_by"] {
        assert_eq!(claimed["layers"][1][key], verified["layers"][1][key], "{key}");
    }
    let text = stdout(&run(&["inspect", &image.oci()]));
    assert!(text.contains("claimed") && text.contains("RUN apk add c"), "{text}");
}

#[test]
fn nothing_is_written_to_the_temporary_place() {
    let image = OnDisk::layout(&alpine());
    let scratch = tempfile::tempdir().unwrap();
    let output = cutaway(&["scan", &image.oci()])
        .env("TMPDIR", scratch.path())
        .current_dir(scratch.path())
        .output();
    assert!(output.unwrap().status.success());
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn devices_and_links_stay_what_they_are() {
    let image = OnDisk::layout(&alpine());
    assert_eq!(status(&run(&["scan", &image.oci(), "-o", "/dev/null"])), 0);
    let null = std::fs::metadata("/dev/null").unwrap();
    assert!(!null.is_file());
    let (target, link) = (image.path().join("target"), image.path().join("link"));
    std::fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert_eq!(status(&run(&["scan", &image.oci(), "-o", link.to_str().unwrap()])), 0);
    assert!(link.is_symlink());
    assert!(std::fs::read_to_string(&target).unwrap().contains("2 packages"));
    assert!(stdout(&run(&["scan", &image.oci(), "-o", "-"])).contains("2 packages"));
}
