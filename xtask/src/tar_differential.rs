//! `cargo xtask tar-differential`: random archives, read by our tar machine and by Go's.

use anyhow::Result;

use crate::process;

/// Compares `count` archives, which `seed` decides; a difference that no rule explains fails.
pub(crate) fn run(count: &str, seed: &str) -> Result<()> {
    if !process::installed("go") {
        println!("skipped: no go");
        return Ok(());
    }
    let arguments = [
        "test",
        "--quiet",
        "--package",
        "cutaway-tar",
        "--test",
        "it",
        "random_archives_read_the_same",
        "--",
        "--nocapture",
    ];
    let mut command = process::command("cargo", &arguments);
    command.env("CUTAWAY_TAR_ARCHIVES", count).env("CUTAWAY_TAR_SEED", seed);
    process::finish(command.stdout(std::io::stderr()))
}
