//! `cutaway digest`: the digest of the manifest or index.

use crate::args::Common;
use crate::args::client::Digest;
use crate::failure::{Exit, Failure};
use crate::root::{self, Start};
use crate::{client, output};

pub(crate) async fn run(args: &Digest, common: &Common) -> Result<Exit, Failure> {
    let limits = client::limits(common)?.scan;
    let (name, digest) = match root::open(&args.image, common, &limits).await? {
        Start::Root(root) => {
            let root = root.choose(common, &limits).await?;
            let name = match &root.remote {
                Some((_, reference)) => {
                    format!("{}/{}", reference.registry(), reference.repository())
                }
                None => root.subject.name,
            };
            (name, Some(root.descriptor.digest))
        }
        Start::Image(image, subject) => (subject.name, image.digest().cloned()),
        Start::Stream(passing) => {
            let name = passing.name.clone();
            (name, root::passed(passing, common, &limits).await?.digest().cloned())
        }
    };
    let digest = digest.ok_or_else(|| root::no_manifest(&name))?;
    let line = if args.full_ref { format!("{name}@{digest}\n") } else { format!("{digest}\n") };
    output::write(line.as_bytes(), None)?;
    Ok(Exit::Done)
}
