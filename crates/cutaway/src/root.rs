//! The first document of an image: the manifest or index before a platform is chosen.

use std::fmt;
use std::sync::Arc;

use cutaway_fetch::Repository;
use cutaway_model::source::{self, Archive, Directory, Files, Form, Found, Selector};
use cutaway_model::{Blobs, Descriptor, Remark, read_document};
use cutaway_read::{Depth, Validated, Validation, validate};
use cutaway_ref::Reference;
use cutaway_report::{SourceKind, Subject};

use crate::client::Client;
use crate::documents::Remembered;
use crate::error::Error;
use crate::image::Image;
use crate::open::is_compressed;
use crate::place::Place;

/// An image, opened no further than its first document.
#[derive(Debug)]
pub enum Start {
    /// A manifest or an index, and the blobs around it.
    Root(Box<Root>),
    /// An image in a form without a manifest of its own, or an archive that passes.
    Image(Box<Image>),
}

/// A manifest or an index.
#[derive(Clone)]
pub struct Root {
    client: Client,
    /// What reports say it is.
    pub subject: Subject,
    /// The blobs of the place where it lies.
    pub blobs: Arc<dyn Blobs>,
    /// Its digest, size and type.
    pub descriptor: Descriptor,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// What is odd about the place where it lies.
    pub remarks: Vec<Remark>,
    /// Where it lies, in a registry.
    pub remote: Option<(Repository, Reference)>,
    /// The layout that holds it.
    pub files: Option<Arc<dyn Files>>,
}

impl Client {
    /// Opens what `name` stands for as [`open`](Self::open) does, but no further than its first document.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why there is no such image, or why its first document cannot be had.
    pub async fn start(&self, name: &str) -> Result<Start, Error> {
        let limits = &self.limits().read.model;
        let root = match Place::of(name)? {
            Place::Registry(text) => self.root_of_registry(&text).await?,
            Place::Layout(path, selector) => {
                let files: Arc<dyn Files> = Arc::new(Directory::new(&path));
                self.root_in(files, &selector, SourceKind::Oci, name).await?
            }
            Place::Archive(path, selector, form) if !is_compressed(&path)? => {
                let files: Arc<dyn Files> = Arc::new(Archive::open(&path, limits)?);
                let form = match form {
                    Some(form) => form,
                    None => Form::of(files.as_ref())?,
                };
                if form == Form::Docker {
                    return Ok(Start::Image(Box::new(self.open(name).await?)));
                }
                self.root_in(files, &selector, SourceKind::OciArchive, name).await?
            }
            #[cfg(feature = "daemons")]
            Place::Containerd(there) => {
                let (blobs, descriptor) = self.containerd(&there).await?;
                let (_, raw) = read_document(&blobs, &descriptor, limits).await?;
                let subject = Subject { name: name.to_owned(), source: SourceKind::Containerd };
                let (client, blobs, remarks) = (self.clone(), Arc::new(blobs), Vec::new());
                let (remote, files) = (None, None);
                Root { client, subject, blobs, descriptor, raw, remarks, remote, files }
            }
            _ => return Ok(Start::Image(Box::new(self.open(name).await?))),
        };
        Ok(Start::Root(Box::new(root)))
    }

    /// Opens the first document in a layout, or in an archive in its form that has passed.
    ///
    /// # Errors
    ///
    /// Returns why it holds no such image, or why the document cannot be read.
    pub async fn root_in(
        &self,
        files: Arc<dyn Files>,
        selector: &Selector,
        source: SourceKind,
        name: &str,
    ) -> Result<Root, Error> {
        let (platform, limits) = (self.platform(), &self.limits().read.model);
        let Found { blobs, descriptor, remarks } =
            source::find(Arc::clone(&files), selector, &platform, limits).await?;
        let (_, raw) = read_document(blobs.as_ref(), &descriptor, limits).await?;
        let subject = Subject { name: name.to_owned(), source };
        let (client, remote, files) = (self.clone(), None, Some(files));
        Ok(Root { client, subject, blobs, descriptor, raw, remarks, remote, files })
    }

    async fn root_of_registry(&self, text: &str) -> Result<Root, Error> {
        let reference = crate::registry::reference(text)?;
        let (repository, resolved) = self.resolve(&reference).await?;
        Ok(Root {
            client: self.clone(),
            subject: Subject { name: reference.to_string(), source: SourceKind::Registry },
            blobs: Arc::new(repository.clone()),
            descriptor: resolved.descriptor,
            raw: resolved.bytes,
            remarks: Vec::new(),
            remote: Some((repository, reference)),
            files: None,
        })
    }
}

impl Root {
    /// Opens the image, or the one for the platform of the client.
    ///
    /// # Errors
    ///
    /// Returns why its documents cannot be had, or make no image.
    pub async fn image(&self) -> Result<Image, Error> {
        let (mut blobs, raw) = (Arc::clone(&self.blobs), Some(self.raw.clone()));
        let (platform, limits) = (self.client.platform(), &self.client.limits().read.model);
        let root = self.descriptor.clone();
        if let Some((_, reference)) = &self.remote {
            blobs = Remembered::over(blobs, reference, self.client.settings().cache());
        }
        let image = cutaway_model::open(blobs, root, raw, &platform, limits).await?;
        Ok(Image::of_image(&self.client, image, self.subject.clone()))
    }

    /// Goes from an index to the image of the platform, where the client was told one.
    ///
    /// # Errors
    ///
    /// Those of [`image`](Self::image).
    pub async fn choose(mut self) -> Result<Self, Error> {
        if self.client.is_told_platform() && self.descriptor.media_type.is_index() {
            let image = self.image().await?;
            if let Some(stated) = image.opened().and_then(|image| image.manifest()) {
                self.descriptor = stated.descriptor.clone();
                self.raw.clone_from(&stated.raw);
            }
        }
        Ok(self)
    }

    /// Returns the repository where it lies, as `registry/repository`; elsewhere its name.
    pub fn name(&self) -> String {
        match &self.remote {
            Some((_, reference)) => {
                format!("{}/{}", reference.registry(), reference.repository())
            }
            None => self.subject.name.clone(),
        }
    }

    /// Lists what is wrong with what lies below it: documents and, in full depth, blobs.
    ///
    /// # Errors
    ///
    /// Returns why nothing can be said of it.
    pub async fn validate(&self, depth: Depth) -> Result<Validation, Error> {
        let options = self.client.options();
        let (blobs, root) = (Arc::clone(&self.blobs), self.descriptor.clone());
        let what = Validated::Documents { blobs, root, platform: self.client.platform() };
        Ok(validate(what, depth, &options).await?.0)
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}
