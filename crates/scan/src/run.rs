//! The scan of an image, wherever it lies.

use std::sync::Arc;

use cutaway_analyze::{Budget, FactsCache};
use cutaway_files::LayerFiles;
use cutaway_model::{Image, Layer};
use cutaway_read::{
    Archive, Error as ReadError, Input, LayerKey, Select, layers_of_archive, layers_of_image,
};
use cutaway_report::{Report, SourceKind, Subject};
use tracing::Instrument as _;

use crate::assemble::{self, Task};
use crate::dispatch::Dispatch;
use crate::flights::{Claim, over};
use crate::hand::Hand;
use crate::kept;
use crate::layer::LayerRead;
use crate::merged::{Merged, Rules};
use crate::pending::Pending;
use crate::second::{self, lacking};
use crate::skip::Skip;
use crate::{Asked, Error, Options};

/// What a scan gave.
#[derive(Debug)]
#[non_exhaustive]
pub struct Scanned {
    /// The image.
    pub image: Image,
    /// What is in it.
    pub report: Report,
    /// The files of the layers that were read, so that nobody has to read them again; none unless the
    /// history was asked for, since listings take memory for as long as they are held.
    pub files: Vec<LayerFiles>,
    /// The position of the first of them.
    pub first: usize,
}

/// Scans an image.
///
/// Each layer is read once, also where the image lists it twice; a layer that a database turns out
/// to be a link into is read once more. An archive passes once; what would have to be read again is a
/// diagnostic then. Layers are numbered as in the whole image.
///
/// Needs a tokio runtime, on whose threads the layers are read; analyzers run on rayon's. Dropping the
/// future ends the reading.
///
/// # Errors
///
/// Returns the first thing, in the order of the layers, that keeps a layer from being read and
/// verified, and what keeps an archive from being read; nothing that was found is returned then. A
/// database that cannot be read is no error but a diagnostic of the report.
pub async fn scan(
    input: Input,
    asked: impl Into<Asked<'_>>,
    options: &Options,
) -> Result<Scanned, Error> {
    let asked = asked.into();
    let run = Run::new(options)?;
    match input {
        Input::Image(image) => {
            let span = tracing::info_span!("image", id = %image.id());
            run.of_image(*image, asked).instrument(span).await
        }
        Input::Archive(archive) => run.of_archive(&archive, asked).await,
    }
}

/// One scan.
pub(crate) struct Run<'o> {
    options: &'o Options,
    skip: Arc<Skip>,
    budget: Budget,
    pending: Pending,
}

impl<'o> Run<'o> {
    pub(crate) fn new(options: &'o Options) -> Result<Self, Error> {
        Ok(Self {
            options,
            skip: Arc::new(Skip::new(&options.skip)?),
            budget: options.read.budget.clone().into(),
            pending: Pending::new(options.limits.pending_bytes),
        })
    }

    async fn of_image(&self, image: Image, asked: Asked<'_>) -> Result<Scanned, Error> {
        cutaway_read::check_files(&image, &self.options.read.limits.model).await?;
        let Options { first, history, .. } = *self.options;
        let layers = image.layers().get(first..).unwrap_or_default();
        let reads = self.read(layers).await?;
        self.within()?;
        let files = self.files(&reads);
        let mut merged = self.merge(reads, first)?;
        let lacking = lacking(merged.every(), &self.options.analyzers, &merged.findings);
        if !lacking.is_empty() {
            let found = &mut merged.findings;
            second::read(layers, lacking, &self.budget, self.options, found).await?;
        }
        self.within()?;
        second::read_wide(layers, &mut merged, self.options).await?;
        let source = asked.source.unwrap_or(SourceKind::Oci);
        let subject = &Subject { name: asked.name.to_owned(), source };
        let task = Task { image: &image, subject, first, history };
        let report = assemble::report(&merged, task, self.options)?;
        Ok(Scanned { image, report, files, first })
    }

    async fn of_archive(&self, archive: &Archive, asked: Asked<'_>) -> Result<Scanned, Error> {
        let Options { history, .. } = *self.options;
        let read =
            layers_of_archive(archive, Select::ALL, self.reader(), &self.options.read).await?;
        let cutaway_read::Layers { image, form, layers, .. } = read;
        let mut reads: Vec<_> = layers.into_iter().map(LayerRead::new).collect();
        let files = self.files(&reads);
        second::give_up_again(&mut reads, &self.budget, &self.options.analyzers);
        self.within()?;
        let mut merged = self.merge(reads, 0)?;
        let lacking = lacking(merged.every(), &self.options.analyzers, &merged.findings);
        for key in lacking.into_keys() {
            let why = "it is a link to a file that had passed before that showed; scan the archive from a file";
            merged.findings.insert(key, second::unread(why));
        }
        let of_form = form.map_or(SourceKind::DockerArchive, SourceKind::of_archive);
        let source = asked.source.unwrap_or(of_form);
        let subject = &Subject { name: asked.name.to_owned(), source };
        let task = Task { image: &image, subject, first: 0, history };
        let report = assemble::report(&merged, task, self.options)?;
        Ok(Scanned { image, report, files, first: 0 })
    }

    /// Returns the files of layers, where they are wanted; elsewhere listings go as they are applied.
    fn files(&self, reads: &[LayerRead]) -> Vec<LayerFiles> {
        let wanted = reads.iter().filter(|_| self.options.history);
        wanted.map(LayerRead::files).collect()
    }

    /// Returns what makes a reader for each layer.
    fn reader(&self) -> impl Fn(&LayerKey) -> Hand<Dispatch> + Clone + Send + Sync + 'static {
        let (options, skip) = (self.options.clone(), Arc::clone(&self.skip));
        let (budget, pending) = (self.budget.clone(), self.pending.clone());
        move |_| Hand::to_analyzers(&options, &skip, &budget, &pending)
    }

    /// Returns what layers hold: those whose facts are kept from the cache, the others read, and kept. One that
    /// a scan beside this one is reading is waited for.
    pub(crate) async fn read(&self, layers: &[Layer]) -> Result<Vec<LayerRead>, Error> {
        let mut reads: Vec<Option<LayerRead>> = vec![None; layers.len()];
        loop {
            let (mut mine, mut elsewhere) = (Vec::new(), None);
            for (layer, read) in layers.iter().zip(&mut reads).filter(|(_, read)| read.is_none()) {
                match self.claim(layer) {
                    Claim::Elsewhere(over) => elsewhere = elsewhere.or(Some(over)),
                    Claim::Mine(flight) => match self.kept(layer).await {
                        None => mine.push((layer.clone(), read, flight)),
                        kept => *read = kept,
                    },
                }
            }
            let unread: Vec<Layer> = mine.iter().map(|(layer, ..)| layer.clone()).collect();
            let found = layers_of_image(&unread, self.reader(), &self.options.read).await?;
            let mut found: Vec<_> = found.into_iter().map(LayerRead::new).collect();
            second::read_again(&unread, &mut found, &self.budget, self.options).await?;
            self.within()?;
            self.keep(&unread, &found).await;
            for ((_, read, _over), found) in mine.into_iter().zip(found) {
                *read = Some(found);
            }
            match elsewhere {
                Some(elsewhere) => over(elsewhere).await,
                None => return Ok(reads.into_iter().flatten().collect()),
            }
        }
    }

    /// Returns whose turn it is with a layer. Where nothing would be kept, nobody waits.
    fn claim(&self, layer: &Layer) -> Claim {
        let flights = self.options.flights.as_ref().filter(|_| self.cache().is_some());
        let claimed = flights.and_then(|it| Some(it.claim(kept::name(layer, self.options)?)));
        claimed.unwrap_or(Claim::Mine(None))
    }

    /// Returns the cache, where it can be used. What is kept has neither fingerprints nor digests of files.
    fn cache(&self) -> Option<&Arc<dyn FactsCache>> {
        let Options { cache, fingerprints, analyzers, .. } = self.options;
        cache.as_ref().filter(|_| fingerprints.is_none() && !analyzers.read_records())
    }

    /// Hands in what was read.
    async fn keep(&self, layers: &[Layer], reads: &[LayerRead]) {
        // What a table says of a layer was not verified; with digests of files, what others find may be another thing.
        let Options { cache, analyzers, .. } = self.options;
        let Some(cache) = cache.as_ref().filter(|_| !analyzers.read_records()) else { return };
        for (layer, read) in layers.iter().zip(reads).filter(|(_, read)| read.by_table.is_none()) {
            kept::put(cache, layer, &read.facts, self.options).await;
        }
    }

    /// Returns the facts of a layer where they are kept.
    async fn kept(&self, layer: &Layer) -> Option<LayerRead> {
        let facts = kept::get(self.cache()?, layer, &self.budget, self.options).await?;
        Some(LayerRead::of_kept(facts))
    }

    fn merge(&self, reads: Vec<LayerRead>, first: usize) -> Result<Merged, Error> {
        let Options { analyzers, read, .. } = self.options;
        let by_table = reads.iter().map(|read| read.by_table).collect();
        let reads = reads.into_iter().map(|read| (read.facts, read.digests));
        let of_layers = read.limits.layerfs;
        let rules = Rules { analyzers, skip: &self.skip, of_layers, budget: &read.budget, first };
        let mut merged = Merged::new(reads, rules)?;
        merged.by_table = by_table;
        Ok(merged)
    }

    /// Returns an error where more was found than the limit allows.
    fn within(&self) -> Result<(), Error> {
        let max = self.budget.max().filter(|_| self.budget.is_overspent());
        max.map_or(Ok(()), |max| Err(ReadError::held(max).into()))
    }
}
