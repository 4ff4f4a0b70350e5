//! What this machine can do: who runs us, which distribution it is, where its packages come from.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process;

/// The programs, and files by their path, that a full test run needs, with Debian's packages that bring
/// them.
const TOOLS: &[(&str, &str)] = &[
    ("docker-registry", "docker-registry"),
    ("dockerd", "docker.io"),
    ("podman", "podman"),
    ("containerd", "containerd"),
    ("skopeo", "skopeo"),
    ("umoci", "umoci"),
    ("buildah", "buildah"),
    ("mmdebstrap", "mmdebstrap"),
    ("rpm", "rpm"),
    ("zstd", "zstd"),
    ("go", "golang-go"),
    ("cc", "gcc"),
    ("strace", "strace"),
    ("dnf", "dnf"),
    ("createrepo_c", "createrepo-c"),
    ("pacman", "pacman-package-manager"),
    ("nix-store", "nix-bin"),
    ("/usr/lib/python3/dist-packages/packaging/version.py", "python3-packaging"),
];

/// Tells whether we are root on Debian, so that packages can be installed and images be built.
pub(crate) fn debian_root() -> bool {
    is_root() && Path::new("/etc/debian_version").exists()
}

/// Returns the programs of a full test run that are missing.
pub(crate) fn missing_tools() -> Vec<&'static str> {
    TOOLS
        .iter()
        .map(|(program, _)| *program)
        .filter(|program| !process::installed(program))
        .collect()
}

/// Installs what a full test run needs and lacks; only root on Debian can.
pub(crate) fn install_tools() -> Result<()> {
    let missing = missing_tools();
    let packages: Vec<&str> = TOOLS
        .iter()
        .filter(|(program, _)| missing.contains(program))
        .map(|(_, package)| *package)
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    process::run("apt-get", &["update", "-q"])?;
    let mut install = process::command(
        "apt-get",
        &["install", "-qy", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"],
    );
    // A service that starts at once would want a network and a systemd that a CI machine lacks.
    install
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1")
        .stdout(std::io::stderr());
    process::finish(&mut install)
}

/// Returns the machine's own apt sources and the name of its suite: images are made from these.
pub(crate) fn apt_sources() -> Option<(PathBuf, String)> {
    let sources = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]
        .into_iter()
        .map(PathBuf::from)
        .find(|file| file.exists())?;
    let release = std::fs::read_to_string("/etc/os-release").ok()?;
    let suite = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    Some((sources, suite.trim_matches('"').to_owned()))
}

fn is_root() -> bool {
    process::read("id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}
