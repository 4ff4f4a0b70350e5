//! The scan of an archive that passes once, such as one on standard input.
//!
//! Which members are layers is known for sure only when the documents have passed, and they may come
//! last. So every member that looks like a layer is analysed as it passes, and matched to the image
//! afterwards.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_model::source::{self, Files, Form, Members, Passed, Selector};
use cutaway_model::{
    BlobStream, Claim, Compression, Decoded, DiffIdCheck, Error as ModelError, Image, Layer,
    Verified,
};
use tokio::io::BufReader;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::assemble::Laid;
use crate::bridge::{Task, on_task};
use crate::collect::{Collector, Wanted};
use crate::layer::{Dispatch, Facts, Source, read};
use crate::relay::{CHUNK, Drainer, LaneReader, lane};
use crate::second::{lacking, unread};
use crate::skip::Skip;
use crate::{Error, Options, Report, SourceKind, Subject};

/// Scans an image in an archive that passes once: OCI or docker save, compressed or not, its members in any order.
///
/// `place` names the archive in errors. A database that is a link to a file that no analyzer wanted
/// cannot be read any more when that shows; it becomes a diagnostic.
///
/// # Errors
///
/// As [`scan`](crate::scan), and everything that keeps the archive from being read.
pub async fn scan_stream(
    stream: BlobStream,
    place: &str,
    form: Option<Form>,
    selector: &Selector,
    name: &str,
    options: &Options,
) -> Result<Report, Error> {
    let skip = Arc::new(Skip::new(&options.skip)?);
    let (image, form, facts) = read_stream(stream, place, form, selector, options, &skip).await?;
    let mut laid = Laid::new(facts, options.analyzers, &skip, &options.limits)?;
    let lacking: Vec<_> = lacking(&laid.states, &laid.findings).into_keys().collect();
    for key in lacking {
        let why = "it is a link to a file that had passed before that showed; scan the archive from a file";
        laid.findings.insert(key, unread(why));
    }
    let source = match form {
        Form::Oci => SourceKind::OciArchive,
        Form::Docker => SourceKind::DockerArchive,
    };
    Ok(laid.report(&image, &Subject { name: name.to_owned(), source }, options))
}

/// Reads an archive to its end, and returns the image that is meant with what was found in its layers.
pub(crate) async fn read_stream(
    stream: BlobStream,
    place: &str,
    form: Option<Form>,
    selector: &Selector,
    options: &Options,
    skip: &Arc<Skip>,
) -> Result<(Image, Form, Vec<Facts>), Error> {
    let limits = &options.limits;
    let archive = Decoded::open(stream, place, &limits.model).await?;
    let members = Members::new(BufReader::with_capacity(CHUNK, archive), place, &limits.model);
    let (passed, mut layers) = pass(members, place, options, skip).await?;
    let form = match form {
        Some(form) => form,
        None => Form::of(&passed)?,
    };
    let passed = Arc::new(passed);
    let files: Arc<dyn Files> = passed.clone();
    let image = source::open(files, form, selector, &options.platform, &limits.model).await?;
    let mut facts = Vec::with_capacity(image.layers().len());
    for layer in image.layers() {
        let name = member_of(layer);
        let analysed = match layers.get_mut(passed.target(&name)) {
            Some(analysed) => analysed.facts().await.map_err(|error| named(error, layer))?,
            None => return Err(absent(&passed, layer, &name)),
        };
        layer.check(&analysed.stored, &analysed.unpacked)?;
        facts.push(analysed);
    }
    Ok((image, form, facts))
}

/// A member that is or was analysed as if it were a layer.
enum Analysed {
    Running(Task<Result<Facts, Error>>),
    Done(Box<Facts>),
    Failed,
}

impl Analysed {
    /// Waits for what was found; an image that lists the member again gets a copy.
    async fn facts(&mut self) -> Result<Facts, Error> {
        if let Self::Running(task) = self {
            *self = match task.await {
                Ok(facts) => Self::Done(Box::new(facts)),
                Err(error) => {
                    *self = Self::Failed;
                    return Err(error);
                }
            };
        }
        match self {
            Self::Done(facts) => Ok(facts.as_ref().clone()),
            // The first failure has ended the scan.
            Self::Running(_) | Self::Failed => {
                Err(ModelError::malformed("layer", "was not analysed").into())
            }
        }
    }
}

/// Reads the archive to its end: documents are kept, what looks like a layer is analysed.
async fn pass<R: tokio::io::AsyncBufRead + Unpin>(
    mut members: Members<R>,
    place: &str,
    options: &Options,
    skip: &Arc<Skip>,
) -> Result<(Passed, HashMap<String, Analysed>), Error> {
    let limits = &options.limits;
    let permits = Arc::new(Semaphore::new(limits.layers_in_flight.max(1)));
    let mut passed = Passed::new(place);
    let mut layers = HashMap::new();
    while let Some(member) = members.next().await? {
        if let Some(target) = member.link {
            passed.link(member.name, target);
            continue;
        }
        let mut head = Vec::new();
        members.read(&mut head, CHUNK).await?;
        if is_document(&head)
            && member.size <= limits.model.config_bytes.max(limits.model.manifest_bytes)
        {
            members.read(&mut head, usize::MAX).await?;
            passed.document(member.name, head)?;
        } else {
            passed.other(member.name.clone(), member.size);
            if looks_like_layer(&head) {
                // The semaphore is never closed.
                let permit = Arc::clone(&permits).acquire_owned().await;
                let (mut filler, drainer) = lane();
                let wanted =
                    Wanted::ByAnalyzers { analyzers: options.analyzers, skip: Arc::clone(skip) };
                let (name, options) = (member.name.clone(), options.clone());
                let span = tracing::info_span!("layer", member = %member.name);
                let task = async move {
                    let facts = analyze_member(drainer, name, wanted, &options).await;
                    drop(permit);
                    facts
                };
                layers.insert(member.name, Analysed::Running(on_task(task.instrument(span))));
                while filler.send(head).await {
                    let Some(buffer) = filler.buffer().await else { break };
                    head = buffer;
                    members.read(&mut head, CHUNK).await?;
                    if head.is_empty() {
                        break;
                    }
                }
            }
        }
    }
    Ok((passed, layers))
}

async fn analyze_member(
    drainer: Drainer,
    name: String,
    wanted: Wanted,
    options: &Options,
) -> Result<Facts, Error> {
    let limits = &options.limits;
    let what = format!("layer {}", name.escape_debug());
    let stream: BlobStream = Box::new(LaneReader::from(drainer));
    let stream = Verified::new(stream, what.clone(), Claim::of_member(&name))?;
    let outcome = stream.outcome();
    let reader = Decoded::open(stream, what.clone(), &limits.model).await?;
    let source = Source { reader, outcome, check: DiffIdCheck::new(what.clone(), None)? };
    let mut dispatch = Dispatch::new(options.analyzers, limits.pending_bytes);
    let collector = Collector::new(wanted, limits.database_bytes);
    let read = read(source, what, collector, &mut dispatch, limits, |_, _| {}).await?;
    Ok(read.into_facts(dispatch.finish().await))
}

/// Returns the name of the member that holds a layer.
fn member_of(layer: &Layer) -> String {
    match (layer.member(), layer.digest()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(digest)) => format!("blobs/{}/{}", digest.algorithm_name(), digest.encoded()),
        (None, None) => String::new(),
    }
}

/// Returns what is wrong with a layer whose member was not analysed.
fn absent(passed: &Passed, layer: &Layer, name: &str) -> Error {
    match passed.open(name) {
        Ok(Some(_)) => {
            ModelError::malformed(layer.what(), "is neither a tar nor a compressed one").into()
        }
        _ => ModelError::Missing { what: layer.what() }.into(),
    }
}

/// Says which layer of the image a member's error is about, where only the name of the member was known.
fn named(error: Error, layer: &Layer) -> Error {
    match error {
        Error::Layer { source, .. } => Error::Layer { what: layer.what(), source },
        Error::Model(ModelError::Malformed { rule, .. }) => {
            ModelError::malformed(layer.what(), rule).into()
        }
        other => other,
    }
}

fn is_document(head: &[u8]) -> bool {
    matches!(head.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['))
}

/// Returns whether bytes begin as a layer does: compressed, with a tar header, or with the end marker of an empty tar.
fn looks_like_layer(head: &[u8]) -> bool {
    Compression::sniff(head) != Compression::Plain
        || head.get(257..262) == Some(b"ustar")
        || head
            .get(..512)
            .is_some_and(|block| block.iter().all(|&byte| byte == 0) || has_checksum(block))
}

/// Returns whether a block has the checksum of a tar header, as the oldest tars without a magic have it.
fn has_checksum(block: &[u8]) -> bool {
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(
            |(position, &byte)| {
                if (148..156).contains(&position) { u64::from(b' ') } else { u64::from(byte) }
            },
        )
        .sum();
    let field = block.get(148..156).unwrap_or_default();
    let digits: String =
        field.iter().map(|&byte| char::from(byte)).filter(char::is_ascii_digit).collect();
    u64::from_str_radix(&digits, 8).is_ok_and(|stated| stated == sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_layers_from_other_members() {
        let mut v7 = [0u8; 512];
        v7[0] = b'a';
        let sum = u64::from(b'a') + 8 * u64::from(b' ');
        v7[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        v7[155] = b' ';
        for (head, layer) in [
            (&b"\x1f\x8b\x08"[..], true),
            (&[0; 1024], true),
            (&v7, true),
            (b"1.0", false),
            (b"{}", false),
            (&[b'x'; 600], false),
        ] {
            assert_eq!(looks_like_layer(head), layer, "{:?}", head.get(..8));
        }
        assert!(is_document(b" \n[{"));
        assert!(!is_document(b"1.0"));
    }
}
