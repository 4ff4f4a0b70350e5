//! `cutaway export`: the file system of an image as one tar.

use std::io::Cursor;

use bytes::Bytes;
use cutaway_export::{Limits, Passing, content, flatten_observed, flatten_passing, only_content};
use cutaway_model::{Descriptor, Document, Error as ModelError, Limits as ModelLimits};
use tokio::io::AsyncReadExt as _;

use crate::args::Common;
use crate::args::client::Export;
use crate::client;
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened};
use crate::output::Target;
use crate::progress::Progress;
use crate::root::{self, Root, Start};
use cutaway::Place;

pub(crate) async fn run(args: &Export, common: &Common) -> Result<Exit, Failure> {
    let all = client::limits(common)?.scan;
    let limits = Limits::new(all.model, all.layerfs);
    let is_stdin = Place::of(&args.image)? == Place::Stdin;
    // A file that is redirected here can be read twice under its own name.
    let redirected = if is_stdin { cutaway::redirected() } else { None };
    let argument = redirected.as_deref().unwrap_or(&args.image);
    let mut opened = match root::open(argument, common, &all).await? {
        Start::Root(root) => {
            let root = root.choose(common, &all).await?;
            if let Some(blob) = no_layer(&root, &all.model) {
                return dump(&root, &blob, &limits, args).await;
            }
            Opened::Image(Box::new(root.image(common, &all).await?), root.subject)
        }
        Start::Image(image, subject) => Opened::Image(image, subject),
        Start::Stream(passing) => Opened::Stream(passing),
    };
    let mut held = None;
    if let (Opened::Stream(first), true, None) = (&mut opened, is_stdin, &redirected) {
        let whole = Bytes::from(hold(first, client::limits(common)?.stdin_bytes).await?);
        first.stream = Box::new(Cursor::new(whole.clone()));
        held = Some(whole);
    }
    let (target, out) = Target::open(args.file.as_deref()).await?;
    let name = target.name();
    let progress = Progress::new(common);
    let written = match opened {
        Opened::Image(image, _) => {
            flatten_observed(&image, &limits, &progress.observer(), out, &name).await?
        }
        Opened::Stream(first) => {
            let passing = Passing {
                place: first.place,
                form: first.form,
                selector: first.selector,
                platform: image::platform(common),
            };
            let first = std::sync::Mutex::new(Some(first.stream));
            let open = async || {
                let first = first.lock().ok().and_then(|mut first| first.take());
                match (first, &held) {
                    (Some(stream), _) => Ok(progress.watch(stream)),
                    (None, Some(held)) => Ok(progress.watch(Box::new(Cursor::new(held.clone())))),
                    (None, None) => match image::open(argument, common, &all).await {
                        Ok(Opened::Stream(again)) => Ok(progress.watch(again.stream)),
                        Ok(Opened::Image(..)) => Err(changed(&passing.place)),
                        Err(failure) => Err(ModelError::Transport(failure.message.into())),
                    },
                }
            };
            flatten_passing(open, &passing, &limits, out, &name).await?
        }
    };
    target.finish()?;
    tracing::info!(names = written.names, bytes = written.bytes, "exported");
    Ok(Exit::Done)
}

/// Returns the one blob of a manifest that is around no file system.
fn no_layer(root: &Root, limits: &ModelLimits) -> Option<Descriptor> {
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

/// Reads the archive of a pipe whole: what a container sees of its first layer is known after its last one.
async fn hold(passing: &mut image::Passing, max: u64) -> Result<Vec<u8>, Failure> {
    let mut whole = Vec::new();
    let read = (&mut passing.stream).take(max.saturating_add(1)).read_to_end(&mut whole).await;
    read.map_err(|error| ModelError::from_io(error, &passing.place))?;
    if u64::try_from(whole.len()).is_ok_and(|length| length <= max) {
        return Ok(whole);
    }
    let what = format!(
        "{}, which export reads twice: name or redirect a file, or raise the limit",
        passing.place
    );
    Err(ModelError::Limit { what, limit: "stdin_bytes", max }.into())
}

fn changed(place: &str) -> ModelError {
    ModelError::malformed(place, "changed while it was read")
}
