//! `cargo xtask demo`: the main job on a sample that needs nothing but the toolchain.
//!
//! The sample is a small image from text, made in a moment. The build is the one that the tests
//! use: same profile, same features, so that a machine compiles the packages that we link once.

use anyhow::Result;

use crate::fixtures;
use crate::process::{self, root, target};

/// Builds the program and scans the sample; the table goes to standard output.
pub(crate) fn run() -> Result<()> {
    // With the feature that only tests need: without it, they would compile half of the tree again.
    let build = ["build", "--workspace", "--bins", "--features", "cutaway-fetch/oci-client"];
    process::run("cargo", &build)?;
    let archive = fixtures::make_sample()?;
    let source =
        format!("oci-archive:{}", archive.strip_prefix(root()).unwrap_or(&archive).display());
    let program = target("debug/cutaway");
    process::finish(&mut process::command(&program.display().to_string(), &["scan", &source]))?;
    eprintln!("`cargo install --path crates/cli` builds the same program for speed");
    Ok(())
}
