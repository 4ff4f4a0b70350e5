//! Real images of the corpus.

use crate::support::{corpus, json, run, run_with};

#[test]
fn alpine_3_10_has_its_packages_with_their_sources() {
    let Some(corpus) = corpus() else { return };
    let archive = corpus.join("images/alpine-3.10.docker-archive.tar.gz");
    let expected = std::fs::read_to_string(corpus.join("images/alpine-3.10.expected.tsv")).unwrap();
    // The list was written for an earlier build of the same release: its versions are older.
    let expected: Vec<(String, String, String)> = expected
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>())
        .map(|fields| (fields[0].clone(), fields[2].clone(), fields[3].clone()))
        .collect();
    assert_eq!(expected.len(), 14);
    let bytes = std::fs::read(&archive).unwrap();
    for output in [
        run(&["scan", archive.to_str().unwrap(), "--format", "json"]),
        run_with(&["scan", "-", "--format", "json"], &bytes),
    ] {
        let report = json(&output);
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let found: Vec<_> = report["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (text(&p["name"]), text(&p["arch"]), text(&p["source"]["name"])))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(report["distro"]["version_id"], "3.10.4");
        assert_eq!(report["complete"], true);
    }
}

#[test]
fn a_cycle_of_links_ends() {
    let Some(corpus) = corpus() else { return };
    let archive = corpus.join("images/symlink-cycle.docker-archive.tar");
    let report = json(&run(&["scan", archive.to_str().unwrap(), "--format", "json"]));
    assert_eq!(report["complete"], true);
}
