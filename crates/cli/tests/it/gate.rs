//! `serve`, and the program under the name by which containerd calls it.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use cutaway_fixtures::{DockerRegistry, Push, image};
use cutaway_ref::Digest;
use tempfile::TempDir;

use crate::support::{cutaway, run, status, stderr, stdout};

const POLICY: &str = "schema: cutaway.policy/1\nname: p\nrules:\n  - {id: old, packages: {deny: [{name: a, below: \"2-r0\"}]}}\n";

/// A folder with a policy, settings of a gate and of a verifier, and the program by another name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("policy.yaml", POLICY);
    write(
        "serve.yaml",
        &format!(
            "schema: cutaway.serve/1\npolicies: [{here}/policy.yaml]\nlisten: [{{unix: {here}/gate.sock}}]\n"
        ),
    );
    write("asks.yaml", &format!("schema: cutaway.verifier/1\nsocket: {here}/gate.sock\n"));
    write(
        "decides.yaml",
        &format!(
            "schema: cutaway.verifier/1\nsocket: {here}/gate.sock\npolicies: [{here}/policy.yaml]\n"
        ),
    );
    symlink(env!("CARGO_BIN_EXE_cutaway"), folder.path().join("cutaway-image-verifier")).unwrap();
    folder
}

fn image_with(version: &str) -> cutaway_fixtures::FixtureImage {
    image(&format!(
        "layer gzip\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20.1\\n\"\n  lib/apk/db/installed 0644 \"P:a\\nV:{version}\\nA:x86_64\\nL:MIT\\n\\n\"\n"
    ))
}

/// Calls the verifier as containerd does.
fn verify(folder: &Path, settings: &str, name: &str, digest: &str) -> Output {
    let mut command = Command::new(folder.join("cutaway-image-verifier"));
    command
        .args(["-name", name, "-digest", digest])
        .args(["-stdin-media-type", "application/vnd.oci.descriptor.v1+json"])
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("CUTAWAY_VERIFIER_CONFIG", folder.join(settings));
    let descriptor = format!(
        "{{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"{digest}\",\"size\":1}}\n"
    );
    crate::support::run_command_with(command, descriptor.as_bytes())
}

/// A gate in a process of its own.
struct Gate(Child);

impl Gate {
    fn start(folder: &Path) -> Self {
        let settings = folder.join("serve.yaml").display().to_string();
        let mut command = cutaway(&["serve", "--config", &settings, "--limit", "leaving_ms=0"]);
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while !folder.join("gate.sock").exists() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        Self(child)
    }

    /// Ends it as a system does.
    fn end(&mut self) -> Option<i32> {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // Nothing is left to do where it has ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn containerd_is_answered_by_a_gate_or_by_the_call_itself() {
    if !DockerRegistry::is_installed() {
        eprintln!("skipped: no docker-registry");
        return;
    }
    let folder = folder();
    let registry = DockerRegistry::start(folder.path(), "").unwrap();
    let push = Push::to(registry.host(), "team/app");
    let (new, old) = (image_with("2-r0"), image_with("1-r0"));
    push.image("1", &new).unwrap();
    push.image("old", &old).unwrap();
    let digest = |tag: &str| {
        let output = run(&["digest", &format!("{}/team/app:{tag}", registry.host())]);
        stdout(&output).trim().to_owned()
    };
    let (good, bad) = (digest("1"), digest("old"));
    let name = format!("{}/team/app:1", registry.host());
    let judged = |settings: &str| {
        let allowed = verify(folder.path(), settings, &name, &good);
        assert_eq!(status(&allowed), 0, "{settings} {}{}", stdout(&allowed), stderr(&allowed));
        assert_eq!(stdout(&allowed), format!("{name}: pass: {good}\n"));
        // What the tag means now is not asked: what was resolved is judged.
        let denied = verify(folder.path(), settings, &name, &bad);
        assert_eq!(status(&denied), 1, "{settings}");
        let line = stdout(&denied);
        assert!(line.contains("block") && line.contains(&bad) && line.contains("p/old"), "{line}");
        assert!(line.len() <= 1024 && line.lines().count() == 1);
    };
    judged("decides.yaml");
    let alone = verify(folder.path(), "asks.yaml", &name, &good);
    assert_eq!(status(&alone), 1);
    assert!(stdout(&alone).contains("the gate does not answer at"), "{}", stdout(&alone));
    let mut gate = Gate::start(folder.path());
    judged("asks.yaml");
    judged("decides.yaml");
    assert_eq!(gate.end(), Some(0));
    assert!(!folder.path().join("gate.sock").exists());
}

#[test]
fn what_is_not_right_is_no_pass() {
    let folder = folder();
    let digest = Digest::sha256(b"x").to_string();
    let output = verify(folder.path(), "missing.yaml", "a", &digest);
    assert_eq!(status(&output), 1);
    assert!(stdout(&output).contains("missing.yaml"), "{}", stdout(&output));
    for (name, digest, why) in [
        ("", digest.as_str(), "-name is missing"),
        ("a", "sha256:1", "-digest: "),
        ("UPPER", &digest, "is no image"),
        ("oci:/", &digest, "is no image"),
        ("127.0.0.1:1/a", &digest, "127.0.0.1:1/a: "),
    ] {
        let output = verify(folder.path(), "decides.yaml", name, digest);
        assert_eq!(status(&output), 1, "{name}");
        assert!(stdout(&output).contains(why), "{name}: {}", stdout(&output));
    }
    let mut bare = Command::new(folder.path().join("cutaway-image-verifier"));
    bare.env("CUTAWAY_VERIFIER_CONFIG", folder.path().join("decides.yaml"));
    let output = bare.args(["scan", "a"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(status(&output), 1);
    assert!(stdout(&output).contains("\"scan\" is no argument of a verifier"));
}

#[test]
fn settings_that_are_wrong_end_with_2_and_the_doctor_with_1() {
    let folder = folder();
    let path = folder.path().join("serve.yaml");
    let settings = path.display().to_string();
    for (text, why) in [
        (
            "schema: cutaway.serve/1\nschema: x\n",
            "serve.yaml: 2:1: the key \"schema\" stands twice",
        ),
        (
            "schema: cutaway.serve/1\npolicies: [/nonexistent]\nlisten: [{unix: /x}]\n",
            "/nonexistent: ",
        ),
        (
            "schema: cutaway.serve/1\npolicies: []\nlisten: [{unix: /x}]\n",
            "policies: there is none",
        ),
    ] {
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        let output = run(&["serve", "--config", &settings]);
        assert_eq!(status(&output), 2);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
    let config = folder.path().join("config.toml");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_cutaway"), bin.join("cutaway-image-verifier")).unwrap();
    let bindir = "plugins.\"io.containerd.image-verifier.v1.bindir\"";
    let text = format!("[{bindir}]\nbin_dir = {bin:?}\n");
    std::fs::write(&config, &text).unwrap();
    let config = config.display().to_string();
    let settings = folder.path().join("asks.yaml").display().to_string();
    let doctor = ["verifier", "doctor", "--containerd", &config, "--settings", &settings];
    let output = run(&doctor);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, ""));
    std::fs::write(
        &config,
        format!("disabled_plugins = [\"io.containerd.image-verifier.v1.bindir\"]\n{text}"),
    )
    .unwrap();
    let output = run(&doctor);
    assert_eq!(status(&output), 1);
    assert!(stdout(&output).starts_with("off: "), "{}", stdout(&output));
}
