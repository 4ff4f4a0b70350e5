//! Images on disk and in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use cutaway_export::{Error, Item, Pulled, Source, pull};
use cutaway_fixtures::{FixtureImage, ImageBuilder, Layout};
use cutaway_layerfs::{EntryPath, Kind, Meta, Tree, Visitor, Walk};
use cutaway_model::source::{self, Directory, Files, Form, Selector};
use cutaway_model::{BlobSink, BlobStream, Error as ModelError, Image, ImageName};
use cutaway_read::{Archive, Opener, Options};
use cutaway_ref::Platform;
use tempfile::TempDir;

/// Returns the image of a stack in the notation of the truth table: layers divided by ` | `, `x=v` a file,
/// `d/` a directory, `a→b` a symbolic link, `a⇒b` a hard link, `x@M:N` a character device.
pub(crate) fn stack(text: &str) -> FixtureImage {
    let mut lines = String::new();
    for layer in text.split('|') {
        lines.push_str("layer plain\n");
        for entry in layer.split_whitespace() {
            let line = if let Some((name, target)) = entry.split_once('→') {
                format!("{name} -> {target}")
            } else if let Some((name, target)) = entry.split_once('⇒') {
                format!("{name} => {target}")
            } else if let Some((name, device)) = entry.split_once('@') {
                format!("{name} char {device}")
            } else if let Some((name, content)) = entry.split_once('=') {
                format!("{name} 0644 \"{content}\"")
            } else if entry.ends_with('/') {
                format!("{entry} 0755")
            } else {
                format!("{entry} 0644")
            };
            lines.push_str(&format!("  {line}\n"));
        }
    }
    ImageBuilder::parse(&lines).unwrap().build()
}

/// Writes a layout with the image under the tag `1`.
pub(crate) fn layout(image: &FixtureImage) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    Layout::new().image("1", image).write_dir(directory.path()).unwrap();
    directory
}

/// Opens the image under the tag `1`.
pub(crate) async fn open(directory: &Path) -> Image {
    let files: Arc<dyn Files> = Arc::new(Directory::new(directory));
    let (selector, platform) = (Selector::Tag("1".into()), Platform::linux("amd64"));
    source::open(files, Form::Oci, &selector, &platform, &options().limits.model).await.unwrap()
}

/// Returns the image under the tag `1` as something to write out.
pub(crate) async fn item(directory: &Path) -> Item {
    let files: Arc<dyn Files> = Arc::new(Directory::new(directory));
    let (selector, platform) = (Selector::Tag("1".into()), Platform::linux("amd64"));
    let found = source::find(files, &selector, &platform, &options().limits.model).await.unwrap();
    let (blobs, root) = (found.blobs, found.descriptor);
    Item { blobs, root, name: name() }
}

/// Returns the name that images of tests go by.
pub(crate) fn name() -> ImageName {
    ImageName { full: Some("example.org/app:1".into()), tag: Some("1".into()) }
}

/// Returns the options that tests read with.
pub(crate) fn options() -> Options {
    Options::new(Default::default())
}

/// An archive in memory, which passes as often as there are bytes.
#[derive(Debug)]
struct Bytes(std::sync::Mutex<Vec<Vec<u8>>>);

#[async_trait]
impl Opener for Bytes {
    async fn open(&self) -> Result<BlobStream, ModelError> {
        let next = self.0.lock().unwrap().pop();
        let bytes = next.ok_or_else(|| ModelError::Transport("gone".into()))?;
        Ok(Box::new(std::io::Cursor::new(bytes)))
    }

    fn opens_again(&self) -> bool {
        true
    }
}

/// Returns an archive that holds `passes` when it passes, one after the other.
pub(crate) fn archive(passes: &[&[u8]], selector: Selector) -> Archive {
    let passes = passes.iter().rev().map(|bytes| bytes.to_vec()).collect();
    Archive {
        opener: Arc::new(Bytes(std::sync::Mutex::new(passes))),
        place: "the archive".into(),
        form: None,
        selector,
        platform: Platform::linux("amd64"),
    }
}

/// Pulls one after the other into a layout.
pub(crate) async fn into_layout(
    sources: impl IntoIterator<Item = Source>,
    directory: &Path,
) -> Result<Pulled, Error> {
    let layout = Arc::new(cutaway_export::Layout::open(directory)?);
    let sink: Arc<dyn BlobSink> = layout.clone();
    let mut pulled = Pulled::default();
    for source in sources {
        pulled.add(pull(source, &sink, &options()).await?);
    }
    layout.close();
    Ok(pulled)
}

/// Keeps every content.
#[derive(Default)]
struct Keep {
    files: BTreeMap<u32, Vec<u8>>,
    open: u32,
}

impl Visitor for Keep {
    fn entry(&mut self, id: u32, _: &EntryPath, meta: &Meta) -> bool {
        self.open = id;
        if meta.kind == Kind::File {
            self.files.insert(id, Vec::new());
        }
        meta.kind == Kind::File
    }
    fn data(&mut self, chunk: &[u8]) {
        self.files.get_mut(&self.open).unwrap().extend(chunk);
    }
    fn hole(&mut self, _: u64) {
        panic!("an export has no holes");
    }
    fn end(&mut self) {}
}

/// Returns what a tar unpacks to, in the notation of [`stack`], sorted; names of one file are followed by `*`.
pub(crate) fn unpacked(tar: &[u8]) -> String {
    let mut keep = Keep::default();
    let mut walk = Walk::new(cutaway_layerfs::Limits::default());
    walk.push(tar, &mut keep).unwrap();
    let walked = walk.finish(&mut keep).unwrap();
    let mut tree = Tree::new(cutaway_layerfs::Limits::default());
    assert_eq!(tree.apply(0, &walked.listing).unwrap(), [], "an export warns of nothing");
    assert_eq!(walked.listing.whiteout_count(), 0);
    let mut lines = Vec::new();
    let mut names: BTreeMap<u32, usize> = BTreeMap::new();
    let mut ahead = tree.children(tree.root());
    while let Some(id) = ahead.pop() {
        let node = tree.node(id);
        let path = tree.path(id).to_string_lossy().into_owned();
        ahead.extend(tree.children(id));
        lines.push(match node.kind() {
            Kind::Directory => (format!("{path}/"), None),
            Kind::Symlink => {
                (format!("{path}→{}", String::from_utf8_lossy(node.link().unwrap())), None)
            }
            _ => {
                let entry = node.inode().entry;
                *names.entry(entry).or_default() += 1;
                let content = String::from_utf8_lossy(&keep.files[&entry]).into_owned();
                (format!("{path}={content}"), Some(entry))
            }
        });
    }
    let shared = |entry: Option<u32>| entry.is_some_and(|entry| names[&entry] > 1);
    let mut lines: Vec<String> = lines
        .into_iter()
        .map(|(line, entry)| if shared(entry) { format!("{line}*") } else { line })
        .collect();
    lines.sort();
    lines.join(" ")
}

/// Returns what lies in a directory, in the same notation.
pub(crate) fn on_disk(root: &Path) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let mut lines = Vec::new();
    let mut ahead = vec![root.to_owned()];
    while let Some(folder) = ahead.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let metadata = path.symlink_metadata().unwrap();
            lines.push(if metadata.is_dir() {
                ahead.push(path);
                format!("{name}/")
            } else if metadata.is_symlink() {
                format!("{name}→{}", path.read_link().unwrap().display())
            } else {
                let mark = if metadata.nlink() > 1 { "*" } else { "" };
                format!("{name}={}{mark}", std::fs::read_to_string(&path).unwrap())
            });
        }
    }
    lines.sort();
    lines.join(" ")
}
