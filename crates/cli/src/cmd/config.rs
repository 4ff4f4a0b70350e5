//! `cutaway config`: the config of the image for this platform, byte for byte.

use crate::args::Common;
use crate::args::client::Document;
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened};
use crate::{client, output, root};

pub(crate) async fn run(args: &Document, common: &Common) -> Result<Exit, Failure> {
    let limits = client::limits(common)?.scan;
    let image = match image::open(&args.image, common, &limits).await? {
        Opened::Image(image, _) => *image,
        Opened::Stream(passing) => root::passed(passing, common, &limits).await?,
    };
    output::write(image.raw_config(), None)?;
    Ok(Exit::Done)
}
