//! Where runtimes read layers in different ways: whether that concerns a file that an analyzer took.
//!
//! Where the other reading is worked out, it does if such a file is visible in one reading and not in the
//! other, under another name or with other bytes. Where it is not, if such a file lies at the place or below.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;

use cutaway_analyze::Analyzers;
use cutaway_layerfs::{EntryPath, Inode, OtherReading, Readings, Tree, Warning};

use crate::sight::FileKey;
use crate::skip::Skip;
use crate::visible::{View, Visibility};

/// The places at which the layers of an image are read in different ways.
#[derive(Debug, Default)]
pub(crate) struct Ambiguities(Vec<Place>);

#[derive(Debug)]
struct Place {
    /// The number of the warning that tells of it.
    warning: usize,
    path: EntryPath,
    other: OtherReading,
}

/// Paths at which a file that an analyzer took is another one in the other reading, or is in one alone;
/// each with the layer that has put it there.
pub(crate) type Differences = BTreeMap<EntryPath, u32>;

/// What has to be told as an error.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// The numbers of warnings.
    pub(crate) errors: BTreeSet<usize>,
    /// Differences that no warning tells of.
    pub(crate) untold: Vec<(EntryPath, u32)>,
}

impl Ambiguities {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers a warning, if it is of such a place.
    pub(crate) fn add(&mut self, number: usize, warning: &Warning) {
        if let (Some(path), Some(other)) = (&warning.path, warning.other) {
            self.0.push(Place { warning: number, path: path.clone(), other });
        }
    }

    /// Decides which places concern a file that an analyzer took: by where readings differ, and where not all
    /// of them are known by the paths of all these files.
    pub(crate) fn judge(
        &self,
        readings: &Readings,
        differences: &Differences,
        analysed: &BTreeMap<EntryPath, ()>,
    ) -> Judged {
        let mut judged = Judged::default();
        for place in self.0.iter().filter(|place| !readings.shows(place.other)) {
            if lies_below(&place.path, analysed) {
                judged.errors.insert(place.warning);
            }
        }
        let told: HashSet<&EntryPath> = self.0.iter().map(|place| &place.path).collect();
        for place in self.0.iter().filter(|place| lies_below(&place.path, differences)) {
            judged.errors.insert(place.warning);
        }
        let is_told = |path: &EntryPath| {
            std::iter::successors(Some(path.clone()), |at| (!at.is_root()).then(|| at.directory()))
                .any(|at| told.contains(&at))
        };
        let untold = differences.iter().filter(|(path, _)| !is_told(path));
        judged.untold = untold.map(|(path, layer)| (path.clone(), *layer)).collect();
        judged
    }
}

/// Returns whether one of the paths is `place` or below it.
fn lies_below<T>(place: &EntryPath, paths: &BTreeMap<EntryPath, T>) -> bool {
    let below = if place.is_root() { Vec::new() } else { [place.as_bytes(), b"/"].concat() };
    let mut from = paths.range::<[u8], _>((Bound::Included(&*below), Bound::Unbounded));
    paths.contains_key(place)
        || from.next().is_some_and(|(path, _)| path.as_bytes().starts_with(&below))
}

/// Compares what is read with all other readings: by the names of files that were taken, and by what
/// analyzers see.
pub(crate) fn differences(
    readings: &Readings,
    taken: &HashSet<Inode>,
    analyzers: &Analyzers,
    skip: &Skip,
) -> Differences {
    let all = |tree| (names(tree, taken), sights(View { tree, analyzers, skip }));
    let mut differences = Differences::new();
    let mut read = None;
    for other in readings.others().map(all) {
        let read = read.get_or_insert_with(|| all(readings.tree()));
        let of_names = [of_one(&read.0, &other.0), of_one(&other.0, &read.0)];
        let of_sights = [of_one(&read.1, &other.1), of_one(&other.1, &read.1)];
        let of_names = of_names.into_iter().flatten().map(|((path, _), layer)| (path, layer));
        let of_sights = of_sights.into_iter().flatten().map(|((path, ..), layer)| (path, layer));
        differences.extend(of_names.chain(of_sights));
    }
    differences
}

/// Returns what analyzers see at their places, each with the layer that has its bytes.
fn sights(view: View<'_>) -> BTreeMap<(EntryPath, FileKey, Option<String>), u32> {
    let seen = view.analyzers.members().iter().enumerate();
    let seen = seen.filter(|(_, member)| !member.role().is_of_files());
    let (_, step) = Visibility::new(view, seen.map(|(position, _)| position));
    let sights = step.begun.into_iter();
    sights.map(|it| ((it.path.clone(), it.key(), it.about.clone()), it.file.layer)).collect()
}

/// Returns the names of files that were taken, each with the layer that has put it there.
fn names(tree: &Tree, taken: &HashSet<Inode>) -> BTreeMap<(EntryPath, Inode), u32> {
    let nodes = tree.descend(tree.root()).map(|id| (id, tree.node(id)));
    let nodes = nodes.filter(|(_, node)| taken.contains(&node.inode()));
    nodes.map(|(id, node)| ((tree.path(id), node.inode()), node.placed_by())).collect()
}

/// Returns what only the first has.
fn of_one<K: Ord + Clone>(one: &BTreeMap<K, u32>, other: &BTreeMap<K, u32>) -> BTreeMap<K, u32> {
    let only = one.iter().filter(|(key, _)| !other.contains_key(key));
    only.map(|(key, layer)| (key.clone(), *layer)).collect()
}
