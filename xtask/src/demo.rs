//! `cargo xtask demo`: the main job on a sample that needs nothing but the toolchain.
//!
//! Where root on Debian has the tools, the sample is the real Debian image of the fixtures;
//! elsewhere a small image from text.

use anyhow::Result;

use crate::process::{self, root, target};
use crate::{fixtures, system};

/// Builds the program and scans the sample; the table goes to standard output.
pub(crate) fn run() -> Result<()> {
    process::run("cargo", &["build", "--quiet", "--release", "--package", "cutaway-cli"])?;
    if fixtures::why_no_debian().is_some() && system::debian_root() {
        eprintln!(
            "a real Debian image is scanned where `cargo xtask test` has installed its tools"
        );
    }
    let archive = fixtures::make_sample()?;
    let source =
        format!("oci-archive:{}", archive.strip_prefix(root()).unwrap_or(&archive).display());
    let program = target("release/cutaway");
    process::finish(&mut process::command(&program.display().to_string(), &["scan", &source]))
}
