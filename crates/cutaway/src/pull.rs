//! Images into a layout or an archive.

use std::path::Path;
use std::sync::Arc;

use cutaway_export::{DockerArchive, Item, Layout, OciArchive, Pulled, Source, pull};
use cutaway_model::source::{Archive as InArchive, Form};
use cutaway_model::{BlobSink, ImageName};
use cutaway_ref::Reference;
use cutaway_report::SourceKind;
use tokio::io::AsyncWrite;

use crate::client::Client;
use crate::error::Error;
use crate::image::Image;
use cutaway_read::{Archive, Input, Layers, Once, Options, verify};

use crate::open::is_compressed;
use crate::place::Place;
use crate::root::{Root, Start};
use crate::tee::Tee;

/// What images are pulled into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullFormat {
    /// An OCI layout in a directory.
    Layout,
    /// An OCI layout in one tar.
    OciArchive,
    /// A tar that `docker load` reads.
    DockerArchive,
}

/// Images that were opened to be pulled.
#[derive(Debug)]
#[must_use]
pub struct Pull {
    format: PullFormat,
    options: Options,
    what: What,
}

#[derive(Debug)]
enum What {
    /// One that passes.
    Archive(Box<Image>, Archive),
    /// Several, each as what a layout holds.
    Roots(Vec<Item>),
    /// Several, each for the platform of the client.
    Images(Vec<(cutaway_model::Image, ImageName)>),
}

impl Client {
    /// Opens images to pull them: indexes whole where the format can hold them and the client was told
    /// no platform. What passes once is pulled alone.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why one of them cannot be opened, or cannot be written in this format.
    pub async fn pull(&self, names: &[String], format: PullFormat) -> Result<Pull, Error> {
        let options = self.options();
        if let [name] = names
            && let Some((image, archive)) = self.passing(name, format).await?
        {
            return Ok(Pull { format, options, what: What::Archive(Box::new(image), archive) });
        }
        let mut roots = Vec::with_capacity(names.len());
        let mut images = Vec::with_capacity(names.len());
        for name in names {
            match (self.start(name).await?, format) {
                (Start::Root(root), PullFormat::DockerArchive) => {
                    images.push((documents(root.image().await?)?, name_of(&root)));
                }
                (Start::Root(root), _) => {
                    let name = name_of(&root);
                    let root = root.choose().await?;
                    roots.push(Item { blobs: root.blobs, root: root.descriptor, name });
                }
                (Start::Image(image), PullFormat::DockerArchive) => {
                    images.push((documents(*image)?, ImageName::default()));
                }
                (Start::Image(image), _) => {
                    documents(*image)?;
                    return Err(no_manifest(name));
                }
            }
        }
        let what = match format {
            PullFormat::DockerArchive => What::Images(images),
            _ => What::Roots(roots),
        };
        Ok(Pull { format, options, what })
    }

    /// Opens an image that has to pass: because it can be read but once, or because a layout is made of
    /// an archive without manifests.
    async fn passing(
        &self,
        name: &str,
        format: PullFormat,
    ) -> Result<Option<(Image, Archive)>, Error> {
        let image = match Place::of(name)? {
            Place::Stdin | Place::Daemon(..) => self.open(name).await?,
            Place::Archive(path, ..) if is_compressed(&path)? => self.open(name).await?,
            Place::Archive(path, selector, form) if format == PullFormat::Layout => {
                let form = match form {
                    Some(form) => form,
                    None => Form::of(&InArchive::open(&path, &self.limits().read.model)?)?,
                };
                if form == Form::Oci {
                    return Ok(None);
                }
                self.open_archive(&path, selector, Some(form), name)
            }
            _ => return Ok(None),
        };
        match image.input() {
            Input::Archive(archive) => Ok(Some((image, archive))),
            Input::Image(_) => Ok(None),
        }
    }
}

impl Pull {
    /// Writes the images into a layout, which is made where there is none; blobs that it has are kept.
    ///
    /// Needs a tokio runtime. Dropped, it leaves a layout that another pull completes.
    ///
    /// # Errors
    ///
    /// Returns why a blob cannot be read, is not what its descriptor says, or cannot be written.
    pub async fn to_layout(self, path: &Path) -> Result<Pulled, Error> {
        let sources = match self.what {
            What::Roots(roots) => roots.into_iter().map(Source::Root).collect(),
            What::Images(images) => sources(images),
            What::Archive(image, archive) => {
                vec![Source::Archive(archive, name_at_daemon(&image))]
            }
        };
        let layout = Arc::new(Layout::open(path)?);
        let sink: Arc<dyn BlobSink> = layout.clone();
        let pulled = put(sources, &sink, &self.options).await?;
        layout.close();
        Ok(pulled)
    }

    /// Writes the images as one archive; `target` names it in errors. One that passes is written as the
    /// archive that it is.
    ///
    /// Needs a tokio runtime. Dropped, it leaves an archive without its end.
    ///
    /// # Errors
    ///
    /// Returns why a blob cannot be read, is not what its descriptor says, or cannot be written; and that
    /// what passed is an archive of another form. What was written is then to be thrown away: of an archive
    /// that passed it may be whole, and was not verified.
    pub async fn to_archive(
        self,
        out: impl AsyncWrite + Unpin + Send + 'static,
        target: &str,
    ) -> Result<Pulled, Error> {
        match self.what {
            What::Archive(image, archive) => copy(&image, &archive, self.format, out, target).await,
            What::Roots(roots) => {
                let listed = roots.iter().map(|item| (&item.root, &item.name));
                let archive = Arc::new(OciArchive::start(out, target, listed).await?);
                let sink: Arc<dyn BlobSink> = archive.clone();
                let roots = roots.into_iter().map(Source::Root).collect();
                let pulled = put(roots, &sink, &self.options).await?;
                archive.finish().await?;
                Ok(pulled)
            }
            What::Images(images) => {
                let listed = images.iter().map(|(image, name)| (image, name));
                let archive = Arc::new(DockerArchive::start(out, target, listed).await?);
                let sink: Arc<dyn BlobSink> = archive.clone();
                let pulled = put(sources(images), &sink, &self.options).await?;
                archive.finish().await?;
                Ok(pulled)
            }
        }
    }
}

fn sources(images: Vec<(cutaway_model::Image, ImageName)>) -> Vec<Source> {
    images.into_iter().map(|(image, name)| Source::Image(Box::new(image), name)).collect()
}

/// Writes one after the other into the same sink; returns what that was in all.
async fn put(
    sources: Vec<Source>,
    sink: &Arc<dyn BlobSink>,
    options: &Options,
) -> Result<Pulled, Error> {
    let mut all = Pulled::default();
    for source in sources {
        all.add(pull(source, sink, options).await?);
    }
    Ok(all)
}

/// Writes an archive as it passes, and verifies its image on the way.
async fn copy(
    image: &Image,
    archive: &Archive,
    format: PullFormat,
    out: impl AsyncWrite + Unpin + Send + 'static,
    target: &str,
) -> Result<Pulled, Error> {
    let place = &archive.place;
    let (tee, failure) = Tee::new(archive.opener.open().await?, out);
    let passing = Archive { opener: Arc::new(Once::new(Box::new(tee), place)), ..archive.clone() };
    let verified = verify(Input::Archive(passing), &image.options()).await;
    let verified = failure.instead_of(verified, target)?;
    let Layers { form, .. } = verified.map_err(|error| image.blame(error))?;
    // Docker with manifests saves both forms in one.
    let fits = match format {
        PullFormat::DockerArchive => {
            form == Some(Form::Docker) || image.source() == Some(SourceKind::Docker)
        }
        PullFormat::OciArchive | PullFormat::Layout => form == Some(Form::Oci),
    };
    if !fits {
        let message = format!(
            "{place} has another form, which is known when it has passed: pull it with --format oci, \
             and the layout into the form that is wanted"
        );
        return Err(Error::Usage(message));
    }
    Ok(Pulled::default())
}

fn documents(image: Image) -> Result<cutaway_model::Image, Error> {
    match image.input() {
        Input::Image(image) => Ok(*image),
        Input::Archive(archive) => {
            let place = archive.place;
            let message =
                format!("{place} passes once, and is pulled without any other image beside it");
            Err(Error::Usage(message))
        }
    }
}

/// Says that an image has no manifest, where one was asked for.
pub fn no_manifest(name: &str) -> Error {
    Error::Unreachable(format!("{name} carries no manifest: its form has none"))
}

/// Returns what an image goes by where it lies.
fn name_of(root: &Root) -> ImageName {
    match &root.remote {
        Some((_, reference)) => named(reference),
        None => {
            let annotation = |key: &str| root.descriptor.annotations.get(key).cloned();
            ImageName {
                full: annotation("io.containerd.image.name"),
                tag: annotation("org.opencontainers.image.ref.name"),
            }
        }
    }
}

/// Returns the name of an image at a daemon; what else passes has none that is known.
fn name_at_daemon(image: &Image) -> ImageName {
    let name = image.source().and(image.name().split_once(':')).map(|(_, name)| name);
    let reference = name.and_then(|name| crate::registry::reference(name).ok());
    reference.as_ref().map(named).unwrap_or_default()
}

/// Returns the full name and the tag of a reference; none without a tag, since a digest names itself.
fn named(reference: &Reference) -> ImageName {
    match reference.tag() {
        Some(tag) => {
            let (registry, repository) = (reference.registry(), reference.repository());
            let full = Some(format!("{registry}/{repository}:{tag}"));
            ImageName { full, tag: Some(tag.to_owned()) }
        }
        None => ImageName::default(),
    }
}
