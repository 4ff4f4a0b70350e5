//! The file system of an image, written as one tar.

use std::sync::Arc;

use bytes::Bytes;
use cutaway_export::{Flattened, flatten};
use tokio::io::{AsyncReadExt as _, AsyncWrite};

use super::Image;
use crate::error::Error;
use crate::openers::Held;
use cutaway_read::{Archive, Input};

impl Image {
    /// Writes the file system as one tar; `target` names it in errors. Layers are read newest first, and
    /// again where that does not tell enough; an archive that passes is read twice, and one that passes once
    /// is held in memory, within `stdin_bytes`.
    ///
    /// # Errors
    ///
    /// Returns why a layer cannot be read or `out` not written; then there is no end marker.
    pub async fn flatten(
        &self,
        out: impl AsyncWrite + Unpin + Send + 'static,
        target: &str,
    ) -> Result<Flattened, Error> {
        let input = match self.input() {
            Input::Archive(mut archive) if !archive.opener.opens_again() => {
                let held = self.hold(&archive, self.client.limits().stdin_bytes).await?;
                archive.opener = Arc::new(held);
                Input::Archive(archive)
            }
            input => input,
        };
        let written = flatten(input, &self.options(), out, target).await;
        written.map(|(_, flattened)| flattened).map_err(|error| self.blame(error))
    }

    /// Reads an archive whole: what a container sees of its first layer is known after its last one.
    async fn hold(&self, archive: &Archive, max: u64) -> Result<Held, Error> {
        let mut whole = Vec::new();
        let stream = self.options().observer.archive_opened(archive.opener.open().await?);
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
}
