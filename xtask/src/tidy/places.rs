//! Files that the documents name are there: `layerfs/apply.rs` is `crates/layerfs/src/apply.rs`.

use std::collections::BTreeSet;

use crate::tidy::sources::Source;

/// Returns one line for every place that a document names and that is not there.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let files: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let crates: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.strip_prefix("crates/")?.split_once('/').map(|(name, _)| name))
        .collect();
    let mut complaints = Vec::new();
    // A decision tells of the day when it was made; the map tells of today.
    let maps = ["docs/ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"];
    for source in sources.iter().filter(|source| maps.contains(&source.path.as_str())) {
        for word in source.text.split('`').skip(1).step_by(2) {
            let Some((name, rest)) = word.split_once('/') else { continue };
            if crates.contains(name) && !is_there(&files, name, rest) {
                complaints.push(format!("{}: names {word}, which is not there", source.path));
            }
        }
    }
    complaints
}

/// Tells whether a file, or a folder with files in it, lies below the sources of a crate.
fn is_there(files: &BTreeSet<&str>, name: &str, rest: &str) -> bool {
    let place = format!("crates/{name}/src/{rest}");
    if place.ends_with(".rs") {
        return files.contains(place.as_str());
    }
    let folder = format!("{}/", place.trim_end_matches('/'));
    files.range(folder.as_str()..).next().is_some_and(|file| file.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_gone_are_found() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        for (text, fine) in [
            ("open `tar/reader.rs`", true),
            ("open `tar/gone.rs`", false),
            ("all of `ref/auth/`", true),
            ("all of `ref/auth`", true),
            ("all of `ref/other/`", false),
            ("`application/json` and `etc/os-release`", true),
        ] {
            let sources = [
                source("docs/ARCHITECTURE.md", text),
                source("crates/tar/src/reader.rs", ""),
                source("crates/ref/src/auth/file.rs", ""),
            ];
            assert_eq!(check(&sources).is_empty(), fine, "{text}");
        }
    }
}
