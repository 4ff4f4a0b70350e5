//! `cutaway digest`: the digest of the manifest or index.

use cutaway::{Start, no_manifest};

use crate::args::Common;
use crate::args::client::Digest;
use crate::failure::{Exit, Failure};
use crate::{client, output};

pub(crate) async fn run(args: &Digest, common: &Common) -> Result<Exit, Failure> {
    let (name, digest) = match client::of(common)?.start(&args.image).await? {
        Start::Root(root) => {
            let root = root.choose().await?;
            (root.name(), Some(root.descriptor.digest))
        }
        Start::Image(image) => {
            (image.name().to_owned(), image.documents().await?.digest().cloned())
        }
    };
    let digest = digest.ok_or_else(|| no_manifest(&name))?;
    let line = if args.full_ref { format!("{name}@{digest}\n") } else { format!("{digest}\n") };
    output::write(line.as_bytes(), None)?;
    Ok(Exit::Done)
}
