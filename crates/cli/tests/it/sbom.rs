//! Bills of materials of real databases: valid, whole, the same at any number of threads.

use std::path::Path;
use std::process::Stdio;
use std::str::FromStr as _;

use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder, image};
use cutaway_report::Report;
use packageurl::PackageUrl;
use serde_json::Value;

use crate::judge::Judge;
use crate::support::{
    OnDisk, alpine, corpus, cutaway, document, provided, run, status, stderr, stdout,
};

/// Databases of the corpus, where they lie in an image, and the distribution there.
const DATABASES: &[(&str, &str, &str)] = &[
    ("apk/alpine-3.18.installed", "lib/apk/db/installed", "ID=alpine\nVERSION_ID=3.18.4\n"),
    ("dpkg/texlive.status", "var/lib/dpkg/status", "ID=debian\nVERSION_ID=\"12\"\n"),
    ("dpkg/status-field-variants.status", "var/lib/dpkg/status", "ID=debian\n"),
    (
        "rpm/mariner-2.0.rpmdb.sqlite",
        "var/lib/rpm/rpmdb.sqlite",
        "ID=mariner\nVERSION_ID=\"2.0\"\nPRETTY_NAME=\"CBL-Mariner/Linux\"\n",
    ),
    (
        "rpm/sle-15-bci.Packages.db",
        "usr/lib/sysimage/rpm/Packages.db",
        "ID=sles\nVERSION_ID=\"15.4\"\nPRETTY_NAME=\"SUSE Linux Enterprise Server 15 SP4\"\n",
    ),
    ("rpm/epoch.bdb.Packages", "var/lib/rpm/Packages", "ID=alpine\nVERSION_ID=3.18.4\n"),
    (
        "chisel/openssl.wall",
        "var/lib/chisel/manifest.wall",
        "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n",
    ),
    ("opkg/openwrt.status", "usr/lib/opkg/status", "ID=openwrt\nVERSION_ID=\"23.05\"\n"),
];

/// An image that lies somewhere, by the name that the command line takes.
struct Place {
    name: String,
    _on_disk: Option<OnDisk>,
}

fn place(on_disk: OnDisk) -> Place {
    Place { name: on_disk.oci(), _on_disk: Some(on_disk) }
}

fn of_database(corpus: &Path, (file, path, release): (&str, &str, &str)) -> Place {
    let content = std::fs::read(corpus.join(file)).unwrap();
    let layer = LayerBuilder::new(Compression::Gzip { members: 1 })
        .file("etc/os-release", release)
        .file(path, content)
        .created_by("ADD rootfs.tar /");
    place(OnDisk::layout(&ImageBuilder::new().layer(layer).build()))
}

/// Returns every image of the corpus, and one of each database.
fn places(corpus: &Path) -> Vec<Place> {
    let archives = ["alpine-3.10.docker-archive.tar.gz", "symlink-cycle.docker-archive.tar"];
    let name = |file: &str| corpus.join("images").join(file).display().to_string();
    let archives = archives.map(|file| Place { name: name(file), _on_disk: None });
    let databases = DATABASES.iter().map(|row| of_database(corpus, *row));
    archives.into_iter().chain(databases).chain([place(OnDisk::layout(&alpine()))]).collect()
}

/// Scans with so many threads and returns a report in several forms.
fn forms(name: &str, threads: &str, options: &[&str]) -> [Vec<u8>; 3] {
    let folder = tempfile::tempdir().unwrap();
    let files = ["json", "cyclonedx-json", "spdx-json"];
    let words = files.map(|form| format!("{form}={}", folder.path().join(form).display()));
    let outputs = words.iter().flat_map(|word| ["-o", word]);
    let arguments: Vec<&str> =
        ["scan", name].into_iter().chain(outputs).chain(options.iter().copied()).collect();
    let output = cutaway(&arguments)
        .env("RAYON_NUM_THREADS", threads)
        .env("TOKIO_WORKER_THREADS", threads)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!([0, 5].contains(&status(&output)), "{name}: {}", stderr(&output));
    assert!(output.stdout.is_empty(), "nothing was asked of standard output");
    files.map(|form| std::fs::read(folder.path().join(form)).unwrap())
}

#[test]
fn bills_of_real_databases_are_valid_whole_and_stable() {
    let Some((corpus, judge)) = corpus().zip(Judge::find(is_purl)) else { return };
    for Place { name, _on_disk } in places(&corpus) {
        let first = forms(&name, "1", &[]);
        assert!(first == forms(&name, "16", &[]), "{name}: threads make a difference");
        let [report, bills @ ..] = first;
        let report = Report::read(report.as_slice()).unwrap();
        for bill in bills {
            let bill: Value = serde_json::from_slice(&bill).unwrap();
            let complaints = judge.complaints(&bill);
            assert!(complaints.is_empty(), "{name}: {complaints:#?}");
            assert_eq!(packages(&bill), report.installed().count(), "{name}");
        }
        let options = ["--sbom-version", "1.7", "--sbom-removed", "--sbom-source"];
        let [_, bills @ ..] = forms(&name, "2", &options);
        for bill in bills {
            let complaints = judge.complaints(&serde_json::from_slice(&bill).unwrap());
            assert!(complaints.is_empty(), "{name}: {complaints:#?}");
        }
    }
}

fn is_purl(text: &str) -> bool {
    PackageUrl::from_str(text).is_ok()
}

/// Counts the packages of a bill.
fn packages(bill: &Value) -> usize {
    let is_package = |it: &&Value| match it.get("SPDXID").and_then(Value::as_str) {
        Some(id) => id.starts_with("SPDXRef-Package-"),
        None => it["type"] != "operating-system",
    };
    let list = bill.get("components").unwrap_or(&bill["packages"]);
    list.as_array().unwrap().iter().filter(is_package).count()
}

#[test]
fn times_and_serial_numbers_are_what_was_asked_for() {
    let on_disk = OnDisk::layout(&alpine());
    let image = on_disk.oci();
    let bill = |options: &[&str], epoch: &str| -> Value {
        let arguments = [&["scan", &image, "--format", "cyclonedx-json"], options].concat();
        let output = cutaway(&arguments).env("SOURCE_DATE_EPOCH", epoch).output().unwrap();
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let plain = bill(&[], "");
    let dated = bill(&[], "1700000000");
    assert_eq!(dated["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
    assert_eq!(dated["metadata"]["properties"][0]["value"], "epoch");
    assert_eq!(plain["serialNumber"], dated["serialNumber"], "it is of the content");
    let random = bill(&["--sbom-serial", "random"], "");
    assert_ne!(plain["serialNumber"], random["serialNumber"]);
    assert!(bill(&["--sbom-serial", "none"], "").get("serialNumber").is_none());
    assert_eq!(bill(&["--sbom-time", "now"], "0")["metadata"]["properties"][0]["value"], "now");
    let text = bill(&["--sbom-compat", "none"], "").to_string();
    assert!(!text.contains("trivy") && plain.to_string().contains("aquasecurity:trivy:SrcName"));
    let wrong = cutaway(&["scan", &image]).env("SOURCE_DATE_EPOCH", "soon").output().unwrap();
    assert_eq!(status(&wrong), 2, "{}", stderr(&wrong));
}

#[test]
fn one_run_writes_several_forms() {
    let image = OnDisk::layout(&alpine());
    let file = |name: &str| image.path().join(name).display().to_string();
    let (bill, table) = (file("a.json"), file("table"));
    let word = format!("cyclonedx-json={bill}");
    let output = run(&["scan", &image.oci(), "--format", "json", "-o", &word]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(Report::read(output.stdout.as_slice()).is_ok(), "the form without a file is printed");
    let output = run(&["scan", &image.oci(), "-o", &table, "-o", &word]);
    assert_eq!((status(&output), output.stdout.len()), (0, 0), "{}", stderr(&output));
    assert!(std::fs::read_to_string(&table).unwrap().contains("PACKAGE"));
    for words in [&["-o", &word, "-o", &bill][..], &["-o", "spdx=a"], &["-f", "sbom"]] {
        let output = run(&[&["scan", &image.oci()], words].concat());
        assert_eq!((status(&output), output.stdout.len()), (2, 0), "{words:?}");
    }
}

#[test]
fn a_bill_read_back_has_the_packages_of_its_image() {
    let Some(corpus) = corpus() else { return };
    for Place { name, _on_disk } in places(&corpus) {
        let [report, bills @ ..] = forms(&name, "2", &[]);
        let report = Report::read(report.as_slice()).unwrap();
        let installed: Vec<_> = report.installed().cloned().collect();
        for bill in bills {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("bill");
            std::fs::write(&file, bill).unwrap();
            let output = run(&["scan", &format!("sbom:{}", file.display()), "-f", "json"]);
            assert_eq!(status(&output), if report.complete { 0 } else { 5 }, "{}", stderr(&output));
            let again = document(&output);
            assert_eq!(again["image"]["source"], "sbom");
            let again = Report::read(output.stdout.as_slice()).unwrap();
            assert!(again.packages == installed, "{name}: not the packages of the image");
            assert_eq!((&again.distro, &again.layers), (&report.distro, &report.layers), "{name}");
        }
    }
}

#[test]
fn what_is_no_bill_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bill").display().to_string();
    let name = format!("sbom:{file}");
    for (content, expected, said) in [
        ("", 4, "EOF"),
        ("{}", 4, "neither CycloneDX nor SPDX"),
        ("<bom/>", 4, "expected value"),
        (r#"{"bomFormat":"CycloneDX","components":3}"#, 4, "list of components"),
        (r#"{"bomFormat":"CycloneDX","specVersion":"1.4","components":[]}"#, 0, ""),
        (r#"{"spdxVersion":"SPDX-2.2","packages":null}"#, 0, ""),
        (r#"{"spdxVersion":"SPDX-2.2","packages":3}"#, 4, "a list"),
    ] {
        std::fs::write(&file, content).unwrap();
        let output = run(&["scan", &name, "--format", "json"]);
        assert_eq!(status(&output), expected, "{content}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{content}: {}", stderr(&output));
        assert_eq!(output.stdout.is_empty(), expected == 4);
    }
    let absent = run(&["scan", "sbom:/nonexistent/file"]);
    assert_eq!(status(&absent), 3, "{}", stderr(&absent));
    let limited = run(&["scan", &name, "--limit", "sbom_bytes=10"]);
    assert_eq!(status(&limited), 4, "{}", stderr(&limited));
    assert!(stderr(&limited).contains("sbom_bytes"), "{}", stderr(&limited));
    assert_eq!(status(&run(&["ls", &name])), 2);
}

#[test]
fn a_check_says_what_is_missing() {
    let image = OnDisk::layout(&alpine());
    let bill = image.path().join("bill").display().to_string();
    let write = |form: &str, options: &[&str]| {
        let file = format!("{form}={bill}");
        let output =
            run(&[&["scan", &image.oci(), "--sbom-time", "now", "-o", &file], options].concat());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    };
    for form in ["cyclonedx-json", "spdx-json"] {
        write(form, &[]);
        let output = run(&["sbom", "check", "--profile", "ntia", &bill, "-f", "json"]);
        assert_eq!(status(&output), 1, "{}", stderr(&output));
        let check = document(&output);
        let lacking = check["fields"].as_array().unwrap().iter().filter(|it| it["missing"] != 0);
        let names: Vec<&str> = lacking.map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!((names, check["components"].as_u64()), (vec!["author", "supplier"], Some(4)));
        write(form, &["--sbom-author", "A <a@example.com>", "--sbom-supplier", "S"]);
        let whole = run(&["sbom", "check", "--profile", "ntia", &bill]);
        assert_eq!(status(&whole), 0, "{}", stderr(&whole));
        assert_eq!(status(&run(&["sbom", "check", "--profile", "bsi", &bill])), 1);
    }
    assert_eq!(status(&run(&["sbom", "check", &bill])), 2);
    assert_eq!(status(&run(&["sbom", "check", "--profile", "ntia", "/nonexistent"])), 3);
}

#[test]
fn findings_and_snapshots_are_written() {
    let Some(judge) = Judge::find(is_purl) else { return };
    let odd = OnDisk::layout(&image(
        "layer gzip\n  etc/os-release 0644 \"ID=alpine\\n\"\n  lib/apk/db/installed 0644 \"P:a\\nV:1\\nF:opt\\nR:lost\\n\\nV:2\\n\\n\"\n  opt/a%20b 0644 \"x\"\n",
    ));
    let output = run(&["scan", &odd.oci(), "--owned", "-f", "sarif"]);
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let complaints = judge.complaints(&sarif);
    assert!(complaints.is_empty(), "{complaints:#?}");
    let run_of = &sarif["runs"][0];
    assert_eq!(run_of["invocations"][0]["executionSuccessful"], false);
    let rules = run_of["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run_of["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
    let has = |rule: &str, level: &str| {
        results.iter().any(|result| result["ruleId"] == rule && result["level"] == level)
    };
    assert!(has("file-unowned", "warning") && has("file-missing", "warning"), "{results:#?}");
    assert!(has("apk-record-without-name", "error"), "{results:#?}");

    let image = OnDisk::layout(&alpine());
    let mut command =
        cutaway(&["scan", &image.oci(), "-f", "github", "--github-ref", "refs/tags/1"]);
    let commit = "ab".repeat(20);
    command.env("GITHUB_SHA", &commit).env("GITHUB_WORKFLOW", "w").env("GITHUB_JOB", "j");
    let output = command.output().unwrap();
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let snapshot: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&snapshot["sha"], &snapshot["ref"]), (&commit.into(), &"refs/tags/1".into()));
    assert_eq!(snapshot["job"]["correlator"], "w_j");
    let resolved = &snapshot["manifests"]["lib/apk/db/installed"]["resolved"];
    assert_eq!(resolved.as_object().unwrap().len(), 2);
    let unnamed = run(&["scan", &image.oci(), "-f", "github"]);
    assert!(status(&unnamed) == 0 && stderr(&unnamed).contains("GITHUB_SHA"));
    assert_eq!(status(&run(&["scan", &image.oci(), "--github-sha", "abc"])), 2);
}

#[test]
fn a_hundred_runs_write_the_same() {
    let on_disk = OnDisk::layout(&alpine());
    let first = forms(&on_disk.oci(), "1", &[]);
    for number in 0..100 {
        let threads = if number % 2 == 0 { "16" } else { "1" };
        assert!(first == forms(&on_disk.oci(), threads, &[]), "run {number} differs");
    }
}

/// Programs of the packages cyclonedx-python-lib, spdx-tools and ntia-conformance-checker of PyPI, in
/// the folder that the variable names.
#[test]
#[ignore = "needs programs of PyPI: CUTAWAY_VALIDATORS names the bin folder of a venv with them"]
fn validators_of_others_accept_bills() {
    let Some(corpus) = corpus() else { return };
    let Some(folder) = provided("CUTAWAY_VALIDATORS", "validators of bills") else { return };
    const STRICT: &str = "import sys; from cyclonedx.validation.json import JsonStrictValidator; \
        from cyclonedx.schema import SchemaVersion; \
        sys.exit(str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()) or '') or 0)";
    let program = |name: &str, arguments: &[&str]| {
        let program = Path::new(&folder).join(name);
        let output = std::process::Command::new(program).args(arguments).output().unwrap();
        (status(&output), stdout(&output), stderr(&output))
    };
    for Place { name, _on_disk } in places(&corpus) {
        let named = ["--sbom-supplier", "S", "--sbom-author", "A <a@example.com>"];
        let [report, cyclonedx, spdx] = forms(&name, "2", &named);
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.display().to_string()
        };
        let (cyclonedx, spdx) = (file("a.cdx.json", &cyclonedx), file("a.spdx.json", &spdx));
        let strict = program("python", &["-c", STRICT, &cyclonedx]);
        assert_eq!(strict.0, 0, "{name}: {strict:?}");
        let tools = program("pyspdxtools", &["-i", &spdx]);
        assert_eq!(tools.0, 0, "{name}: {tools:?}");
        // It wants versions and suppliers of all. A release file need not name a version, and who supplies
        // what the distribution's package manager did not install is not known.
        let report = Report::read(report.as_slice()).unwrap();
        let is_versioned = report.distro.as_ref().is_none_or(|it| it.version_id.is_some());
        let is_supplied =
            report.installed().all(|it| it.vendor.is_some() || it.purl.contains("distro="));
        let ntia = program("ntia-checker", &[&spdx]);
        assert_eq!(
            ntia.1.contains("Conformant: True"),
            is_versioned && is_supplied,
            "{name}: {ntia:?}"
        );
    }
}
