//! `cargo xtask ci`: everything that must hold before a change lands.
//!
//! Each step runs even where one before it failed, so one run tells all that is wrong. The tests
//! come first, and their closing line is printed again at the end.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::{
    demo, examples, fuzz, outside, overlay_differential, process, tar_differential, test, tidy,
};

/// Runs all steps and fails if one did.
pub(crate) fn run() -> Result<()> {
    let begun = Instant::now();
    let mut failed: Vec<&str> = Vec::new();
    let mut step = |name: &'static str, work: &mut dyn FnMut() -> Result<()>| {
        let start = Instant::now();
        println!("== {name}");
        let result = work();
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("== {name}: {verdict} after {:.0} s", start.elapsed().as_secs_f64());
        if let Err(error) = result {
            println!("{error:#}");
            failed.push(name);
        }
    };

    let mut closing = None;
    step("test --require-all", &mut || {
        let outcome = test::all(true)?;
        closing = Some(outcome.line());
        outcome.verdict()
    });
    step("demo", &mut demo::run);
    step("examples", &mut examples::run);
    step("outside", &mut outside::run);
    step("fmt", &mut || process::run("cargo", &["fmt", "--all", "--", "--check"]));
    step("clippy", &mut || {
        process::run(
            "cargo",
            &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
        )
    });
    step("doc", &mut || {
        let features = ["--features", demo::FEATURES];
        let arguments = [&["doc", "--quiet", "--workspace", "--no-deps"], &features[..]].concat();
        process::finish(process::command("cargo", &arguments).env("RUSTDOCFLAGS", "-D warnings"))
    });
    step("features", &mut features);
    step("tidy", &mut tidy::run);
    step("deny", &mut deny);
    step("package", &mut || {
        // Whoever tries this before a commit has changes; a clean clone has none.
        process::run(
            "cargo",
            &["package", "--quiet", "--workspace", "--no-verify", "--allow-dirty"],
        )
    });
    step("interrupts", &mut || {
        let test = "interrupts::two_hundred_runs_end_when_they_are_told";
        // Of the workspace, as the tests were: of one package they would be built again, with fewer features.
        let test = ["--workspace", "--test", "it", "--", "--ignored", "--exact", test];
        process::run("cargo", &[&["test", "--quiet"][..], &test[..]].concat())
    });
    step("tar-differential", &mut || tar_differential::run("20000", "2"));
    step("overlay-differential", &mut || overlay_differential::run("150", "2"));
    step("fuzz", &mut || fuzz::run(3));

    println!("all steps took {:.0} s", begun.elapsed().as_secs_f64());
    if let Some(line) = closing {
        println!("{line}");
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

/// Checks every crate that has features without any: they add, and none is needed.
fn features() -> Result<()> {
    for package in tidy::with_features()? {
        process::run(
            "cargo",
            &["check", "--quiet", "--package", &package, "--no-default-features"],
        )?;
    }
    Ok(())
}

/// Runs cargo-deny where it is installed; tidy checks licences, bans and sources everywhere.
fn deny() -> Result<()> {
    if !process::installed("cargo-deny") {
        println!(
            "skipped: no cargo-deny; advisories are not checked, licences, bans and sources are by tidy"
        );
        return Ok(());
    }
    process::run("cargo", &["deny", "check", "bans", "licenses", "sources"])?;
    if process::read("cargo", &["deny", "fetch", "db"]).is_err() {
        println!("skipped: the advisory database is out of reach");
        return Ok(());
    }
    process::run("cargo", &["deny", "check", "advisories"])
}
