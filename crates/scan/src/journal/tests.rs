//! What counts is what a look at everything says, and it is found by looking at little.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutaway_analyze::{Change, DatabaseRef, Ecosystem, Package};
use proptest::prelude::*;

use super::{Journal, Key, LOOKS, Record, Source};

/// A file: its rank, whether it is one of a journal, and what it says.
#[derive(Debug, Clone)]
struct File {
    database: DatabaseRef,
    journal: bool,
    packages: Vec<Arc<Package>>,
}

impl File {
    fn new(rank: usize, version: usize, packages: Vec<Package>) -> Self {
        let database = DatabaseRef { rank, version, path: rank };
        Self { database, journal: rank > 0, packages: packages.into_iter().map(Arc::new).collect() }
    }

    fn source(&self) -> Source<'_> {
        let Self { database, journal, packages } = self;
        Source { database: *database, journal: *journal, packages }
    }
}

fn package(name: &str, arch: &str, version: &str, state: &str, same: bool) -> Package {
    let mut package = Package::new(Ecosystem::DEB, name, version);
    package.arch = Some(arch.to_owned());
    package.state = state.to_owned();
    package.coinstallable = same;
    package
}

/// Returns the records that count, by looking at all.
fn naive<'a>(files: impl IntoIterator<Item = &'a File>) -> BTreeMap<Key, &'a Package> {
    let sources: Vec<Source<'a>> = files.into_iter().map(File::source).collect();
    let mut all: Vec<(&str, Key, Record<'a>)> = sources.iter().flat_map(Source::records).collect();
    all.sort_by_key(|(_, key, _)| *key);
    let mut counting: Vec<(&str, Key, Record<'a>)> = Vec::new();
    let is_instance = |record: &Record<'_>| record.package.state != "not-installed";
    for (name, key, record) in all {
        if record.journal {
            let of_name = counting.iter().filter(|it| it.0 == name && is_instance(&it.2));
            let installed: Vec<Record<'_>> = of_name.map(|it| it.2).collect();
            let replaces = installed.len() == 1
                && !(installed[0].package.coinstallable && record.package.coinstallable);
            counting.retain(|(other, _, it)| {
                *other != name
                    || (it.package.arch != record.package.arch && !(replaces && is_instance(it)))
            });
        }
        if !record.journal || (is_instance(&record) && !record.package.version.is_empty()) {
            counting.push((name, key, record));
        }
    }
    counting.into_iter().map(|(_, key, record)| (key, record.package)).collect()
}

/// Follows files from layer to layer, each layer with the ranks whose files it replaces or hides; returns
/// the journal and what changed.
fn follow<'a>(layers: &'a [BTreeMap<usize, Option<File>>]) -> (Journal<'a>, Vec<Change<'a>>) {
    let (mut journal, mut now) = (Journal::default(), BTreeMap::<usize, &File>::new());
    let changes = layers.iter().map(|layer| {
        let ended: Vec<_> = layer.keys().filter_map(|rank| now.remove(rank)).collect();
        let begun: Vec<&File> = layer.values().flatten().collect();
        now.extend(begun.iter().map(|file| (file.database.rank, *file)));
        let sources =
            |files: Vec<&'a File>| files.into_iter().map(File::source).collect::<Vec<_>>();
        let mut change = Change::default();
        journal.turn(&sources(ended), &sources(begun), &mut change);
        change
    });
    let changes = changes.collect();
    (journal, changes)
}

fn layers() -> impl Strategy<Value = Vec<BTreeMap<usize, Option<File>>>> {
    let of = prop::sample::select::<&str>;
    let states = of(vec!["installed", "installed", "not-installed", "config-files"]);
    let names = (of(vec!["a", "b"]), of(vec!["amd64", "i386", "all"]), of(vec!["", "1", "2"]));
    let record = (names, states, any::<bool>())
        .prop_map(|((name, arch, version), state, same)| package(name, arch, version, state, same));
    let file = prop::option::of(prop::collection::vec(record, 0..4));
    let layer = prop::collection::btree_map(0..5_usize, file, 0..4);
    prop::collection::vec(layer, 1..8).prop_map(|layers| {
        let mut version = 0..;
        let number = |layer: BTreeMap<usize, Option<Vec<Package>>>| {
            let files = layer.into_iter().map(|(rank, packages)| {
                let version = version.next().unwrap_or_default();
                (rank, packages.map(|packages| File::new(rank, version, packages)))
            });
            files.collect()
        };
        layers.into_iter().map(number).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn following_changes_is_looking_at_everything(layers in layers()) {
        let (journal, changes) = follow(&layers);
        prop_assert!(journal.crowded.is_empty());
        let (mut counting, mut files) = (BTreeMap::new(), BTreeMap::new());
        for (layer, change) in layers.iter().zip(&changes) {
            for listed in &change.ended {
                let ended = counting.remove(&(listed.database, listed.at));
                prop_assert_eq!(ended, Some(listed.package));
            }
            for listed in &change.begun {
                let before = counting.insert((listed.database, listed.at), listed.package);
                prop_assert!(before.is_none());
            }
            for (rank, file) in layer {
                match file {
                    Some(file) => files.insert(*rank, file),
                    None => files.remove(rank),
                };
            }
            prop_assert_eq!(&counting, &naive(files.values().copied()));
        }
    }
}

/// Layers with a file of the journal each: so many names of that layer's architecture, at a rank.
fn each_adds(
    layers: usize,
    names: usize,
    rank: impl Fn(usize) -> usize,
) -> Vec<BTreeMap<usize, Option<File>>> {
    let file = |layer: usize| {
        let arch = format!("a{layer}");
        let record = |name| package(&format!("p{name}"), &arch, "1", "installed", true);
        File::new(rank(layer), layer, (0..names).map(record).collect())
    };
    (0..layers).map(|layer| BTreeMap::from([(rank(layer), Some(file(layer)))])).collect()
}

/// What a layer adds costs what it adds, however many layers have added before it.
#[test]
fn a_journal_that_grows_costs_what_it_grows_by() {
    for (layers, names) in [(100, 50), (400, 50), (1600, 5)] {
        let layers_of = each_adds(layers, names, |layer| layer + 1);
        let (journal, changes) = follow(&layers_of);
        let records = u64::try_from(layers * names).unwrap();
        assert_eq!((journal.listed, journal.crowded.len()), (records, 0), "{layers}");
        assert!(journal.looks <= 2 * records, "{layers}: {}", journal.looks);
        assert_eq!(
            changes.iter().map(|it| it.ended.len() + it.begun.len()).sum::<usize>(),
            layers * names
        );
        assert_eq!((journal.noted(), journal.listed()), (400 * records, 0));
    }
}

/// What comes before what there is has all of it looked at, until that was done too often.
#[test]
fn what_is_looked_at_is_bounded() {
    for layers in [60, 100, 1000] {
        let layers_of = each_adds(layers, 5, |layer| 10_000 - layer);
        let (journal, changes) = follow(&layers_of);
        let records = u64::try_from(layers * 5).unwrap();
        assert_eq!(journal.crowded.is_empty(), layers <= 100, "{layers}");
        assert!(journal.looks <= LOOKS * records + records, "{layers}: {}", journal.looks);
        // All are beside each other, so nothing is replaced either way.
        let begun: usize = changes.iter().map(|it| it.begun.len()).sum();
        assert_eq!(begun, layers * 5);
    }
}

/// A record of a journal that comes and goes makes many others come and go: that is bounded and counted.
#[test]
fn what_comes_and_goes_is_bounded() {
    let many = |layer| {
        let record = |n: usize| package("p", "amd64", &n.to_string(), "installed", true);
        let one = package("p", "amd64", "x", "installed", true);
        match layer {
            0 => BTreeMap::from([(0, Some(File::new(0, 0, (0..1000).map(record).collect())))]),
            n if n % 2 == 1 => BTreeMap::from([(1, Some(File::new(1, n, vec![one])))]),
            _ => BTreeMap::from([(1, None)]),
        }
    };
    let layers: Vec<_> = (0..1000).map(many).collect();
    let (journal, changes) = follow(&layers);
    assert_eq!(journal.crowded.len(), 1);
    let listed: usize = changes.iter().map(|it| it.ended.len() + it.begun.len()).sum();
    assert_eq!(u64::try_from(listed).unwrap(), journal.listed);
    assert!(journal.looks <= LOOKS * 1500 + 4000 && listed < 64 * 1500, "{}", journal.looks);
    let least = u64::try_from(listed - 2 * 1500).unwrap() * 64;
    assert!(journal.listed() > least, "{} {listed}", journal.listed());
}
