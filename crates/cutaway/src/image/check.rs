//! Whether an image is what it says.

use std::sync::Arc;

use cutaway_model::Measured;
use cutaway_model::source::{Files, Form};
use cutaway_read::{Depth, Input, Layers, Look, Validated, Validation, look, validate, verify};
use cutaway_report::SourceKind;

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
        let what = Validated::Input(self.input());
        let (validation, form) = validate(what, depth, &self.options()).await?;
        Ok((self.subject(form).source, validation))
    }
}
