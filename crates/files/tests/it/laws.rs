//! Laws, on random images: a search says what the view of all layers says, in whatever way it gets there.

use std::collections::BTreeMap;

use cutaway_files::{Limits, Search};
use cutaway_fixtures::{Compression, Entry, EntryKind, FixtureImage, ImageBuilder, LayerBuilder};
use cutaway_layerfs::{EntryPath, Inode, Kind, Meta, Visitor};
use cutaway_read::LayerReader;
use proptest::prelude::*;

use crate::support::{Held, options};

fn path() -> impl Strategy<Value = String> {
    prop_oneof![2 => "[abc]", 3 => "[abc]/[abc]", 2 => "[abc]/[abc]/[abc]"]
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![4 => "(/|\\.\\./|\\./)?[abc](/[abc]){0,2}", 1 => "[abc]/\\.\\./[abc]"]
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        5 => (path(), 0_u32..100).prop_map(|(path, n)| Entry::file(path, n.to_string())),
        5 => path().prop_map(Entry::directory),
        3 => (path(), target()).prop_map(|(path, target)| Entry::symlink(path, target)),
        2 => (path(), path()).prop_map(|(path, target)| Entry::hard_link(path, target)),
        3 => path().prop_map(Entry::whiteout),
        1 => prop_oneof![4 => path(), 1 => Just(String::new())].prop_map(Entry::opaque),
    ]
}

fn layers() -> impl Strategy<Value = Vec<Vec<Entry>>> {
    prop::collection::vec(prop::collection::vec(entry(), 0..7), 1..5)
}

fn image(layers: Vec<Vec<Entry>>) -> FixtureImage {
    let image = layers.into_iter().fold(ImageBuilder::new(), |image, entries| {
        let layer = LayerBuilder::new(Compression::Plain);
        image.layer(entries.into_iter().fold(layer, LayerBuilder::entry))
    });
    image.build()
}

/// The layers in one line.
fn text(layers: &[Vec<Entry>]) -> String {
    let entry = |entry: &Entry| {
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        match &entry.kind {
            EntryKind::Symlink(target) => format!("{path} -> {}", String::from_utf8_lossy(target)),
            EntryKind::HardLink(target) => format!("{path} => {}", String::from_utf8_lossy(target)),
            _ => path,
        }
    };
    let layer = |layer: &Vec<Entry>| layer.iter().map(entry).collect::<Vec<_>>().join(", ");
    layers.iter().map(layer).collect::<Vec<_>>().join(" | ")
}

/// Keeps all files of a layer.
#[derive(Default)]
struct Keep(BTreeMap<u32, Vec<u8>>, u32);

impl Visitor for Keep {
    fn entry(&mut self, id: u32, _: &EntryPath, meta: &Meta) -> bool {
        self.1 = id;
        if meta.kind == Kind::File {
            self.0.insert(id, Vec::new());
        }
        meta.kind == Kind::File
    }
    fn data(&mut self, chunk: &[u8]) {
        self.0.get_mut(&self.1).unwrap().extend(chunk);
    }
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

impl LayerReader for Keep {
    type Out = BTreeMap<u32, Vec<u8>>;

    async fn finish(self) -> Self::Out {
        self.0
    }
}

async fn contents(held: &Held) -> BTreeMap<Inode, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (layer, of_image) in (0_u32..).zip(held.image.layers()) {
        let read = cutaway_read::layer(of_image, |_| Keep::default(), &options()).await.unwrap();
        all.extend(read.out.into_iter().map(|(entry, bytes)| (Inode { layer, entry }, bytes)));
    }
    all
}

/// What a search or a view says: in which layer, what, and the bytes; or nothing, or a loop.
type Said = Option<Option<(usize, Meta, Vec<u8>)>>;

async fn searched(held: &Held, path: &str, follow: bool, verify: bool) -> (Said, usize) {
    let wanted = Search { path: path.as_bytes(), follow, content: true, verify, spare: 0 };
    let (found, bytes) = held.search(wanted, &Limits::default()).await;
    let Ok(found) = found else { return (None, 0) };
    assert!(found.verified || !verify);
    let first = found.read.keys().next().copied().unwrap_or_default();
    let said = match found.outcome {
        cutaway_files::Outcome::Found(thing) => Some((thing.layer, thing.meta, bytes)),
        cutaway_files::Outcome::Absent(_) => None,
    };
    (Some(said), first)
}

/// Returns whether the layers from `first` on have a directory on the way without an entry. What is
/// below it is taken to be where the path leads, whatever a lower layer has there; a layer could put
/// it there through a link and then replace where the link leads, which is not looked for.
async fn is_vague(held: &Held, first: usize, path: &str, follow: bool) -> bool {
    let view = held.view_from(first, None).await;
    first > 0 && view.tree().trace(path.as_bytes(), follow).is_ok_and(|way| way.implied)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_search_says_what_the_view_says(layers in layers()) {
        let layers_as_text = text(&layers);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let held = Held::of(image(layers)).await;
            let view = held.view().await;
            // Unpackers give up at these, so that there is no truth to be had of what comes after.
            let given_up = ["symlink-loop", "parent-not-a-directory"];
            let mut warnings = view.layers().iter().flat_map(|layer| &layer.warnings);
            if warnings.any(|warning| given_up.contains(&&*warning.code)) {
                return;
            }
            let contents = contents(&held).await;
            for path in ["a", "a/b", "b/c", "c/a/b", "b/a", "a/../b", "c/b/a"] {
                for follow in [false, true] {
                    let expected: Said = view.lookup(path.as_bytes(), follow).ok().map(|found| {
                        found.ok().map(|node| {
                            let tree = view.tree();
                            let of_node = tree.node(node);
                            let bytes = contents.get(&of_node.inode()).cloned().unwrap_or_default();
                            let layer = usize::try_from(of_node.placed_by()).unwrap();
                            (layer, view.meta(of_node.inode()), bytes)
                        })
                    });
                    for verify in [false, true] {
                        let (said, first) = searched(&held, path, follow, verify).await;
                        if said != expected && is_vague(&held, first, path, follow).await {
                            continue;
                        }
                        assert_eq!(said, expected, "{path}, follow {follow}, verify {verify}: {layers_as_text}");
                    }
                }
            }
        });
    }
}
