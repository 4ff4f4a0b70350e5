//! What `docker save` wrote before version 1.10: a folder a layer, each with the one below it as its parent.
//!
//! moby's image/spec/v1.md: `repositories` gives tags their topmost layer, `ID/json` describes a layer
//! and its parent, `ID/layer.tar` is the layer. The form has no image config and states no digest, so
//! diffIDs are computed from what is stored, and the image has no ID.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cutaway_tar::Escaped;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use super::Selector;
use super::files::{Files, read_file};
use crate::json::{self, Known, null_as_empty, strict_option};
use crate::layer::Origin;
use crate::verify::DiffIdCheck;
use crate::{Decoded, Error, Image, Limits, Remark};

/// The file that gives names to layers.
pub(super) const REPOSITORIES: &str = "repositories";

/// How many bytes are hashed at once.
const CHUNK: u64 = 256 << 10;

/// `ID/json`, as far as it has a place in a config of today.
#[derive(Debug, Default, Deserialize)]
struct Step {
    #[serde(default, deserialize_with = "null_as_empty")]
    id: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    parent: String,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    comment: String,
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    config: Option<Value>,
    #[serde(default)]
    container_config: Option<Value>,
}

impl Known for Step {
    const KEYS: &[&str] = &["id", "parent", "layer_id", "created", "os", "architecture", "config"];
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Checked(#[serde(deserialize_with = "strict_option")] Option<Step>);

pub(super) async fn open(
    files: Arc<dyn Files>,
    selector: &Selector,
    limits: &Limits,
) -> Result<Image, Error> {
    let place = files.place();
    let what = format!("{REPOSITORIES} in {place}");
    let (name, max) = ("manifest_bytes", limits.manifest_bytes);
    let raw = read_file(files.as_ref(), REPOSITORIES, name, max)
        .await?
        .ok_or_else(|| Error::malformed(place, "has no manifest.json"))?;
    let repositories: BTreeMap<String, BTreeMap<String, String>> = json::parse(&raw, &what)?;
    let top = select(&repositories, selector, place)?;
    let steps = chain(files.as_ref(), top, limits).await?;
    let mut origins = Vec::with_capacity(steps.len());
    let mut diff_ids = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let name = format!("{}/layer.tar", step.id);
        let what = format!("layer {index} of {} {name}", steps.len());
        let Some((_, size)) = files.open(&name)? else { return Err(Error::Missing { what }) };
        diff_ids.push(diff_id(files.as_ref(), &name, &what, limits).await?);
        let files = Arc::clone(&files);
        origins.push(Origin::Member { files, name, size: Some(size), source: None });
    }
    let config = config(&steps, &diff_ids).to_string().into_bytes();
    let mut image = Image::from_config(config, origins, limits)?.computed();
    let message = format!(
        "the form of docker save before 1.10 has no image ID and states no digests: the diffIDs of the {} layers were computed",
        steps.len()
    );
    image.add_remarks(Some(Remark::new("docker-v1", message)));
    Ok(image)
}

fn select<'a>(
    repositories: &'a BTreeMap<String, BTreeMap<String, String>>,
    selector: &Selector,
    place: &str,
) -> Result<&'a str, Error> {
    let all: Vec<(String, &str)> = repositories
        .iter()
        .flat_map(|(name, tags)| {
            tags.iter().map(move |(tag, id)| (format!("{name}:{tag}"), id.as_str()))
        })
        .collect();
    let names = || super::selector::listed(all.iter().map(|(name, _)| name), all.len());
    let distinct: BTreeSet<&str> = all.iter().map(|(_, id)| *id).collect();
    match selector {
        Selector::Only => match distinct.first() {
            None => Err(Error::malformed(place, "holds no image: its repositories are empty")),
            Some(id) if distinct.len() == 1 => Ok(id),
            Some(_) => Err(Error::Ambiguous(format!(
                "{place} holds several images; name one of {}",
                names()
            ))),
        },
        Selector::Tag(tag) => {
            let meant: Vec<_> = all.iter().filter(|(name, _)| selector.names(name)).collect();
            let ids: BTreeSet<&str> = meant.iter().map(|(_, id)| *id).collect();
            match ids.first() {
                None => Err(Error::NotFound {
                    what: format!("\"{}\"", Escaped::new(tag)),
                    place: format!("{place}, which has {}", names()),
                }),
                Some(id) if ids.len() == 1 => Ok(id),
                Some(_) => Err(Error::Ambiguous(format!(
                    "{place} is ambiguous: it holds several images under that name; name one of {}",
                    super::selector::listed(meant.iter().map(|(name, _)| name), meant.len())
                ))),
            }
        }
        Selector::Digest(digest) => Err(Error::NotFound {
            what: digest.to_string(),
            place: format!("{place}, whose form has no digests"),
        }),
    }
}

/// Returns the layers from the oldest to `top`, as each names its parent.
async fn chain(files: &dyn Files, top: &str, limits: &Limits) -> Result<Vec<Step>, Error> {
    let mut steps: Vec<Step> = Vec::new();
    let mut next = top.to_owned();
    while !next.is_empty() {
        let what = format!("layer {} in {}", Escaped::new(&next), files.place());
        if next.len() != 64 || !next.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Error::malformed(what, "is not called by 64 hexadecimal digits"));
        }
        if steps.iter().any(|step| step.id == next) {
            return Err(Error::malformed(what, "is its own ancestor: the parents form a cycle"));
        }
        if !u64::try_from(steps.len()).is_ok_and(|count| count < limits.layer_count()) {
            let (what, max) = (format!("the parents of layer {top}"), limits.layer_count());
            return Err(Error::Limit { what, limit: "layers", max });
        }
        let name = format!("{next}/json");
        let raw = read_file(files, &name, "config_bytes", limits.config_bytes)
            .await?
            .ok_or_else(|| Error::Missing { what: format!("{name} in {}", files.place()) })?;
        let Checked(step) = json::parse(&raw, &format!("{name} in {}", files.place()))?;
        let mut step = step.unwrap_or_default();
        step.id = std::mem::replace(&mut next, step.parent.clone());
        steps.push(step);
    }
    steps.reverse();
    Ok(steps)
}

/// Computes the diffID of a layer, or takes the one that was measured while it passed.
async fn diff_id(
    files: &dyn Files,
    name: &str,
    what: &str,
    limits: &Limits,
) -> Result<String, Error> {
    if let Some(known) = files.diff_id(name) {
        return Ok(known.to_string());
    }
    let Some((stream, _)) = files.open(name)? else {
        return Err(Error::Missing { what: what.to_owned() });
    };
    let mut tar = Decoded::open(stream, what, limits).await?;
    let mut check = DiffIdCheck::new(what, None)?;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let read = (&mut tar).take(CHUNK).read_to_end(&mut buffer).await;
        if read.map_err(|error| Error::from_io(error, what))? == 0 {
            return Ok(check.verdict()?.diff_id.to_string());
        }
        check.update(&buffer);
    }
}

/// Puts the config together that today's form would have had, as Docker does when it loads an old archive.
fn config(steps: &[Step], diff_ids: &[String]) -> Value {
    let command = |step: &Step| -> String {
        let words = step.container_config.as_ref().and_then(|config| config.get("Cmd"));
        let words = words.and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    let history: Vec<Value> = steps
        .iter()
        .map(|step| {
            json!({
                "created": step.created, "created_by": command(step),
                "author": step.author, "comment": step.comment,
            })
        })
        .collect();
    let top = steps.last();
    json!({
        "created": top.and_then(|step| step.created.as_ref()),
        "author": top.and_then(|step| step.author.as_ref()),
        "architecture": top.and_then(|step| step.architecture.as_ref()),
        "os": top.and_then(|step| step.os.as_ref()),
        "config": top.and_then(|step| step.config.as_ref()),
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    })
}
