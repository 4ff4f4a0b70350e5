//! `cargo xtask overlay-differential`: stacks of layers, unpacked by containerd, Docker, Podman and umoci
//! and compared with how we read them.

use anyhow::Result;

use crate::daemons::{Daemon, fresh};
use crate::{process, system};

const PROGRAMS: [&str; 6] = ["containerd", "ctr", "dockerd", "docker", "podman", "umoci"];

/// Compares `count` stacks, which `seed` decides, and those made by hand.
pub(crate) fn run(count: &str, seed: &str) -> Result<()> {
    if let Some(missing) = PROGRAMS.iter().find(|program| !process::installed(program)) {
        println!("skipped: no {missing}");
        return Ok(());
    }
    if let Err(error) = mounts() {
        println!("skipped: overlays cannot be mounted: {error:#}");
        return Ok(());
    }
    let containerd = Daemon::containerd_in("overlay-containerd")?;
    let docker = Daemon::docker_with("overlay-docker", "overlay2")?;
    let podman = fresh("overlay-podman")?;
    let arguments = [
        "test",
        "--quiet",
        "--package",
        "cutaway-layerfs",
        "--test",
        "it",
        "runtimes_agree_or_it_is_told",
        "--",
        "--ignored",
        "--nocapture",
    ];
    let mut command = process::command("cargo", &arguments);
    let socket = containerd.address();
    command
        .env("CUTAWAY_OVERLAY_STACKS", count)
        .env("CUTAWAY_OVERLAY_SEED", seed)
        .env("CUTAWAY_OVERLAY_CONTAINERD", socket.trim_start_matches("unix://"))
        .env("CUTAWAY_OVERLAY_DOCKER", docker.address())
        .env("CUTAWAY_OVERLAY_PODMAN", podman)
        .env("CUTAWAY_OVERLAY_UMOCI", "umoci");
    process::finish(command.stdout(std::io::stderr()))
}

/// Mounts an overlay and takes it away again.
fn mounts() -> Result<()> {
    anyhow::ensure!(system::debian_root(), "only root on Debian can");
    let folder = fresh("overlay-mount")?;
    for name in ["lower", "upper", "work", "merged"] {
        std::fs::create_dir(folder.join(name))?;
    }
    let at = |name: &str| folder.join(name).display().to_string();
    let (lower, upper, work) = (at("lower"), at("upper"), at("work"));
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    process::read("mount", &["-t", "overlay", "overlay", "-o", &options, &at("merged")])?;
    process::read("umount", &[&at("merged")])?;
    Ok(())
}
