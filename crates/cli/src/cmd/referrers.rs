//! `cutaway referrers`: what refers to an image: signatures, attestations and the like.

use cutaway::{Start, no_manifest};
use serde_json::{Value, json};

use crate::args::Common;
use crate::args::client::Referrers;
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

pub(crate) async fn run(args: &Referrers, common: &Common) -> Result<Exit, Failure> {
    let Start::Root(root) = client::of(common)?.start(&args.image).await? else {
        return Err(no_manifest(&args.image).into());
    };
    let root = root.choose().await?;
    let mut manifests = root.referrers().await?;
    if let Some(wanted) = &args.artifact_type {
        manifests.retain(|entry| kind(entry) == Some(wanted));
    }
    let answer = json!({
        "schemaVersion": 2,
        "mediaType": cutaway_model::MediaType::OCI_INDEX,
        "manifests": manifests,
    });
    output::answer(args.format, &answer, |_| {
        let line = |entry: &Value| {
            let digest = entry.get("digest").and_then(Value::as_str).unwrap_or_default();
            format!("{}\t{}\n", print::escape(digest), print::escape(kind(entry).unwrap_or("-")))
        };
        manifests.iter().map(line).collect()
    })?;
    Ok(Exit::Done)
}

/// Returns the artifact type; older clients put it into the media type of the config.
fn kind(entry: &Value) -> Option<&str> {
    let field =
        |name: &str| entry.get(name).and_then(Value::as_str).filter(|kind| !kind.is_empty());
    field("artifactType").or_else(|| field("mediaType"))
}
