//! `cargo xtask tidy`: the rules of this repository that no compiler checks.
//!
//! Each rule is a pure function from facts to complaints, tested both ways: the repository obeys
//! it, and a fabricated offence is found. The same rules run as tests, so `cargo test` knows them.

mod circles;
mod codes;
mod dependencies;
mod files;
mod layering;
mod licence;
mod metadata;
mod modules;
mod names;
mod packaging;
mod places;
mod sources;
mod unused;

use anyhow::{Result, bail};

/// Checks all rules and fails with a list of what breaks them.
pub(crate) fn run() -> Result<()> {
    let (ours, everything) = (metadata::workspace()?, metadata::everything()?);
    let sources = sources::tracked()?;
    let mut complaints = layering::check(&ours);
    complaints.extend(layering::unused(&ours));
    complaints.extend(dependencies::check(&everything, &dependencies::Rules::read()?));
    complaints.extend(packaging::check(&ours));
    complaints.extend(unused::check(&ours, &everything, &sources));
    complaints.extend(files::check(&sources));
    complaints.extend(places::check(&sources));
    complaints.extend(codes::check(&sources));
    for (folder, modules) in &modules::all(&sources)? {
        if folder.starts_with("crates/") {
            complaints.extend(names::check(modules));
        }
        complaints.extend(circles::check(&modules.edges()));
    }
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{}", complaints.join("\n"))
}

/// Returns our packages that have features.
pub(crate) fn with_features() -> Result<Vec<String>> {
    let ours = metadata::workspace()?;
    Ok(ours
        .into_iter()
        .filter(|package| package.has_features)
        .map(|package| package.name)
        .collect())
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
