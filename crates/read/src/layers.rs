//! Reading the layers of an image, wherever it lies: several at once, each of them once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use cutaway_model::source::{Files, Form};
use cutaway_model::{Image, Layer};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::archive::Passing;
use crate::odd::check_files;
use crate::stream::{Visit, visit};
use crate::task::{Task, on_task};
use crate::turns::Turns;
use crate::{Archive, Error, Input, LayerKey, LayerReader, Options, Reading};

/// The layers that were read, and the image that they are of.
#[derive(Debug)]
pub struct Layers<T> {
    /// The image.
    pub image: Image,
    /// The form of the archive, where one passed by.
    pub form: Option<Form>,
    /// The documents of the archive, where one passed by.
    pub files: Option<Arc<dyn Files>>,
    /// The position of the first layer that was read.
    pub first: usize,
    /// The members that held the layers, where an archive passed by, one a layer.
    pub members: Vec<String>,
    /// What was read, oldest first. Layers that are the same bytes share one reading.
    pub layers: Vec<Arc<Reading<T>>>,
}

/// Reads the layers of `input` in the positions `select`; of an archive that passes by, all of them in any
/// case, since all of it passes.
///
/// `reader` makes a reader for each layer, and once more for one whose stored bytes were wrong and are
/// had elsewhere. The largest layers are read first, at most `layers_in_flight` at once; layers of one
/// [`LayerKey`] are read once.
///
/// Needs a tokio runtime, on whose threads the layers are read. Dropping the future ends all reading.
///
/// # Errors
///
/// Returns the first thing, in the order of the layers, that keeps one from being read and verified, and
/// what keeps an archive from being read or is not what its image says.
pub async fn layers<R, F>(
    input: Input,
    select: impl Into<Select>,
    reader: F,
    options: &Options,
) -> Result<Layers<R::Out>, Error>
where
    R: LayerReader + 'static,
    R::Out: Send + Sync + 'static,
    F: Fn(&LayerKey) -> R + Clone + Send + Sync + 'static,
{
    let Select(select) = select.into();
    match input {
        Input::Image(image) => {
            check_files(&image, &options.limits.model).await?;
            let count = image.layers().len();
            let first = select.start.min(count);
            let chosen = image.layers().get(first..select.end.min(count)).unwrap_or_default();
            let layers = layers_of_image(chosen, reader, options).await?;
            Ok(Layers {
                image: *image,
                form: None,
                files: None,
                first,
                members: Vec::new(),
                layers,
            })
        }
        Input::Archive(archive) => {
            layers_of_archive(&archive, Select(select), reader, options).await
        }
    }
}

/// Lets an archive pass and reads its layers as [`layers`] does; the archive may be started again afterwards,
/// where its opener can.
///
/// # Errors
///
/// As [`layers`].
pub async fn layers_of_archive<R, F>(
    archive: &Archive,
    select: impl Into<Select>,
    reader: F,
    options: &Options,
) -> Result<Layers<R::Out>, Error>
where
    R: LayerReader + 'static,
    R::Out: Send + Sync + 'static,
    F: Fn(&LayerKey) -> R,
{
    let Select(select) = select.into();
    let mut passed = Passing::by(archive, &reader, options).await?;
    let image = passed.image(archive, &options.limits.model).await?;
    let (form, files) = (Some(passed.form()), Some(passed.files()));
    passed.check_files(&image)?;
    let mut read = passed.layers(&image, &reader, options).await?;
    read.truncate(select.end);
    let first = select.start.min(read.len());
    let (members, layers) = read.drain(first..).unzip();
    Ok(Layers { image, form, files, first, members, layers })
}

/// Which layers are read, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select(Range<usize>);

impl Select {
    /// All layers.
    pub const ALL: Self = Self(0..usize::MAX);
}

impl From<Range<usize>> for Select {
    fn from(positions: Range<usize>) -> Self {
        Self(positions)
    }
}

impl From<std::ops::RangeFrom<usize>> for Select {
    fn from(positions: std::ops::RangeFrom<usize>) -> Self {
        Self(positions.start..usize::MAX)
    }
}

/// Reads one layer to its end.
///
/// Needs a tokio runtime. Dropping the future ends the reading.
///
/// # Errors
///
/// Returns why the layer cannot be read, or is not what it claims to be.
pub async fn layer<R: LayerReader>(
    layer: &Layer,
    reader: impl Fn(&LayerKey) -> R,
    options: &Options,
) -> Result<Reading<R::Out>, Error> {
    let key = LayerKey::from(layer);
    let Visit { out, whole, by_table, .. } = visit(layer, || Some(reader(&key)), options).await?;
    let whole = whole.ok_or_else(|| Error::unfinished(layer.what()))?;
    Ok(Reading { by_table, ..Reading::new(whole, out) })
}

/// Reads these layers of an image, as [`layers`] does.
///
/// # Errors
///
/// As [`layers`].
pub async fn layers_of_image<R, F>(
    layers: &[Layer],
    reader: F,
    options: &Options,
) -> Result<Vec<Arc<Reading<R::Out>>>, Error>
where
    R: LayerReader + 'static,
    R::Out: Send + Sync + 'static,
    F: Fn(&LayerKey) -> R + Clone + Send + Sync + 'static,
{
    let mut tasks = start(layers, reader, options);
    let mut known: HashMap<LayerKey, Arc<Reading<R::Out>>> = HashMap::new();
    let mut read = Vec::with_capacity(layers.len());
    for layer in layers {
        let key = LayerKey::from(layer);
        let reading = match (tasks.remove(&key), known.get(&key)) {
            (Some(task), _) => Arc::new(task.await?),
            (None, Some(reading)) => Arc::clone(reading),
            (None, None) => return Err(Error::unfinished(layer.what())),
        };
        known.insert(key, Arc::clone(&reading));
        read.push(reading);
    }
    Ok(read)
}

/// Layers that are being read, by what names their bytes.
pub(crate) type Started<T> = HashMap<LayerKey, Task<Result<Reading<T>, Error>>>;

/// Starts reading layers, each key once, the largest first, so many at once as the limit allows.
pub(crate) fn start<R, F>(layers: &[Layer], reader: F, options: &Options) -> Started<R::Out>
where
    R: LayerReader + 'static,
    R::Out: Send + Sync + 'static,
    F: Fn(&LayerKey) -> R + Clone + Send + Sync + 'static,
{
    let permits = Arc::new(Semaphore::new(options.limits.layers_in_flight.max(1)));
    let mut distinct: HashMap<LayerKey, &Layer> = HashMap::new();
    for layer in layers {
        distinct.entry(layer.into()).or_insert(layer);
    }
    let mut order: Vec<(LayerKey, &Layer)> = distinct.into_iter().collect();
    // The largest first, so that no large one is left to run alone at the end.
    order.sort_by_key(|(_, layer)| (std::cmp::Reverse(layer.size()), layer.index()));
    let mut tasks = HashMap::new();
    // Tasks begin in any order; each asks for its permit when the one before has got its own.
    let mut turns = Turns::new();
    for (key, layer) in order {
        let (turn, permits, layer) = (turns.next_turn(), Arc::clone(&permits), layer.clone());
        let (reader, options) = (reader.clone(), options.clone());
        let span = tracing::info_span!("layer", index = layer.index(), diff_id = %layer.diff_id());
        let task = async move {
            let begun = turn.begin().await;
            // The semaphore is never closed.
            let _permit = permits.acquire_owned().await;
            drop(begun);
            self::layer(&layer, reader, &options).await
        };
        tasks.insert(key, on_task(task.instrument(span)));
    }
    tasks
}
