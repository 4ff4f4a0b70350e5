//! Lists of files, kept small: of a large image every file may be on one.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cutaway_layerfs::{EntryPath, Items, Kind, NodeId, Tree};
use cutaway_report::{FileList, FileReport, FileSource};

use super::claims::Claims;
use super::explain::Explainer;
use super::merged_files::{MergedFiles, position};
use super::owners::Owners;
use super::recorded::{Kept, Recorded};

/// Files that are not as packages record them, sorted by path.
///
/// The report of a file is made whenever it is looked at; for that the list holds the tree of the image
/// and the digests of its files, about 200 bytes a file.
pub(super) struct Files {
    top: Arc<MergedFiles>,
    files: Vec<File>,
    said: Items<Recording>,
    /// Each explanation once, and that there is none.
    reasons: Vec<Option<String>>,
    /// The names of packages that own a file together, each set once.
    packages: Vec<Vec<String>>,
}

/// A file on a list.
#[derive(Debug, Clone, Copy)]
struct File {
    /// What is there; none where that is nothing.
    node: Option<NodeId>,
    /// The position of what explains it.
    reason: u32,
    /// The position of what packages say of it; none has it where none owns it.
    said: u32,
}

/// What packages say of a file.
#[derive(Debug)]
struct Recording {
    /// The position of the packages' names.
    packages: u32,
    config: bool,
    recorded: Kept,
    /// Where it was, where nothing is now.
    gone: Option<EntryPath>,
}

/// Makes a list of files that packages own.
pub(super) struct Builder<'o> {
    list: Files,
    owners: &'o Owners<'o>,
    reasons: Numbers<Option<String>>,
    packages: Numbers<Vec<u32>>,
}

/// Numbers for things, in the order in which they come first.
type Numbers<T> = HashMap<T, u32>;

impl Files {
    /// Lists everything but directories that no package owns.
    pub(super) fn unowned(
        top: &Arc<MergedFiles>,
        claims: &Claims<'_>,
        explainer: &Explainer<'_>,
    ) -> FileList {
        let mut list = Self::new(top);
        let mut reasons = Numbers::new();
        let tree = &top.tree;
        let mut order = PathOrder { tree, tied: false };
        let mut ahead = vec![tree.root()];
        while let Some(id) = ahead.pop() {
            if tree.node(id).kind() == Kind::Directory {
                let mut below = tree.children(id);
                below.sort_by(|&a, &b| order.compare(b, a));
                ahead.extend(below);
                continue;
            }
            if claims.owns(id) {
                continue;
            }
            let path = tree.path(id);
            if !top.skip.matches(path.as_bytes()) {
                let reason = explainer.unowned(id, &path);
                let reason = number(&mut reasons, &mut list.reasons, reason, Clone::clone);
                list.files.push(File { node: Some(id), reason, said: u32::MAX });
            }
        }
        if order.tied {
            list.sort();
        }
        FileList::new(Arc::new(list))
    }

    fn new(top: &Arc<MergedFiles>) -> Self {
        Self {
            top: Arc::clone(top),
            files: Vec::new(),
            said: Items::default(),
            reasons: Vec::new(),
            packages: Vec::new(),
        }
    }

    fn sort(&mut self) {
        let mut files = std::mem::take(&mut self.files);
        files.sort_by_cached_key(|file| self.path(file).to_string_lossy().into_owned());
        self.files = files;
    }

    fn said(&self, file: &File) -> Option<&Recording> {
        self.said.get(position(file.said))
    }

    fn reason(&self, file: &File) -> Option<&str> {
        self.reasons.get(position(file.reason))?.as_deref()
    }

    fn path(&self, file: &File) -> EntryPath {
        match file.node {
            Some(node) => self.top.tree.path(node),
            None => self.said(file).and_then(|said| said.gone.clone()).unwrap_or_default(),
        }
    }

    fn report(&self, file: &File) -> FileReport {
        let (top, said) = (&self.top, self.said(file));
        let path = self.path(file);
        let recorded = said.and_then(|said| said.recorded.get());
        let digest = recorded.as_ref().and_then(Recorded::digest);
        let packages = said.and_then(|said| self.packages.get(position(said.packages)));
        FileReport {
            layer: match file.node {
                Some(node) => {
                    Some(position(top.tree.node(node).placed_by()).saturating_add(top.first))
                }
                None => top.hidden_by(&path),
            },
            path: path.to_string_lossy().into_owned(),
            packages: packages.cloned().unwrap_or_default(),
            config: said.is_some_and(|said| said.config),
            recorded: recorded.as_ref().map(ToString::to_string),
            found: file.node.and_then(|node| top.found(node, digest)),
            explained: self.reason(file).map(str::to_owned),
        }
    }
}

impl<'o> Builder<'o> {
    pub(super) fn new(top: &Arc<MergedFiles>, owners: &'o Owners<'o>) -> Self {
        let (reasons, packages) = (Numbers::new(), Numbers::new());
        Self { list: Files::new(top), owners, reasons, packages }
    }

    /// Adds what is at a node, or what is gone from a path.
    pub(super) fn push(
        &mut self,
        at: Result<NodeId, EntryPath>,
        packages: Vec<u32>,
        config: bool,
        recorded: Option<Recorded>,
        reason: Option<String>,
    ) {
        let Self { list, owners, .. } = self;
        let names = |packages: &Vec<u32>| owners.names(packages);
        let packages = number(&mut self.packages, &mut list.packages, packages, names);
        let reason = number(&mut self.reasons, &mut list.reasons, reason, Clone::clone);
        let said = u32::try_from(list.said.len()).unwrap_or(u32::MAX);
        list.files.push(File { node: at.as_ref().ok().copied(), reason, said });
        list.said.push(Recording { packages, config, recorded: recorded.into(), gone: at.err() });
    }

    pub(super) fn finish(self) -> FileList {
        let mut list = self.list;
        list.sort();
        FileList::new(Arc::new(list))
    }
}

impl FileSource for Files {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn get(&self, position: usize) -> Option<FileReport> {
        self.files.get(position).map(|file| self.report(file))
    }

    fn explained(&self, position: usize) -> Option<&str> {
        self.files.get(position).and_then(|file| self.reason(file))
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files.iter().map(|file| self.report(file))).finish()
    }
}

/// Returns the number of a thing; what is kept of a new one is appended to `kept`.
fn number<T: Eq + std::hash::Hash, K>(
    numbers: &mut Numbers<T>,
    kept: &mut Vec<K>,
    thing: T,
    keep: impl FnOnce(&T) -> K,
) -> u32 {
    let next = u32::try_from(kept.len()).unwrap_or(u32::MAX);
    *numbers.entry(thing).or_insert_with_key(|thing| {
        kept.push(keep(thing));
        next
    })
}

/// The order of whole paths as reports have them, among what lies in one directory.
struct PathOrder<'t> {
    tree: &'t Tree,
    /// Whether different names look the same in reports: then what lies in them is mixed.
    tied: bool,
}

impl PathOrder<'_> {
    fn compare(&mut self, a: NodeId, b: NodeId) -> Ordering {
        let (a, b) = (self.tree.node(a), self.tree.node(b));
        // Of a directory only what lies in it is listed.
        let [end_a, end_b] =
            [a, b].map(|node| if node.kind() == Kind::Directory { "/" } else { "" });
        let order = shown(a.name()).chain(end_a.bytes()).cmp(shown(b.name()).chain(end_b.bytes()));
        self.tied |= order == Ordering::Equal && a.name() != b.name();
        order.then_with(|| a.name().cmp(b.name()))
    }
}

/// Returns a name as reports have it, without holding it: a long one is decoded up to where it differs.
fn shown(name: &[u8]) -> impl Iterator<Item = u8> + '_ {
    name.utf8_chunks().flat_map(|chunk| {
        let instead = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        chunk.valid().bytes().chain(instead.bytes())
    })
}
