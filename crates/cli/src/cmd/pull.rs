//! `cutaway pull`: images into a layout or an archive.

use std::path::Path;

use cutaway::PullFormat as Format;

use crate::args::Common;
use crate::args::client::{Pull, PullFormat};
use crate::client;
use crate::failure::{Exit, Failure, warn};
use crate::output::Target;

pub(crate) async fn run(args: &Pull, common: &Common) -> Result<Exit, Failure> {
    // clap has seen to it that there are two at least.
    let Some((path, images)) = args.images_and_path.split_last() else {
        return Err(Failure::usage("pull wants an image and a path"));
    };
    let path = Path::new(path);
    let images: Vec<String> = images.iter().map(|image| redirected(image)).collect();
    let format = match args.format {
        PullFormat::Oci => Format::Layout,
        PullFormat::OciArchive => Format::OciArchive,
        PullFormat::Tarball => Format::DockerArchive,
    };
    let pull = client::of(common)?.pull(&images, format).await?;
    let pulled = if format == Format::Layout {
        pull.to_layout(path).await?
    } else {
        let (target, out) = Target::open(Some(path)).await?;
        let pulled = pull.to_archive(out, &target.name()).await?;
        target.finish()?;
        pulled
    };
    for rewritten in &pulled.rewritten {
        warn(common, &rewritten.to_string());
    }
    tracing::info!(fetched = pulled.fetched, kept = pulled.kept, bytes = pulled.bytes, "pulled");
    Ok(Exit::Done)
}

/// Returns the image argument, or the file that standard input is, which can be read like any other.
fn redirected(image: &str) -> String {
    let file = if image == "-" { cutaway::redirected() } else { None };
    file.unwrap_or_else(|| image.to_owned())
}
