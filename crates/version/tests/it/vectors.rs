//! The vectors of the corpus: one file a family.

use std::cmp::Ordering;
use std::path::PathBuf;

use cutaway_version::{Family, check, compare};

/// Returns the folder of vectors; `None`, with a note, where there is no corpus.
#[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
fn corpus() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let told = std::env::var_os("CUTAWAY_CORPUS");
    let folder = told.map_or_else(|| PathBuf::from(default), PathBuf::from).join("versions");
    if !folder.is_dir() {
        eprintln!("skipped: no corpus");
        return None;
    }
    Some(folder)
}

/// Returns the lines of a file that are no comment, taken apart at tabs.
fn rows(path: PathBuf) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn every_vector_holds_in_both_directions() {
    let Some(folder) = corpus() else { return };
    let mut wrong = Vec::new();
    for &family in Family::ALL {
        let rows = rows(folder.join(format!("{family}.tsv")));
        assert!(rows.len() >= 6, "{family}: {}", rows.len());
        for row in rows {
            let [a, operator, b, ..] = &row[..] else { panic!("{family}: {row:?}") };
            let wanted = match operator.as_str() {
                "<" => Ordering::Less,
                "=" => Ordering::Equal,
                ">" => Ordering::Greater,
                other => panic!("{family}: {other}"),
            };
            let answers = (compare(family, a, b), compare(family, b, a));
            if answers != (Ok(wanted), Ok(wanted.reverse())) {
                wrong.push(format!("{family}: {a} {operator} {b}: {answers:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn apk_reads_what_apk_tools_reads() {
    let Some(folder) = corpus() else { return };
    let rows = rows(folder.join("apk-validity.tsv"));
    assert!(rows.len() > 20);
    for row in rows {
        assert_eq!(check(Family::Apk, &row[0]).is_ok(), row[1] == "valid", "{row:?}");
    }
}

#[test]
fn every_file_of_the_corpus_is_a_family() {
    let Some(folder) = corpus() else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = name.strip_suffix(".tsv").filter(|name| *name != "apk-validity") {
            assert_eq!(name.parse::<Family>().map(|it| it.to_string()), Ok(name.to_owned()));
        }
    }
}
