//! Packages that a crate links and never names.

use std::collections::BTreeMap;

use crate::tidy::metadata::{Dependency, Package};
use crate::tidy::sources::Source;

/// Packages that are linked for a feature that they switch on in another.
const FOR_A_FEATURE: &[(&str, &str)] = &[("cutaway-model", "flate2"), ("cutaway-model", "liblzma")];

/// Returns one line for every dependency of ours whose name no source of its crate has.
///
/// `everything` are all packages, which tell by which name code calls them.
pub(crate) fn check(ours: &[Package], everything: &[Package], sources: &[Source]) -> Vec<String> {
    let libraries: BTreeMap<&str, &str> = everything
        .iter()
        .map(|package| (package.name.as_str(), package.library.as_str()))
        .collect();
    let mut complaints = Vec::new();
    for package in ours {
        for dependency in &package.dependencies {
            let word = called(dependency, &libraries);
            let for_a_feature = FOR_A_FEATURE.contains(&(&package.name, &dependency.name));
            // Itself, so that its tests are built with its features.
            if for_a_feature || dependency.name == package.name {
                continue;
            }
            let named = sources
                .iter()
                .filter(|source| belongs(source, &package.folder, dependency.dev))
                .any(|source| has_word(&source.text, &word));
            if !named {
                complaints.push(format!(
                    "{}: depends on {} and never names {word}",
                    package.name, dependency.name
                ));
            }
        }
    }
    complaints
}

/// The name by which code calls a dependency.
fn called(dependency: &Dependency, libraries: &BTreeMap<&str, &str>) -> String {
    if let Some(rename) = &dependency.rename {
        return rename.replace('-', "_");
    }
    match libraries.get(dependency.name.as_str()) {
        Some(library) if !library.is_empty() => (*library).to_owned(),
        _ => dependency.name.replace('-', "_"),
    }
}

/// Tells whether a source is one that may need the dependency: tests need more than the library.
fn belongs(source: &Source, folder: &str, dev: bool) -> bool {
    source.path.strip_prefix(folder).and_then(|path| path.strip_prefix('/')).is_some_and(|path| {
        path.ends_with(".rs") && (dev || path.starts_with("src/") || path == "build.rs")
    })
}

fn has_word(text: &str, word: &str) -> bool {
    let part_of_a_name = |char: char| char.is_alphanumeric() || char == '_';
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(start..).and_then(|text| text.chars().nth(word.chars().count()));
        !before.is_some_and(part_of_a_name) && !after.is_some_and(part_of_a_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_nobody_names() {
        for (name, rename, dev, path, text, fine) in [
            ("serde-json", None, false, "crates/a/src/lib.rs", "use serde_json::Value;", true),
            ("serde-json", None, false, "crates/a/src/lib.rs", "use my_serde_json::Value;", false),
            ("serde-json", None, false, "crates/a/src/lib.rs", "use serde_jsonish::Value;", false),
            ("serde-json", None, false, "crates/ab/src/lib.rs", "use serde_json::Value;", false),
            ("serde-json", None, false, "crates/a/tests/it.rs", "use serde_json::Value;", false),
            ("serde-json", None, true, "crates/a/tests/it.rs", "use serde_json::Value;", true),
            (
                "serde-json",
                Some("json"),
                false,
                "crates/a/src/lib.rs",
                "json::from_str(text)",
                true,
            ),
            ("serde-json", Some("json"), false, "crates/a/src/lib.rs", "serde_json::x", false),
            ("md-5", None, false, "crates/a/src/lib.rs", "use md5::Md5;", true),
            ("a", None, true, "crates/a/src/lib.rs", "", true),
        ] {
            let rename = rename.map(str::to_owned);
            let package = Package {
                name: "a".into(),
                folder: "crates/a".into(),
                dependencies: vec![Dependency {
                    name: name.into(),
                    dev,
                    rename,
                    ..Dependency::default()
                }],
                ..Package::default()
            };
            let everything =
                [Package { name: "md-5".into(), library: "md5".into(), ..Package::default() }];
            let source = Source { path: path.into(), text: text.into() };
            let complaints = check(&[package], &everything, &[source]);
            assert_eq!(complaints.is_empty(), fine, "{name} {path} {text}");
        }
    }
}
