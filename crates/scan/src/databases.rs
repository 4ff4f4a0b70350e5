//! Which databases are visible in a merged tree.

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

/// Returns every database that is visible in `tree`, in the order of the analyzers and their
/// locations, each file once an analyzer.
pub(crate) fn visible(
    tree: &Tree,
    analyzers: &[&'static dyn Analyzer],
    skip: &Skip,
) -> (Vec<Database>, Vec<Unreadable>) {
    let mut databases: Vec<Database> = Vec::new();
    let mut unreadable = Vec::new();
    for (position, analyzer) in analyzers.iter().enumerate() {
        let mut add = |node: NodeId, path: EntryPath| {
            let file = tree.node(node).inode();
            let seen =
                databases.iter().any(|known| known.analyzer == position && known.file == file);
            if !seen && !skip.matches(path.as_bytes()) {
                let companion =
                    analyzer.companion().and_then(|suffix| companion(tree, &path, suffix, skip));
                databases.push(Database { analyzer: position, path, file, companion });
            }
        };
        for location in analyzer.locations() {
            let (Location::File(path) | Location::Dir { path, .. }) = location;
            if skip.matches(path.as_bytes()) {
                continue;
            }
            let node = match tree.resolve(path.as_bytes()) {
                Ok(Some(node)) => node,
                Ok(None) => continue,
                Err(_) => {
                    unreadable.push(Unreadable {
                        path,
                        reason: "its path is a loop of symbolic links",
                        harmless: false,
                    });
                    continue;
                }
            };
            match (location, tree.node(node).kind()) {
                (Location::File(_), Kind::File) => add(node, tree.path(node)),
                (Location::Dir { .. }, Kind::Directory) => {
                    let real = tree.path(node);
                    for child in tree.children(node) {
                        let name = tree.node(child).name();
                        let listed = [path.as_bytes(), b"/", name].concat();
                        if !location.holds(&listed) {
                            continue;
                        }
                        let real = [real.as_bytes(), b"/", name].concat();
                        if let Ok(Some(target)) = tree.resolve(&real)
                            && tree.node(target).kind() == Kind::File
                        {
                            add(target, tree.path(target));
                        }
                    }
                }
                (Location::File(_), _) => {
                    unreadable.push(Unreadable {
                        path,
                        reason: "it is no regular file",
                        harmless: true,
                    });
                }
                // A file where a directory of databases could be is some other file.
                (Location::Dir { .. }, _) => {}
            }
        }
    }
    (databases, unreadable)
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
