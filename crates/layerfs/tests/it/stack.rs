//! Stacks of layers as text, and what they merge to as text.
//!
//! Layers are divided by ` | ` and entries by blanks: `x=v` is a file with content `v`, `d/` a
//! directory, `a→b` a symbolic link, `a⇒b` a hard link, `x@M,N` a character device, `g:x` a global
//! header with that name.

use std::collections::BTreeMap;

use cutaway_layerfs::{
    EntryPath, Error, Inode, Kind, Limits, Listing, Meta, Tree, Visitor, Walk, Walked,
};

/// Keeps the content of every file.
#[derive(Default)]
pub(crate) struct Keep {
    pub(crate) files: BTreeMap<u32, Vec<u8>>,
    open: Option<u32>,
    pub(crate) seen: Vec<(u32, EntryPath, Meta)>,
}

impl Visitor for Keep {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        assert!(self.open.is_none());
        assert_eq!(id as usize, self.seen.len());
        self.seen.push((id, path.clone(), meta.clone()));
        if meta.kind != Kind::File {
            return false;
        }
        self.files.insert(id, Vec::new());
        self.open = Some(id);
        true
    }

    fn data(&mut self, chunk: &[u8]) {
        self.files.get_mut(&self.open.unwrap()).unwrap().extend(chunk);
    }

    fn hole(&mut self, len: u64) {
        let file = self.files.get_mut(&self.open.unwrap()).unwrap();
        file.resize(file.len() + usize::try_from(len).unwrap(), 0);
    }

    fn end(&mut self) {
        self.open.take().unwrap();
    }
}

/// A stack, merged.
pub(crate) struct Merged {
    pub(crate) tree: Tree,
    pub(crate) layers: Vec<(Listing, Keep)>,
    pub(crate) warnings: Vec<String>,
}

/// One tar header with its content, in ustar form.
pub(crate) fn member(
    flag: u8,
    name: &[u8],
    link: &[u8],
    device: (u32, u32),
    content: &[u8],
) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, if flag == b'5' { b"0000755\0" } else { b"0000644\0" });
    put(108, b"0000000\x000000000\0");
    put(124, format!("{:011o}\x0000000000000\0", content.len()).as_bytes());
    put(148, b"        ");
    put(156, &[flag]);
    put(157, link);
    put(257, b"ustar\x0000");
    put(329, format!("{:07o}\0{:07o}\0", device.0, device.1).as_bytes());
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// The tar of one layer in text.
pub(crate) fn tar(layer: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in layer.split_whitespace() {
        let made = if let Some((name, target)) = entry.split_once('→') {
            member(b'2', name.as_bytes(), target.as_bytes(), (0, 0), b"")
        } else if let Some((name, target)) = entry.split_once('⇒') {
            member(b'1', name.as_bytes(), target.as_bytes(), (0, 0), b"")
        } else if let Some(name) = entry.strip_prefix("g:") {
            member(b'g', name.as_bytes(), b"", (0, 0), b"13 comment=x\n")
        } else if let Some((name, content)) = entry.split_once('=') {
            member(b'0', name.as_bytes(), b"", (0, 0), content.as_bytes())
        } else if let Some((name, device)) = entry.split_once('@') {
            let (major, minor) = device.split_once(',').unwrap();
            member(
                b'3',
                name.as_bytes(),
                b"",
                (major.parse().unwrap(), minor.parse().unwrap()),
                b"",
            )
        } else if entry.ends_with('/') {
            member(b'5', entry.as_bytes(), b"", (0, 0), b"")
        } else {
            member(b'0', entry.as_bytes(), b"", (0, 0), b"")
        };
        bytes.extend(made);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

pub(crate) fn walk(tar: &[u8]) -> Result<(Walked, Keep), Error> {
    walk_with(tar, Limits::default())
}

pub(crate) fn walk_with(tar: &[u8], limits: Limits) -> Result<(Walked, Keep), Error> {
    let mut keep = Keep::default();
    let mut walk = Walk::new(limits);
    for chunk in tar.chunks(10_000) {
        walk.push(chunk, &mut keep)?;
    }
    let walked = walk.finish(&mut keep)?;
    assert_eq!(walked.listing.len() as usize, keep.seen.len());
    Ok((walked, keep))
}

pub(crate) fn merge(stack: &str) -> Result<Merged, Error> {
    merge_layers(&stack.split('|').map(str::to_owned).collect::<Vec<_>>())
}

pub(crate) fn merge_layers(layers: &[String]) -> Result<Merged, Error> {
    let mut merged =
        Merged { tree: Tree::new(Limits::default()), layers: Vec::new(), warnings: Vec::new() };
    for (layer, text) in layers.iter().enumerate() {
        let (walked, keep) = walk(&tar(text))?;
        let applied = merged.tree.apply(layer as u32, &walked.listing)?;
        merged
            .warnings
            .extend(walked.warnings.iter().chain(&applied).map(|warning| warning.code.to_string()));
        merged.layers.push((walked.listing, keep));
    }
    Ok(merged)
}

impl Merged {
    /// The tree as text, in the notation of its layers, sorted by path.
    pub(crate) fn text(&self) -> String {
        self.lines().into_values().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn lines(&self) -> BTreeMap<String, String> {
        let mut lines = BTreeMap::new();
        let mut todo = vec![self.tree.root()];
        let mut count = 0;
        while let Some(id) = todo.pop() {
            count += 1;
            let children = self.tree.children(id);
            let path = self.tree.path(id);
            assert_eq!(self.tree.lookup(path.as_bytes()), Ok(Some(id)), "{path}");
            let text = path.to_string_lossy().into_owned();
            let node = self.tree.node(id);
            assert_eq!(node.name(), path.name());
            assert!(children.is_empty() || node.kind() == Kind::Directory);
            todo.extend(children);
            let line = match node.kind() {
                Kind::File => {
                    format!("{text}={}", String::from_utf8_lossy(self.content(node.inode())))
                }
                Kind::Directory => format!("{text}/"),
                Kind::Symlink => {
                    format!("{text}→{}", String::from_utf8_lossy(node.link().unwrap()))
                }
                Kind::CharDevice => format!("{text}@"),
                other => format!("{text}?{other:?}"),
            };
            if !path.is_root() {
                lines.insert(text, line);
            }
        }
        assert_eq!(count, self.tree.len());
        lines
    }

    pub(crate) fn content(&self, inode: Inode) -> &[u8] {
        let content = &self.layers[inode.layer as usize].1.files[&inode.entry];
        let meta = self.layers[inode.layer as usize].0.get(inode.entry).unwrap().meta().clone();
        assert_eq!(meta.size, content.len() as u64);
        content
    }

    pub(crate) fn inode(&self, path: &str) -> Inode {
        self.tree.node(self.tree.lookup(path.as_bytes()).unwrap().unwrap()).inode()
    }

    pub(crate) fn placed_by(&self, path: &str) -> u32 {
        self.tree.node(self.tree.lookup(path.as_bytes()).unwrap().unwrap()).placed_by()
    }
}

/// The names in a tree in the notation of its layers, without contents.
pub(crate) fn text_of(tree: &Tree) -> Vec<String> {
    let nodes = tree.descend(tree.root()).skip(1);
    let line = |id| {
        let (path, node) = (tree.path(id), tree.node(id));
        match node.kind() {
            Kind::Directory => format!("{path}/"),
            Kind::Symlink => format!("{path}→{}", String::from_utf8_lossy(node.link().unwrap())),
            _ => path.to_string(),
        }
    };
    nodes.map(line).collect()
}
