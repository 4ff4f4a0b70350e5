//! `cargo xtask bench`: a scan of the bench image, from wherever it may lie, beside a floor and beside other tools.
//!
//! All in one run and interleaved, so that a slow moment of the machine meets everyone. Times are
//! medians with their extremes; ratios are of medians. The floor is what the bytes alone cost on
//! the same cores: see `floor.rs`.

mod contestants;
mod floor;
mod holders;
mod measure;

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::fixtures;
use crate::process;
use crate::registry::Registry;
use contestants::Contestant;
use measure::Sample;

/// Builds what is measured, measures it `rounds` times and prints the table.
pub(crate) fn run(rounds: usize) -> Result<()> {
    ensure!(rounds > 0, "at least one round is needed");
    process::run(
        "cargo",
        &["build", "--quiet", "--release", "--package", "cutaway-cli", "--package", "xtask"],
    )?;
    if let Some(reason) = fixtures::make_bench()?.first() {
        bail!("{reason}");
    }
    let archive = fixtures::folder("bench/oci-archive.tar");
    let registry = Registry::start("bench-registry")?;
    let reference = format!("{}/bench:latest", registry.address());
    let from = format!("oci-archive:{}:latest", archive.display());
    let to = format!("docker://{reference}");
    process::read(
        "skopeo",
        &["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", &from, &to],
    )?;

    let holders = holders::start(&fixtures::folder("bench/docker-archive.tar"), &archive)?;
    let mut contestants = contestants::all(&archive, &reference);
    contestants.extend(holders.iter().map(|holder| holder.contestant.clone()));
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contestants.len()];
    // The round before the first fills the page cache and is not counted.
    for round in 0..=rounds {
        for (contestant, samples) in contestants.iter().zip(&mut samples) {
            eprint!("\rround {round} of {rounds}: {:<40}", contestant.name);
            let sample =
                measure::run(contestant, registry.process_id()).context(contestant.name.clone())?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    eprintln!();
    println!("{}", facts(&archive)?);
    print_table(&contestants, &samples);
    Ok(())
}

/// The hidden subcommand: reads and hashes an archive's layers, nothing else.
pub(crate) fn floor(archive: &Path, overlap: bool) -> Result<()> {
    floor::run(archive, overlap)
}

fn facts(archive: &Path) -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let layers = floor::layers(archive)?;
    let stored: u64 = layers.iter().map(|layer| layer.size).sum();
    let unpacked = std::fs::metadata(fixtures::folder("bench/docker-archive.tar"))?.len();
    Ok(format!(
        "{} layers, {} MB stored, {} MB unpacked, {cores} cores, page cache warm",
        layers.len(),
        megabytes(stored),
        megabytes(unpacked)
    ))
}

fn print_table(contestants: &[Contestant], samples: &[Vec<Sample>]) {
    println!(
        "{:<28}{:>9}{:>17}{:>8}{:>9}{:>9}{:>9}{:>12}{:>9}{:>11}",
        "",
        "median s",
        "min - max",
        "cpu s",
        "peak MB",
        "read MB",
        "disk MB",
        "temp files",
        "x floor",
        "x cutaway"
    );
    let median_of = |prefix: &str, source: &str| {
        contestants
            .iter()
            .zip(samples)
            .filter(|(contestant, _)| {
                contestant.name.starts_with(prefix)
                    && contestant.name.ends_with(&format!(", {source}"))
            })
            .map(|(_, samples)| median(samples, |sample| sample.seconds))
            .min_by(f64::total_cmp)
    };
    let floor = median_of("floor", "archive");
    for (contestant, samples) in contestants.iter().zip(samples) {
        let seconds = median(samples, |sample| sample.seconds);
        let least = samples.iter().map(|sample| sample.seconds).fold(f64::INFINITY, f64::min);
        let most = samples.iter().map(|sample| sample.seconds).fold(0.0, f64::max);
        let source = if contestant.name.ends_with("registry") { "registry" } else { "archive" };
        let ratio = |base: Option<f64>| {
            base.map_or_else(String::new, |base| format!("{:.2}", seconds / base))
        };
        println!(
            "{:<28}{seconds:>9.3}{:>17}{:>8.2}{:>9}{:>9}{:>9}{:>12}{:>9}{:>11}",
            contestant.name,
            format!("{least:.3} - {most:.3}"),
            median(samples, |sample| sample.cpu_seconds),
            megabytes(samples.iter().map(|sample| sample.peak).max().unwrap_or(0)),
            megabytes(samples.iter().map(|sample| sample.read).max().unwrap_or(0)),
            megabytes(samples.iter().map(|sample| sample.written).max().unwrap_or(0)),
            samples.iter().map(|sample| sample.temporary_files).max().unwrap_or(0),
            ratio(floor),
            ratio(median_of("cutaway", source)),
        );
    }
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn megabytes(bytes: u64) -> u64 {
    bytes.saturating_add(500_000) / 1_000_000
}
