//! `cutaway inspect`: an image's documents and its layers by position.

use std::sync::Arc;

use cutaway::{Client, Image, Input, Place, Root, Start};
use cutaway_model::source::{self, Archive, Files, Form};
use cutaway_model::{MediaType, Outline, Stored, verify_blob};
use cutaway_read::{Look, is_no_layer};
use cutaway_ref::Digest;
use cutaway_report::{SourceKind, Subject};
use serde_json::json;

use crate::args::{Common, Inspect, TextFormat};
use crate::cmd::referrers::entries;
use crate::failure::{Exit, Failure};
use crate::print::inspect::Inspection;
use crate::print::surroundings::Surroundings;
use crate::{client, log, output, print};

pub(crate) async fn run(args: &Inspect, common: &Common) -> Result<Exit, Failure> {
    let client = client::of(common)?;
    let inspection = match client.start(&args.image).await {
        Ok(Start::Root(root)) => of_root(*root, args, &client).await?,
        Ok(Start::Image(image)) if image.opened().is_none() => {
            passed(&image, args, &client).await?
        }
        Ok(Start::Image(image)) => {
            let surroundings = Surroundings::of_manifest(image.documents().await?.manifest());
            of_image(&image, surroundings, args).await?
        }
        Err(error) => of_archive(error.into(), args, &client).await?,
    };
    let bytes = match args.format {
        TextFormat::Json => print::json(&inspection)?,
        TextFormat::Table => {
            let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
            let style = print::Style::new(log::colors(common, terminal), terminal);
            print::inspect::table(&inspection, style).into_bytes()
        }
    };
    output::write(&bytes, None)?;
    Ok(Exit::Done)
}

/// Inspects what a manifest or an index stands for: an image or, where its documents make none, what they say.
async fn of_root(root: Root, args: &Inspect, client: &Client) -> Result<Inspection, Failure> {
    let limits = &client.limits().read.model;
    let failure = match root.image().await {
        Ok(image) => {
            let documents = image.documents().await?;
            let manifest = documents.manifest();
            let mut surroundings =
                Surroundings::new(&root.descriptor, &root.raw, manifest, limits)?;
            refer(&mut surroundings, documents.digest(), &root, args, client).await?;
            match of_image(&image, surroundings, args).await {
                // An attestation has the documents of an image, and no layers of files to verify.
                Err(failure) if documents.layers().iter().any(is_no_layer) => failure,
                inspected => return Ok(inspected?.with_remarks(root.remarks)),
            }
        }
        Err(error) => error.into(),
    };
    if failure.exit != Exit::Malformed {
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
    refer(&mut surroundings, digest.as_ref(), &root, args, client).await?;
    let stored = match args.verify {
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
async fn blobs_of(outline: &Outline, root: &Root) -> Result<Vec<Stored>, Failure> {
    let mut stored = Vec::with_capacity(outline.rows.len());
    for blob in outline.rows.iter().filter_map(|row| row.blob.as_ref()) {
        stored.push(verify_blob(root.blobs.as_ref(), blob).await?);
    }
    Ok(stored)
}

async fn of_image(
    image: &Image,
    surroundings: Surroundings,
    args: &Inspect,
) -> Result<Inspection, Failure> {
    let subject = image.subject(None);
    if args.verify {
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
async fn of_archive(
    failure: Failure,
    args: &Inspect,
    client: &Client,
) -> Result<Inspection, Failure> {
    let (Exit::Malformed, Place::Archive(path, selector, form)) =
        (failure.exit, Place::of(&args.image)?)
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
            let subject = Subject { name: args.image.clone(), source };
            Ok(Inspection::of_outline(&outline, subject, &[], Surroundings::default()))
        }
        Err(_) => Err(failure),
    }
}

/// Inspects an archive that passes; all of it is read and verified on the way.
async fn passed(image: &Image, args: &Inspect, client: &Client) -> Result<Inspection, Failure> {
    let looked = (image.look().await?, image.input());
    let (Some((look, form, files)), Input::Archive(archive)) = looked else {
        return Err(cutaway::no_manifest(image.name()).into());
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
        refer(&mut surroundings, digest, &root, args, client).await?;
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
    args: &Inspect,
    client: &Client,
) -> Result<(), Failure> {
    let (true, Some(image)) = (args.referrers, image) else { return Ok(()) };
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
