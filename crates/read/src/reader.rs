//! Who goes along with the reading of a layer.

use std::ops::ControlFlow;
use std::sync::Arc;

use cutaway_layerfs::{EntryPath, Listing, Meta, Visitor, Walked, Warning};
use cutaway_model::{DiffId, Layer, Measured};
use cutaway_ref::Digest;

/// A visitor of one layer, which says at the end what it made of it.
///
/// [`Visitor`] is told of entries and wanted content as they pass, and cannot wait; [`LayerReader::pause`]
/// comes after each piece of the layer, stored or uncompressed, and can. What a reader returns counts only
/// where the layer was read to its end and verified.
pub trait LayerReader: Visitor + Send {
    /// What is made of the layer.
    type Out: Send;

    /// Is waited for when the layer was opened, before the first of its entries is shown. Meanwhile some
    /// pieces of it are decoded ahead.
    fn begin(&mut self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Is told, before anything else, that the layer is read by its table of contents: content that is wanted
    /// costs a question to the source, and nothing of it is verified.
    fn by_table(&mut self) {}

    /// Is told after each piece of the layer how far it was read. May wait, which holds up the layer and
    /// what sends it; may end the reading, and nothing is verified then.
    fn pause(&mut self, progress: Progress) -> impl Future<Output = ControlFlow<()>> + Send {
        let _ = progress;
        std::future::ready(ControlFlow::Continue(()))
    }

    /// Takes the next stored bytes of the layer, in order. All of them have come when [`LayerReader::finish`]
    /// is called for a layer that was read to its end; how they fall between entries and their content
    /// is not told.
    fn stored(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// Ends: the layer was read to its end and is what it claims to be, or the reading was ended by
    /// [`LayerReader::pause`].
    fn finish(self) -> impl Future<Output = Self::Out> + Send;
}

/// How far a layer was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Stored bytes.
    pub stored: u64,
    /// Uncompressed bytes.
    pub unpacked: u64,
}

/// What names the bytes of a layer. Layers of equal keys are the same bytes, and are read once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LayerKey {
    /// The digest of the stored bytes, where a manifest has it.
    pub digest: Option<Digest>,
    /// The diffID, where the config is known before the layer is read.
    pub diff_id: Option<DiffId>,
    /// The member of the archive, where no manifest describes the layer, or none has passed yet.
    pub member: Option<String>,
}

impl From<&Layer> for LayerKey {
    fn from(layer: &Layer) -> Self {
        Self {
            digest: layer.digest().cloned(),
            diff_id: Some(layer.diff_id().clone()),
            member: layer.member().map(str::to_owned),
        }
    }
}

/// A layer that was read to its end and verified, and what a reader made of it.
#[derive(Debug, Clone)]
pub struct Reading<T> {
    /// What its bytes were found to be.
    pub measured: Measured,
    /// Its entries, and what it hides.
    pub listing: Arc<Listing>,
    /// What is odd about it: at most a hundred or so.
    pub warnings: Vec<Warning>,
    /// What the reader made of it.
    pub out: T,
    /// Whether nothing of this was verified: it is what the layer's table of contents says, and `measured`
    /// what its manifest and config claim.
    pub by_table: bool,
}

impl<T> Reading<T> {
    /// Puts together what was found of a whole layer and what a reader made of it.
    pub(crate) fn new((measured, walked): (Measured, Walked), out: T) -> Self {
        let (listing, warnings) = (Arc::new(walked.listing), walked.warnings);
        Self { measured, listing, warnings, out, by_table: false }
    }
}

/// A reader that wants no content: the layer is only verified and listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListingOnly;

impl Visitor for ListingOnly {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

impl LayerReader for ListingOnly {
    type Out = ();

    async fn finish(self) {}
}
