//! `cutaway referrers`: what refers to an image: signatures, attestations and the like.

use cutaway::{Start, no_manifest};
use serde_json::{Value, json};

use crate::args::client::Referrers;
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

pub(crate) async fn run(args: &Referrers, common: &Common) -> Result<Exit, Failure> {
    let Start::Root(root) = client::of(common)?.start(&args.image).await? else {
        return Err(no_manifest(&args.image).into());
    };
    let root = root.choose().await?;
    let Some((repository, _)) = &root.remote else {
        return Err(Failure::usage(format!("{} is not in a registry", root.subject.name)));
    };
    let pages = repository.referrers(&root.descriptor.digest).await?;
    let mut manifests = entries(&pages)?;
    if let Some(wanted) = &args.artifact_type {
        manifests.retain(|entry| kind(entry) == Some(wanted));
    }
    let bytes = match args.format {
        TextFormat::Json => print::json(&json!({
            "schemaVersion": 2,
            "mediaType": cutaway_model::MediaType::OCI_INDEX,
            "manifests": manifests,
        }))?,
        TextFormat::Table => {
            let line = |entry: &Value| {
                let digest = entry.get("digest").and_then(Value::as_str).unwrap_or_default();
                format!(
                    "{}\t{}\n",
                    print::escape(digest),
                    print::escape(kind(entry).unwrap_or("-"))
                )
            };
            manifests.iter().map(line).collect::<String>().into_bytes()
        }
    };
    output::write(&bytes, None)?;
    Ok(Exit::Done)
}

/// Returns the entries of the indexes that a registry sent.
pub(crate) fn entries(pages: &[Vec<u8>]) -> Result<Vec<Value>, Failure> {
    let mut entries = Vec::new();
    for page in pages {
        let index: Value = serde_json::from_slice(page).map_err(|error| {
            Failure::new(Exit::Malformed, format!("the list of referrers is no index: {error}"))
        })?;
        entries.extend(
            index.get("manifests").and_then(Value::as_array).into_iter().flatten().cloned(),
        );
    }
    Ok(entries)
}

/// Returns the artifact type; older clients put it into the media type of the config.
fn kind(entry: &Value) -> Option<&str> {
    let field =
        |name: &str| entry.get(name).and_then(Value::as_str).filter(|kind| !kind.is_empty());
    field("artifactType").or_else(|| field("mediaType"))
}
