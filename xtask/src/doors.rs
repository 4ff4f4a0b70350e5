//! `cargo xtask doors`: the gate, asked by those who ask it in earnest: the admission plugins of
//! Kubernetes' API server over TLS, and containerd's own caller of image verifiers.
//!
//! Both are Go modules, built here from `xtask/go`; that takes minutes, so it is no part of `ci`.

mod kubernetes;
mod node;
mod relay;

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cutaway_fixtures::{DockerRegistry, FixtureImage, Push, image};

use crate::process::{self, root, target};

/// What package `a` must not be below.
const POLICY: &str = "schema: cutaway.policy/1\nname: p\nrules:\n  - {id: old, packages: {deny: [{name: a, below: \"2-r0\"}]}}\n";

/// Builds both callers and lets them ask.
pub(crate) fn run() -> Result<()> {
    if !process::installed("go") {
        println!("skipped: no go");
        return Ok(());
    }
    process::run("cargo", &["build", "--quiet", "--package", "cutaway-cli"])?;
    let callers = [build("verifier")?, build("admission")?];
    let registry = process::registry("doors")?;
    let push = Push::to(registry.host(), "team/app");
    push.image("1", &alpine("2-r0")).context("push")?;
    push.image("old", &alpine("1-r0")).context("push")?;
    let scene = Scene { registry, folder: target("doors") };
    std::fs::write(scene.folder.join("policy.yaml"), POLICY)?;
    let [verifier, admission] = callers;
    node::run(&scene, &verifier)?;
    kubernetes::run(&scene, &admission)
}

fn alpine(version: &str) -> FixtureImage {
    image(&format!(
        "layer gzip\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20.1\\n\"\n  lib/apk/db/installed 0644 \"P:a\\nV:{version}\\nA:x86_64\\nL:MIT\\n\\n\"\n"
    ))
}

/// Builds a Go program of ours.
fn build(name: &str) -> Result<PathBuf> {
    let out = target("doors-go").join(name);
    let mut command = process::command("go", &["build", "-o", &out.display().to_string(), "."]);
    process::finish(command.current_dir(root().join("xtask/go").join(name)))?;
    Ok(out)
}

/// A registry with an image that passes, `team/app:1`, and one that does not, `team/app:old`.
struct Scene {
    registry: DockerRegistry,
    folder: PathBuf,
}

impl Scene {
    /// Returns the digest of a tag.
    fn digest(&self, tag: &str) -> Result<String> {
        let program = target("debug/cutaway").display().to_string();
        let name = format!("{}/team/app:{tag}", self.registry.host());
        Ok(process::read(&program, &["digest", &name])?.trim().to_owned())
    }

    /// Starts a gate with these places to listen at; `up` says when it is there.
    fn gate(&self, listen: &str, up: impl Fn() -> bool) -> Result<Gate> {
        let here = self.folder.display();
        let settings = self.folder.join("serve.yaml");
        let text = format!(
            "schema: cutaway.serve/1\npolicies: [{here}/policy.yaml]\nlisten: [{listen}]\n"
        );
        std::fs::write(&settings, text)?;
        let program = target("debug/cutaway").display().to_string();
        let words = ["serve", "--config", &settings.display().to_string()];
        let child = process::command(&program, &words).stdout(Stdio::null()).spawn()?;
        let gate = Gate(child);
        let begun = Instant::now();
        while !up() {
            ensure!(begun.elapsed() < Duration::from_secs(20), "the gate does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(gate)
    }
}

/// A running gate; dropping it ends it.
struct Gate(Child);

impl Drop for Gate {
    fn drop(&mut self) {
        // Nothing is left to do where it has ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Runs a caller and returns how it ended and what it printed.
fn ask(program: &Path, arguments: &[&str]) -> Result<(i32, String)> {
    let output = process::command(&program.display().to_string(), arguments).output()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    println!("{} {}: {said}", program.display(), arguments.join(" "));
    Ok((output.status.code().unwrap_or(-1), said))
}
