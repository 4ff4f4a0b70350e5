//! `cargo xtask outside`: a package of somebody else, with analyzers of its own, built on our crates.

use anyhow::{Result, ensure};
use cutaway_fixtures::{DockerArchive, image};

use crate::process::{self, root, target};

/// An image with what the analyzers of the package read.
const IMAGE: &str = "layer gzip\n  etc/hosts 0644 \"127.0.0.1 localhost # this\\n\"\n  var/lib/parcel/installed 0644 \"zlib 1.3.1 amd64\\ncurl\\n\"\n";
/// What is told of it, behind the name of the image.
const TOLD: [&str; 3] = [
    "host localhost is 127.0.0.1",
    "parcel zlib is 1.3.1",
    "parcel-line-unreadable: line 2 is not three words",
];

/// Builds the package outside of the workspace, and runs it on an image in a file and on standard input.
pub(crate) fn run() -> Result<()> {
    let manifest = root().join("fixtures/outside/Cargo.toml").display().to_string();
    let folder = target("outside");
    let folder = folder.display().to_string();
    // Whoever depends on the crates has a lock of his own, so none is kept here.
    let build = ["build", "--quiet", "--manifest-path", &manifest];
    process::run("cargo", &[&build[..], &["--target-dir", &folder]].concat())?;
    let archive = target("outside/hosts.tar");
    std::fs::write(&archive, DockerArchive::new().image(&["app:1"], &image(IMAGE)).archive())?;
    let (program, file) = (target("outside/debug/outside"), archive.display().to_string());
    for name in [file.as_str(), "-"] {
        let mut command = process::command(&program.display().to_string(), &[name]);
        let output = command.stdin(std::fs::File::open(&archive)?).output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "outside {name}: {}: {complaint}", output.status);
        let told = String::from_utf8_lossy(&output.stdout);
        let expected: String = TOLD.iter().map(|line| format!("{name}: {line}\n")).collect();
        ensure!(told == expected, "outside {name}: {told}");
    }
    Ok(())
}
