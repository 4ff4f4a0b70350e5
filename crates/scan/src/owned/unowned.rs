//! What no package owns, kept small: of an image without a database that is every file.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cutaway_layerfs::{Kind, NodeId, Tree};
use serde::{Serialize, Serializer};

use super::claims::Claims;
use super::explain::Explainer;
use super::{Top, position};
use crate::report::FileReport;

/// Everything but directories that no package owns, sorted by path.
///
/// A report of a file is made whenever it is looked at; until then one takes eight bytes.
#[derive(Clone)]
pub struct Unowned {
    top: Arc<Top>,
    /// Each file, and the position of what explains it.
    files: Vec<(NodeId, u32)>,
    /// Each explanation once, and that there is none.
    reasons: Vec<Option<String>>,
}

impl Unowned {
    pub(super) fn new(top: &Arc<Top>, claims: &Claims<'_>, explainer: &Explainer<'_>) -> Self {
        let mut unowned = Self { top: Arc::clone(top), files: Vec::new(), reasons: Vec::new() };
        let mut numbers: HashMap<Option<String>, u32> = HashMap::new();
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
            let path = tree.path(id);
            if claims.owns(id) || top.skip.matches(path.as_bytes()) {
                continue;
            }
            let next = u32::try_from(unowned.reasons.len()).unwrap_or(u32::MAX);
            let reason = explainer.unowned(id, &path);
            let number = *numbers.entry(reason).or_insert_with_key(|reason| {
                unowned.reasons.push(reason.clone());
                next
            });
            unowned.files.push((id, number));
        }
        if order.tied {
            unowned
                .files
                .sort_by_cached_key(|&(id, _)| tree.path(id).to_string_lossy().into_owned());
        }
        unowned
    }

    /// Returns how many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = FileReport> + '_ {
        self.files.iter().map(|&(id, reason)| self.report(id, reason))
    }

    fn report(&self, id: NodeId, reason: u32) -> FileReport {
        let tree = &self.top.tree;
        let found = match self.top.digests_of(id) {
            Some(digests) => Some(digests.sha256().to_string()),
            None => self.top.found(id, None),
        };
        FileReport {
            path: tree.path(id).to_string_lossy().into_owned(),
            layer: Some(position(tree.node(id).placed_by())),
            packages: Vec::new(),
            config: false,
            recorded: None,
            found,
            explained: self.reasons.get(position(reason)).cloned().flatten(),
        }
    }
}

impl PartialEq for Unowned {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Unowned {}

impl fmt::Debug for Unowned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Unowned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
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
        let [of_a, of_b] = [a, b].map(|node| String::from_utf8_lossy(node.name()));
        // Of a directory only what lies in it is listed.
        let [end_a, end_b] =
            [a, b].map(|node| if node.kind() == Kind::Directory { "/" } else { "" });
        let order = of_a.bytes().chain(end_a.bytes()).cmp(of_b.bytes().chain(end_b.bytes()));
        self.tied |= order == Ordering::Equal && a.name() != b.name();
        order
    }
}
