//! How many bytes files take: by directory, by layer, and for nothing.

use std::collections::BTreeMap;

use cutaway_layerfs::{EntryPath, Inode, Kind};

use crate::View;

/// How many bytes the files of a view take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// By layer of the view, oldest first.
    pub layers: Vec<LayerUsage>,
    /// By directory, as far down as was asked for; the root is the empty path.
    pub directories: BTreeMap<EntryPath, DirectoryUsage>,
    /// Files that a layer ships and nobody sees, the largest first.
    pub hidden: Vec<HiddenCopy>,
}

/// What the files of a layer take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LayerUsage {
    /// Entries of the layer, of every kind.
    pub entries: u64,
    /// Bytes of content.
    pub bytes: u64,
    /// Those of files that are visible at the top.
    pub visible: u64,
}

/// What the files below a directory take. A file of several names counts where the first of them is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryUsage {
    /// Visible bytes.
    pub bytes: u64,
    /// Visible names, of every kind.
    pub names: u64,
    /// Visible bytes by the layer that holds them, by position in the view.
    pub by_layer: Vec<u64>,
    /// Bytes of files that were here and are hidden or replaced.
    pub wasted: u64,
}

/// A file that a layer ships and nobody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenCopy {
    /// Where it was.
    pub path: EntryPath,
    /// Its bytes.
    pub bytes: u64,
    /// The layer that ships it.
    pub layer: usize,
    /// The layer that hides or replaces it.
    pub ended_by: usize,
}

impl LayerUsage {
    /// Returns the bytes of files that are not visible: of no use but to whoever reads the layer.
    pub fn wasted(&self) -> u64 {
        self.bytes.saturating_sub(self.visible)
    }
}

impl View {
    /// Counts bytes, for directories as deep as `depth` below `under`.
    pub fn usage(&self, under: &EntryPath, depth: usize) -> Usage {
        let mut usage = Usage::default();
        for layer in self.layers() {
            let mut of_layer = LayerUsage::default();
            for entry in layer.listing.iter() {
                of_layer.entries = of_layer.entries.saturating_add(1);
                of_layer.bytes = of_layer.bytes.saturating_add(entry.meta().size);
            }
            usage.layers.push(of_layer);
        }
        let mut seen = Seen::new(self);
        // A version that lost a name may have kept another one, wherever that is.
        for id in self.descend(self.tree().root()) {
            let node = self.tree().node(id);
            let fresh = node.kind() == Kind::File && seen.insert(node.inode());
            let bytes = if fresh { node.size() } else { 0 };
            let layer = usize::try_from(node.inode().layer).unwrap_or(usize::MAX);
            let layer = layer.saturating_sub(self.first());
            if let Some(of_layer) = usage.layers.get_mut(layer) {
                of_layer.visible = of_layer.visible.saturating_add(bytes);
            }
            let path = self.tree().path(id);
            if path.is_root() || !under.is_above(&path) || path == *under {
                continue;
            }
            let layers = self.layers().len();
            for directory in directories(&path, under, depth) {
                let of_directory = usage.directories.entry(directory).or_default();
                of_directory.bytes = of_directory.bytes.saturating_add(bytes);
                of_directory.names = of_directory.names.saturating_add(1);
                of_directory.by_layer.resize(layers, 0);
                if let Some(of_layer) = of_directory.by_layer.get_mut(layer) {
                    *of_layer = of_layer.saturating_add(bytes);
                }
            }
        }
        for gone in &self.changes().superseded {
            let version = &gone.version;
            if version.kind != Kind::File || version.size == 0 || !seen.insert(version.inode) {
                continue;
            }
            if !under.is_above(&version.path) {
                continue;
            }
            for directory in directories(&version.path, under, depth) {
                let of_directory = usage.directories.entry(directory).or_default();
                of_directory.wasted = of_directory.wasted.saturating_add(version.size);
                of_directory.by_layer.resize(self.layers().len(), 0);
            }
            let position = |layer| usize::try_from(layer).unwrap_or(usize::MAX);
            usage.hidden.push(HiddenCopy {
                path: version.path.clone(),
                bytes: version.size,
                layer: position(version.inode.layer),
                ended_by: position(gone.ended_by),
            });
        }
        usage.hidden.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        usage
    }
}

/// Returns the directories above a path that are at most `depth` below `under`.
fn directories<'p>(
    path: &'p EntryPath,
    under: &'p EntryPath,
    depth: usize,
) -> impl Iterator<Item = EntryPath> + 'p {
    let above = under.components().count();
    let own = path.components().count();
    let deepest = above.saturating_add(depth).min(own.saturating_sub(1));
    (above..=deepest).map(|count| {
        let names: Vec<&[u8]> = path.components().take(count).collect();
        EntryPath::root().join(&names)
    })
}

/// Which entries were counted, a bit each.
struct Seen {
    first: usize,
    layers: Vec<Vec<u64>>,
}

impl Seen {
    fn new(view: &View) -> Self {
        let words = |len: u32| usize::try_from(len.div_ceil(64)).unwrap_or_default();
        let layers = view.layers().iter().map(|layer| vec![0; words(layer.listing.len())]);
        Self { first: view.first(), layers: layers.collect() }
    }

    /// Returns whether an entry had not been counted before.
    fn insert(&mut self, inode: Inode) -> bool {
        let layer = usize::try_from(inode.layer).unwrap_or(usize::MAX).saturating_sub(self.first);
        let word = usize::try_from(inode.entry >> 6).unwrap_or(usize::MAX);
        let bit = 1_u64 << (inode.entry & 63);
        let Some(word) = self.layers.get_mut(layer).and_then(|layer| layer.get_mut(word)) else {
            return false;
        };
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }
}
