//! What each layer did to each package.

use cutaway_analyze::{Change, DatabaseRef, Ecosystem, Listed, Package, Turn, stories};

/// A record, the number of its database, and whether it is one of an incomplete state.
type Record = (Package, usize);

/// Tells states parted by `|`, records `name version database [state]` by `,`, `?` for incomplete.
fn tell(text: &str) -> String {
    let states: Vec<(Vec<Record>, bool)> = text
        .split('|')
        .map(|state| {
            let records = state.split(',').map(|record| record.trim_matches([' ', '?']));
            let records = records.filter(|record| !record.is_empty()).map(|record| {
                let words: Vec<&str> = record.split(' ').collect();
                let mut package = Package::new(Ecosystem::DEB, words[0], words[1]);
                if let Some(state) = words.get(3) {
                    package.state = (*state).to_owned();
                }
                (package, words[2].parse().unwrap())
            });
            (records.collect(), state.contains('?'))
        })
        .collect();
    let listed = |layer: usize| -> Vec<Listed<'_>> {
        let of_layer = states[layer].0.iter();
        let version = |database: usize| layer * 10 + database;
        of_layer
            .enumerate()
            .map(|(at, (package, path))| Listed {
                package,
                at,
                database: DatabaseRef { rank: *path, version: version(*path), path: *path },
            })
            .collect()
    };
    let change = |layer: usize| Change {
        ended: if layer == 0 { Vec::new() } else { listed(layer - 1) },
        begun: listed(layer),
        incomplete: states[layer].1,
    };
    let changes: Vec<Change<'_>> = (0..states.len()).map(change).collect();
    let turn = |turn: &Turn<'_>| {
        let from = turn.from.map_or_else(String::new, |from| format!("<{from}"));
        format!("{}{:?} {}{from}", turn.layer, turn.event, turn.version)
    };
    let stories = stories(&changes, &["amd64"]);
    let stories = stories.iter().map(|story| {
        let turns: Vec<String> = story.turns.iter().map(turn).collect();
        format!("{}: {}", story.name, turns.join(", "))
    });
    stories.collect::<Vec<_>>().join("; ")
}

#[test]
fn tells_what_happened() {
    for (text, told) in [
        ("a 1 0 | a 1 0", "a: 0Installed 1"),
        ("a 1 0 | a 2 0 | a 2 0", "a: 0Installed 1, 1Upgraded 2<1"),
        ("a 1 0, b 1 0 | b 1 0", "a: 0Installed 1, 1Removed 1; b: 0Installed 1"),
        ("a 1 0 | | a 1 0", "a: 0Installed 1, 1Hidden 1, 2Installed 1"),
        ("a 1 0 | a 1 0 config-files", "a: 0Installed 1, 1Removed 1"),
        ("a 1 0 | b 1 1", "a: 0Installed 1, 1Hidden 1; b: 1Installed 1"),
        (
            "k 1 0, k 2 0 | k 2 0, k 3 0, k 4 0",
            "k: 0Installed 1, 0Installed 2, 1Upgraded 3<1, 1Installed 4",
        ),
        ("a 1 0 | ? | a 1 0", "a: 0Installed 1"),
        ("", ""),
    ] {
        assert_eq!(tell(text), told, "{text}");
    }
}
