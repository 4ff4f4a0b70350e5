//! States of databases, layer by layer, and what became of the packages in them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cutaway_analyze::{
    Change, DatabaseRef, Ecosystem, Identity, Listed, Package, PackageEvent, stories, timeline,
};
use proptest::prelude::*;

/// The records of one database after one layer, each `name version [state] [:arch]`.
type State = (Vec<Package>, bool);

fn package(text: &str) -> Package {
    let mut words = text.split(' ');
    let mut package =
        Package::new(Ecosystem::DEB, words.next().unwrap(), words.next().unwrap_or_default());
    package.arch = Some("amd64".into());
    for word in words {
        match word.strip_prefix(':') {
            Some(arch) => package.arch = Some(arch.into()),
            None => package.state = word.into(),
        }
    }
    package
}

/// Reads states parted by `|`, records by `,`, `?` for an incomplete state; a database is rewritten
/// by each layer, and gone where there is no record.
fn states(text: &str) -> Vec<State> {
    let state = |state: &str| {
        let records = state.split(',').map(|record| record.trim_matches([' ', '?']));
        let records = records.filter(|record| !record.is_empty());
        (records.map(package).collect(), state.contains('?'))
    };
    text.split('|').map(state).collect()
}

/// Lists all records of a database.
fn list(packages: &[Package], database: DatabaseRef) -> Vec<Listed<'_>> {
    let listed = |(at, package)| Listed { package, database, at };
    packages.iter().enumerate().map(listed).collect()
}

/// Returns what each layer changed of one database.
pub(crate) fn changes(states: &[State]) -> Vec<Change<'_>> {
    let listed = |version: usize| {
        let (records, _) = &states[version];
        let database = DatabaseRef { rank: 0, version, path: 0 };
        list(records, database)
    };
    let change = |layer: usize| Change {
        ended: if layer == 0 { Vec::new() } else { listed(layer - 1) },
        begun: listed(layer),
        incomplete: states[layer].1,
    };
    (0..states.len()).map(change).collect()
}

fn tell(text: &str) -> (String, String) {
    let states = states(text);
    let told = timeline(&changes(&states), &["amd64"]);
    let present = told
        .present
        .iter()
        .map(|it| format!("{} {}@{}", it.package.name, it.package.version, it.layer));
    let removed = told.removed.iter().map(|it| {
        format!("{} {}@{}-{}", it.package.name, it.package.version, it.layer, it.hidden_by)
    });
    (present.collect::<Vec<_>>().join(","), removed.collect::<Vec<_>>().join(","))
}

#[test]
fn tells_who_brought_and_who_ended() {
    for (text, present, removed) in [
        ("a 1 | a 1 | a 1", "a 1@0", ""),
        ("a 1 | a 2 | a 2", "a 2@1", ""),
        ("a 1 | a 1, b 1", "a 1@0,b 1@1", ""),
        ("a 1, b 1 | a 1", "a 1@0", "b 1@0-1"),
        ("a 1 | | a 1", "a 1@2", ""),
        ("a 1 | a 2 |", "", "a 2@1-2"),
        ("a 1 | a 1 config-files | a 1 config-files", "a 1@0", "a 1@0-1"),
        ("a 1 | a 1 config-files |", "", "a 1@0-1"),
        ("a 1 | a 1 config-files | a 1", "a 1@2", ""),
        ("a 1 config-files | a 1 config-files", "a 1@0", ""),
        ("a 1 | a 1 half-configured | a 1", "a 1@0", ""),
        ("k 1, k 2 | k 2, k 3", "k 2@0,k 3@1", ""),
        ("k 1, k 2 |", "", "k 1@0-1,k 2@0-1"),
        ("a 1, b 1 | a 1 ? | a 1, b 1", "a 1@0,b 1@0", ""),
        ("a 1, b 1 | a 1 ?", "a 1@0", ""),
        ("a 1, b 1 | a 1 ? | a 1", "a 1@0", "b 1@0-2"),
        ("a 1, a 1", "a 1@0", ""),
        // An upgrade across architectures, and the loss of one of several.
        ("a 1 :all | a 2", "a 2@1", ""),
        ("a 1 | a 2 :all", "a 2@1", ""),
        ("a 1 :all, b 1 :all | b 1", "b 1@1", "a 1@0-1"),
        ("a 1 :i386 | a 2", "a 2@1", "a 1@0-1"),
        ("a 1 :i386, a 1 | a 1", "a 1@0", "a 1@0-1"),
        ("a 1 :all | a 2 | ", "", "a 2@1-2"),
        ("", "", ""),
    ] {
        assert_eq!(tell(text), (present.to_owned(), removed.to_owned()), "{text}");
    }
    assert!(timeline(&[], &[]).present.is_empty());
}

/// Of databases that say the same, the first counts; what only the second says counts too.
#[test]
fn databases_complete_each_other() {
    let (first, second) = (states("a 1, b 1"), states("a 1, b 2, c 1"));
    let listed = |states: &'static [State], number: usize| {
        let database = DatabaseRef { rank: number, version: number, path: number };
        list(&states[0].0, database)
    };
    let (first, second): (&'static [State], &'static [State]) = (first.leak(), second.leak());
    let both = |one: Vec<Listed<'static>>, other: Vec<Listed<'static>>| Change {
        begun: [one, other].concat(),
        ..Change::default()
    };
    let tell = |changes: &[Change<'static>]| {
        let told = timeline(changes, &[]);
        let present = told.present.iter().map(|it| {
            format!("{} {} {}@{}", it.package.name, it.package.version, it.database.rank, it.layer)
        });
        present.collect::<Vec<_>>().join(",")
    };
    let expected = "a 1 0@0,b 1 0@0,b 2 1@0,c 1 1@0";
    assert_eq!(tell(&[both(listed(first, 0), listed(second, 1))]), expected);
    assert_eq!(tell(&[both(listed(second, 1), listed(first, 0))]), expected);
    let gone = Change { ended: listed(first, 0), ..Change::default() };
    let told = tell(&[both(listed(first, 0), listed(second, 1)), gone]);
    assert_eq!(told, "a 1 1@0,b 2 1@0,c 1 1@0", "what both said is there still");
}

/// What a layer does not change costs nothing, and versions of one name are no worse than names.
#[test]
fn takes_time_in_proportion_to_the_records() {
    let many = |count: usize, record: fn(usize) -> String| -> Vec<Package> {
        (0..count).map(|n| package(&record(n))).collect()
    };
    let database = |version| DatabaseRef { rank: version, version, path: version };
    let list = |packages: &'static [Package], version: usize| list(packages, database(version));
    let base: &'static [Package] = many(10_000, |n| format!("p{n} 1")).leak();
    let versions: &'static [Package] = many(20_000, |n| format!("kernel {n}")).leak();
    let small: &'static [Package] = many(1, |_| "kernel x".into()).leak();
    let start = Instant::now();
    let mut changes =
        vec![Change { begun: [list(base, 0), list(versions, 1)].concat(), ..Change::default() }];
    for layer in 2..2000 {
        let ended = if layer > 2 { list(small, layer - 1) } else { Vec::new() };
        changes.push(Change { ended, begun: list(small, layer), incomplete: false });
    }
    let told = timeline(&changes, &["amd64"]);
    assert_eq!((told.present.len(), told.removed.len()), (30_001, 0));
    assert_eq!(stories(&changes, &["amd64"]).len(), 10_001);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// The rules as they were first written down: every state compared with the one before, in full.
fn naive(states: &[State]) -> Vec<(String, usize)> {
    let mut since: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (layer, (records, _)) in states.iter().enumerate() {
        let mut now = BTreeMap::new();
        for package in records {
            let key = (package.name.clone(), package.version.clone());
            now.insert(key.clone(), since.get(&key).copied().unwrap_or(layer));
        }
        since = now;
    }
    since.into_iter().map(|((name, version), layer)| (format!("{name} {version}"), layer)).collect()
}

proptest! {
    #[test]
    fn is_what_comparing_all_states_says(
        layers in proptest::collection::vec(
            proptest::collection::btree_set(("[ab]", "[123]"), 0..5),
            1..6,
        )
    ) {
        let state = |layer: &std::collections::BTreeSet<(String, String)>| -> State {
            (layer.iter().map(|(name, version)| package(&format!("{name} {version}"))).collect(), false)
        };
        let states: Vec<State> = layers.iter().map(state).collect();
        let told = timeline(&changes(&states), &[]);
        let present: Vec<(String, usize)> = told
            .present
            .iter()
            .map(|it| (format!("{} {}", it.package.name, it.package.version), it.layer))
            .collect();
        prop_assert_eq!(present, naive(&states));
        // A package is removed exactly when it was installed once and no version of it is there.
        let gone: Vec<Identity<'_>> =
            told.removed.iter().map(|it| it.package.identity()).collect();
        for story in stories(&changes(&states), &[]) {
            let last = story.turns.last().unwrap();
            let is_over = gone.iter().any(|identity| identity.name == story.name);
            let ended = matches!(last.event, PackageEvent::Removed | PackageEvent::Hidden);
            let there = told.present.iter().any(|it| it.package.name == story.name);
            prop_assert_eq!(is_over, !there);
            prop_assert!(!is_over || ended);
        }
    }
}
