//! Reading layers for nothing but the proof that they are what they claim to be.

use cutaway_files::{Given, Gone, LaneReader, Measured, ReadError, Source};
use std::sync::Arc;

use cutaway_model::source::{self, Files, Form, Selector};
use cutaway_model::{BlobStream, Class, Compression, Image, Layer, Outline};

use crate::onepass::read_stream;
use crate::run::read_layers;
use crate::skip::Skip;
use crate::validate::Unread;
use crate::{Error, Limits, Options};

/// Reads every layer of an image and checks it; returns one measurement a layer, oldest first.
///
/// # Errors
///
/// As [`scan`](crate::scan).
pub async fn verify(image: &Image, options: &Options) -> Result<Vec<Measured>, Error> {
    let skip = Arc::new(Skip::new(&[])?);
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
    let skip = Arc::new(Skip::new(&[])?);
    let (image, form, facts) =
        read_stream(stream, place, form, selector, None, options, &skip).await?;
    Ok((image, form, facts.into_iter().map(|facts| facts.measured).collect()))
}

/// What an archive that has passed turned out to hold.
#[derive(Debug)]
pub enum Look {
    /// An image, every layer of which was checked.
    Image(Image, Vec<Measured>),
    /// What its documents say, since they make no image.
    Outline(Outline),
}

/// As [`verify_stream`], and where the documents make no image, returns what they say. The documents
/// come with it.
///
/// # Errors
///
/// As [`verify_stream`], also for documents of which nothing can be said.
pub async fn look_at_stream(
    stream: BlobStream,
    place: &str,
    form: Option<Form>,
    selector: &Selector,
    options: &Options,
) -> Result<(Look, Form, Arc<dyn Files>), Error> {
    let (platform, limits) = (&options.platform, &options.limits.model);
    let in_flight = options.limits.layers_in_flight;
    let given = Given { stream, place, form, selector, platform, limits, in_flight };
    let read = |name, bytes| measure(bytes, name, options.limits);
    let mut gone: Gone<()> = Gone::by(given, read).await?;
    let form = gone.form();
    let error = match source::open(gone.files(), form, selector, platform, limits).await {
        Ok(image) => match gone.layers(&image).await {
            Ok(layers) => {
                let measured = layers.into_iter().map(|(measured, ())| measured).collect();
                return Ok((Look::Image(image, measured), form, gone.files()));
            }
            // An attestation has the documents of an image, and no layers of files.
            Err(error) if image.layers().iter().any(is_no_layer) => Error::from(error),
            Err(error) => return Err(error.into()),
        },
        Err(error) => Error::from(error),
    };
    if error.class() != Class::Malformed {
        return Err(error);
    }
    let outline = source::outline(gone.files(), form, selector, platform, limits).await;
    Ok((Look::Outline(outline.map_err(|_| error)?), form, gone.files()))
}

/// Returns whether a blob that stands where a layer should is called something else.
pub fn is_no_layer(layer: &Layer) -> bool {
    layer.media_type().is_some_and(|media_type| Compression::promised(media_type).is_none())
}

async fn measure(
    bytes: LaneReader,
    name: String,
    limits: Limits,
) -> Result<(Measured, ()), ReadError> {
    let source = Source::of_member(&name, bytes, &limits.model).await?;
    let walked = source.walk(limits.layerfs, &mut Unread).await?;
    let (measured, _) =
        walked.ok_or_else(|| cutaway_model::Error::malformed(name, "was not read to its end"))?;
    Ok((measured, ()))
}
