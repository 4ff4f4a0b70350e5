//! `cutaway blob`: the bytes of one blob as they are stored, verified as they pass.

use crate::args::Common;
use crate::args::client::Blob;
use crate::failure::{Exit, Failure};
use crate::{client, output};

pub(crate) async fn run(args: &Blob, common: &Common) -> Result<Exit, Failure> {
    let (digest, bytes) = client::of(common)?.blob(&args.blob).await?;
    output::copy(bytes, &format!("blob {digest}")).await?;
    Ok(Exit::Done)
}
