//! `cargo xtask fixtures`: the images that tests and benchmarks read, in `target/fixtures`.
//!
//! Every image is a folder: `oci` (a layout with the tag `latest`), `oci-archive.tar`,
//! `docker-archive.tar`, and beside them what other tools say is in it:
//!
//! - `files.tsv`: the tree as umoci unpacks it: path, kind (a letter of find's `%y`), mode, owner,
//!   group, size, link target. Sorted by path; only where root ran this.
//! - `packages.tsv`: dpkg-query on the unpacked tree: Package, Version, Architecture, Status,
//!   source:Package, source:Version. Debian images only.
//! - `layer-N.packages.tsv`: the same after layer N. `layer-N.dpkg.log`: what dpkg logged while
//!   the layer was made; the base has none.
//!
//! An image that is there and whose recipe is the same as before is left alone.

mod bench_image;
mod buildah;
mod corpus;
mod debian;
mod once;
mod text;
mod truth;

use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::system;

pub(crate) use corpus::folder as corpus_folder;
pub(crate) use once::folder;

/// Makes the images that tests read, or those that benchmarks read; says what it skipped.
pub(crate) fn run(bench: bool) -> Result<()> {
    let skipped = if bench { make_bench()? } else { make()? };
    for line in &skipped {
        eprintln!("skipped: {line}");
    }
    println!("{}", folder("").display());
    Ok(())
}

/// Makes all images that tests read; returns what could not be made here, and why.
pub(crate) fn make() -> Result<Vec<String>> {
    text::make_all()?;
    let mut skipped = corpus::make_all()?;
    if let Some(reason) = why_no_debian() {
        skipped.push(format!("Debian images: {reason}"));
    } else {
        debian::make()?;
    }
    Ok(skipped)
}

/// Makes the images that benchmarks read; returns what could not be made here, and why.
pub(crate) fn make_bench() -> Result<Vec<String>> {
    if let Some(reason) = why_no_debian() {
        return Ok(vec![format!("bench image: {reason}")]);
    }
    bench_image::make()?;
    Ok(Vec::new())
}

/// Makes the image that the demo scans, for which no tool is needed: as a layout and as an OCI archive.
pub(crate) fn make_sample() -> Result<(PathBuf, PathBuf)> {
    text::sample()
}

/// Returns why no real Debian image can be made here, `None` where one can.
fn why_no_debian() -> Option<String> {
    if !system::debian_root() {
        return Some("needs root on Debian".into());
    }
    if system::apt_sources().is_none() {
        return Some("the machine has no apt sources".into());
    }
    let missing: Vec<&str> = ["mmdebstrap", "buildah", "skopeo", "umoci"]
        .into_iter()
        .filter(|tool| !process::installed(tool))
        .collect();
    if missing.is_empty() { None } else { Some(format!("{} not installed", missing.join(", "))) }
}
