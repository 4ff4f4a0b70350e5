//! Reading an archive that passes once, such as one on standard input.
//!
//! Which members are layers is known for sure only when the documents have passed, and they may come
//! last. So every member that looks like a layer is read as one while it passes, and matched to the
//! image afterwards.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_model::source::{self, Files, Form, Members, Passed, Selector};
use cutaway_model::{
    BlobStream, Compression, Decoded, Error as ModelError, Image, Layer, Limits as ModelLimits,
};
use cutaway_ref::Platform;
use tokio::io::BufReader;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::layer::{Measured, ReadError};
use crate::relay::{CHUNK, LaneReader, lane};
use crate::task::{Task, on_task};

/// An archive that passes once, and which image of it is meant.
pub struct Given<'a> {
    /// The bytes of the archive, which may be compressed.
    pub stream: BlobStream,
    /// What errors call it.
    pub place: &'a str,
    /// Its form, where it is known.
    pub form: Option<Form>,
    /// The image that is meant.
    pub selector: &'a Selector,
    /// The platform that is meant.
    pub platform: &'a Platform,
    /// The limits of documents and streams.
    pub limits: &'a ModelLimits,
    /// How many members are read as layers at once.
    pub in_flight: usize,
}

impl std::fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Reads an archive to its end: OCI or docker save, compressed or not, its members in any order.
///
/// Each member that looks like a layer is read by what `read` returns for its name and its bytes.
/// Returns the image that is meant, and what was read of its layers, oldest first, each of which was
/// what the image says of it.
///
/// # Errors
///
/// Returns what keeps the archive or a layer of the image from being read, and a layer that is not
/// what the image says.
pub async fn pass<T, F>(
    given: Given<'_>,
    read: impl Fn(String, LaneReader) -> F,
) -> Result<(Image, Form, Vec<(Measured, T)>), ReadError>
where
    T: Clone + Send + 'static,
    F: Future<Output = Result<(Measured, T), ReadError>> + Send + 'static,
{
    let (selector, platform, limits) = (given.selector, given.platform, given.limits);
    let mut gone = Gone::by(given, read).await?;
    let form = gone.form();
    let image = source::open(gone.files(), form, selector, platform, limits).await?;
    let layers = gone.layers(&image).await?;
    Ok((image, form, layers))
}

/// An archive that has passed: its documents, and what came of every member that looked like a layer.
pub struct Gone<T> {
    passed: Arc<Passed>,
    form: Form,
    members: HashMap<String, Member<T>>,
}

impl<T> std::fmt::Debug for Gone<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gone").field("form", &self.form).finish_non_exhaustive()
    }
}

impl<T: Clone + Send + 'static> Gone<T> {
    /// Lets an archive pass as [`pass`] does, and opens nothing in it.
    ///
    /// # Errors
    ///
    /// Returns what keeps the archive from being read.
    pub async fn by<F>(
        given: Given<'_>,
        read: impl Fn(String, LaneReader) -> F,
    ) -> Result<Self, ReadError>
    where
        F: Future<Output = Result<(Measured, T), ReadError>> + Send + 'static,
    {
        let Given { stream, place, form, limits, in_flight, .. } = given;
        let archive = Decoded::open(stream, place, limits).await?;
        let members = Members::new(BufReader::with_capacity(CHUNK, archive), place, limits);
        let (mut passed, mut members) =
            read_members(members, place, limits, in_flight, read).await?;
        let form = match form {
            Some(form) => form,
            None => Form::of(&passed)?,
        };
        if source::needs_diff_ids(&passed)? {
            // In the order of their names, so that the same archive fails in the same way.
            let mut names: Vec<String> = members.keys().cloned().collect();
            names.sort();
            for name in names {
                if let Some(member) = members.get_mut(&name) {
                    passed.measured(name, member.value().await?.0.unpacked.diff_id);
                }
            }
        }
        Ok(Self { passed: Arc::new(passed), form, members })
    }

    /// Returns the form that was named, or that the documents show.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Returns the documents; the bytes of other members cannot be had any more.
    pub fn files(&self) -> Arc<dyn Files> {
        self.passed.clone()
    }

    /// Returns what was read of the layers of an image among the documents, as [`pass`] does.
    ///
    /// # Errors
    ///
    /// As [`pass`].
    pub async fn layers(&mut self, image: &Image) -> Result<Vec<(Measured, T)>, ReadError> {
        let mut of_image = Vec::with_capacity(image.layers().len());
        for layer in image.layers() {
            let name = member_of(layer);
            let (measured, value) = match self.members.get_mut(self.passed.target(&name)) {
                Some(member) => member.value().await.map_err(|error| named(error, layer))?,
                None => return Err(absent(&self.passed, layer, &name)),
            };
            layer.check(&measured.stored, &measured.unpacked)?;
            of_image.push((measured, value));
        }
        Ok(of_image)
    }
}

/// A member that is or was read as if it were a layer.
enum Member<T> {
    Running(Task<Result<(Measured, T), ReadError>>),
    Done(Box<(Measured, T)>),
    Failed,
}

impl<T: Clone + Send + 'static> Member<T> {
    /// Waits for what was read; an image that lists the member again gets a copy.
    async fn value(&mut self) -> Result<(Measured, T), ReadError> {
        if let Self::Running(task) = self {
            *self = match task.await {
                Ok(value) => Self::Done(Box::new(value)),
                Err(error) => {
                    *self = Self::Failed;
                    return Err(error);
                }
            };
        }
        match self {
            Self::Done(value) => Ok(value.as_ref().clone()),
            // The first failure has ended the reading.
            Self::Running(_) | Self::Failed => {
                Err(ModelError::malformed("layer", "was not read").into())
            }
        }
    }
}

/// Reads the archive to its end: documents are kept, what looks like a layer is read as one.
async fn read_members<R, T, F>(
    mut members: Members<R>,
    place: &str,
    limits: &ModelLimits,
    in_flight: usize,
    read: impl Fn(String, LaneReader) -> F,
) -> Result<(Passed, HashMap<String, Member<T>>), ReadError>
where
    R: tokio::io::AsyncBufRead + Unpin,
    T: Send + 'static,
    F: Future<Output = Result<(Measured, T), ReadError>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(in_flight.max(1)));
    let mut passed = Passed::with_limits(place, limits);
    let mut layers = HashMap::new();
    while let Some(member) = members.next().await? {
        if let Some(target) = member.link {
            passed.link(member.name, target);
            continue;
        }
        let mut head = Vec::new();
        members.read(&mut head, CHUNK).await?;
        if is_document(&head) && member.size <= limits.config_bytes.max(limits.manifest_bytes) {
            members.read(&mut head, usize::MAX).await?;
            passed.document(member.name, head)?;
        } else {
            passed.other(member.name.clone(), member.size);
            if looks_like_layer(&head) {
                // The semaphore is never closed.
                let permit = Arc::clone(&permits).acquire_owned().await;
                let (mut filler, drainer) = lane();
                let span = tracing::info_span!("layer", member = %member.name);
                let reading = read(member.name.clone(), LaneReader::from(drainer));
                let task = async move {
                    let value = reading.await;
                    drop(permit);
                    value
                };
                layers.insert(member.name, Member::Running(on_task(task.instrument(span))));
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

/// Returns the name of the member that holds a layer.
fn member_of(layer: &Layer) -> String {
    match (layer.member(), layer.digest()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(digest)) => format!("blobs/{}/{}", digest.algorithm_name(), digest.encoded()),
        (None, None) => String::new(),
    }
}

/// Returns what is wrong with a layer whose member was not read as one.
fn absent(passed: &Passed, layer: &Layer, name: &str) -> ReadError {
    match passed.open(name) {
        Ok(Some(_)) => {
            ModelError::malformed(layer.what(), "is neither a tar nor a compressed one").into()
        }
        _ => ModelError::Missing { what: layer.what() }.into(),
    }
}

/// Says which layer of the image a member's error is about, where only the name of the member was known.
fn named(error: ReadError, layer: &Layer) -> ReadError {
    match error {
        ReadError::Layer { source, .. } => ReadError::Layer { what: layer.what(), source },
        ReadError::Model(ModelError::Malformed { rule, .. }) => {
            ModelError::malformed(layer.what(), rule).into()
        }
        other @ ReadError::Model(_) => other,
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
