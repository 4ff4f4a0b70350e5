//! An inspection: what the documents of an image say, verified where that is asked for.

use std::sync::Arc;

use cutaway_model::source::{self, Archive, Files, Form};
use cutaway_model::{MediaType, Outline, Stored, verify_blob};
use cutaway_read::{Input, Look, is_no_layer};
use cutaway_ref::Digest;
use cutaway_report::{Inspection, SourceKind, Subject, Surroundings};
use serde_json::json;

use crate::client::Client;
use crate::error::{Class, Error};
use crate::image::Image;
use crate::place::Place;
use crate::pull::no_manifest;
use crate::referrers::entries;
use crate::root::{Root, Start};

/// How to inspect.
#[derive(Debug, Clone, Copy, Default)]
pub struct InspectOptions {
    /// Whether every layer is read and verified.
    pub verify: bool,
    /// Whether the registry or the layout is asked for what refers to the image.
    pub referrers: bool,
}

impl Client {
    /// Returns what the documents say of the image or artifact that `name` stands for. Of an archive that
    /// passes, all is read and verified.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why nothing can be said of it, or what is wrong with it where it is verified.
    pub async fn inspect(&self, name: &str, options: InspectOptions) -> Result<Inspection, Error> {
        match self.start(name).await {
            Ok(Start::Root(root)) => of_root(*root, options, self).await,
            Ok(Start::Image(image)) if image.opened().is_none() => {
                passed(&image, options, self).await
            }
            Ok(Start::Image(image)) => {
                let surroundings = Surroundings::of_manifest(image.documents().await?.manifest());
                of_image(&image, surroundings, options).await
            }
            Err(error) => of_archive(error, name, self).await,
        }
    }
}

/// Inspects what a manifest or an index stands for: an image or, where its documents make none, what they say.
async fn of_root(
    root: Root,
    options: InspectOptions,
    client: &Client,
) -> Result<Inspection, Error> {
    let limits = &client.limits().read.model;
    let failure = match root.image().await {
        Ok(image) => {
            let documents = image.documents().await?;
            let manifest = documents.manifest();
            let mut surroundings =
                Surroundings::new(&root.descriptor, &root.raw, manifest, limits)?;
            refer(&mut surroundings, documents.digest(), &root, options, client).await?;
            match of_image(&image, surroundings, options).await {
                // An attestation has the documents of an image, and no layers of files to verify.
                Err(failure) if documents.layers().iter().any(is_no_layer) => failure,
                inspected => return Ok(inspected?.with_remarks(root.remarks)),
            }
        }
        Err(error) => error,
    };
    if failure.class() != Class::Malformed {
        return Err(failure);
    }
    let (blobs, raw) = (Arc::clone(&root.blobs), Some(root.raw.clone()));
    let (platform, of_model) = (client.platform(), limits);
    let outline =
        cutaway_model::outline(blobs, root.descriptor.clone(), raw, &platform, of_model).await;
    let Ok(outline) = outline else { return Err(failure) };
    let manifest = outline.manifest.as_ref();
    let mut surroundings = Surroundings::new(&root.descriptor, &root.raw, manifest, limits)?;
    let digest = manifest.map(|stated| stated.descriptor.digest.clone());
    refer(&mut surroundings, digest.as_ref(), &root, options, client).await?;
    let stored = match options.verify {
        true if outline.rows.iter().all(|row| row.is_as_stored()) => {
            blobs_of(&outline, &root).await?
        }
        true => return Err(failure),
        false => Vec::new(),
    };
    let inspection = Inspection::of_outline(&outline, root.subject, &stored, surroundings);
    Ok(inspection.with_remarks(root.remarks))
}

/// Reads and checks the blobs of what is no image.
async fn blobs_of(outline: &Outline, root: &Root) -> Result<Vec<Stored>, Error> {
    let mut stored = Vec::with_capacity(outline.rows.len());
    for blob in outline.rows.iter().filter_map(|row| row.blob.as_ref()) {
        stored.push(verify_blob(root.blobs.as_ref(), blob).await?);
    }
    Ok(stored)
}

async fn of_image(
    image: &Image,
    surroundings: Surroundings,
    options: InspectOptions,
) -> Result<Inspection, Error> {
    let subject = image.subject(None);
    if options.verify {
        let (image, _, measured) = image.verify().await?;
        return Ok(Inspection::of_image(&image, subject, &measured, &[], surroundings));
    }
    let image = image.documents().await?;
    let mut plain = Vec::with_capacity(image.layers().len());
    for layer in image.layers() {
        plain.push(layer.is_plain().await?);
    }
    Ok(Inspection::of_image(&image, subject, &[], &plain, surroundings))
}

/// Inspects an archive of docker save whose documents make no image, for what they say.
async fn of_archive(failure: Error, name: &str, client: &Client) -> Result<Inspection, Error> {
    let (Class::Malformed, Place::Archive(path, selector, form)) =
        (failure.class(), Place::of(name)?)
    else {
        return Err(failure);
    };
    let limits = &client.limits().read.model;
    let Ok(files) = Archive::open(&path, limits) else { return Err(failure) };
    let files: Arc<dyn Files> = Arc::new(files);
    let platform = client.platform();
    let form = form.unwrap_or(Form::Docker);
    match source::outline(files, form, &selector, &platform, limits).await {
        Ok(outline) => {
            let source = SourceKind::of_archive(form);
            let subject = Subject { name: name.to_owned(), source };
            Ok(Inspection::of_outline(&outline, subject, &[], Surroundings::default()))
        }
        Err(_) => Err(failure),
    }
}

/// Inspects an archive that passes; all of it is read and verified on the way.
async fn passed(
    image: &Image,
    options: InspectOptions,
    client: &Client,
) -> Result<Inspection, Error> {
    let looked = (image.look().await?, image.input());
    let (Some((look, form, files)), Input::Archive(archive)) = looked else {
        return Err(no_manifest(image.name()));
    };
    let subject = image.subject(Some(form));
    let manifest = match &look {
        Look::Image(image, _) => image.manifest(),
        Look::Outline(outline) => outline.manifest.as_ref(),
    };
    let mut surroundings = Surroundings::of_manifest(manifest);
    if form == Form::Oci {
        let limits = &client.limits().read.model;
        let (selector, place) = (&archive.selector, &subject.name);
        let root = client.root_in(files, selector, subject.source, place).await?;
        surroundings = Surroundings::new(&root.descriptor, &root.raw, manifest, limits)?;
        let digest = manifest.map(|stated| &stated.descriptor.digest);
        refer(&mut surroundings, digest, &root, options, client).await?;
    }
    Ok(match look {
        Look::Image(image, measured) => {
            Inspection::of_image(&image, subject, &measured, &[], surroundings)
        }
        Look::Outline(outline) => Inspection::of_outline(&outline, subject, &[], surroundings),
    })
}

/// Notes what the registry or the layout of an image knows to refer to it, where that was asked for.
async fn refer(
    surroundings: &mut Surroundings,
    image: Option<&Digest>,
    root: &Root,
    options: InspectOptions,
    client: &Client,
) -> Result<(), Error> {
    let (true, Some(image)) = (options.referrers, image) else { return Ok(()) };
    let around = Some(&root.descriptor.digest).filter(|digest| *digest != image);
    let mut found = Vec::new();
    for digest in std::iter::once(image).chain(around) {
        if let Some((repository, _)) = &root.remote {
            found.extend(entries(&repository.referrers(digest).await?)?);
        } else if let Some(files) = &root.files {
            let listed = source::referrers(files, digest, &client.limits().read.model).await?;
            found.extend(listed.into_iter().map(|entry| {
                let MediaType(media_type) = entry.media_type;
                json!({
                    "mediaType": media_type, "digest": entry.digest, "size": entry.size,
                    "artifactType": entry.artifact_type, "annotations": entry.annotations,
                })
            }));
        }
    }
    if root.remote.is_some() || root.files.is_some() {
        surroundings.referred_by(found);
    }
    Ok(())
}
