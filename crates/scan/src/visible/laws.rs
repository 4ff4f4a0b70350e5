//! Looking again only where something changed says what looking everywhere says.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Analyzers, Companion, Database, File, Findings, Interest, Outcome, Place,
};
use cutaway_layerfs::{EntryPath, Limits, Listing, Meta, Readings, Visitor, Walk};
use proptest::prelude::*;

use super::{View, Visibility};
use crate::sight::Sight;
use crate::skip::Skip;

#[derive(Debug)]
struct Reader;

const COMPANIONS: &[Companion] = &[Companion::new("-c")];

impl Analyzer for Reader {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("reader", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default()
            .files(["a/b", "b"])
            .at(Place::directory("a/c", &["-c"]))
            .at(Place::in_each("c", "b"))
            .files(["c/a/b"])
    }

    fn analyze(&self, _: &File<'_>, _: &mut Findings) -> Outcome {
        Outcome::Done
    }
}

impl Database for Reader {
    fn companions(&self) -> &[Companion] {
        COMPANIONS
    }
}

struct Nothing;

impl Visitor for Nothing {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

/// What a layer says: a path, what is done there, and where a link leads.
type Line = (Vec<&'static str>, u8, Vec<&'static str>);

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let path = || proptest::collection::vec(prop::sample::select(vec!["a", "b", "c", "b-c"]), 1..4);
    proptest::collection::vec((path(), 0_u8..10, path()), 0..6)
}

/// Reads a layer of these lines; a directory that only stands on the way is implied.
fn listing(lines: &[Line]) -> Listing {
    let lines = lines.iter().map(|(path, what, target)| {
        let (directory, name) = path.split_at(path.len().saturating_sub(1));
        let directory: String = directory.iter().map(|name| format!("{name}/")).collect();
        let (path, target) = (path.join("/"), target.join("/"));
        match what {
            0..=3 => format!("  {path} 0644 \"x\"\n"),
            4 => format!("  {path} -> {target}\n"),
            5 => format!("  {path} -> /{target}\n"),
            6 => format!("  {path}/\n"),
            7 => format!("  {path} => {target}\n"),
            8 => format!("  {directory}.wh.{}\n", name[0]),
            _ => format!("  {directory}.wh..wh..opq\n"),
        }
    });
    let text = format!("layer plain\n{}", lines.collect::<String>());
    let image = cutaway_fixtures::image(&text);
    let mut walk = Walk::new(Limits::default());
    walk.push(&image.layers[0].tar, &mut Nothing).unwrap();
    walk.finish(&mut Nothing).unwrap().listing
}

/// Returns what is visible: where, which bytes, with which companions, about what.
fn shown(sights: impl IntoIterator<Item = Arc<Sight>>) -> BTreeSet<String> {
    let sights = sights.into_iter();
    sights
        .map(|it| {
            format!("{:?} {} {:?} {:?} {:?}", it.rank, it.path, it.file, it.companions, it.about)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn looking_again_is_looking_everywhere(layers in proptest::collection::vec(lines(), 1..6)) {
        let analyzers = Analyzers::builder().database(Reader).build().unwrap();
        let skip = Skip::new(&[]).unwrap();
        let mut readings = Readings::new(Limits::default());
        let view = View { tree: readings.tree(), analyzers: &analyzers, skip: &skip };
        let (mut visibility, first) = Visibility::new(view, [0]);
        let mut seen = shown(first.begun);
        let mut names = BTreeSet::new();
        for (layer, lines) in (0_u32..).zip(&layers) {
            let listing = listing(lines);
            readings.apply(layer, &listing, Some(&mut visibility.watch), None).unwrap();
            let view = View { tree: readings.tree(), analyzers: &analyzers, skip: &skip };
            let mut fresh = BTreeSet::new();
            listing.for_each(|path, _| fresh.extend(EntryPath::clean(path)));
            names.extend(fresh.iter().cloned());
            let step = visibility.after_layer(view, fresh.into_iter().map(|path| (0, path)));
            for ended in shown(step.ended) {
                prop_assert!(seen.remove(&ended), "{ended} ended and was not there");
            }
            for begun in shown(step.begun) {
                prop_assert!(seen.insert(begun), "a file began that was there");
            }
            let (mut anew, everywhere) = Visibility::new(view, [0]);
            let named = anew.after_layer(view, names.iter().cloned().map(|path| (0, path)));
            let ended = shown(named.ended);
            let mut all = shown(everywhere.begun);
            all.retain(|it| !ended.contains(it));
            all.extend(shown(named.begun));
            prop_assert_eq!(&seen, &all, "after layer {}", layer);
            let unreadable: Vec<_> = anew.unreadable().collect();
            prop_assert_eq!(visibility.unreadable().collect::<Vec<_>>(), unreadable);
        }
    }
}
