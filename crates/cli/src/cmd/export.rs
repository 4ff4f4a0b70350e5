//! `cutaway export`: the file system of an image as one tar.

use cutaway::{Root, Start};
use cutaway_export::{content, only_content};
use cutaway_model::{Descriptor, Document, Limits};

use crate::args::Common;
use crate::args::client::Export;
use crate::client;
use crate::failure::{Exit, Failure};
use crate::output::Target;

pub(crate) async fn run(args: &Export, common: &Common) -> Result<Exit, Failure> {
    // A file that is redirected here can be read twice under its own name.
    let redirected = if args.image == "-" { cutaway::redirected() } else { None };
    let client = client::of(common)?;
    let limits = &client.limits().read.model;
    let image = match client.start(redirected.as_deref().unwrap_or(&args.image)).await? {
        Start::Root(root) => {
            let root = root.choose().await?;
            if let Some(blob) = no_layer(&root, limits) {
                return dump(&root, &blob, limits, args).await;
            }
            root.image().await?
        }
        Start::Image(image) => *image,
    };
    let (target, out) = Target::open(args.file.as_deref()).await?;
    let written = image.flatten(out, &target.name()).await?;
    target.finish()?;
    tracing::info!(names = written.names, bytes = written.bytes, "exported");
    Ok(Exit::Done)
}

/// Returns the one blob of a manifest that is around no file system.
fn no_layer(root: &Root, limits: &Limits) -> Option<Descriptor> {
    let kind = &root.descriptor.media_type;
    match Document::parse(&root.raw, Some(kind), limits, "manifest").ok()? {
        Document::Manifest(manifest) => only_content(&manifest).cloned(),
        Document::Index(_) => None,
    }
}

/// Writes what such a blob holds.
async fn dump(
    root: &Root,
    blob: &Descriptor,
    limits: &Limits,
    args: &Export,
) -> Result<Exit, Failure> {
    let (target, out) = Target::open(args.file.as_deref()).await?;
    let bytes = content(root.blobs.as_ref(), blob, limits, out, &target.name()).await?;
    target.finish()?;
    tracing::info!(bytes, media_type = %blob.media_type, "exported what is no layer");
    Ok(Exit::Done)
}
