//! `cutaway pull`: images into a layout or an archive.

mod passing;

use std::path::Path;

use cutaway_export::{Item, Limits, to_docker_archive, to_layout, to_oci_archive};
use cutaway_model::Image;

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
            let pulled = to_layout(&items, path, &limits).await?;
            let (fetched, kept, bytes) = (pulled.fetched, pulled.kept, pulled.bytes);
            tracing::info!(fetched, kept, bytes, "pulled");
        }
        PullFormat::OciArchive => {
            let items = items(images, common, &all).await?;
            let (target, out) = Target::open(Some(path)).await?;
            to_oci_archive(&items, &limits, out, &target.name()).await?;
            target.finish()?;
        }
        PullFormat::Tarball => {
            let images = opened(images, common, &all).await?;
            let (target, out) = Target::open(Some(path)).await?;
            to_docker_archive(&images, out, &target.name()).await?;
            target.finish()?;
        }
    }
    Ok(Exit::Done)
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
        let (name, tag) = names(&root);
        let root = root.choose(common, limits).await?;
        items.push(Item { blobs: root.blobs, root: root.descriptor, name, tag });
    }
    Ok(items)
}

/// Opens the images for the platform of this run, with the name of each.
async fn opened(
    images: &[String],
    common: &Common,
    limits: &cutaway_scan::Limits,
) -> Result<Vec<(Image, Vec<String>)>, Failure> {
    let mut all = Vec::with_capacity(images.len());
    for image in images {
        all.push(match root::open(image, common, limits).await? {
            Start::Root(root) => {
                let (name, _) = names(&root);
                (root.image(common, limits).await?, name.into_iter().collect())
            }
            Start::Image(image, _) => (*image, Vec::new()),
            Start::Stream(passing) => return Err(alone(&passing.place)),
        });
    }
    Ok(all)
}

fn alone(place: &str) -> Failure {
    Failure::usage(format!("{place} passes once, and is pulled without any other image beside it"))
}

/// Returns the full name and the tag that the image goes by where it lies.
fn names(root: &Root) -> (Option<String>, Option<String>) {
    match &root.remote {
        Some((_, reference)) => match reference.tag() {
            Some(tag) => {
                let (registry, repository) = (reference.registry(), reference.repository());
                (Some(format!("{registry}/{repository}:{tag}")), Some(tag.to_owned()))
            }
            None => (None, None),
        },
        None => {
            let annotations = &root.descriptor.annotations;
            let annotation = |key: &str| annotations.get(key).cloned();
            (
                annotation("io.containerd.image.name"),
                annotation("org.opencontainers.image.ref.name"),
            )
        }
    }
}
