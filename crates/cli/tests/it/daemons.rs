//! Real daemons: the same answers from them as from everywhere else, streamed.

use std::io::{Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cutaway_fixtures::{DockerArchive, Layout, image};
use serde_json::Value;

use crate::support::{alpine, cutaway, json, provided, run, run_with, status, stderr, stdout};

/// A daemon that the test run has started.
pub(crate) struct Daemon {
    pub(crate) kind: &'static str,
    variable: &'static str,
    address: String,
}

/// Returns those that speak Docker's API.
pub(crate) fn daemons() -> Vec<Daemon> {
    let known = [
        ("docker", "DOCKER_HOST", "CUTAWAY_TEST_DOCKER"),
        ("podman", "CONTAINER_HOST", "CUTAWAY_TEST_PODMAN"),
    ];
    let provided = known.map(|(kind, variable, told)| {
        Some(Daemon { kind, variable, address: provided(told, kind)? })
    });
    provided.into_iter().flatten().collect()
}

impl Daemon {
    /// Loads a `docker save` archive of so many bytes.
    pub(crate) fn load(&self, mut archive: impl Read, length: u64) {
        let mut stream =
            UnixStream::connect(self.address.strip_prefix("unix://").unwrap()).unwrap();
        write!(stream, "POST /images/load HTTP/1.0\r\nContent-Type: application/x-tar\r\nContent-Length: {length}\r\n\r\n").unwrap();
        std::io::copy(&mut archive, &mut stream).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("Loaded image"), "{answer}");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cutaway(arguments);
        command.env(self.variable, &self.address).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

/// What has to be the same from every source.
pub(crate) fn essence(report: &Value) -> Value {
    let layers = report["layers"].as_array().unwrap().iter();
    let diff_ids: Vec<_> = layers.map(|layer| layer["diff_id"].clone()).collect();
    serde_json::json!([
        report["image"]["id"],
        diff_ids,
        report["distro"],
        report["packages"],
        report["removed"]
    ])
}

#[test]
fn a_small_image_is_the_same_from_daemons() {
    let image = alpine();
    let archive = DockerArchive::new().image(&["cutaway/small:1"], &image).archive();
    let wanted = essence(&json(&run_with(&["scan", "-", "--format", "json"], &archive)));
    for daemon in daemons() {
        daemon.load(archive.as_slice(), u64::try_from(archive.len()).unwrap());
        let name = format!("{}:cutaway/small:1", daemon.kind);
        let report = json(&daemon.run(&["scan", &name, "--format", "json"]));
        assert_eq!(essence(&report), wanted, "{name}");
        assert_eq!(report["image"]["source"], daemon.kind);
        assert_eq!(report["image"]["name"], name);
        assert_eq!(report["image"]["digest"], Value::Null);
        let by_id = format!("{}:{}", daemon.kind, image.id());
        let by_id = json(&daemon.run(&["scan", &by_id, "--format", "json"]));
        assert_eq!(essence(&by_id), wanted);
        let config = daemon.run(&["config", &name]);
        assert_eq!(config.stdout, image.config.bytes, "{}", stderr(&config));
        assert_eq!(status(&daemon.run(&["validate", &name])), 0);
        let exported = daemon.run(&["export", &name]);
        assert_eq!(status(&exported), 0, "{}", stderr(&exported));
        assert!(exported.stdout.ends_with(&[0; 1024]));
        let place = tempfile::tempdir().unwrap();
        for format in ["tarball", "oci"] {
            let target = place.path().join(format).display().to_string();
            let pulled = daemon.run(&["pull", &name, &target, "--format", format]);
            assert_eq!(status(&pulled), 0, "{name} {format}: {}", stderr(&pulled));
            assert_eq!(run(&["config", &target]).stdout, image.config.bytes, "{name} {format}");
            assert_eq!(status(&run(&["validate", &target])), 0, "{name} {format}");
        }
        let shown = json(&daemon.run(&["inspect", &name, "--format", "json"]));
        assert_eq!(shown["layers"][0]["status"], "verified");
        let missing = daemon.run(&["scan", &format!("{}:cutaway/none:1", daemon.kind)]);
        assert_eq!((status(&missing), missing.stdout.len()), (3, 0), "{}", stderr(&missing));
    }
}

#[test]
fn images_of_a_daemon_share_what_they_share() {
    let base = "layer gzip\n  etc/ 0755\nlayer gzip\n  b 0644 \"b\"\nlayer gzip\n  c 0644 \"c\"\n";
    let image =
        |content: &str| image(&format!("{base}layer gzip\n  etc/motd 0644 \"{content}\"\n"));
    let (a, b) = (image("one"), image("two"));
    for daemon in daemons() {
        for (tag, image) in [("cutaway/shared:a", &a), ("cutaway/shared:b", &b)] {
            let archive = DockerArchive::new().image(&[tag], image).archive();
            daemon.load(archive.as_slice(), u64::try_from(archive.len()).unwrap());
        }
        let [a, b] = ["a", "b"].map(|tag| format!("{}:cutaway/shared:{tag}", daemon.kind));
        let diff = json(&daemon.run(&["diff", &a, &b, "--format", "json"]));
        // All of it has passed, so nothing is spared.
        assert_eq!((&diff["shared_layers"], &diff["spared_layers"]), (&3.into(), &0.into()));
        let files = diff["files"].as_array().unwrap();
        assert!(files.iter().map(|file| &file["path"]).eq(["etc/motd"]), "{diff}");
        let text = stdout(&daemon.run(&["diff", &a, &b]));
        assert!(text.contains("3 layers at the base shared"), "{text}");
    }
}

/// Imports an OCI archive into containerd under `name` and the tag that it has there.
pub(crate) fn import(socket: &str, archive: &Path, name: &str) {
    let archive = archive.to_str().unwrap();
    ctr(socket, &["images", "import", "--no-unpack", "--base-name", name, archive]);
}

fn ctr(socket: &str, arguments: &[&str]) {
    let mut command = Command::new("ctr");
    command.args(["-a", socket, "-n", "cutaway-test"]).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns the command that reads from there.
pub(crate) fn in_containerd(socket: &str, arguments: &[&str]) -> Command {
    let mut command = cutaway(arguments);
    command.env("CONTAINERD_ADDRESS", socket).env("CONTAINERD_NAMESPACE", "cutaway-test");
    command.stdin(Stdio::null());
    command
}

#[test]
fn containerd_gives_what_is_read_and_no_more() {
    let Some(address) = provided("CUTAWAY_TEST_CONTAINERD", "containerd") else { return };
    let socket = address.strip_prefix("unix://").unwrap().to_owned();
    let image = alpine();
    let archive = Layout::new().image("1", &image).archive(&Default::default());
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("image.tar"), &archive).unwrap();
    import(&socket, &place.path().join("image.tar"), "docker.io/cutaway/app");
    let run = |arguments: &[&str]| in_containerd(&socket, arguments).output().unwrap();
    let wanted = essence(&json(&run_with(&["scan", "-", "--format", "json"], &archive)));
    for name in ["containerd:docker.io/cutaway/app:1", "containerd:cutaway/app:1"] {
        let report = json(&run(&["scan", name, "--format", "json"]));
        assert_eq!(essence(&report), wanted, "{name}");
        assert_eq!(report["image"]["source"], "containerd");
        assert_eq!(report["image"]["digest"], image.digest().to_string());
    }
    let name = "containerd:cutaway/app:1";
    assert_eq!(run(&["manifest", name]).stdout, image.manifest.bytes);
    let exported = run_with(&["export", "-"], &archive);
    assert_eq!(run(&["export", name]).stdout, exported.stdout, "{}", stderr(&exported));
    let layout = place.path().join("layout").display().to_string();
    assert_eq!(status(&run(&["pull", name, &layout, "--format", "oci"])), 0);
    assert_eq!(run(&["manifest", &layout]).stdout, image.manifest.bytes);
    assert_eq!(status(&run(&["validate", name])), 0);
    assert_eq!(status(&run(&["scan", name, "--namespace", "elsewhere"])), 3);
    // Without a layer, all that needs no layer still works.
    ctr(&socket, &["content", "rm", image.layers[1].blob.digest.as_str()]);
    assert_eq!(status(&run(&["inspect", name])), 0);
    let output = run(&["scan", name]);
    assert_eq!((status(&output), output.stdout.len()), (3, 0), "{}", stderr(&output));
    let validated = run(&["validate", name, "--fast", "--format", "json"]);
    assert_eq!(status(&validated), 1, "{}", stderr(&validated));
}

#[test]
fn daemons_that_are_not_there_are_named() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("none.sock");
    for (kind, variable) in [("docker", "DOCKER_HOST"), ("podman", "CONTAINER_HOST")] {
        for (host, code, said) in [
            (format!("unix://{}", socket.display()), 3, "there is no such socket"),
            ("tcp://127.0.0.1:1".into(), 3, "TCP without TLS"),
            ("ssh://root@host".into(), 3, "SSH"),
        ] {
            let mut command = cutaway(&["scan", &format!("{kind}:app:1")]);
            let output = command.env(variable, &host).stdin(Stdio::null()).output().unwrap();
            assert_eq!((status(&output), output.stdout.len()), (code, 0), "{host}");
            assert!(stderr(&output).contains(said), "{}", stderr(&output));
        }
    }
}

#[test]
fn contexts_lead_to_their_daemon() {
    let home = tempfile::tempdir().unwrap();
    let docker = home.path().join(".docker");
    let meta = docker.join("contexts/meta").join(cutaway_ref::Digest::sha256(b"far").encoded());
    std::fs::create_dir_all(&meta).unwrap();
    std::fs::write(docker.join("config.json"), r#"{"currentContext":"far"}"#).unwrap();
    let host = home.path().join("far.sock");
    let endpoint = serde_json::json!({"Name": "far", "Endpoints": {"docker": {"Host": format!("unix://{}", host.display())}}});
    std::fs::write(meta.join("meta.json"), endpoint.to_string()).unwrap();
    let in_home = |change: &dyn Fn(&mut Command)| {
        let mut command = cutaway(&["scan", "docker:app:1"]);
        command.env("HOME", home.path()).stdin(Stdio::null());
        change(&mut command);
        command.output().unwrap()
    };
    let output = in_home(&|_| {});
    assert!(status(&output) == 3 && stderr(&output).contains("far.sock"), "{}", stderr(&output));
    let output = in_home(&|command| {
        command.env("DOCKER_CONTEXT", "nowhere");
    });
    assert!(status(&output) == 2 && stderr(&output).contains("nowhere"), "{}", stderr(&output));
    let output = in_home(&|command| {
        command.env("DOCKER_CONTEXT", "default");
    });
    assert!(!stderr(&output).contains("far.sock"), "{}", stderr(&output));
}
