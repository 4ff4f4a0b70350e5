//! All files of an image, or of its layers from one on: what is visible, and what was.

use std::sync::Arc;

use cutaway_layerfs::{
    Changes, EntryPath, Inode, Limits, Listing, Meta, NodeId, Superseded, Tree, Visitor, Warning,
};
use cutaway_model::source::Form;
use cutaway_model::{Image, Layer, Measured};
use cutaway_read::{Input, LayerReader, Layers, Options, Reading, layers, warn_of_readings};

use crate::Error;
use crate::contents::{Contents, Fingerprints};
use crate::question::{Absent, Answer, decided};

/// One layer that was read to its end and verified.
#[derive(Debug, Clone)]
pub struct LayerFiles {
    /// What it was found to be.
    pub measured: Measured,
    /// Its entries, and what it hides.
    pub listing: Arc<Listing>,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
    /// What tells the contents of its files apart, where that was asked for.
    pub contents: Arc<Contents>,
}

/// The files of an image, layers laid over each other.
#[derive(Debug)]
pub struct View {
    form: Option<Form>,
    tree: Tree,
    first: usize,
    layers: Vec<LayerFiles>,
    changes: Changes,
}

impl LayerFiles {
    /// Reads one layer to its end.
    ///
    /// Needs a tokio runtime. Dropping the future ends the reading.
    ///
    /// # Errors
    ///
    /// Returns what keeps it from being read and verified.
    pub async fn read(layer: &Layer, options: &Options) -> Result<Self, Error> {
        let reading = cutaway_read::layer(layer, |_| ContentReader(None), options).await?;
        Ok(Self::from(&reading))
    }
}

impl From<&Reading<Arc<Contents>>> for LayerFiles {
    fn from(reading: &Reading<Arc<Contents>>) -> Self {
        Self {
            measured: reading.measured.clone(),
            listing: Arc::clone(&reading.listing),
            warnings: reading.warnings.clone(),
            contents: Arc::clone(&reading.out),
        }
    }
}

impl View {
    /// Reads the layers of an image from `first` on, several at once, each of them once. The image comes
    /// with the view.
    ///
    /// With a `first` above zero the view is of what these layers say, over a base that is not known.
    ///
    /// Needs a tokio runtime. Dropping the future ends the reading.
    ///
    /// # Errors
    ///
    /// Returns the first thing, in the order of the layers, that keeps one from being read and
    /// verified, what keeps an archive from being read, and a limit that the layers meet together.
    pub async fn read(
        input: Input,
        first: usize,
        fingerprints: Option<Fingerprints>,
        options: &Options,
    ) -> Result<(Image, Self), Error> {
        let reader = move |_: &_| ContentReader(fingerprints.clone().map(Contents::new));
        let Layers { image, form, first, layers: read, .. } =
            layers(input, first.., reader, options).await?;
        let files = read.iter().map(|reading| LayerFiles::from(reading.as_ref())).collect();
        drop(read);
        let view = Self::new(first, files, options.limits.layerfs)?;
        Ok((image, Self { form, ..view }))
    }

    /// Lays layers over each other, the first of which has the position `first` in its image.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Overlay`] where they meet a limit together.
    pub fn new(first: usize, layers: Vec<LayerFiles>, limits: Limits) -> Result<Self, Error> {
        let mut tree = Tree::above(first, limits);
        let mut changes = Changes::default();
        let mut layers = layers;
        for (position, files) in layers.iter_mut().enumerate() {
            let layer = first.saturating_add(position);
            let number = u32::try_from(layer).unwrap_or(u32::MAX);
            let applied = tree
                .apply_noting(number, &files.listing, &mut changes)
                .map_err(|source| Error::Overlay { layer, source })?;
            files.warnings.extend(applied);
            warn_of_readings(layer, &files.warnings);
        }
        changes.sort();
        Ok(Self { form: None, tree, first, layers, changes })
    }

    /// Returns the form of the archive, where one passed by for the view.
    pub fn form(&self) -> Option<Form> {
        self.form
    }

    /// Returns what is visible at the top.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the position of the first layer of the view.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Returns the layers of the view, oldest first.
    pub fn layers(&self) -> &[LayerFiles] {
        &self.layers
    }

    /// Returns the layer at a position of the image; none where the view does not have it.
    pub fn layer(&self, position: usize) -> Option<&LayerFiles> {
        self.layers.get(position.checked_sub(self.first)?)
    }

    /// Returns what the layers have changed.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Returns what a path leads to, or why nothing is there; symbolic links are followed, the one in
    /// the last component only with `follow`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Loop`] for a path that goes in circles.
    pub fn lookup(&self, path: &[u8], follow: bool) -> Result<Result<NodeId, Absent>, Error> {
        let trace = self
            .tree
            .trace(path, follow)
            .map_err(|source| Error::Loop { path: path.to_vec(), source })?;
        let place = self.tree.path(trace.node).join(&trace.missing);
        Ok(match decided(&self.tree, &trace, place, &self.changes) {
            Answer::Absent(absent) => Err(absent),
            Answer::Found(_) | Answer::Open(_) => Ok(trace.node),
        })
    }

    /// Returns what was at a path and is not any more, oldest first.
    pub fn superseded(&self, path: &EntryPath) -> &[Superseded] {
        self.changes.of(path)
    }

    /// Returns what the layer of an entry says about it.
    pub fn meta(&self, inode: Inode) -> Meta {
        let layer = usize::try_from(inode.layer).ok().and_then(|layer| self.layer(layer));
        let entry = layer.and_then(|layer| layer.listing.get(inode.entry));
        entry.map_or_else(Meta::implied, |entry| entry.meta().clone())
    }

    /// Returns what tells the content of an entry from that of others.
    pub fn content(&self, inode: Inode) -> Option<u64> {
        let layer = self.layer(usize::try_from(inode.layer).ok()?)?;
        layer.contents.of(inode.entry)
    }

    /// Returns a node and all below it, each directory before what lies in it.
    pub fn descend(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.tree.descend(node)
    }
}

/// Takes fingerprints of the files of a layer, where that was asked for.
struct ContentReader(Option<Contents>);

impl Visitor for ContentReader {
    fn entry(&mut self, id: u32, _: &EntryPath, meta: &Meta) -> bool {
        self.0.as_mut().is_some_and(|contents| contents.begin(id, meta.kind))
    }

    fn data(&mut self, chunk: &[u8]) {
        if let Some(contents) = &mut self.0 {
            contents.add(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if let Some(contents) = &mut self.0 {
            contents.skip(len);
        }
    }

    fn end(&mut self) {
        if let Some(contents) = &mut self.0 {
            contents.end();
        }
    }
}

impl LayerReader for ContentReader {
    type Out = Arc<Contents>;

    async fn finish(self) -> Self::Out {
        Arc::new(self.0.unwrap_or_default())
    }
}
