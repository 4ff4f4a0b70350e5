//! `cargo xtask tidy`: the rules of this repository that no compiler checks.
//!
//! Each rule is a pure function from facts to complaints, tested both ways: the repository obeys
//! it, and a fabricated offence is found. The same rules run as tests, so `cargo test` knows them.

mod dependencies;
mod files;
mod layering;
mod licence;
mod metadata;
mod sources;

use anyhow::{Result, bail};

/// Checks all rules and fails with a list of what breaks them.
pub(crate) fn run() -> Result<()> {
    let mut complaints = layering::check(&metadata::workspace()?);
    complaints.extend(dependencies::check(&metadata::everything()?, &dependencies::Rules::read()?));
    complaints.extend(files::check(&sources::tracked()?));
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{}", complaints.join("\n"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_obeys() {
        if let Err(error) = super::run() {
            panic!("{error}");
        }
    }
}
