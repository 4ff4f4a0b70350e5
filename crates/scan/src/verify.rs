//! Reading layers for nothing but the proof that they are what they claim to be.

use cutaway_files::Measured;
use cutaway_model::source::{Form, Selector};
use cutaway_model::{BlobStream, Image};

use crate::onepass::read_stream;
use crate::run::read_layers;
use crate::skip::Skip;
use crate::{Error, Options};

/// Reads every layer of an image and checks it; returns one measurement a layer, oldest first.
///
/// # Errors
///
/// As [`scan`](crate::scan).
pub async fn verify(image: &Image, options: &Options) -> Result<Vec<Measured>, Error> {
    let skip = std::sync::Arc::new(Skip::new(&[])?);
    let facts = read_layers(image.layers(), None, options, &skip).await?;
    Ok(facts.into_iter().map(|facts| facts.measured).collect())
}

/// Reads an archive that passes once, and checks every layer of the image in it that is meant.
///
/// # Errors
///
/// As [`scan_stream`](crate::scan_stream).
pub async fn verify_stream(
    stream: BlobStream,
    place: &str,
    form: Option<Form>,
    selector: &Selector,
    options: &Options,
) -> Result<(Image, Form, Vec<Measured>), Error> {
    let skip = std::sync::Arc::new(Skip::new(&[])?);
    let (image, form, facts) =
        read_stream(stream, place, form, selector, None, options, &skip).await?;
    Ok((image, form, facts.into_iter().map(|facts| facts.measured).collect()))
}
