//! The first document of an image argument: the manifest or index before a platform is chosen.

use std::path::Path;
use std::sync::Arc;

use cutaway_fetch::Repository;
use cutaway_model::source::{self, Archive, Directory, Files, Form, Found, Selector};
use cutaway_model::{Blobs, Descriptor, Image, Remark, read_document};
use cutaway_ref::Reference;
use cutaway_scan::{Limits, Options, Silent, SourceKind, Subject, verify_stream};

use crate::args::Common;
use crate::client;
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened, Passing};
use cutaway::Place;

/// An image argument, opened no further than its first document.
pub(crate) enum Start {
    /// A manifest or an index, and the blobs around it.
    Root(Box<Root>),
    /// An image in a form without a manifest of its own, whose layers can be opened one by one.
    Image(Box<Image>, Subject),
    /// An archive that passes once.
    Stream(Passing),
}

/// A manifest or an index.
pub(crate) struct Root {
    pub(crate) subject: Subject,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) descriptor: Descriptor,
    pub(crate) raw: Vec<u8>,
    /// What is odd about the place where it lies.
    pub(crate) remarks: Vec<Remark>,
    /// Where it lies, in a registry.
    pub(crate) remote: Option<(Repository, Reference)>,
    /// The layout that holds it.
    pub(crate) files: Option<Arc<dyn Files>>,
}

impl Root {
    /// Opens the image, or the one for the platform of this run.
    pub(crate) async fn image(&self, common: &Common, limits: &Limits) -> Result<Image, Failure> {
        let platform = image::platform(common);
        let (blobs, raw) = (Arc::clone(&self.blobs), Some(self.raw.clone()));
        let root = self.descriptor.clone();
        Ok(cutaway_model::open(blobs, root, raw, &platform, &limits.model).await?)
    }

    /// Goes from an index to the image of the platform, where one was asked for.
    pub(crate) async fn choose(
        mut self,
        common: &Common,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        if common.platform.is_some() && self.descriptor.media_type.is_index() {
            let image = self.image(common, limits).await?;
            if let Some(stated) = image.manifest() {
                self.descriptor = stated.descriptor.clone();
                self.raw.clone_from(&stated.raw);
            }
        }
        Ok(self)
    }
}

/// Opens what `argument` names.
pub(crate) async fn open(
    argument: &str,
    common: &Common,
    limits: &Limits,
) -> Result<Start, Failure> {
    let root = match Place::of(argument)? {
        Place::Registry(text) => Some(from_registry(&text, common).await?),
        Place::Layout(path, selector) => {
            let files: Arc<dyn Files> = Arc::new(Directory::new(&path));
            Some(from_files(files, &selector, SourceKind::Oci, argument, common, limits).await?)
        }
        Place::Archive(path, selector, form) if !image::is_compressed(&path)? => {
            oci_archive(&path, &selector, form, argument, common, limits).await?
        }
        Place::Containerd(name) => {
            let (blobs, descriptor) = client::of(common)?.containerd(&name).await?;
            let (_, raw) = read_document(&blobs, &descriptor, &limits.model).await?;
            let subject = Subject { name: argument.to_owned(), source: SourceKind::Containerd };
            let (blobs, remarks) = (Arc::new(blobs), Vec::new());
            Some(Root { subject, blobs, descriptor, raw, remarks, remote: None, files: None })
        }
        _ => None,
    };
    if let Some(root) = root {
        return Ok(Start::Root(Box::new(root)));
    }
    Ok(match image::open(argument, common, limits).await? {
        Opened::Image(image, subject) => Start::Image(image, subject),
        Opened::Stream(passing) => Start::Stream(passing),
    })
}

async fn from_registry(text: &str, common: &Common) -> Result<Root, Failure> {
    let reference = cutaway::reference(text)?;
    let (repository, resolved) = client::of(common)?.resolve(&reference).await?;
    Ok(Root {
        subject: Subject { name: reference.to_string(), source: SourceKind::Registry },
        blobs: Arc::new(repository.clone()),
        descriptor: resolved.descriptor,
        raw: resolved.bytes,
        remarks: Vec::new(),
        remote: Some((repository, reference)),
        files: None,
    })
}

async fn oci_archive(
    path: &Path,
    selector: &Selector,
    form: Option<Form>,
    argument: &str,
    common: &Common,
    limits: &Limits,
) -> Result<Option<Root>, Failure> {
    let files: Arc<dyn Files> = Arc::new(Archive::open(path, &limits.model)?);
    let form = match form {
        Some(form) => form,
        None => Form::of(files.as_ref())?,
    };
    if form == Form::Docker {
        return Ok(None);
    }
    let source = SourceKind::OciArchive;
    Ok(Some(from_files(files, selector, source, argument, common, limits).await?))
}

/// Opens a layout, or an archive in its form that has passed.
pub(crate) async fn from_files(
    files: Arc<dyn Files>,
    selector: &Selector,
    source: SourceKind,
    argument: &str,
    common: &Common,
    limits: &Limits,
) -> Result<Root, Failure> {
    let platform = image::platform(common);
    let Found { blobs, descriptor, remarks } =
        source::find(Arc::clone(&files), selector, &platform, &limits.model).await?;
    let (_, raw) = read_document(blobs.as_ref(), &descriptor, &limits.model).await?;
    let subject = Subject { name: argument.to_owned(), source };
    let (remote, files) = (None, Some(files));
    Ok(Root { subject, blobs, descriptor, raw, remarks, remote, files })
}

/// Reads an archive that passes for the documents of its image; everything else is verified on the way.
pub(crate) async fn passed(
    passing: Passing,
    common: &Common,
    limits: &Limits,
) -> Result<Image, Failure> {
    let Passing { stream, place, form, selector, source, .. } = passing;
    let options = options(common, limits);
    let verified = verify_stream(stream, &place, form, &selector, &options).await;
    let (image, _, _) = verified.map_err(|error| image::failure_of(error, source))?;
    Ok(image)
}

/// Returns the options of a run without analyzers.
pub(crate) fn options(common: &Common, limits: &Limits) -> Options {
    Options {
        analyzers: &[],
        limits: *limits,
        skip: Vec::new(),
        platform: image::platform(common),
        observer: Arc::new(Silent),
    }
}

/// Says that an image has no manifest, where one was asked for.
pub(crate) fn no_manifest(name: &str) -> Failure {
    let message = format!("{name} carries no manifest: its form has none");
    Failure::new(Exit::Fetch, message)
}
