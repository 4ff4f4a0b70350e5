//! Files: all of an image, those of one layer, or one by its path.

use std::io::Write;
use std::sync::Arc;

use cutaway_analyze::Analyzers;
use cutaway_files::{Absent, Finding, LayerFiles, Outcome, Search, Thing, View, Why, search};
use cutaway_layerfs::{EntryPath, Meta, NodeId};
use cutaway_model::DiffId;
use cutaway_read::{Input, Tables};
use cutaway_report::SourceKind;
use cutaway_scan::listings;
use cutaway_tar::Escaped;

use super::Image;
use crate::error::Error;

/// How many stored bytes of a registry's layer have to be ahead for its end to be spared: fewer are
/// read faster than the next connection is opened.
const SPARE: u64 = 1 << 20;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The path, from the root of the image: bytes, as names in images are.
    pub path: &'a [u8],
    /// Whether a symbolic link in the last component is followed.
    pub follow: bool,
    /// Whether the bytes of the file are wanted.
    pub content: bool,
    /// Whether nothing is told before every layer that the answer rests upon is verified.
    pub verify: bool,
}

/// A file of an image, verified.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct File {
    /// Where it lies, links followed.
    pub path: EntryPath,
    /// The position of the layer that put it there.
    pub layer: usize,
    /// Its contents.
    pub bytes: Vec<u8>,
}

impl Image {
    /// Reads one file. Layers are read from the newest on, and no more of them than the answer takes;
    /// those that were read were verified.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Absent`] where nothing is at the path, or no file; otherwise why a layer cannot be read.
    pub async fn read(&self, path: &str) -> Result<File, Error> {
        let path = path.as_bytes();
        let wanted = Wanted { path, follow: true, content: true, verify: true };
        let mut bytes = Vec::new();
        let (image, finding) = self.find(&wanted, &mut bytes).await?;
        let Thing { path, layer, meta, .. } = thing(finding, &image, path)?;
        match meta.kind {
            cutaway_layerfs::Kind::File => Ok(File { path, layer, bytes }),
            _ => Err(Error::Absent(format!("{path} is no file"))),
        }
    }

    /// Looks for one path; the bytes of a file go to `out`. Returns the documents, too.
    ///
    /// # Errors
    ///
    /// Returns why a layer cannot be read or `out` not written; that nothing is found is none.
    pub async fn find(
        &self,
        wanted: &Wanted<'_>,
        out: &mut (impl Write + Send),
    ) -> Result<(cutaway_model::Image, Finding), Error> {
        let Wanted { path, follow, content, verify } = *wanted;
        // What lies on disk is always read and verified.
        let spare = if self.source() == Some(SourceKind::Registry) { SPARE } else { u64::MAX };
        let wanted = Search { path, follow, content, verify, spare };
        let (limits, mut options) = (&self.client.limits().files, self.options());
        if !verify {
            let target = EntryPath::clean(path).unwrap_or_default();
            let likely = move |name: &[u8], _: &Meta| {
                content && EntryPath::clean(name).is_ok_and(|name| name == target)
            };
            options = options.by_tables(Tables { likely: Arc::new(likely) });
        }
        let found = search(self.input(), &wanted, limits, &options, out).await;
        let found = found.map_err(|error| self.blame(error))?;
        tell(&found.1, found.0.layers().len());
        Ok(found)
    }

    /// Reads all layers and lays them over each other. Returns the documents, too.
    ///
    /// # Errors
    ///
    /// Returns why a layer cannot be read, or the limit that they meet together.
    pub async fn view(&self) -> Result<(cutaway_model::Image, View), Error> {
        self.view_with(None).await
    }

    /// Does as [`view`](Self::view), and takes the word of layers that have a table of contents for what they
    /// hold, where their source gives parts of them: nothing of those is verified, and little of them read.
    ///
    /// # Errors
    ///
    /// As [`view`](Self::view).
    pub async fn claimed_view(&self) -> Result<(cutaway_model::Image, View), Error> {
        self.view_with(Some(Tables { likely: Arc::new(|_, _| false) })).await
    }

    async fn view_with(
        &self,
        tables: Option<Tables>,
    ) -> Result<(cutaway_model::Image, View), Error> {
        if let (Input::Image(image), Some(_)) = (self.input(), self.client.settings().cache()) {
            return self.kept_view(*image, tables).await;
        }
        let options = cutaway_read::Options { tables, ..self.options() };
        let read = View::read(self.input(), 0, None, &options).await;
        read.map_err(|error| self.blame(error))
    }

    async fn kept_view(
        &self,
        image: cutaway_model::Image,
        tables: Option<Tables>,
    ) -> Result<(cutaway_model::Image, View), Error> {
        let none = Analyzers::builder().build().map_err(|error| Error::Usage(error.to_string()))?;
        let mut options = self.scan_options(&none);
        options.read.tables = tables;
        let files = listings(&image, &options).await;
        let files = files.map_err(|error| self.blame(error))?;
        let view = View::new(0, files, self.client.limits().read.layerfs)?;
        Ok((image, view))
    }

    /// Reads what one layer holds, by its position, and opens no other where layers can be opened one by one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Absent`] where there is no such layer; otherwise why it cannot be read.
    pub async fn layer(&self, position: usize) -> Result<LayerFiles, Error> {
        let absent = |count: usize| {
            let message = format!("there is no layer {position}: the image has {count}, from 0 on");
            Error::Absent(message)
        };
        if let Some(image) = self.opened() {
            let layer = image.layers().get(position);
            let layer = layer.ok_or_else(|| absent(image.layers().len()))?;
            return Ok(LayerFiles::read(layer, &self.options()).await?);
        }
        let (_, view) = self.view().await?;
        view.layer(position).cloned().ok_or_else(|| absent(view.layers().len()))
    }

    /// Reads what one layer holds, by its diffID.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Absent`] where there is no such layer; otherwise why it cannot be read.
    pub async fn layer_by_diff_id(&self, diff_id: &DiffId) -> Result<LayerFiles, Error> {
        let absent = || Error::Absent(format!("there is no layer with the diffID {diff_id}"));
        if let Some(image) = self.opened() {
            let layer = image.layer_by_diff_id(diff_id).ok_or_else(absent)?;
            return self.layer(layer.index()).await;
        }
        let (image, view) = self.view().await?;
        let layer = image.layer_by_diff_id(diff_id).map(cutaway_model::Layer::index);
        layer.and_then(|layer| view.layer(layer).cloned()).ok_or_else(absent)
    }
}

/// Says how much was read and spared.
fn tell(finding: &Finding, layers: usize) {
    let reads = finding.read.values();
    let read = reads.clone().map(|read| read.stored).fold(0, u64::saturating_add);
    let spared = reads
        .map(|read| read.of.unwrap_or(read.stored).saturating_sub(read.stored))
        .fold(0, u64::saturating_add);
    let unopened = layers.saturating_sub(finding.read.len());
    tracing::info!(
        layers_read = finding.read.len(),
        layers_spared = unopened,
        bytes_read = read,
        bytes_spared_in_them = spared,
        verified = finding.verified,
        "{spared} bytes of the layers that were opened and {unopened} whole layers spared; {}",
        if finding.verified {
            "every layer that was read is verified"
        } else {
            "not verified: not all of the layer of the answer was read"
        }
    );
}

/// Returns what was found.
///
/// # Errors
///
/// Returns [`Error::Absent`], which says who deleted it, and [`Error::Ambiguous`] where nothing is there to us
/// and something to other runtimes.
pub fn thing(finding: Finding, image: &cutaway_model::Image, path: &[u8]) -> Result<Thing, Error> {
    match (finding.outcome, finding.ambiguous) {
        (Outcome::Found(thing), _) => Ok(thing),
        (Outcome::Absent(_), Some(ambiguous)) => Err(Error::Ambiguous(ambiguous)),
        (Outcome::Absent(absent), None) => Err(absence(&absent, image, path)),
    }
}

/// Says that runtimes read a path in different ways, where they do: what was found is what we read.
///
/// # Errors
///
/// Returns [`Error::Ambiguous`].
pub fn unambiguous(ambiguous: Option<String>) -> Result<(), Error> {
    ambiguous.map_or(Ok(()), |ambiguous| Err(Error::Ambiguous(ambiguous)))
}

/// Returns what is at a path of a view, links followed.
///
/// # Errors
///
/// Returns [`Error::Absent`], which says who deleted it.
pub fn node(view: &View, image: &cutaway_model::Image, path: &[u8]) -> Result<NodeId, Error> {
    view.lookup(path, true)?.map_err(|absent| absence(&absent, image, path))
}

/// Says that nothing is at a path, and why.
pub fn absence(absent: &Absent, image: &cutaway_model::Image, path: &[u8]) -> Error {
    let at = EntryPath::clean(path).unwrap_or_default();
    let led =
        if at == absent.path { String::new() } else { format!(" (it leads to {})", absent.path) };
    let why = match absent.why {
        Why::Nowhere => "no layer has it".to_owned(),
        Why::NoDirectory => "what should be a directory on the way is none".to_owned(),
        Why::Deleted { layer } => {
            let step = image.layers().get(layer).and_then(|layer| layer.history());
            let step = step.map(|step| step.created_by.as_str()).filter(|step| !step.is_empty());
            let step = step.map_or_else(String::new, |step| format!(" ({step})"));
            format!("layer {layer} deleted it{step}")
        }
    };
    let path = Escaped::new(path);
    Error::Absent(format!("{path} is not in the image{led}: {why}"))
}
