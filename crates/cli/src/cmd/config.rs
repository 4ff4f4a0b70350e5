//! `cutaway config`: the config of the image for this platform, byte for byte.

use crate::args::Common;
use crate::args::client::Document;
use crate::failure::{Exit, Failure};
use crate::{client, output};

pub(crate) async fn run(args: &Document, common: &Common) -> Result<Exit, Failure> {
    let image = client::of(common)?.open(&args.image).await?;
    output::document(image.documents().await?.raw_config())?;
    Ok(Exit::Done)
}
