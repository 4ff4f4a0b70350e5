//! Whether an image is what it says.

use std::sync::Arc;

use cutaway_files::Measured;
use cutaway_model::source::{Files, Form};
use cutaway_scan::{
    Depth, Finding, Look, SourceKind, Validation, look_at_stream, validate_image, verify,
    verify_stream,
};

use super::Image;
use crate::error::Error;
use crate::input::Input;

impl Image {
    /// Reads every layer and checks size, digest and diffID; returns the documents and what the layers
    /// were found to be, the oldest first.
    ///
    /// # Errors
    ///
    /// Returns why a layer cannot be read, or is not what the documents say.
    pub async fn verify(
        &self,
    ) -> Result<(cutaway_model::Image, Option<Form>, Vec<Measured>), Error> {
        let options = self.options();
        match self.input() {
            Input::Image(image) => {
                let measured = verify(&image, &options).await?;
                Ok((*image, None, measured))
            }
            Input::Archive(archive) => {
                let (stream, place) = (archive.opener.open().await?, &archive.place);
                let verified =
                    verify_stream(stream, place, archive.form, &archive.selector, &options).await;
                let (image, form, measured) = verified.map_err(|error| self.blame(error))?;
                Ok((image, Some(form), measured))
            }
        }
    }

    /// Looks at an archive that passes: at the image, verified, or at what its documents say where they
    /// make none; `None` where layers can be opened one by one. Returns its form and its documents, too.
    ///
    /// # Errors
    ///
    /// Returns why the archive cannot be read, or says nothing.
    pub async fn look(&self) -> Result<Option<(Look, Form, Arc<dyn Files>)>, Error> {
        let Input::Archive(archive) = self.input() else { return Ok(None) };
        let (stream, place) = (archive.opener.open().await?, &archive.place);
        let options = self.options();
        let looked = look_at_stream(stream, place, archive.form, &archive.selector, &options).await;
        looked.map(Some).map_err(|error| self.blame(error))
    }

    /// Lists what is wrong with the image; of an archive that passes, its first fault, which is the last
    /// one that is seen. Returns where it lies, too.
    ///
    /// # Errors
    ///
    /// Returns why nothing can be said of it.
    pub async fn validate(&self, depth: Depth) -> Result<(SourceKind, Validation), Error> {
        let archive = match self.input() {
            Input::Image(image) => {
                let validation = validate_image(&image, depth, &self.options()).await?;
                return Ok((self.subject(None).source, validation));
            }
            Input::Archive(archive) => archive,
        };
        let mut validation = Validation::default();
        let (stream, place) = (archive.opener.open().await?, &archive.place);
        let (form, selector, options) = (archive.form, &archive.selector, self.options());
        match verify_stream(stream, place, form, selector, &options).await {
            Ok((image, form, measured)) => {
                let blobs = u64::try_from(measured.len()).unwrap_or(u64::MAX);
                validation.manifests = u64::from(image.manifest().is_some());
                validation.blobs = blobs.saturating_add(1);
                let sizes = measured.iter().map(|measured| measured.stored.size);
                validation.bytes = sizes.fold(0, u64::saturating_add);
                Ok((self.subject(Some(form)).source, validation))
            }
            Err(error) => {
                validation.findings.push(Finding::new(None, error)?);
                Ok((self.subject(form).source, validation))
            }
        }
    }
}
