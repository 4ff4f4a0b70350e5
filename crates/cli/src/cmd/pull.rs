//! `cutaway pull`: images into a layout or an archive.

mod passing;

use std::path::Path;
use std::sync::Arc;

use cutaway_export::{
    DockerArchive, Item, Layout, Limits, OciArchive, Pulled, Source, pull as write,
};
use cutaway_model::{BlobSink, Image, ImageName};
use cutaway_ref::Reference;

use crate::args::Common;
use crate::args::client::{Pull, PullFormat};
use crate::client;
use crate::failure::{Exit, Failure};
use crate::output::Target;
use crate::root::{self, Root, Start};

pub(crate) async fn run(args: &Pull, common: &Common) -> Result<Exit, Failure> {
    let all = client::limits(common)?.scan;
    let limits = Limits::new(all.model, all.layerfs);
    // clap has seen to it that there are two at least.
    let Some((path, images)) = args.images_and_path.split_last() else {
        return Err(Failure::usage("pull wants an image and a path"));
    };
    let path = Path::new(path);
    let images: Vec<String> = images.iter().map(|image| redirected(image)).collect();
    let images = images.as_slice();
    if let [image] = images
        && let Some(passing) = passing::open(image, args.format, common, &all).await?
    {
        passing::pull(passing, args.format, path, common, &all, &limits).await?;
        return Ok(Exit::Done);
    }
    match args.format {
        PullFormat::Oci => {
            let items = items(images, common, &all).await?;
            let layout = Arc::new(Layout::open(path)?);
            let sink: Arc<dyn BlobSink> = layout.clone();
            let Pulled { fetched, kept, bytes } = put(sources(items), &sink, &limits).await?;
            layout.close();
            tracing::info!(fetched, kept, bytes, "pulled");
        }
        PullFormat::OciArchive => {
            let items = items(images, common, &all).await?;
            let (target, out) = Target::open(Some(path)).await?;
            let roots = items.iter().map(|item| (&item.root, &item.name));
            let archive = Arc::new(OciArchive::start(out, &target.name(), roots).await?);
            let sink: Arc<dyn BlobSink> = archive.clone();
            put(sources(items), &sink, &limits).await?;
            archive.finish().await?;
            target.finish()?;
        }
        PullFormat::Tarball => {
            let images = opened(images, common, &all).await?;
            let (target, out) = Target::open(Some(path)).await?;
            let listed = images.iter().map(|(image, name)| (image, name));
            let archive = Arc::new(DockerArchive::start(out, &target.name(), listed).await?);
            let sink: Arc<dyn BlobSink> = archive.clone();
            let images = images.into_iter();
            let images = images.map(|(image, name)| Source::Image(Box::new(image), name));
            put(images.collect(), &sink, &limits).await?;
            archive.finish().await?;
            target.finish()?;
        }
    }
    Ok(Exit::Done)
}

fn sources(items: Vec<Item>) -> Vec<Source> {
    items.into_iter().map(Source::Root).collect()
}

/// Writes one after the other into the same sink; returns what that was in all.
async fn put(
    sources: Vec<Source>,
    sink: &Arc<dyn BlobSink>,
    limits: &Limits,
) -> Result<Pulled, Failure> {
    let mut all = Pulled::default();
    for source in sources {
        all += write(source, sink, limits).await?;
    }
    Ok(all)
}

/// Returns the image argument, or the file that standard input is, which can be read like any other.
fn redirected(image: &str) -> String {
    let file = if image == "-" { cutaway::redirected() } else { None };
    file.unwrap_or_else(|| image.to_owned())
}

/// Opens the images as what a layout holds: indexes whole, where no platform was asked for.
async fn items(
    images: &[String],
    common: &Common,
    limits: &cutaway_scan::Limits,
) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::with_capacity(images.len());
    for image in images {
        let root = match root::open(image, common, limits).await? {
            Start::Root(root) => root,
            Start::Stream(passing) => return Err(alone(&passing.place)),
            Start::Image(..) => return Err(root::no_manifest(image)),
        };
        let name = name_of(&root);
        let root = root.choose(common, limits).await?;
        items.push(Item { blobs: root.blobs, root: root.descriptor, name });
    }
    Ok(items)
}

/// Opens the images for the platform of this run, with the name of each.
async fn opened(
    images: &[String],
    common: &Common,
    limits: &cutaway_scan::Limits,
) -> Result<Vec<(Image, ImageName)>, Failure> {
    let mut all = Vec::with_capacity(images.len());
    for image in images {
        all.push(match root::open(image, common, limits).await? {
            Start::Root(root) => {
                let name = name_of(&root);
                (root.image(common, limits).await?, name)
            }
            Start::Image(image, _) => (*image, ImageName::default()),
            Start::Stream(passing) => return Err(alone(&passing.place)),
        });
    }
    Ok(all)
}

fn alone(place: &str) -> Failure {
    Failure::usage(format!("{place} passes once, and is pulled without any other image beside it"))
}

/// Returns what the image goes by where it lies.
fn name_of(root: &Root) -> ImageName {
    match &root.remote {
        Some((_, reference)) => named(reference),
        None => {
            let annotations = &root.descriptor.annotations;
            let annotation = |key: &str| annotations.get(key).cloned();
            ImageName {
                full: annotation("io.containerd.image.name"),
                tag: annotation("org.opencontainers.image.ref.name"),
            }
        }
    }
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
