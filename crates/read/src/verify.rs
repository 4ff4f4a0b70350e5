//! Reading layers for nothing but the proof that they are what they claim to be.

use std::sync::Arc;

use cutaway_model::source::{self, Files, Form};
use cutaway_model::{Class, Compression, Image, Layer, Measured, Outline};

use crate::archive::Passing;
use crate::{
    Archive, Error, Input, LayerKey, Layers, ListingOnly, Options, Reading, layers_of_image,
};

/// Reads every layer of an image and checks it.
///
/// Needs a tokio runtime. Dropping the future ends the reading.
///
/// # Errors
///
/// As [`crate::layers()`].
pub async fn verify(input: Input, options: &Options) -> Result<Layers<()>, Error> {
    match input {
        // What is no file system can be verified all the same.
        Input::Image(image) => {
            let layers = layers_of_image(image.layers(), listing_only, options).await?;
            let (form, files, members) = (None, None, Vec::new());
            Ok(Layers { image: *image, form, files, first: 0, members, layers })
        }
        Input::Archive(archive) => {
            let mut passed = Passing::by(&archive, &listing_only, options).await?;
            let image = passed.image(&archive, &options.limits.model).await?;
            let (form, files) = (Some(passed.form()), Some(passed.files()));
            let read = passed.layers(&image, &listing_only, options).await?;
            let (members, layers) = read.into_iter().unzip();
            Ok(Layers { image, form, files, first: 0, members, layers })
        }
    }
}

/// What an archive that has passed turned out to hold.
#[derive(Debug)]
pub enum Look {
    /// An image, every layer of which was checked; one measurement a layer, oldest first.
    Image(Box<Image>, Vec<Measured>),
    /// What its documents say, since they make no image.
    Outline(Box<Outline>),
}

/// Checks the image of an archive as [`verify`] does, and where the documents make no image, returns what
/// they say. The documents come with it.
///
/// # Errors
///
/// As [`crate::layers()`], also for documents of which nothing can be said.
pub async fn look(
    archive: &Archive,
    options: &Options,
) -> Result<(Look, Form, Arc<dyn Files>), Error> {
    let limits = &options.limits.model;
    let mut passed = Passing::by(archive, &listing_only, options).await?;
    let (form, files) = (passed.form(), passed.files());
    let error = match passed.image(archive, limits).await {
        Ok(image) => match checked(&mut passed, &image, options).await {
            Ok(layers) => {
                let measured = layers.iter().map(|(_, reading)| reading.measured.clone()).collect();
                return Ok((Look::Image(Box::new(image), measured), form, files));
            }
            // An attestation has the documents of an image, and no layers of files.
            Err(error) if image.layers().iter().any(is_no_layer) => error,
            Err(error) => return Err(error),
        },
        Err(error) => error.into(),
    };
    if error.class() != Class::Malformed {
        return Err(error);
    }
    let (selector, platform) = (&archive.selector, &archive.platform);
    match source::outline(passed.files(), form, selector, platform, limits).await {
        Ok(outline) => Ok((Look::Outline(Box::new(outline)), form, files)),
        Err(_) => Err(error),
    }
}

/// Returns the layers of an image that has a file system.
async fn checked(
    passed: &mut Passing<()>,
    image: &Image,
    options: &Options,
) -> Result<Vec<(String, Arc<Reading<()>>)>, Error> {
    passed.check_files(image)?;
    passed.layers(image, &listing_only, options).await
}

pub(crate) fn listing_only(_: &LayerKey) -> ListingOnly {
    ListingOnly
}

/// Returns whether a blob that stands where a layer should is called something else.
pub fn is_no_layer(layer: &Layer) -> bool {
    layer.media_type().is_some_and(|media_type| Compression::promised(media_type).is_none())
}
