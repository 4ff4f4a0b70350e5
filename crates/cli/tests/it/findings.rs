//! What is said of findings: who brought them, who exploits them, who accepts them, and in which form.

use std::path::Path;

use cutaway_fixtures::{ImageBuilder, image};
use serde_json::{Value, json};

use crate::advisories::{database_of, record};
use crate::support::{OnDisk, alpine, document, run, status, stderr, stdout};

/// An image that has `src` in its second layer.
const TEXT: &str = r#"
layer gzip created_by="ADD rootfs.tar /"
  etc/os-release 0644 "ID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME=\"Alpine Linux v3.20\"\n"
  lib/apk/db/installed 0644 "P:a\nV:1-r0\nA:x86_64\n\nP:b\nV:1-r0\nA:x86_64\nL:MIT\no:src\n\n"
layer zstd created_by="RUN apk add c"
  lib/apk/db/installed 0644 "P:b\nV:2-r0\nA:x86_64\nL:MIT\no:src\n\n"
"#;

/// The image of [`alpine`] without its second layer.
fn base() -> OnDisk {
    OnDisk::layout(&image(
        r#"
layer gzip created_by="ADD rootfs.tar /"
  etc/os-release 0644 "ID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME=\"Alpine Linux v3.20\"\n"
  lib/apk/db/installed 0644 "P:a\nV:1-r0\nA:x86_64\n\nP:b\nV:1-r0\nA:x86_64\nL:MIT\no:src\n\n"
"#,
    ))
}

/// Flaws of what is there (`src`, `c`) and of what is not any more (`a`).
fn advisories(folder: &Path) -> String {
    let of = |id: &str, name: &str, fixed| record(id, "Alpine:v3.20", name, fixed);
    database_of(
        folder,
        &[
            of("ALPINE-CVE-2024-1", "src", Some("3-r0")),
            of("ALPINE-CVE-2024-2", "c", Some("2-r0")),
            of("ALPINE-CVE-2024-3", "a", None),
        ],
    )
}

#[test]
fn layers_and_their_steps_are_told() {
    let (image, base) = (OnDisk::layout(&alpine()), base());
    let (name, db) = (image.oci(), advisories(image.path()));
    let scan =
        |more: &[&str]| run(&[&["-q", "scan", &name, "--vuln", "--db", &db][..], more].concat());
    let told = document(&scan(&["--format", "json", "--base", &base.oci(), "--vuln-removed"]));
    let found = told["vulnerabilities"].as_array().unwrap();
    let brought: Vec<Value> = found
        .iter()
        .map(|it| {
            let package = &it["package"];
            json!([it["id"], package["created_by"], package["in_base"], package["hidden_by"]])
        })
        .collect();
    assert_eq!(
        brought,
        [
            json!(["CVE-2024-1", "RUN apk add c", false, null]),
            json!(["CVE-2024-2", "RUN apk add c", false, null]),
            json!(["CVE-2024-3", "ADD rootfs.tar /", true, 1]),
        ]
    );
    let table = stdout(&scan(&["--base", &base.oci()]));
    assert!(table.contains("brought by") && table.contains("this image"), "{table}");
    for (more, expected) in [
        (&["--fail-on", "high", "--only-fixable-here", "--base", &base.oci()][..], 1),
        // All of it is the base's.
        (&["--fail-on", "high", "--only-fixable-here", "--base", &name], 0),
        // Nothing says what the base is.
        (&["--fail-on", "high", "--only-fixable-here"], 2),
        (&["--fail-on", "kev"], 0),
    ] {
        let told = scan(more);
        assert_eq!(status(&told), expected, "{more:?}: {}", stderr(&told));
    }
    // What is gone is told and refused by no gate.
    let gone = database_of(base.path(), &[record("ALPINE-CVE-2024-3", "Alpine:v3.20", "a", None)]);
    let told = run(&["-q", "scan", &name, "--db", &gone, "--vuln-removed", "--fail-on", "high"]);
    assert_eq!(status(&told), 0, "{}", stderr(&told));
}

#[test]
fn an_annotation_names_the_base() {
    let base = base();
    let key = "org.opencontainers.image.base.name";
    let annotated = ImageBuilder::parse(TEXT).unwrap().annotation(key, base.oci());
    let image = OnDisk::layout(&annotated.build());
    let db = advisories(image.path());
    let gate = ["--fail-on", "high", "--only-fixable-here"];
    let told = run(&[&["-q", "scan", &image.oci(), "--db", &db][..], &gate].concat());
    assert_eq!(status(&told), 1, "{}", stderr(&told));
}

#[test]
fn exploits_and_statements_are_heeded() {
    let image = OnDisk::layout(&alpine());
    let (name, folder) = (image.oci(), image.path());
    let file = |name: &str, text: &str| {
        let path = folder.join(name).display().to_string();
        std::fs::write(&path, text).unwrap();
        path
    };
    advisories(folder);
    let kev = file(
        "kev.json",
        r#"{"vulnerabilities": [{"cveID": "CVE-2024-1", "dateAdded": "2024-02-01"}]}"#,
    );
    let epss = file(
        "epss.csv",
        "#score_date:2026-01-02T00:00:00Z\ncve,epss,percentile\nCVE-2024-1,0.94,0.99\n",
    );
    let (db, osv) =
        (folder.join("e.db").display().to_string(), folder.join("osv").display().to_string());
    let built = run(&["db", "build", "--osv", &osv, "--kev", &kev, "--epss", &epss, "-o", &db]);
    assert_eq!((status(&built), stderr(&built).as_str()), (0, ""));
    let scan =
        |more: &[&str]| run(&[&["-q", "scan", &name, "--vuln", "--db", &db][..], more].concat());
    let told = document(&scan(&["--format", "json"]));
    assert_eq!(told["vulnerabilities"][0]["kev"]["added"], "2024-02-01");
    assert_eq!(told["vulnerabilities"][0]["epss"]["score"], 0.94);
    assert!(stdout(&scan(&[])).contains("94.00%"));
    assert_eq!(status(&scan(&["--fail-on", "kev"])), 1);
    let purl = told["vulnerabilities"][0]["package"]["purl"].as_str().unwrap();
    let vex = file(
        "vex.json",
        &json!({"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2024-01-01T00:00:00Z",
            "statements": [{"vulnerability": {"name": "CVE-2024-1"}, "status": "not_affected",
                "justification": "component_not_present", "products": [{"@id": purl}]}]})
        .to_string(),
    );
    assert_eq!(status(&scan(&["--fail-on", "kev", "--vex", &vex])), 0);
    let told = document(&scan(&["--format", "json", "--vex", &vex]));
    assert_eq!(told["vulnerabilities"][0]["suppressed"]["by"], "vex");
    assert_eq!(status(&scan(&["--vex", &kev])), 2);
    // What we write of it we read again.
    let own = folder.join("own.json").display().to_string();
    let written = scan(&["--vex", &vex, "-o", &format!("cyclonedx-vex={own}")]);
    assert_eq!(status(&written), 0, "{}", stderr(&written));
    assert_eq!(status(&scan(&["--fail-on", "kev", "--vex", &own])), 0);
    for form in ["sarif", "gitlab", "junit", "cyclonedx-json", "cyclonedx-vex"] {
        let told = scan(&["--format", form]);
        assert!(stdout(&told).contains("CVE-2024-1"), "{form}: {}", stderr(&told));
        assert_eq!(told.stdout, scan(&["--format", form]).stdout, "{form}");
    }
}

#[test]
fn databases_are_pushed_pulled_and_kept() {
    let image = OnDisk::layout(&alpine());
    let folder = image.path();
    let path = |name: &str| folder.join(name).display().to_string();
    let (osv, groups, cache) = (path("osv"), path("groups/"), path("cache"));
    let records = [
        record("ALPINE-CVE-2024-1", "Alpine:v3.20", "src", Some("3-r0")),
        record("GHSA-1", "npm", "a", Some("1.3.0")),
    ];
    let one = database_of(folder, &records);
    let built = run(&["db", "build", "--osv", &osv, "-o", &groups]);
    assert_eq!((status(&built), stderr(&built).as_str()), (0, ""));
    let mut names: Vec<_> = std::fs::read_dir(&groups)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["Alpine.db", "npm.db"]);
    for db in [&one, &groups] {
        let told = run(&["db", "query", db, "npm", "a", "1.0.0", "1.3.0"]);
        assert_eq!(stdout(&told), "1.0.0\tGHSA-1\n1.3.0\t-\n", "{db}: {}", stderr(&told));
        assert_eq!(status(&run(&["db", "info", "--verify", db])), 0);
    }
    let scan = |more: &[&str]| {
        let rest = ["--vuln", "--format", "json", "--cache-dir", &cache];
        run(&[&["-q", "scan", &image.oci()][..], &rest, more].concat())
    };
    // Nothing lies there yet.
    assert_eq!(status(&scan(&[])), 5);
    let layout = format!("oci:{}:1", path("pushed"));
    let pushed = run(&["db", "push", &groups, &layout]);
    assert_eq!(status(&pushed), 0, "{}", stderr(&pushed));
    let digest = stdout(&pushed);
    assert_eq!(stdout(&run(&["digest", &layout])), digest);
    for command in ["pull", "update"] {
        let told = run(&["db", command, &layout, "--cache-dir", &cache]);
        assert_eq!((status(&told), stderr(&told).as_str()), (0, ""));
    }
    let kept = document(&scan(&[]));
    assert_eq!(kept["vulnerabilities"][0]["id"], "CVE-2024-1");
    assert_eq!(kept["vulnerabilities"], document(&scan(&["--db", &one]))["vulnerabilities"]);
    assert_eq!(kept, document(&scan(&["--db", &layout])));
    assert_eq!(kept, document(&scan(&["--db", &groups])));
    // One that is no database, and one that fails beside one that does not.
    assert_eq!(status(&run(&["db", "pull", &image.oci(), "--cache-dir", &cache])), 5);
    let told = run(&["db", "update", &image.oci(), &layout, "--cache-dir", &cache]);
    assert_eq!(status(&told), 0);
    assert!(stderr(&told).contains("no database of advisories"), "{}", stderr(&told));
    assert_eq!(status(&run(&["db", "push", &one, "registry.example/a"])), 2);
}

/// A bill of Syft's names packages by their package URLs alone, and gives the same findings as the image.
#[test]
fn bills_of_other_programs_are_matched_alike() {
    let image = OnDisk::layout(&alpine());
    let db = advisories(image.path());
    let name = image.oci();
    let scanned = document(&run(&["-q", "scan", &name, "--vuln", "--db", &db, "--format", "json"]));
    let components: Vec<Value> = scanned["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            json!({"type": "library", "bom-ref": package["purl"], "name": package["name"],
                "version": package["version"], "purl": package["purl"],
                "properties": [{"name": "syft:package:type", "value": "apk"}]})
        })
        .chain([json!({"type": "operating-system", "bom-ref": "os:alpine", "name": "alpine", "version": "3.20.1"})])
        .collect();
    let bill = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "container", "name": "app", "bom-ref": "app"}},
        "components": components});
    let file = image.path().join("syft.json").display().to_string();
    std::fs::write(&file, bill.to_string()).unwrap();
    let bill = format!("sbom:{file}");
    let told = document(&run(&["-q", "match", &bill, "--db", &db, "--format", "json"]));
    let short = |document: &Value| -> Vec<Value> {
        let found = document["vulnerabilities"].as_array().unwrap().iter();
        found
            .map(|it| {
                json!([
                    it["id"],
                    it["package"]["purl"],
                    it["state"],
                    it["fixed_version"],
                    it["source"]
                ])
            })
            .collect()
    };
    assert_eq!(short(&told), short(&scanned));
    assert!(!short(&told).is_empty());
}
