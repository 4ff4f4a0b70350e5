//! Which databases are visible in a merged tree.

use std::collections::HashSet;
use std::sync::Arc;

use cutaway_analyze::{Analyzer, Location};
use cutaway_layerfs::{EntryPath, Inode, Kind, NodeId, Tree};

use crate::skip::Skip;

/// A database or release file that is visible: where it is, and which bytes it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Database {
    /// The position of the analyzer.
    pub(crate) analyzer: usize,
    /// Where the file really lies, links followed.
    pub(crate) path: EntryPath,
    /// The layer and entry that hold its bytes.
    pub(crate) file: Inode,
    /// The layer and entry that hold its companion's bytes.
    pub(crate) companion: Option<Inode>,
    /// The package that the file is about, where it is about one.
    pub(crate) about: Option<String>,
}

/// A place where a database should be and nothing can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The place.
    pub(crate) path: &'static str,
    /// What is there instead.
    pub(crate) reason: &'static str,
    /// Whether something else than a database may well stand there.
    pub(crate) harmless: bool,
}

/// The databases that are visible after a layer, by the position of their analyzer. Layers that change
/// nothing for an analyzer share its list.
pub(crate) type Visible = Vec<Arc<[Database]>>;

/// Returns every database that is visible in `tree`, in the order of the analyzers and their
/// locations, each file once an analyzer. `before` is the answer for the layers below. Analyzers that
/// are not `meant` have none.
pub(crate) fn visible(
    tree: &Tree,
    analyzers: &[&'static dyn Analyzer],
    meant: impl Fn(&dyn Analyzer) -> bool,
    skip: &Skip,
    before: Option<&Visible>,
) -> (Visible, Vec<Unreadable>) {
    let mut unreadable = Vec::new();
    let lists = analyzers.iter().enumerate().map(|(position, analyzer)| {
        let mut search = Search {
            tree,
            skip,
            analyzer: *analyzer,
            position,
            found: Vec::new(),
            seen: HashSet::new(),
        };
        for location in analyzer.locations().iter().filter(|_| meant(*analyzer)) {
            if !skip.matches(location.path().as_bytes()) {
                unreadable.extend(search.location(location).err());
            }
        }
        match before.and_then(|lists| lists.get(position)) {
            Some(same) if **same == *search.found => Arc::clone(same),
            _ => search.found.into(),
        }
    });
    (lists.collect(), unreadable)
}

/// The search for the databases of one analyzer.
struct Search<'a> {
    tree: &'a Tree,
    skip: &'a Skip,
    analyzer: &'static dyn Analyzer,
    position: usize,
    found: Vec<Database>,
    seen: HashSet<(Inode, Option<String>)>,
}

impl Search<'_> {
    fn location(&mut self, location: &Location) -> Result<(), Unreadable> {
        let path = location.path();
        let unreadable = |reason, harmless| Err(Unreadable { path, reason, harmless });
        let node = match self.tree.resolve(path.as_bytes()) {
            Ok(Some(node)) => node,
            Ok(None) => return Ok(()),
            Err(_) => return unreadable("its path is a loop of symbolic links", false),
        };
        match (location, self.tree.node(node).kind()) {
            (Location::File(_), Kind::File) => self.add(node, None),
            (Location::File(_), _) => return unreadable("it is no regular file", true),
            (Location::Dir { .. }, Kind::Directory) => {
                for name in self.names(node) {
                    let place = [path.as_bytes(), b"/", &name].concat();
                    if location.holds(&place) && self.analyzer.wants(&place) {
                        self.add_below(node, &name, None);
                    }
                }
            }
            (Location::InEach { file, .. }, Kind::Directory) => {
                for name in self.names(node) {
                    let about = String::from_utf8_lossy(&name).into_owned();
                    self.add_below(
                        node,
                        &[name.as_slice(), b"/", file.as_bytes()].concat(),
                        Some(about),
                    );
                }
            }
            // A file where a directory of databases could be is some other file.
            (Location::Dir { .. } | Location::InEach { .. }, _) => {}
        }
        Ok(())
    }

    fn names(&self, directory: NodeId) -> Vec<Vec<u8>> {
        self.tree
            .children(directory)
            .into_iter()
            .map(|child| self.tree.node(child).name().to_vec())
            .collect()
    }

    fn add_below(&mut self, directory: NodeId, name: &[u8], about: Option<String>) {
        let path = [self.tree.path(directory).as_bytes(), b"/", name].concat();
        if let Ok(Some(node)) = self.tree.resolve(&path)
            && self.tree.node(node).kind() == Kind::File
        {
            self.add(node, about);
        }
    }

    fn add(&mut self, node: NodeId, about: Option<String>) {
        let (file, path) = (self.tree.node(node).inode(), self.tree.path(node));
        if !self.skip.matches(path.as_bytes()) && self.seen.insert((file, about.clone())) {
            let suffix = self.analyzer.companion();
            let companion =
                suffix.and_then(|suffix| companion(self.tree, &path, suffix, self.skip));
            self.found.push(Database { analyzer: self.position, path, file, companion, about });
        }
    }
}

fn companion(tree: &Tree, path: &EntryPath, suffix: &str, skip: &Skip) -> Option<Inode> {
    let path = [path.as_bytes(), suffix.as_bytes()].concat();
    if skip.matches(&path) {
        return None;
    }
    let node = tree.resolve(&path).ok()??;
    let node = tree.node(node);
    (node.kind() == Kind::File && node.size() > 0).then(|| node.inode())
}
