//! `cutaway manifest`: the manifest or index, byte for byte.

use crate::args::Common;
use crate::args::client::Document;
use crate::failure::{Exit, Failure};
use crate::root::{self, Start};
use crate::{client, output};

pub(crate) async fn run(args: &Document, common: &Common) -> Result<Exit, Failure> {
    let limits = client::limits(common)?.scan;
    let raw = match root::open(&args.image, common, &limits).await? {
        Start::Root(root) => Some(root.choose(common, &limits).await?.raw),
        Start::Image(image, _) => image.manifest().map(|stated| stated.raw.clone()),
        Start::Stream(passing) => {
            let image = root::passed(passing, common, &limits).await?;
            image.manifest().map(|stated| stated.raw.clone())
        }
    };
    output::write(&raw.ok_or_else(|| root::no_manifest(&args.image))?, None)?;
    Ok(Exit::Done)
}
