//! The files of the image, as its layers make them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_analyze::ContentDigest;
use cutaway_layerfs::{Changes, End, EntryPath, Inode, Kind, NodeId, Trace, Tree};

use crate::digests::{Digests, FileDigests};
use crate::skip::Skip;
use crate::wide::WideDigests;

/// What the layers make together.
#[derive(Debug)]
pub(crate) struct MergedFiles {
    /// What is visible.
    pub(crate) tree: Tree,
    /// What was, sorted.
    pub(crate) changes: Changes,
    /// The digests of the files of each layer.
    pub(crate) digests: Vec<Arc<Digests>>,
    /// The digests of files of which packages record others, by layer and entry.
    pub(crate) wide: WideDigests,
    /// What is left out.
    pub(crate) skip: Skip,
    /// The position of the lowest layer in its image.
    pub(crate) first: usize,
    /// How many bytes of link targets may still be followed.
    pub(crate) link_bytes: AtomicU64,
}

impl MergedFiles {
    /// Returns where a path leads; none where that is a loop, or where too much was followed already.
    ///
    /// A few links of great length would otherwise cost every record behind them dearly.
    pub(super) fn follow(&self, path: &[u8], follow_last: bool) -> Option<Trace> {
        self.follow_within(&self.link_bytes, path, follow_last)
    }

    /// Returns which regular file a path leads to over at most so many bytes of links, where it has digests.
    pub(crate) fn file_within(&self, link_bytes: &AtomicU64, path: &[u8]) -> Option<Inode> {
        let trace = self.follow_within(link_bytes, path, true)?;
        let is_there = trace.missing.is_empty() && !trace.strays;
        self.digests_of(trace.node).filter(|_| is_there)?;
        Some(self.tree.node(trace.node).inode())
    }

    fn follow_within(
        &self,
        link_bytes: &AtomicU64,
        path: &[u8],
        follow_last: bool,
    ) -> Option<Trace> {
        /// What it costs to find a loop, about.
        const LOOP: u64 = 1 << 20;
        if link_bytes.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let trace = self.tree.trace(path, follow_last).ok();
        let cost = trace.as_ref().map_or(LOOP, |trace| trace.link_bytes);
        let left = link_bytes.load(Ordering::Relaxed).saturating_sub(cost);
        link_bytes.store(left, Ordering::Relaxed);
        trace
    }

    /// Returns what a path leads to.
    pub(super) fn resolve(&self, path: &[u8], follow_last: bool) -> Option<NodeId> {
        let trace = self.follow(path, follow_last)?;
        (trace.missing.is_empty() && !trace.strays).then_some(trace.node)
    }

    /// Returns whether no more links are followed.
    pub(super) fn is_spent(&self) -> bool {
        self.link_bytes.load(Ordering::Relaxed) == 0
    }

    /// Returns the digests of a regular file.
    pub(super) fn digests_of(&self, id: NodeId) -> Option<&FileDigests> {
        let node = self.tree.node(id);
        let inode = node.inode();
        let layer = self.digests.get(position(inode.layer))?;
        layer.of(inode.entry).filter(|_| node.kind() == Kind::File)
    }

    /// Returns the digest of a regular file of the algorithm that `recorded` has.
    pub(super) fn digest_like(
        &self,
        id: NodeId,
        recorded: &ContentDigest,
    ) -> Option<ContentDigest> {
        let digests = self.digests_of(id)?;
        let wide = || self.wide.get(&(self.tree.node(id).inode(), recorded.algorithm())).copied();
        digests.like(recorded).or_else(wide)
    }

    /// Returns whether a node is a file that programs run: one that may be executed, or a library.
    pub(super) fn is_program(&self, id: NodeId) -> bool {
        let node = self.tree.node(id);
        let inode = node.inode();
        let executable = self
            .digests
            .get(position(inode.layer))
            .is_some_and(|layer| layer.is_executable(inode.entry));
        let library = node.name().windows(3).any(|part| part == b".so");
        node.kind() == Kind::File && (executable || library)
    }

    /// Says what is at a node: of a file the digest as `recorded` has it, of a link the target.
    pub(super) fn found(&self, id: NodeId, recorded: Option<&ContentDigest>) -> Option<String> {
        let node = self.tree.node(id);
        Some(match node.kind() {
            Kind::File => {
                let plain = || self.digests_of(id).map(FileDigests::sha256);
                let like = recorded.and_then(|like| self.digest_like(id, like));
                like.or_else(plain)?.to_string()
            }
            Kind::Symlink => link_text(node.link().unwrap_or_default()),
            Kind::Directory => "directory".to_owned(),
            Kind::CharDevice | Kind::BlockDevice => "device".to_owned(),
            Kind::Fifo => "pipe".to_owned(),
            Kind::HardLink | Kind::Other(_) => "other".to_owned(),
        })
    }

    /// Returns the layer that left nothing at a path; none where no layer ever had anything there.
    pub(super) fn hidden_by(&self, path: &EntryPath) -> Option<usize> {
        let last = self.changes.of(path).iter().max_by_key(|superseded| superseded.ended_by)?;
        (last.end == End::Hidden).then(|| position(last.ended_by).saturating_add(self.first))
    }
}

pub(super) fn link_text(target: &[u8]) -> String {
    format!("link:{}", String::from_utf8_lossy(target))
}

pub(super) fn position(layer: u32) -> usize {
    usize::try_from(layer).unwrap_or(usize::MAX)
}
