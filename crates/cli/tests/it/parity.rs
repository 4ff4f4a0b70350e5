//! A real Debian image of several layers: the same answers from everywhere, in little memory.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::daemons::{daemons, essence, import, in_containerd};
use crate::meter::Metered;
use crate::support::{cutaway, json, provided};

/// The folder of the image, and a copy of its docker archive that has a name.
struct Debian {
    folder: PathBuf,
    place: tempfile::TempDir,
}

impl Debian {
    fn open() -> Option<Self> {
        let folder = PathBuf::from(provided("CUTAWAY_FIXTURES", "fixtures")?).join("debian");
        if !folder.is_dir() || Command::new("skopeo").arg("--version").output().is_err() {
            eprintln!("skipped: no Debian image or no skopeo");
            return None;
        }
        Some(Self { folder, place: tempfile::tempdir().unwrap() })
    }

    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }
}

/// Scans within the bounds of memory, writing nothing.
fn scan(name: &str, change: impl FnOnce(&mut Command)) -> Value {
    let mut command = cutaway(&["scan", name, "--format", "json"]);
    command.stdin(Stdio::null());
    change(&mut command);
    metered(name, command)
}

fn metered(name: &str, command: Command) -> Value {
    let run = Metered::run(command);
    let report = json(&run.output);
    run.was_frugal(name);
    report
}

/// Returns what a file of the fixture says is in the image: its sorted names and versions.
fn truth(debian: &Debian) -> Vec<String> {
    let text = std::fs::read_to_string(debian.at("packages.tsv")).unwrap();
    text.lines().map(|line| line.split('\t').take(2).collect::<Vec<_>>().join(" ")).collect()
}

/// Compares a report with that of the layout, and with what a source without a manifest cannot know.
fn compare(report: &Value, wanted: &Value, knows_manifest: bool, name: &str) {
    assert_eq!(essence(report), essence(wanted), "{name}");
    assert_eq!(report["complete"], true, "{name}");
    for (layer, wanted) in layers(report).iter().zip(layers(wanted)) {
        assert_eq!(layer["created_by"], wanted["created_by"], "{name}");
        assert_eq!(layer["verified"], true, "{name}");
    }
    let digest = if knows_manifest { &wanted["image"]["digest"] } else { &Value::Null };
    assert_eq!(&report["image"]["digest"], digest, "{name}");
    let (unknown, others): (Vec<_>, Vec<_>) = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .cloned()
        .partition(|diagnostic| diagnostic["code"] == "no-manifest");
    assert_eq!(unknown.is_empty(), knows_manifest, "{name}");
    assert_eq!(Value::Array(others), wanted["diagnostics"], "{name}");
}

fn layers(report: &Value) -> &Vec<Value> {
    report["layers"].as_array().unwrap()
}

#[test]
fn files_and_streams_of_every_form_give_the_same() {
    let Some(debian) = Debian::open() else { return };
    let wanted = scan(&format!("oci:{}", debian.at("oci")), |_| ());
    let layers = layers(&wanted).len();
    assert!(layers >= 4 && !wanted["removed"].as_array().unwrap().is_empty(), "{layers} layers");
    let mut listed: Vec<_> = wanted["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let text = |key: &str| package[key].as_str().unwrap();
            format!("{} {}", text("name"), text("version"))
        })
        .collect();
    let mut truth = truth(&debian);
    listed.sort();
    truth.sort();
    assert_eq!(listed, truth);
    let (docker, oci) = (debian.at("docker-archive.tar"), debian.at("oci-archive.tar"));
    let gzip = compressed(Path::new(&docker), "gzip", &debian.beside("docker.tar.gz"));
    let zstd = compressed(Path::new(&docker), "zstd", &debian.beside("docker.tar.zst"));
    for (form, file, knows_manifest) in [
        ("oci-archive:", &oci, true),
        ("docker-archive:", &docker, false),
        ("docker-archive:", &gzip, false),
        ("", &zstd, false),
    ] {
        let name = format!("{form}{file}");
        compare(&scan(&name, |_| ()), &wanted, knows_manifest, &name);
    }
    for (file, knows_manifest) in [(&oci, true), (&docker, false), (&zstd, false)] {
        let report = scan("-", |command| {
            command.stdin(File::open(file).unwrap());
        });
        compare(&report, &wanted, knows_manifest, &format!("{file} on standard input"));
    }
}

#[test]
fn daemons_and_a_registry_give_the_same() {
    let Some(debian) = Debian::open() else { return };
    let layout = format!("oci:{}", debian.at("oci"));
    let wanted = scan(&layout, |_| ());
    if let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") {
        let name = format!("{registry}/cutaway/parity:1");
        copy(&format!("{layout}:latest"), &format!("docker://{name}"));
        compare(&scan(&name, |_| ()), &wanted, true, &name);
    }
    let saved = debian.beside("saved.tar");
    let (from, to) = (debian.at("docker-archive.tar"), saved.display());
    copy(&format!("docker-archive:{from}"), &format!("docker-archive:{to}:cutaway/debian:1"));
    for daemon in daemons() {
        let archive = File::open(&saved).unwrap();
        let length = archive.metadata().unwrap().len();
        daemon.load(archive, length);
        let name = format!("{}:cutaway/debian:1", daemon.kind);
        let report = metered(&name, daemon.command(&["scan", &name, "--format", "json"]));
        compare(&report, &wanted, false, &name);
    }
    if let Some(address) = provided("CUTAWAY_TEST_CONTAINERD", "containerd") {
        let socket = address.strip_prefix("unix://").unwrap();
        let archive = debian.at("oci-archive.tar");
        import(socket, Path::new(&archive), "docker.io/cutaway/debian");
        let name = "containerd:cutaway/debian:latest";
        let report = metered(name, in_containerd(socket, &["scan", name, "--format", "json"]));
        compare(&report, &wanted, true, name);
    }
}

/// Compresses a file as its tool does it in a hurry, and returns where the result is.
fn compressed(file: &Path, tool: &str, to: &Path) -> String {
    let mut command = Command::new(tool);
    command.args(["-1", "-c"]).arg(file).stdout(File::create(to).unwrap());
    assert!(command.status().unwrap().success(), "{tool}");
    to.display().to_string()
}

fn copy(from: &str, to: &str) {
    let mut command = Command::new("skopeo");
    command.args(["copy", "-q", "--insecure-policy", "--dest-tls-verify=false", from, to]);
    let copied = command.output().unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
}
