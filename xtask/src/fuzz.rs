//! `cargo xtask fuzz`: every fuzz target, built and run for some seconds each.
//!
//! cargo-fuzz does more (sanitizers, corpora that are kept, minimising) and wants a nightly
//! compiler. This needs neither: the flags are those by which cargo-fuzz has code count its
//! branches, and the compiler that builds the product knows them.

use anyhow::{Context as _, Result, ensure};

use crate::process::{self, root, target};

/// How code tells libFuzzer which branches it took and what it compared.
const COVERAGE: &str = "--cfg fuzzing \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds all targets and runs each for so many seconds; an input that breaks one ends the task.
pub(crate) fn run(seconds: u32) -> Result<()> {
    ensure!(process::installed("c++"), "libFuzzer is C++, and there is no compiler for it");
    let host = host()?;
    let folder = target("fuzz");
    let manifest = root().join("fuzz/Cargo.toml").display().to_string();
    let build = ["build", "--manifest-path", &manifest, "--target", &host, "--bins", "--locked"];
    let mut command = process::command("cargo", &build);
    command.env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", &folder);
    process::finish(&mut command)?;

    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(root().join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    for name in &names {
        let corpus = folder.join("corpus").join(name);
        std::fs::create_dir_all(&corpus)?;
        let program = folder.join(&host).join("debug").join(name).display().to_string();
        let time = format!("-max_total_time={seconds}");
        let artifacts = format!("-artifact_prefix={}/", folder.join("corpus").display());
        let corpus = corpus.display().to_string();
        let arguments = [&time, &artifacts, "-timeout=10", "-rss_limit_mb=2048", &corpus];
        let output =
            process::command(&program, &arguments).output().with_context(|| name.clone())?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{name}: {}\n{said}", output.status);
        println!("{name}: {}", runs(&said).context("libFuzzer says how often it ran")?);
    }
    Ok(())
}

/// The triple of this machine, for which flags are meant and not for build scripts.
fn host() -> Result<String> {
    let version = process::read("rustc", &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names its host")?.to_owned())
}

/// The closing words of libFuzzer, such as `Done 81634 runs in 4 second(s)`.
fn runs(said: &str) -> Option<&str> {
    said.lines().rev().find_map(|line| line.strip_prefix("Done "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_often_a_target_ran() {
        let said = "#2\tINITED cov: 4\n#81634\tDONE   cov: 4\nDone 81634 runs in 4 second(s)\n";
        assert_eq!(runs(said), Some("81634 runs in 4 second(s)"));
        assert_eq!(runs("INFO: Seed: 1\n"), None);
    }
}
