//! Rules on single files: a first line that says what the file is, a bound on length, names, words.

use crate::tidy::sources::Source;

/// The most lines of a file below `src`, its tests included.
const MAX_LINES: usize = 400;

/// File and module names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["mod", "util", "utils", "common", "helper", "helpers", "misc", "manager"];

/// Returns one line for every rule that a file breaks.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let mut complain = |rule: &str| complaints.push(format!("{}: {rule}", source.path));
        if let Some(word) = machine_word(&source.text) {
            complain(&format!("names a place on one machine: {word}"));
        }
        let Some(stem) = source.path.strip_suffix(".rs") else { continue };
        if !source.text.starts_with("//!") {
            complain("starts with `//!` and what the file is");
        }
        let lines = source.text.lines().count();
        if lines > MAX_LINES && source.path.contains("/src/") {
            complain(&format!("has {lines} lines; {MAX_LINES} is the limit"));
        }
        if let Some(row) = source.text.lines().find_map(cited_row) {
            complain(&format!("cites {row}, a row of a table that is not in the repository"));
        }
        if stem.rsplit('/').next().is_some_and(|name| EMPTY_NAMES.contains(&name)) {
            complain("has a name that says nothing");
        }
        if source.text.lines().any(|line| line.trim() == "///") && has_empty_doc(&source.text) {
            complain("has a doc comment without words");
        }
    }
    complaints.extend(undeclared_tests(sources));
    complaints.extend(undescribed_crates(sources));
    complaints
}

/// A row of a table, such as a capital and a number behind the word, or at the start of a comment.
fn cited_row(line: &str) -> Option<&str> {
    let (_, comment) = line.split_once("//")?;
    let words = || comment.split(|char: char| !char.is_alphanumeric());
    let is_row = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|letter| letter.is_ascii_uppercase())
            && matches!(word.len(), 2 | 3)
            && chars.all(|digit| digit.is_ascii_digit())
    };
    let behind = words().zip(words().skip(1)).find(|(before, word)| {
        matches!(before.to_ascii_lowercase().as_str(), "row" | "rows" | "target" | "targets")
            && is_row(word)
    });
    let text = comment.trim_start_matches(['/', '!', ' ']);
    let first = text.split(|char: char| !char.is_alphanumeric()).next().filter(|word| is_row(word));
    behind.map(|(_, row)| row).or(first)
}

/// A doc comment that is nothing but `///`, written to silence the compiler.
fn has_empty_doc(text: &str) -> bool {
    let mut block: Option<bool> = None;
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("///") {
            Some(words) => block = Some(block.unwrap_or(false) || !words.trim().is_empty()),
            None if block.take() == Some(false) => return true,
            None => {}
        }
    }
    block == Some(false)
}

/// A file below `tests/it` that its `main.rs` does not declare is never compiled.
fn undeclared_tests(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let Some((folder, name)) = source.path.split_once("/tests/it/") else { continue };
        let Some(module) =
            name.strip_suffix(".rs").filter(|module| *module != "main" && !module.contains('/'))
        else {
            continue;
        };
        let main = format!("{folder}/tests/it/main.rs");
        let declared = |main: &Source| {
            let declaration = format!("mod {module};");
            main.text.lines().any(|line| line.trim() == declaration)
        };
        if !sources.iter().any(|source| source.path == main && declared(source)) {
            complaints.push(format!("{}: {main} does not declare it", source.path));
        }
    }
    complaints
}

/// `docs/ARCHITECTURE.md` names every crate of the product.
fn undescribed_crates(sources: &[Source]) -> Vec<String> {
    let Some(architecture) = sources.iter().find(|source| source.path == "docs/ARCHITECTURE.md")
    else {
        return Vec::new();
    };
    sources
        .iter()
        .filter_map(|source| source.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
        .filter(|name| !architecture.text.contains(name))
        .map(|name| format!("docs/ARCHITECTURE.md: does not name {name}"))
        .collect()
}

/// A path that exists on the machine of whoever wrote it, and nowhere else.
fn machine_word(text: &str) -> Option<&str> {
    // Put together here, so that this file does not hold the words it looks for.
    let words = [["/wo", "rk/"], ["/ro", "ot/"], ["/tmp/", "brief"], ["/Use", "rs/"]]
        .map(|halves| halves.concat());
    words.iter().find_map(|word| {
        let start = text.find(word.as_str())?;
        let path = text.get(start..)?;
        // Inside a longer path it is a folder of the repository or of an image.
        let before = text.get(..start)?.chars().next_back();
        let alone = before.is_none_or(|char| {
            !(char.is_alphanumeric() || matches!(char, '.' | '_' | '-' | '}' | '/'))
        });
        alone.then(|| path.split_whitespace().next().unwrap_or(path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: &str) -> Vec<String> {
        check(&[Source { path: path.into(), text: text.into() }])
    }

    #[test]
    fn single_files() {
        let long = format!("//! x\n{}", "fn f() {}\n".repeat(MAX_LINES));
        for (path, text, fine) in [
            ("crates/a/src/b.rs", "//! x\n", true),
            ("crates/a/src/b.rs", "fn f() {}\n", false),
            ("crates/a/src/b.rs", long.as_str(), false),
            ("crates/a/src/b/tests.rs", long.as_str(), false),
            ("crates/a/tests/it/main.rs", long.as_str(), true),
            ("crates/a/src/b.rs", &["//! x (row ", "B3)\n"].concat(), false),
            ("crates/a/src/b.rs", &["//! x\n/// ", "A1 and A2: y\nfn f() {}\n"].concat(), false),
            ("crates/a/src/b.rs", "//! x\nfn f() { G1(2) }\n", true),
            ("crates/a/src/b.rs", "//! Version 4 of X12, and `Q1` is SHA-1\n", true),
            ("crates/a/src/b.rs", "//! `Q1` is SHA-1\n", true),
            ("crates/a/src/util.rs", "//! x\n", false),
            ("crates/a/src/b/mod.rs", "//! x\n", false),
            ("crates/a/src/b.rs", "//! x\n///\nfn f() {}\n", false),
            ("crates/a/src/b.rs", "//! x\n/// A\n///\n/// B\nfn f() {}\n", true),
            ("notes.md", "in /tmp/x", true),
            ("notes.md", &["in /wo", "rk/main"].concat(), false),
            ("notes.md", &["see home/wo", "rk/main"].concat(), true),
        ] {
            let complaints = one(path, text);
            assert_eq!(complaints.is_empty(), fine, "{path}: {complaints:?}");
        }
    }

    #[test]
    fn a_forgotten_test_file_is_found() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let main = source("crates/a/tests/it/main.rs", "//! x\nmod known;\n");
        let known = source("crates/a/tests/it/known.rs", "//! x\n");
        assert_eq!(check(&[main.clone(), known]), [""; 0]);
        let forgotten = source("crates/a/tests/it/forgotten.rs", "//! x\n");
        assert_eq!(check(&[main, forgotten]).len(), 1);
    }

    #[test]
    fn a_crate_that_the_architecture_forgets_is_found() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let manifests =
            [source("crates/ref/Cargo.toml", ""), source("crates/model/Cargo.toml", "")];
        assert_eq!(check(&manifests), [""; 0], "there may be no such document yet");
        let document = source("docs/ARCHITECTURE.md", "`ref` reads no environment");
        assert_eq!(
            check(&[&manifests[..], &[document]].concat()),
            ["docs/ARCHITECTURE.md: does not name model"]
        );
    }
}
