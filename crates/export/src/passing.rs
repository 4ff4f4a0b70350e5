//! The file system of an image in an archive that passes, such as one that a daemon sends.
//!
//! The archive has to pass twice, so whoever has it must be able to start it again.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_files::{Given, ReadError, Source, pass};
use cutaway_layerfs::Listing;
use cutaway_model::source::{Form, Selector};
use cutaway_model::{BlobStream, Error as ModelError, Image};
use cutaway_ref::Platform;
use tokio::io::AsyncWrite;
use tokio::sync::Mutex;

use crate::flatten::{Flattened, Flattening, read};
use crate::{Error, Limits};

/// An archive that passes, and which image of it is meant.
#[derive(Debug, Clone)]
pub struct Passing {
    /// What errors call the archive.
    pub place: String,
    /// Its form, where it is known.
    pub form: Option<Form>,
    /// The image that is meant.
    pub selector: Selector,
    /// The platform that is meant.
    pub platform: Platform,
}

/// Writes the file system of an image as [`flatten`](crate::flatten) does, from an archive that `open` starts
/// anew each time it is called, which is twice.
///
/// # Errors
///
/// As [`flatten`](crate::flatten), and [`ModelError::Malformed`] where the second archive holds another image.
pub async fn flatten_passing<W: AsyncWrite + Unpin + Send + 'static>(
    open: impl AsyncFn() -> Result<BlobStream, ModelError>,
    passing: &Passing,
    limits: &Limits,
    out: W,
    target: &str,
) -> Result<Flattened, Error> {
    let limits = *limits;
    let (first, _, layers) =
        pass(given(open().await?, passing, &limits), |name, bytes| async move {
            let source = Source::of_member(&name, bytes, &limits.model).await?;
            let (measured, listing) = read(source, &limits).await?;
            Ok((measured, (name, Arc::new(listing))))
        })
        .await?;
    // A member that the image lists twice is one layer with the number of its first place.
    let mut places: HashMap<String, u32> = HashMap::new();
    let mut listings: Vec<(u32, Arc<Listing>)> = Vec::new();
    for (position, (_, (name, listing))) in (0_u32..).zip(layers) {
        listings.push((*places.entry(name).or_insert(position), listing));
    }
    let flattening = Flattening::start(listings, &limits, out, target).await?;
    let shared = Arc::new(Mutex::new(Shared { flattening, failure: None }));
    let places = Arc::new(places);
    let second = pass(given(open().await?, passing, &limits), |name, bytes| {
        let (shared, place) = (Arc::clone(&shared), places.get(&name).copied());
        async move {
            let source = Source::of_member(&name, bytes, &limits.model).await?;
            let Some(place) = place else { return Ok((read(source, &limits).await?.0, ())) };
            let mut shared = shared.lock().await;
            let wanted = shared.flattening.wanted(place);
            match shared.flattening.layer(place, wanted, source, &limits).await {
                Ok(measured) => Ok((measured, ())),
                Err(error) => Err(shared.fail(error)),
            }
        }
    })
    .await;
    let Some(shared) = Arc::into_inner(shared).map(Mutex::into_inner) else {
        return Err(ModelError::malformed(&passing.place, "was not read to its end").into());
    };
    if let Some(error) = shared.failure {
        return Err(error);
    }
    let (second, _, _) = second?;
    same(&first, &second, &passing.place)?;
    shared.flattening.finish().await
}

/// Says what `pass` is given.
pub(crate) fn given<'a>(stream: BlobStream, passing: &'a Passing, limits: &'a Limits) -> Given<'a> {
    let Passing { place, form, selector, platform } = passing;
    let form = *form;
    // One member at a time: they are all written to one archive.
    Given { stream, place, form, selector, platform, limits: &limits.model, in_flight: 1 }
}

/// Refuses an archive that held another image the second time.
fn same(first: &Image, second: &Image, place: &str) -> Result<(), ModelError> {
    if first.id() == second.id() {
        return Ok(());
    }
    let rule = format!("held image {} and then image {}", first.id(), second.id());
    Err(ModelError::malformed(place, rule))
}

/// What the members of the second passing write to.
struct Shared<W: AsyncWrite + Unpin + Send> {
    flattening: Flattening<W>,
    failure: Option<Error>,
}

impl<W: AsyncWrite + Unpin + Send> Shared<W> {
    /// Keeps an error that is not one of reading, and returns what ends the reading.
    fn fail(&mut self, error: Error) -> ReadError {
        match error {
            Error::Model(error) => error.into(),
            Error::Layer { what, source } => ReadError::Layer { what, source },
            error => {
                let stand_in = ModelError::malformed("archive", error.to_string());
                self.failure = Some(error);
                stand_in.into()
            }
        }
    }
}
