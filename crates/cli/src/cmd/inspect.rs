//! `cutaway inspect`: an image's documents and its layers by position.

use std::sync::Arc;

use cutaway_model::source::{self, Archive, Files, Form};
use cutaway_model::{Image, MediaType, Outline, Stored, verify_blob};
use cutaway_ref::Digest;
use cutaway_scan::{Look, Options, SourceKind, Subject, is_no_layer, look_at_stream, verify};
use serde_json::json;

use crate::args::{Common, Inspect, TextFormat};
use crate::cmd::referrers::entries;
use crate::failure::{Exit, Failure};
use crate::image::{self, Passing};
use crate::print::inspect::Inspection;
use crate::print::surroundings::Surroundings;
use crate::root::{self, Root, Start};
use crate::{client, log, output, print};
use cutaway::Place;

pub(crate) async fn run(args: &Inspect, common: &Common) -> Result<Exit, Failure> {
    let limits = client::limits(common)?.scan;
    let options = root::options(common, &limits);
    let inspection = match root::open(&args.image, common, &options.limits).await {
        Ok(Start::Root(root)) => of_root(*root, args, common, &options).await?,
        Ok(Start::Image(image, subject)) => {
            let surroundings = Surroundings::of_manifest(image.manifest());
            of_image(&image, subject, surroundings, args, &options).await?
        }
        Ok(Start::Stream(passing)) => passed(passing, args, common, &options).await?,
        Err(failure) => of_archive(failure, args, common, &options).await?,
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
async fn of_root(
    root: Root,
    args: &Inspect,
    common: &Common,
    options: &Options,
) -> Result<Inspection, Failure> {
    let failure = match root.image(common, &options.limits).await {
        Ok(image) => {
            let mut surroundings =
                Surroundings::new(&root.descriptor, &root.raw, image.manifest(), &options.limits)?;
            refer(&mut surroundings, image.digest(), &root, args, options).await?;
            let subject = root.subject.clone();
            match of_image(&image, subject, surroundings, args, options).await {
                // An attestation has the documents of an image, and no layers of files to verify.
                Err(failure) if image.layers().iter().any(is_no_layer) => failure,
                inspected => return Ok(inspected?.with_remarks(root.remarks)),
            }
        }
        Err(failure) => failure,
    };
    if failure.exit != Exit::Malformed {
        return Err(failure);
    }
    let (blobs, raw) = (Arc::clone(&root.blobs), Some(root.raw.clone()));
    let (platform, limits) = (&options.platform, &options.limits.model);
    let outline =
        cutaway_model::outline(blobs, root.descriptor.clone(), raw, platform, limits).await;
    let Ok(outline) = outline else { return Err(failure) };
    let manifest = outline.manifest.as_ref();
    let mut surroundings =
        Surroundings::new(&root.descriptor, &root.raw, manifest, &options.limits)?;
    let digest = manifest.map(|stated| stated.descriptor.digest.clone());
    refer(&mut surroundings, digest.as_ref(), &root, args, options).await?;
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
    subject: Subject,
    surroundings: Surroundings,
    args: &Inspect,
    options: &Options,
) -> Result<Inspection, Failure> {
    if args.verify {
        let measured = verify(image, options).await?;
        return Ok(Inspection::of_image(image, subject, &measured, &[], surroundings));
    }
    let mut plain = Vec::with_capacity(image.layers().len());
    for layer in image.layers() {
        plain.push(layer.is_plain().await?);
    }
    Ok(Inspection::of_image(image, subject, &[], &plain, surroundings))
}

/// Inspects an archive of docker save whose documents make no image, for what they say.
async fn of_archive(
    failure: Failure,
    args: &Inspect,
    common: &Common,
    options: &Options,
) -> Result<Inspection, Failure> {
    let (Exit::Malformed, Place::Archive(path, selector, form)) =
        (failure.exit, Place::of(&args.image)?)
    else {
        return Err(failure);
    };
    let limits = &options.limits.model;
    let Ok(files) = Archive::open(&path, limits) else { return Err(failure) };
    let files: Arc<dyn Files> = Arc::new(files);
    let platform = image::platform(common);
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
async fn passed(
    passing: Passing,
    args: &Inspect,
    common: &Common,
    options: &Options,
) -> Result<Inspection, Failure> {
    let Passing { stream, place, form, selector, name, source } = passing;
    let looked = look_at_stream(stream, &place, form, &selector, options).await;
    let (look, form, files) = looked.map_err(|error| image::failure_of(error, source))?;
    let subject = Subject { name, source: source.unwrap_or(SourceKind::of_archive(form)) };
    let manifest = match &look {
        Look::Image(image, _) => image.manifest(),
        Look::Outline(outline) => outline.manifest.as_ref(),
    };
    let mut surroundings = Surroundings::of_manifest(manifest);
    if form == Form::Oci {
        let (place, limits) = (&subject.name, &options.limits);
        let root =
            root::from_files(files, &selector, subject.source, place, common, limits).await?;
        surroundings = Surroundings::new(&root.descriptor, &root.raw, manifest, limits)?;
        let digest = manifest.map(|stated| &stated.descriptor.digest);
        refer(&mut surroundings, digest, &root, args, options).await?;
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
    options: &Options,
) -> Result<(), Failure> {
    let (true, Some(image)) = (args.referrers, image) else { return Ok(()) };
    let around = Some(&root.descriptor.digest).filter(|digest| *digest != image);
    let mut found = Vec::new();
    for digest in std::iter::once(image).chain(around) {
        if let Some((repository, _)) = &root.remote {
            found.extend(entries(&repository.referrers(digest).await?)?);
        } else if let Some(files) = &root.files {
            let listed = source::referrers(files, digest, &options.limits.model).await?;
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
