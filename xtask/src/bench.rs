//! `cargo xtask bench`: jobs on the bench image, from wherever it may lie, beside a floor and beside other tools.
//!
//! All in one run and interleaved, so that a slow moment of the machine meets everyone. Times are
//! medians with their extremes; ratios are of medians. A program that fails has a row that says so. The floor is what the bytes alone cost on
//! the same cores: see `floor.rs`.

mod contestants;
mod floor;
mod held;
mod holders;
mod measure;
mod table;

use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::fixtures;
use crate::process;

/// Builds what is measured, measures it `rounds` times and prints the table.
pub(crate) fn run(rounds: usize) -> Result<()> {
    ensure!(rounds > 0, "at least one round is needed");
    for what in [
        &["--package", "cutaway-cli", "--package", "xtask"][..],
        &["--package", "cutaway-scan", "--example", "facts"],
    ] {
        process::run("cargo", &[&["build", "--quiet", "--release"], what].concat())?;
    }
    if let Some(reason) = fixtures::make_bench()?.first() {
        bail!("{reason}");
    }
    let archive = fixtures::folder("bench/oci-archive.tar");
    let registry = process::registry("bench-registry")?;
    let reference = format!("{}/bench:latest", registry.host());
    let from = format!("oci-archive:{}:latest", archive.display());
    let to = format!("docker://{reference}");
    process::read(
        "skopeo",
        &["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", &from, &to],
    )?;

    let kept = contestants::kept();
    if kept.is_dir() {
        std::fs::remove_dir_all(&kept)?;
    }
    let holders = holders::start(&fixtures::folder("bench/docker-archive.tar"), &archive)?;
    let mut contestants = contestants::all(&archive, &reference);
    contestants.extend(holders.iter().map(|holder| holder.contestant.clone()));
    let mut results: Vec<table::Result> = contestants
        .into_iter()
        .map(|contestant| table::Result { contestant, samples: Ok(Vec::new()) })
        .collect();
    // The round before the first fills the page cache and is not counted.
    for round in 0..=rounds {
        for table::Result { contestant, samples } in &mut results {
            // Whoever failed once is not asked again.
            let Ok(list) = samples else { continue };
            let (name, source) = (&contestant.name, &contestant.source);
            eprint!("\rround {round} of {rounds}: {:<40}", format!("{name}, {source}"));
            match measure::run(contestant, registry.process_id()) {
                Ok(sample) if round > 0 => list.push(sample),
                Ok(_) => {}
                Err(error) => *samples = Err(one_line(&error)),
            }
        }
    }
    eprintln!();
    println!("{}", the_image(&archive)?);
    table::print(&results);
    let start_up = measure::start_up(&process::target("release/cutaway"))?;
    held::print(&results, start_up, facts(&archive)?);
    Ok(())
}

/// An error as one short line: what a program says may be long.
fn one_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(160).collect()
}

/// The hidden subcommand: reads and hashes an archive's layers, nothing else.
pub(crate) fn floor(archive: &Path, overlap: bool) -> Result<()> {
    floor::run(archive, overlap)
}

/// How many bytes it takes to keep what the layers say of an entry, findings of analyzers aside.
fn facts(archive: &Path) -> Result<f64> {
    let program = process::target("release/examples/facts").display().to_string();
    let said = process::read(&program, &[&archive.display().to_string()])?;
    println!("\nfacts of all layers: {}", said.trim_end());
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [entries, listings, ..] = numbers.as_slice() else { bail!("facts said: {said}") };
    Ok(listings / entries)
}

fn the_image(archive: &Path) -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let layers = floor::layers(archive)?;
    let stored: u64 = layers.iter().map(|layer| layer.size).sum();
    let unpacked = std::fs::metadata(fixtures::folder("bench/docker-archive.tar"))?.len();
    Ok(format!(
        "{} layers, {} MB stored, {} MB unpacked, {cores} cores, page cache warm",
        layers.len(),
        table::megabytes(stored),
        table::megabytes(unpacked)
    ))
}
