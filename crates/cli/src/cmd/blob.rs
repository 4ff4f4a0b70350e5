//! `cutaway blob`: the bytes of one blob as they are stored, verified as they pass.

use std::sync::Arc;

use cutaway_model::source::{self, Archive, Directory, Files, Selector};
use cutaway_model::{Blobs, Claim, Descriptor, Verified};
use cutaway_ref::Digest;
use cutaway_scan::Limits;

use crate::args::Common;
use crate::args::client::Blob;
use crate::failure::{Exit, Failure};
use crate::{client, output};
use cutaway::Place;

pub(crate) async fn run(args: &Blob, common: &Common) -> Result<Exit, Failure> {
    let limits = client::limits(common)?.scan;
    let (blobs, digest) = open(&args.blob, common, &limits).await?;
    // The size is not known, and a source is asked for it so that a connection that breaks off can be told.
    let mut descriptor = Descriptor::new("application/octet-stream", digest.clone(), u64::MAX);
    let size = blobs.stat(&descriptor).await?;
    descriptor.size = size.unwrap_or(u64::MAX);
    let stream = blobs.open(&descriptor).await?;
    let what = format!("blob {digest}");
    let verified = Verified::new(stream, what.as_str(), Claim { digest: Some(digest), size })?;
    output::copy(verified, &what).await?;
    Ok(Exit::Done)
}

async fn open(
    argument: &str,
    common: &Common,
    limits: &Limits,
) -> Result<(Arc<dyn Blobs>, Digest), Failure> {
    let no_digest = || Failure::usage(format!("{argument} names no blob: it has no @DIGEST"));
    match Place::of(argument)? {
        Place::Registry(text) => {
            let reference = cutaway::reference(&text)?;
            let digest = reference.digest().cloned().ok_or_else(no_digest)?;
            let (registry, there) = client::of(common)?.registry(&reference).await?;
            Ok((Arc::new(registry.repository(&there)), digest))
        }
        Place::Layout(path, Selector::Digest(digest)) => {
            let files: Arc<dyn Files> = Arc::new(Directory::new(&path));
            Ok((source::blobs(files), digest))
        }
        Place::Archive(path, Selector::Digest(digest), _) => {
            let files: Arc<dyn Files> = Arc::new(Archive::open(&path, &limits.model)?);
            Ok((source::blobs(files), digest))
        }
        _ => Err(no_digest()),
    }
}
