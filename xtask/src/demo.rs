//! `cargo xtask demo`: the main job on a sample that needs nothing but the toolchain.
//!
//! The sample is a small image from text, made in a moment. The build is the one that the tests
//! use: same profile, same features, so that a machine compiles the packages that we link once.

use anyhow::Result;

use crate::fixtures;
use crate::process::{self, root, target};

/// Features that tests need: without them, tests would compile half of what we link again.
pub(crate) const FEATURES: &str = "cutaway-fetch/oci-client";

/// Builds the program and scans the sample; the table goes to standard output.
pub(crate) fn run() -> Result<()> {
    let build = ["build", "--workspace", "--bins", "--features", FEATURES];
    process::run("cargo", &build)?;
    let (_, archive) = fixtures::make_sample()?;
    let source =
        format!("oci-archive:{}", archive.strip_prefix(root()).unwrap_or(&archive).display());
    let program = target("debug/cutaway");
    process::finish(&mut process::command(&program.display().to_string(), &["scan", &source]))?;
    eprintln!("`cargo install --path crates/cli` builds the same program for speed");
    Ok(())
}
