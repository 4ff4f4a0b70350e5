//! Whether an image is what it says.

use std::sync::Arc;

use cutaway_model::Measured;
use cutaway_model::source::{Files, Form};
use cutaway_read::{Depth, Finding, Input, Layers, Look, Validation, look, validate_image, verify};
use cutaway_report::SourceKind;
use cutaway_tar::len64;

use super::Image;
use crate::error::Error;

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
        let verified = verify(self.input(), &self.options()).await;
        let Layers { image, form, layers, .. } = verified.map_err(|error| self.blame(error))?;
        Ok((image, form, layers.iter().map(|layer| layer.measured.clone()).collect()))
    }

    /// Looks at an archive that passes: at the image, verified, or at what its documents say where they
    /// make none; `None` where layers can be opened one by one. Returns its form and its documents, too.
    ///
    /// # Errors
    ///
    /// Returns why the archive cannot be read, or says nothing.
    pub async fn look(&self) -> Result<Option<(Look, Form, Arc<dyn Files>)>, Error> {
        let Input::Archive(archive) = self.input() else { return Ok(None) };
        let looked = look(&archive, &self.options()).await;
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
        let form = archive.form;
        match verify(Input::Archive(archive), &self.options()).await {
            Ok(Layers { image, form, layers, .. }) => {
                validation.manifests = u64::from(image.manifest().is_some());
                let count = len64(layers.len());
                validation.blobs = count.saturating_add(1);
                let sizes = layers.iter().map(|layer| layer.measured.stored.size);
                validation.bytes = sizes.fold(0, u64::saturating_add);
                Ok((self.subject(form).source, validation))
            }
            Err(error) => {
                validation.findings.push(Finding::new(None, error)?);
                Ok((self.subject(form).source, validation))
            }
        }
    }
}
