//! Build tasks, run as `cargo xtask TASK`.
//!
//! Everything that a person or a machine does to this repository beyond `cargo build` starts here,
//! so that both do the same. Tasks write below `target/` only.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person who runs it"
)]

mod advisories;
mod bench;
mod ci;
mod daemons;
mod demo;
mod doors;
mod examples;
mod fixtures;
mod fuzz;
mod outside;
mod overlay_differential;
mod process;
mod system;
mod tar_differential;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask TASK

  demo                  scan a sample image, made here, and print the table
  test [--require-all]  build the fixtures, start a real registry, run all tests;
                        with the flag a skipped test is a failure
  ci                    everything that must hold before a change lands
  fixtures [--bench]    make the images that tests (or benchmarks) read, in target/fixtures
  examples              build the example of every crate and run those that need nobody else
  outside               build a package outside of the workspace on our crates, and run it
  fuzz [SECONDS]        build every fuzz target and run it for so long; 5 if nothing is said
  tar-differential [N] [SEED]
                        read N random archives as Go's archive/tar does; 20000 if nothing is said
  overlay-differential [N] [SEED]
                        unpack N stacks of layers as containerd, Docker, Podman and umoci do; 150 if
                        nothing is said
  doors                 have Kubernetes' and containerd's own code ask the gate (builds both: minutes)
  tidy                  layering, file and licence rules
  bench-advisories [N]  time and memory of a database of N rows of advisories; 5000000 if nothing is said
  bench [--rounds N]    time and memory of a scan beside a floor and beside other tools
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["demo"] => demo::run(),
        ["test"] => test::run(false),
        ["test", "--require-all"] => test::run(true),
        ["ci"] => ci::run(),
        ["fixtures"] => fixtures::run(false),
        ["fixtures", "--bench"] => fixtures::run(true),
        ["examples"] => examples::run(),
        ["outside"] => outside::run(),
        ["fuzz"] => fuzz::run(5),
        ["fuzz", seconds] => fuzz::run(seconds.parse()?),
        ["tar-differential"] => tar_differential::run("20000", "1"),
        ["tar-differential", count] => tar_differential::run(count, "1"),
        ["tar-differential", count, seed] => tar_differential::run(count, seed),
        ["overlay-differential"] => overlay_differential::run("150", "1"),
        ["overlay-differential", count] => overlay_differential::run(count, "1"),
        ["overlay-differential", count, seed] => overlay_differential::run(count, seed),
        ["doors"] => doors::run(),
        ["tidy"] => tidy::run(),
        ["bench-advisories"] => advisories::run("5000000"),
        ["bench-advisories", rows] => advisories::run(rows),
        ["bench"] => bench::run(5),
        ["bench", "--rounds", rounds] => bench::run(rounds.parse()?),
        ["floor", archive] => bench::floor(archive.as_ref(), false),
        ["floor", "--overlap", archive] => bench::floor(archive.as_ref(), true),
        _ => bail!("{USAGE}"),
    }
}
