//! Whether an image is all there and all as it says: every document and every blob, each once.
//!
//! What is wrong with the image is a finding, and the next blob is looked at; what lies beyond a limit is a
//! finding too, since nobody has looked at it; what keeps the image from being reached is an error.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cutaway_model::source::Form;
use cutaway_model::{
    Blobs, Class, Descriptor, Document, Documents, Error as ModelError, Image, Reached, verify_blob,
};
use cutaway_ref::Platform;
use cutaway_tar::len64;
use serde::Serialize;

use crate::archive::Passing;
use crate::layers::start;
use crate::no_image;
use crate::verify::listing_only;
use crate::{Archive, Error, Input, Options};

/// How thoroughly an image is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Documents are read; of blobs only their presence and size is asked for.
    Fast,
    /// Every blob is read, and layers are unpacked and walked.
    Full,
}

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Validation {
    /// Manifests and indexes.
    pub manifests: u64,
    /// Configs, layers and other blobs.
    pub blobs: u64,
    /// Their stored bytes.
    pub bytes: u64,
    /// What is wrong, in the order of the documents.
    pub findings: Vec<Finding>,
}

/// Something that is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of fault, in kebab-case.
    pub code: &'static str,
    /// The manifest or index that lists what is wrong, or is wrong itself; none in a form without manifests.
    pub manifest: Option<String>,
    /// The fault, in one line.
    pub message: String,
}

/// What is validated.
#[derive(Debug)]
pub enum Validated {
    /// A manifest or an index, with all that it lists.
    Documents {
        /// The blobs of the place where it lies.
        blobs: Arc<dyn Blobs>,
        /// Its digest, size and type.
        root: Descriptor,
        /// The platform whose image is meant where an index stands in the place of one.
        platform: Platform,
    },
    /// The layers of an image whose documents were verified when it was opened; of an archive that passes,
    /// its first fault, which is the last one that is seen.
    Input(Input),
}

/// Lists what is wrong with an image; of an archive, returns the form that it turned out to have, too.
///
/// Needs a tokio runtime. Dropping the future ends the reading.
///
/// # Errors
///
/// Returns what keeps the source from answering.
pub async fn validate(
    what: Validated,
    depth: Depth,
    options: &Options,
) -> Result<(Validation, Option<Form>), Error> {
    let mut state =
        State { depth, options, seen: BTreeSet::new(), validation: Validation::default() };
    match what {
        Validated::Documents { blobs, root, platform } => {
            state.documents(&blobs, root, &platform).await?;
        }
        Validated::Input(Input::Image(image)) => state.image(&image).await?,
        Validated::Input(Input::Archive(archive)) => {
            let form = state.archive(archive).await?;
            return Ok((state.validation, form));
        }
    }
    Ok((state.validation, None))
}

/// Returns whether an error says of a document that it was not looked at, since it lies too deep or is one
/// too many.
fn is_not_looked_at(error: &ModelError) -> bool {
    let limits = ["index_depth", "index_entries", "closure_bytes"];
    matches!(error, ModelError::Limit { limit, .. } if limits.contains(limit))
}

impl Validation {
    /// Returns whether nothing is wrong.
    pub fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Finding {
    /// Makes a finding of an error that is about the image itself.
    ///
    /// # Errors
    ///
    /// Returns errors that are about the way to it.
    fn new(manifest: Option<String>, error: Error) -> Result<Self, Error> {
        let code = match &error {
            Error::Layer { .. } => "layer-malformed",
            Error::Model(ModelError::Missing { .. } | ModelError::NotFound { .. }) => {
                "blob-missing"
            }
            Error::Model(ModelError::Size { .. }) => "wrong-size",
            Error::Model(ModelError::Digest { .. }) => "wrong-digest",
            Error::Model(ModelError::DiffId { .. }) => "wrong-diff-id",
            Error::Model(error) if is_not_looked_at(error) => "not-looked-at",
            Error::Model(ModelError::Limit { .. }) => "over-limit",
            error if error.class() == Class::Malformed => "malformed",
            _ => return Err(error),
        };
        Ok(Self { code, manifest, message: error.to_string() })
    }
}

struct State<'o> {
    depth: Depth,
    options: &'o Options,
    seen: BTreeSet<String>,
    validation: Validation,
}

impl State<'_> {
    fn find(&mut self, manifest: Option<String>, error: Error) -> Result<(), Error> {
        self.validation.findings.push(Finding::new(manifest, error)?);
        Ok(())
    }

    /// Takes a blob off the count that is kept by its owner alone, and need not be here (layer.md,
    /// "Non-Distributable Layers").
    fn elsewhere(&mut self, size: Option<u64>) {
        self.validation.blobs = self.validation.blobs.saturating_sub(1);
        self.validation.bytes = self.validation.bytes.saturating_sub(size.unwrap_or(0));
        tracing::warn!(size, "a layer that its owner alone keeps is not here");
    }

    fn count(&mut self, bytes: u64) {
        self.validation.blobs = self.validation.blobs.saturating_add(1);
        self.validation.bytes = self.validation.bytes.saturating_add(bytes);
    }

    /// Looks at a manifest or an index, and at all that it lists.
    async fn documents(
        &mut self,
        blobs: &Arc<dyn Blobs>,
        root: Descriptor,
        platform: &Platform,
    ) -> Result<(), Error> {
        let limits = &self.options.limits.model;
        let mut documents = Documents::new(blobs.as_ref(), root, limits);
        while let Some(Reached { descriptor, read }) = documents.next().await {
            let name = Some(descriptor.digest.to_string());
            let (document, raw) = match read {
                Ok(read) => read,
                Err(error) => {
                    if !is_not_looked_at(&error) {
                        self.validation.manifests = self.validation.manifests.saturating_add(1);
                    }
                    self.find(name, error.into())?;
                    continue;
                }
            };
            self.validation.manifests = self.validation.manifests.saturating_add(1);
            match document {
                Document::Index(index) => {
                    let others = index.manifests.iter().filter(|child| {
                        !(child.media_type.is_index() || child.media_type.is_manifest())
                    });
                    for child in others {
                        self.blob(blobs.as_ref(), child, name.as_deref()).await?;
                    }
                }
                Document::Manifest(manifest) => {
                    let of_image = manifest.config.media_type.is_config();
                    let shared = Arc::clone(blobs);
                    let opened =
                        cutaway_model::open(shared, descriptor, Some(raw), platform, limits).await;
                    match opened {
                        // What holds no layer at all has its stand-ins to be compared.
                        Ok(image) if of_image || image.layers().len() == manifest.layers.len() => {
                            self.image(&image).await?;
                        }
                        Err(error) if of_image && !no_image::has_blobs_alone(&manifest, &error) => {
                            self.find(name, error.into())?;
                        }
                        // The type of its config says that it is no image, and what it says is like that.
                        _ => {
                            for blob in std::iter::once(&manifest.config).chain(&manifest.layers) {
                                self.blob(blobs.as_ref(), blob, name.as_deref()).await?;
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Lets an archive pass, and returns its form where that is known.
    async fn archive(&mut self, archive: Archive) -> Result<Option<Form>, Error> {
        let limits = &self.options.limits.model;
        let mut passed = match Passing::by(&archive, &listing_only, self.options).await {
            Ok(passed) => passed,
            Err(error) => {
                self.find(None, error)?;
                return Ok(archive.form);
            }
        };
        let form = Some(passed.form());
        let image = match passed.image(&archive, limits).await {
            Ok(image) => image,
            Err(error) => {
                match no_image::blobs(&archive, &passed, &error, limits).await {
                    Some(blobs) => self.passed_blobs(&mut passed, &blobs).await?,
                    None => self.find(None, error.into())?,
                }
                return Ok(form);
            }
        };
        self.validation.manifests = u64::from(image.manifest().is_some());
        self.count(0);
        for layer in image.layers() {
            self.count(0);
            match passed.layer(layer, &listing_only, self.options).await {
                Ok((_, reading)) => {
                    let size = reading.measured.stored.size;
                    self.validation.bytes = self.validation.bytes.saturating_add(size);
                }
                Err(error) if layer.is_kept_elsewhere() && is_missing(&error) => {
                    self.elsewhere(None);
                }
                Err(error) => {
                    self.find(None, error)?;
                    break;
                }
            }
        }
        Ok(form)
    }

    /// Looks at the blobs of what is no image, which have passed.
    async fn passed_blobs(
        &mut self,
        passed: &mut Passing<()>,
        blobs: &[Descriptor],
    ) -> Result<(), Error> {
        self.validation.manifests = 1;
        for blob in blobs {
            if self.seen.insert(blob.digest.to_string()) {
                self.count(blob.size);
                if let Err(error) = passed.blob(blob).await {
                    self.find(None, error)?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Looks at the layers of an image; its config was read and verified with it.
    async fn image(&mut self, image: &Image) -> Result<(), Error> {
        let manifest = image.digest().map(ToString::to_string);
        if self.seen.insert(image.id().to_string()) {
            self.count(len64(image.raw_config().len()));
        }
        let fresh = image.layers().iter().filter(|layer| {
            // One blob under two diffIDs is wrong under one of them.
            let name = layer.digest().map(ToString::to_string);
            let name = name.or_else(|| layer.member().map(ToOwned::to_owned)).unwrap_or_default();
            self.seen.insert(format!("{name} {}", layer.diff_id()))
        });
        let fresh: Vec<_> = fresh.cloned().collect();
        let mut tasks = match self.depth {
            Depth::Full => start(&fresh, listing_only, self.options),
            Depth::Fast => HashMap::new(),
        };
        for layer in &fresh {
            self.count(layer.size().unwrap_or(0));
            let outcome = match (tasks.remove(&layer.into()), layer.blob()) {
                (Some(task), _) => task.await.map(drop),
                (None, Some((blobs, descriptor))) => stat(blobs.as_ref(), descriptor).await,
                (None, None) => Ok(()),
            };
            match outcome {
                Err(error) if layer.is_kept_elsewhere() && is_missing(&error) => {
                    self.elsewhere(layer.size());
                }
                outcome => outcome.or_else(|error| self.find(manifest.clone(), error))?,
            }
        }
        Ok(())
    }

    /// Looks at a blob that is no layer of an image.
    async fn blob(
        &mut self,
        blobs: &dyn Blobs,
        descriptor: &Descriptor,
        manifest: Option<&str>,
    ) -> Result<(), Error> {
        if !self.seen.insert(descriptor.digest.to_string()) {
            return Ok(());
        }
        self.count(descriptor.size);
        let outcome = match self.depth {
            Depth::Fast => stat(blobs, descriptor).await,
            Depth::Full => verify_blob(blobs, descriptor).await.map(drop).map_err(Error::from),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(error) if !descriptor.media_type.is_distributable() && is_missing(&error) => {
                self.elsewhere(Some(descriptor.size));
                Ok(())
            }
            Err(error) => self.find(manifest.map(ToOwned::to_owned), error),
        }
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Model(ModelError::Missing { .. } | ModelError::NotFound { .. }))
}

/// Asks whether a blob is there and has its size.
async fn stat(blobs: &dyn Blobs, descriptor: &Descriptor) -> Result<(), Error> {
    if descriptor.data.is_some() {
        return Ok(());
    }
    match blobs.stat(descriptor).await? {
        Some(size) if size != descriptor.size => Err(Error::Model(ModelError::Size {
            what: format!("blob {}", descriptor.digest),
            expected: descriptor.size,
            found: size.to_string(),
        })),
        _ => Ok(()),
    }
}
