//! The files of layers, with what a cache keeps of them.

use cutaway_files::LayerFiles;
use cutaway_model::Image;

use crate::layer::LayerRead;
use crate::run::Run;
use crate::{Error, Options};

/// Returns the files of all layers of an image, the oldest first: those that are kept from the cache, the
/// others read, verified and kept. Nothing is analyzed where `options` have no analyzer.
///
/// Needs a tokio runtime. Dropping the future ends the reading.
///
/// # Errors
///
/// Returns the first thing, in the order of the layers, that keeps a layer from being read and verified.
pub async fn listings(image: &Image, options: &Options) -> Result<Vec<LayerFiles>, Error> {
    cutaway_read::check_files(image, &options.read.limits.model).await?;
    let run = Run::new(options)?;
    let reads = run.read(image.layers()).await?;
    Ok(reads.iter().map(LayerRead::files).collect())
}
