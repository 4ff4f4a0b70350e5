//! `cutaway manifest`: the manifest or index, byte for byte.

use cutaway::{Start, no_manifest};

use crate::args::Common;
use crate::args::client::Document;
use crate::failure::{Exit, Failure};
use crate::{client, output};

pub(crate) async fn run(args: &Document, common: &Common) -> Result<Exit, Failure> {
    let raw = match client::of(common)?.start(&args.image).await? {
        Start::Root(root) => Some(root.choose().await?.raw),
        Start::Image(image) => image.documents().await?.manifest().map(|stated| stated.raw.clone()),
    };
    output::document(&raw.ok_or_else(|| no_manifest(&args.image))?)?;
    Ok(Exit::Done)
}
