//! Which analysed files are visible in a merged tree, under which names, layer by layer.
//!
//! What a place or a name leads to is looked up once, and again only when one of the names on its way
//! changed. So a layer costs what it changes, however many files are visible already.

#[cfg(test)]
mod laws;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use cutaway_analyze::{Analyzers, Companion, Few, Place};
use cutaway_layerfs::{EntryPath, Inode, Kind, NodeId, Tree, Watch};

use crate::sight::{Rank, Sight, Unreadable};
use crate::skip::Skip;

/// The files that are visible after the layers that were applied.
#[derive(Debug, Default)]
pub(crate) struct Visibility {
    /// The directories in which names were looked up.
    pub(crate) watch: Watch,
    spots: Vec<Spot>,
    /// By a name in a directory: who looked it up.
    lookers: HashMap<Name, Few<Looker, ()>>,
    /// By a directory of databases: whose.
    listed: HashMap<NodeId, BTreeSet<usize>>,
    /// By what makes a file one: its sights, of which the first one counts.
    files: BTreeMap<Seen, Few<Rank, Arc<Sight>>>,
    /// The spots of names, which come up as layers are read: by path, and by analyzer. What changes at a path or
    /// above it has them look again, so that only those behind links are among those who looked names up.
    names: BTreeMap<EntryPath, Few<usize, usize>>,
    changed: BTreeMap<Seen, Option<Arc<Sight>>>,
    /// Symbolic links on the way to what is there, found since the last step.
    links: Vec<EntryPath>,
}

/// A name in a directory.
type Name = (NodeId, Box<[u8]>);

/// What makes two sights of an analyzer the same file: it is read once.
type Seen = (usize, Inode, Option<String>);

/// Somewhere to look. There are as many as artefacts.
#[derive(Debug)]
struct Spot {
    analyzer: usize,
    /// Its position among those of its analyzer.
    number: usize,
    what: What,
    /// What is seen, by the name in a directory.
    seen: Few<Box<[u8]>, Arc<Sight>>,
    /// What is known of a place; none of a name.
    place: Option<Box<OfPlace>>,
}

/// What is known of a place.
#[derive(Debug, Default)]
struct OfPlace {
    /// The names on the way to it.
    way: BTreeSet<Name>,
    directory: Option<NodeId>,
    unreadable: Option<Unreadable>,
}

#[derive(Debug, Clone)]
enum What {
    Place(Arc<Place>),
    /// A file of an artefact: itself, not what it links to.
    Name(EntryPath),
}

/// Who is to look again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Looker {
    Spot(usize),
    Child(usize, Box<[u8]>),
}

/// What one layer changed.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) ended: Vec<Arc<Sight>>,
    pub(crate) begun: Vec<Arc<Sight>>,
    /// Symbolic links on the way to what was looked at again and is there; perhaps some twice.
    pub(crate) links: Vec<EntryPath>,
}

/// What is looked at: the tree as it is now, for these analyzers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) analyzers: &'a Analyzers,
    pub(crate) skip: &'a Skip,
}

impl Visibility {
    /// Begins to look at the places of these analyzers.
    pub(crate) fn new(view: View<'_>, analyzers: impl IntoIterator<Item = usize>) -> (Self, Step) {
        let mut visibility = Self::default();
        for analyzer in analyzers {
            let Some(member) = view.analyzers.get(analyzer) else { continue };
            for (number, place) in member.interest().places().iter().enumerate() {
                if !view.skip.matches(place.path().as_bytes()) {
                    visibility.spot(analyzer, number, What::Place(Arc::new(place.clone())));
                }
            }
        }
        for spot in 0..visibility.spots.len() {
            visibility.look_at(view, spot);
        }
        let step = visibility.step();
        (visibility, step)
    }

    /// Adds files of artefacts, each by its analyzer and its path in a layer, and looks again where
    /// the layer changed something.
    pub(crate) fn after_layer(
        &mut self,
        view: View<'_>,
        named: impl IntoIterator<Item = (usize, EntryPath)>,
    ) -> Step {
        let mut spots = BTreeSet::new();
        let mut children = BTreeSet::new();
        for (directory, name) in self.watch.take() {
            for spot in self.listed.get(&directory).into_iter().flatten() {
                children.insert((*spot, name.clone()));
            }
            spots.extend(self.named_at(view.tree, directory, &name));
            let lookers = self.lookers.get(&(directory, name)).into_iter();
            for (looker, ()) in lookers.flat_map(Few::iter) {
                match looker {
                    Looker::Spot(spot) => spots.insert(*spot),
                    Looker::Child(spot, name) => children.insert((*spot, name.clone())),
                };
            }
        }
        for (analyzer, path) in named {
            let spot = self.spots.len();
            let of_path = self.names.entry(path.clone()).or_default();
            if of_path.get(&analyzer).is_none() {
                of_path.insert(analyzer, spot);
                self.spot(analyzer, usize::MAX, What::Name(path));
                spots.insert(spot);
            }
        }
        for &spot in &spots {
            self.look_at(view, spot);
        }
        for (spot, name) in children.into_iter().filter(|(spot, _)| !spots.contains(spot)) {
            self.look_at_child(view, spot, &name);
        }
        self.step()
    }

    /// Returns the spots of names that are, or lie below, this name in a directory.
    fn named_at(&self, tree: &Tree, directory: NodeId, name: &[u8]) -> Vec<usize> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let path = tree.path(directory).join(&[name]);
        let below = [path.as_bytes(), b"/"].concat();
        let from = (Bound::Included(&*below), Bound::Unbounded);
        let all_below = self.names.range::<[u8], _>(from);
        let all_below = all_below.take_while(|(path, _)| path.as_bytes().starts_with(&below));
        let spots = self.names.get(path.as_bytes()).into_iter().chain(all_below.map(|it| it.1));
        spots.flat_map(Few::iter).map(|(_, spot)| *spot).collect()
    }

    /// Returns the places where nothing can be read.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = &Unreadable> {
        self.spots.iter().filter_map(|spot| spot.place.as_ref()?.unreadable.as_ref())
    }

    /// Notes which of the names on a way are links.
    fn note_links<'a>(&mut self, tree: &Tree, way: impl Iterator<Item = &'a Name>) {
        let nodes = way.filter_map(|(directory, name)| tree.child(*directory, name));
        let links = nodes.filter(|node| tree.node(*node).kind() == Kind::Symlink);
        self.links.extend(links.map(|link| tree.path(link)));
    }

    fn spot(&mut self, analyzer: usize, number: usize, what: What) {
        self.spots.push(Spot { analyzer, number, what, seen: Few::default(), place: None });
    }

    /// Returns what changed since the last step.
    fn step(&mut self) -> Step {
        let mut step = Step { links: std::mem::take(&mut self.links), ..Step::default() };
        for (seen, before) in std::mem::take(&mut self.changed) {
            let now = self.first(&seen);
            if before.as_ref() != now {
                step.ended.extend(before);
                step.begun.extend(now.cloned());
            }
        }
        step.begun.sort_by(|a, b| a.rank.cmp(&b.rank));
        step
    }

    fn look_at(&mut self, view: View<'_>, number: usize) {
        let Some(spot) = self.spots.get_mut(number) else { return };
        let what = spot.what.clone();
        let before = std::mem::take(&mut spot.seen);
        let directory = spot.place.take().and_then(|place| place.directory);
        if let Some(spots) = directory.and_then(|it| self.listed.get_mut(&it)) {
            spots.remove(&number);
        }
        before.into_values().for_each(|sight| self.take_away(&sight));
        let (path, follow) = match &what {
            What::Place(place) => (place.path().as_bytes(), true),
            What::Name(path) => (path.as_bytes(), false),
        };
        let mut way: BTreeSet<(NodeId, Box<[u8]>)> = BTreeSet::new();
        let looked = view.tree.look(path, follow, |directory, name| {
            way.insert((directory, name.into()));
        });
        let is_link = |(directory, name): &Name| {
            let there = view.tree.child(*directory, name);
            there.is_some_and(|there| view.tree.node(there).kind() == Kind::Symlink)
        };
        let is_found_by_path = matches!(what, What::Name(_)) && !way.iter().any(is_link);
        for (directory, name) in &way {
            self.watch.add(*directory);
            if !is_found_by_path {
                let lookers = self.lookers.entry((*directory, name.clone())).or_default();
                lookers.insert(Looker::Spot(number), ());
            }
        }
        let node = looked.as_ref().ok().copied().flatten();
        if node.is_some() {
            self.note_links(view.tree, way.iter());
        }
        let kind = node.map(|node| view.tree.node(node).kind());
        let unreadable = |reason, harmless| {
            let path = String::from_utf8_lossy(path).into_owned();
            Some(Unreadable { path, reason, harmless })
        };
        let Some(spot) = self.spots.get_mut(number) else { return };
        let is_file = |place: &Place| matches!(place, Place::File(_));
        if let What::Place(place) = &what {
            let unreadable = match (&looked, kind) {
                (Err(_), _) => unreadable("its path is a loop of symbolic links", false),
                (Ok(_), Some(kind)) if is_file(place) && kind != Kind::File => {
                    unreadable("it is no regular file", true)
                }
                _ => None,
            };
            spot.place = Some(Box::new(OfPlace { way, directory: None, unreadable }));
        }
        let (Some(node), Some(kind)) = (node, kind) else { return };
        match (&what, kind) {
            (What::Place(place), Kind::File) if is_file(place) => {
                self.put(view, number, Box::default(), node, None);
            }
            (What::Name(_), Kind::File) => self.put(view, number, Box::default(), node, None),
            (What::Place(place), Kind::Directory) if !is_file(place) => {
                if let Some(place) = &mut spot.place {
                    place.directory = Some(node);
                }
                self.watch.add(node);
                self.listed.entry(node).or_default().insert(number);
                for child in view.tree.children(node) {
                    let name = view.tree.node(child).name();
                    self.look_at_child(view, number, name);
                }
            }
            // A file where a directory of databases could be is some other file.
            _ => {}
        }
    }

    /// Looks at one name in a directory of databases.
    fn look_at_child(&mut self, view: View<'_>, number: usize, name: &[u8]) {
        let Some(spot) = self.spots.get_mut(number) else { return };
        if let Some(sight) = spot.seen.remove(&name.into()) {
            self.take_away(&sight);
        }
        let Some(spot) = self.spots.get(number) else { return };
        let (Some(known), What::Place(place)) = (&spot.place, &spot.what) else { return };
        let Some(directory) = known.directory else { return };
        let (rest, about) = match &**place {
            Place::InEach { file, .. } => {
                let rest = [name, b"/", file.as_bytes()].concat();
                (rest, Some(String::from_utf8_lossy(name).into_owned()))
            }
            place if place.takes(name) => (name.to_vec(), None),
            _ => return,
        };
        let path = [view.tree.path(directory).as_bytes(), b"/", &rest].concat();
        let mut way = Vec::new();
        let looked = view.tree.look(&path, true, |directory, name| {
            way.push((directory, Box::<[u8]>::from(name)));
        });
        // What leads to the directory has the whole spot look again.
        way.retain(|looked_up| !known.way.contains(looked_up));
        if matches!(looked, Ok(Some(_))) {
            self.note_links(view.tree, way.iter());
        }
        for (at, looked_up) in way {
            // A name in it has its own child look again.
            if at == directory && *looked_up == *name {
                continue;
            }
            self.watch.add(at);
            let lookers = self.lookers.entry((at, looked_up)).or_default();
            lookers.insert(Looker::Child(number, name.into()), ());
        }
        if let Ok(Some(node)) = looked
            && view.tree.node(node).kind() == Kind::File
        {
            self.put(view, number, name.into(), node, about);
        }
    }

    fn put(
        &mut self,
        view: View<'_>,
        number: usize,
        name: Box<[u8]>,
        node: NodeId,
        about: Option<String>,
    ) {
        let Some(spot) = self.spots.get(number) else { return };
        let Some(member) = view.analyzers.get(spot.analyzer) else { return };
        let (file, path) = (view.tree.node(node).inode(), view.tree.path(node));
        if view.skip.matches(path.as_bytes()) {
            return;
        }
        let mut companions = Vec::new();
        for companion in member.companions() {
            companions.push(self.companion(view, number, &name, &path, companion));
        }
        let Some(spot) = self.spots.get_mut(number) else { return };
        let analyzer = spot.analyzer;
        let in_order = match &spot.what {
            What::Place(_) => Arc::from(&*name),
            What::Name(path) => path.as_bytes().into(),
        };
        let rank = Rank { analyzer, place: spot.number, name: in_order };
        let sight = Arc::new(Sight { analyzer, rank, path, file, companions, about });
        spot.seen.insert(name, Arc::clone(&sight));
        let seen = (analyzer, file, sight.about.clone());
        self.remember(&seen);
        self.files.entry(seen).or_default().insert(sight.rank.clone(), sight);
    }

    fn companion(
        &mut self,
        view: View<'_>,
        number: usize,
        name: &[u8],
        path: &EntryPath,
        companion: &Companion,
    ) -> Option<Inode> {
        let path = companion.path_of(path.as_bytes());
        if view.skip.matches(&path) {
            return None;
        }
        let looker =
            if name.is_empty() { Looker::Spot(number) } else { Looker::Child(number, name.into()) };
        let (watch, lookers) = (&mut self.watch, &mut self.lookers);
        let looked = view.tree.look(&path, true, |directory, name| {
            watch.add(directory);
            lookers.entry((directory, name.into())).or_default().insert(looker.clone(), ());
        });
        let node = view.tree.node(looked.ok()??);
        (node.kind() == Kind::File && node.size() > 0).then(|| node.inode())
    }

    fn take_away(&mut self, sight: &Sight) {
        let seen = (sight.analyzer, sight.file, sight.about.clone());
        self.remember(&seen);
        if let Some(sights) = self.files.get_mut(&seen) {
            sights.remove(&sight.rank);
            if sights.is_empty() {
                self.files.remove(&seen);
            }
        }
    }

    /// Returns the sight of a file that counts.
    fn first(&self, seen: &Seen) -> Option<&Arc<Sight>> {
        self.files.get(seen).and_then(Few::first).map(|(_, sight)| sight)
    }

    /// Remembers what was seen of a file before this step.
    fn remember(&mut self, seen: &Seen) {
        if !self.changed.contains_key(seen) {
            let now = self.first(seen);
            self.changed.insert(seen.clone(), now.cloned());
        }
    }
}
