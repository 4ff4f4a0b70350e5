//! Daemons that hold the bench image, for as long as it is read from them.

use std::path::Path;

use anyhow::Result;

use super::contestants::{Contestant, Job};
use crate::daemons::Daemon;
use crate::process::{self, target};
use crate::system;

/// The name of the image at Docker and Podman.
const NAME: &str = "bench:latest";
/// Its name in containerd, and the namespace there.
const FULL_NAME: &str = "docker.io/library/bench:latest";
const NAMESPACE: &str = "cutaway-bench";

/// A daemon with the image in it, and the command that scans it there.
#[derive(Debug)]
pub(crate) struct Holder {
    /// Held so that it runs.
    _daemon: Daemon,
    pub(crate) contestant: Contestant,
}

/// Starts every daemon that this machine can run, and loads the image into each.
pub(crate) fn start(docker_archive: &Path, oci_archive: &Path) -> Result<Vec<Holder>> {
    let mut holders = Vec::new();
    if !system::debian_root() {
        return Ok(holders);
    }
    type Start = fn() -> Result<Daemon>;
    let known: [(_, _, _, Start); 2] = [
        ("dockerd", "docker", "DOCKER_HOST", Daemon::docker),
        ("podman", "podman", "CONTAINER_HOST", Daemon::podman),
    ];
    for (program, kind, variable, start) in known {
        if !process::installed(program) {
            continue;
        }
        let daemon = start()?;
        let address = daemon.address();
        let from = format!("docker-archive:{}", docker_archive.display());
        let (host, to) = (format!("--dest-daemon-host={address}"), format!("docker-daemon:{NAME}"));
        process::read("skopeo", &["--insecure-policy", "copy", "--quiet", &host, &from, &to])?;
        let contestant = scan(kind, &format!("{kind}:{NAME}"), vec![(variable, address)]);
        holders.push(Holder { _daemon: daemon, contestant });
    }
    if process::installed("containerd") {
        let daemon = Daemon::containerd()?;
        let address = daemon.address();
        let socket = address.trim_start_matches("unix://").to_owned();
        let archive = oci_archive.display().to_string();
        let base = FULL_NAME.trim_end_matches(":latest");
        let import = ["images", "import", "--no-unpack", "--base-name", base, &archive];
        process::read("ctr", &[&["-a", socket.as_str(), "-n", NAMESPACE], &import[..]].concat())?;
        let variables =
            vec![("CONTAINERD_ADDRESS", socket), ("CONTAINERD_NAMESPACE", NAMESPACE.to_owned())];
        let contestant = scan("containerd", &format!("containerd:{FULL_NAME}"), variables);
        holders.push(Holder { _daemon: daemon, contestant });
    }
    Ok(holders)
}

fn scan(kind: &str, image: &str, environment: Vec<(&'static str, String)>) -> Contestant {
    let arguments = ["scan", "--format", "json", "--no-cache", image];
    Contestant {
        job: Job::OsPackages,
        name: "cutaway scan".to_owned(),
        source: kind.to_owned(),
        program: target("release/cutaway").display().to_string(),
        arguments: arguments.map(str::to_owned).to_vec(),
        environment,
    }
}
