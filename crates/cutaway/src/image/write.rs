//! The file system of an image, written as one tar.

use std::sync::Arc;

use bytes::Bytes;
use cutaway_export::{Flattened, Limits, Passing, flatten_observed, flatten_passing};
use tokio::io::{AsyncReadExt as _, AsyncWrite};

use super::Image;
use crate::error::Error;
use crate::input::{Archive, Input};
use crate::openers::Held;

impl Image {
    /// Writes the file system as one tar; `target` names it in errors. Layers are read twice, and an
    /// archive that passes once is held in memory, within `stdin_bytes`.
    ///
    /// # Errors
    ///
    /// Returns why a layer cannot be read or `out` not written; then there is no end marker.
    pub async fn flatten(
        &self,
        out: impl AsyncWrite + Unpin + Send + 'static,
        target: &str,
    ) -> Result<Flattened, Error> {
        let limits = self.client.limits();
        let of_export = Limits::new(limits.scan.model, limits.scan.layerfs);
        match self.input() {
            Input::Image(image) => {
                Ok(flatten_observed(&image, &of_export, &self.observer, out, target).await?)
            }
            Input::Archive(mut archive) => {
                if !archive.opener.opens_again() {
                    archive.opener = Arc::new(hold(&archive, limits.stdin_bytes).await?);
                }
                let Archive { opener, place, form, selector, platform } = archive;
                let passing = Passing { place, form, selector, platform };
                let open = async || opener.open().await;
                let written = flatten_passing(open, &passing, &of_export, out, target).await;
                written.map_err(|error| self.blame(error))
            }
        }
    }
}

/// Reads an archive whole: what a container sees of its first layer is known after its last one.
async fn hold(archive: &Archive, max: u64) -> Result<Held, Error> {
    let mut whole = Vec::new();
    let stream = archive.opener.open().await?;
    let read = stream.take(max.saturating_add(1)).read_to_end(&mut whole).await;
    read.map_err(|error| cutaway_model::Error::from_io(error, &archive.place))?;
    if u64::try_from(whole.len()).is_ok_and(|length| length <= max) {
        return Ok(Held(Bytes::from(whole)));
    }
    let what = format!(
        "{}, which export reads twice: name or redirect a file, or raise the limit",
        archive.place
    );
    Err(cutaway_model::Error::Limit { what, limit: "stdin_bytes", max }.into())
}
