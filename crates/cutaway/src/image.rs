//! An image that was opened by its name.

mod check;
mod files;
mod scan;
mod write;

use std::fmt;

use cutaway_model::Layer;
use cutaway_model::source::Form;
use cutaway_report::{ImageReport, SourceKind, Subject};

use crate::client::Client;
use crate::error::Error;
use cutaway_read::{Archive, Input, Options};

pub use files::{File, Wanted, absence, node, thing, unambiguous};
pub use scan::{Inventory, ScanOptions};

/// An image, opened by its name: in a registry, a layout, an archive or a daemon.
///
/// Of a registry or a layout, only the manifest and the config were read when this is made; layers are
/// read as they are needed, each time anew. An archive that passes (a compressed one, a daemon's, one on
/// standard input) was not looked into: every method lets it pass once, and what cannot pass again
/// ([`passes_once`](Self::passes_once)) answers one method only.
///
/// All that is `async` here needs a tokio runtime, whose threads read the layers. Dropping a future ends
/// the reading.
#[derive(Clone)]
pub struct Image {
    pub(crate) client: Client,
    name: String,
    source: Option<SourceKind>,
    input: Kept,
}

#[derive(Clone)]
enum Kept {
    Image(Box<cutaway_model::Image>),
    Archive(Archive),
}

impl Image {
    pub(crate) fn of_image(client: &Client, image: cutaway_model::Image, subject: Subject) -> Self {
        let Subject { name, source } = subject;
        let input = Kept::Image(Box::new(image));
        Self { client: client.clone(), name, source: Some(source), input }
    }

    pub(crate) fn of_archive(
        client: &Client,
        archive: Archive,
        name: &str,
        source: Option<SourceKind>,
    ) -> Self {
        let (client, name) = (client.clone(), name.to_owned());
        Self { client, name, source, input: Kept::Archive(archive) }
    }

    /// Returns its name: the whole reference of one in a registry, else the name by which it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns where it lies; `None` for an archive whose form shows only when it passes.
    pub fn source(&self) -> Option<SourceKind> {
        self.source
    }

    /// Returns its documents, where they are known without letting an archive pass.
    pub fn opened(&self) -> Option<&cutaway_model::Image> {
        match &self.input {
            Kept::Image(image) => Some(image),
            Kept::Archive(_) => None,
        }
    }

    /// Returns what the engine that reads layers takes.
    pub fn input(&self) -> Input {
        match &self.input {
            Kept::Image(image) => Input::Image(image.clone()),
            Kept::Archive(archive) => Input::Archive(archive.clone()),
        }
    }

    /// Returns whether it passes by and cannot be started again.
    pub fn passes_once(&self) -> bool {
        matches!(&self.input, Kept::Archive(archive) if !archive.opener.opens_again())
    }

    /// Returns its layers, the oldest first: digests, diffIDs, and streams of their bytes.
    ///
    /// # Errors
    ///
    /// Those of [`documents`](Self::documents).
    pub async fn layers(&self) -> Result<Vec<Layer>, Error> {
        Ok(self.documents().await?.layers().to_vec())
    }

    /// Returns its documents. An archive passes for them, and all of its image is verified on the way.
    ///
    /// # Errors
    ///
    /// Returns why the archive cannot be read, or is not what its documents say.
    pub async fn documents(&self) -> Result<cutaway_model::Image, Error> {
        match self.input() {
            Input::Image(image) => Ok(*image),
            Input::Archive(_) => Ok(self.verify().await?.0),
        }
    }

    /// Returns what a report says it is about; of an archive, when its form is known.
    pub fn subject(&self, form: Option<Form>) -> Subject {
        let of_form = SourceKind::of_archive(form.unwrap_or(Form::Docker));
        Subject { name: self.name.clone(), source: self.source.unwrap_or(of_form) }
    }

    /// Returns what a report says of it, once its documents are known and, of an archive that passed,
    /// its form.
    pub fn report(&self, documents: &cutaway_model::Image, form: Option<Form>) -> ImageReport {
        ImageReport::new(documents, &self.subject(form))
    }

    pub(crate) fn options(&self) -> Options {
        self.client.options()
    }

    /// Makes the error of a reading: what a daemon leaves out is its fault, not the image's.
    pub(crate) fn blame(&self, error: impl Into<Error>) -> Error {
        let of_daemon = [SourceKind::Docker, SourceKind::Podman].map(Some).contains(&self.source);
        match error.into() {
            error if of_daemon && error.is_about_missing() => Error::LeftOut(Box::new(error)),
            error => error,
        }
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("name", &self.name).finish_non_exhaustive()
    }
}
