//! `cargo xtask bench-advisories`: what a database of advisories of so many rows costs.

use anyhow::Result;

use crate::process::{self, target};

/// Generates records, makes a database of them, and matches packages, each in a process of its own.
pub(crate) fn run(rows: &str) -> Result<()> {
    let build =
        ["build", "--quiet", "--release", "--package", "cutaway-vulns", "--example", "cost"];
    process::run("cargo", &build)?;
    let folder = target("bench-advisories");
    std::fs::create_dir_all(&folder)?;
    let (file, database) = (folder.join("osv.jsonl"), folder.join("osv.db"));
    let (file, database) = (file.display().to_string(), database.display().to_string());
    let program = target("release/examples/cost").display().to_string();
    for words in
        [&["generate", &file, rows][..], &["build", &file, &database], &["match", &database]]
    {
        print!("{}", process::read(&program, words)?);
    }
    Ok(std::fs::remove_dir_all(folder)?)
}
