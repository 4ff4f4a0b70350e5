//! One layer, from its stored bytes to its listing: decoded, walked and verified.

use std::ops::ControlFlow;
use std::sync::Arc;

use cutaway_layerfs::{Limits, Visitor, Walk, Walked};
use cutaway_model::{
    BlobStream, Claim, Class, Compression, Decoded, DiffIdCheck, Error as ModelError, Layer,
    Limits as ModelLimits, Outcome, Stored, Unpacked, Verified,
};
use tokio::io::AsyncBufRead;
use tracing::Instrument as _;

use crate::observer::Observer;
use crate::relay::{Drainer, lane};
use crate::task::{Task, on_task};

/// The uncompressed bytes of a layer on their way, and what its stored bytes turn out to be.
type Stream = Decoded<Verified<BlobStream>>;

/// Why a layer could not be read. Every text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The layer could not be had, or is not what it claims to be.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The layer is no sound tar, or breaks the rules of layers.
    #[error("{what}: {source}")]
    Layer {
        /// The layer.
        what: String,
        /// The rule, and where it is broken.
        source: cutaway_layerfs::Error,
    },
}

impl ReadError {
    /// Returns whose fault it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Model(error) => error.class(),
            Self::Layer { .. } => Class::Malformed,
        }
    }
}

/// A layer's uncompressed bytes, how its stored bytes turn out, and the check of its diffID.
#[derive(Debug)]
pub struct Source {
    reader: Stream,
    outcome: Arc<Outcome>,
    check: DiffIdCheck,
    what: String,
    /// Who is told how far the layer at a position is read.
    observer: Option<(Arc<dyn Observer>, usize)>,
}

/// What a layer was found to be: all of it as claimed, where something was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Digest and size of its stored bytes.
    pub stored: Stored,
    /// DiffID and size of its uncompressed tar.
    pub unpacked: Unpacked,
    /// How its stored bytes are compressed, whatever its media type says.
    pub compression: Compression,
    /// How many zero bytes stand behind its last gzip member.
    pub padding: u64,
}

/// How far a layer was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Stored bytes.
    pub stored: u64,
    /// Uncompressed bytes.
    pub unpacked: u64,
}

/// A visitor that goes along with the reading of a layer.
pub trait Companion: Visitor + Send {
    /// Is told after each piece of the layer how far it was read; may wait, and may end the reading.
    fn pause(&mut self, progress: Progress) -> impl Future<Output = ControlFlow<()>> + Send;
}

impl Source {
    /// Opens a layer of an image.
    ///
    /// # Errors
    ///
    /// Returns what keeps the layer from being opened.
    pub async fn open(layer: &Layer, limits: &ModelLimits) -> Result<Self, ModelError> {
        let unpacking = layer.unpack(limits).await?;
        let check = layer.diff_id_check()?;
        Ok(Self {
            reader: unpacking.reader,
            outcome: unpacking.outcome,
            check,
            what: layer.what(),
            observer: None,
        })
    }

    /// Opens a member of an archive that passes by, which may turn out to be a layer.
    ///
    /// # Errors
    ///
    /// Returns [`ModelError::Malformed`] for what cannot be unpacked.
    pub async fn of_member(
        name: &str,
        bytes: impl AsyncBufRead + Send + Unpin + 'static,
        limits: &ModelLimits,
    ) -> Result<Self, ModelError> {
        let what = format!("layer {}", name.escape_debug());
        let stream: BlobStream = Box::new(bytes);
        let stream = Verified::new(stream, what.clone(), Claim::of_member(name))?;
        let outcome = stream.outcome();
        let reader = Decoded::open(stream, what.clone(), limits).await?;
        let check = DiffIdCheck::new(what.clone(), None)?;
        Ok(Self { reader, outcome, check, what, observer: None })
    }

    /// Has `observer` told how far this, which is `layer`, is read.
    #[must_use]
    pub fn observed(mut self, observer: &Arc<dyn Observer>, layer: &Layer) -> Self {
        observer.layer_opened(layer.index(), layer.size());
        self.observer = Some((Arc::clone(observer), layer.index()));
        self
    }

    /// Returns how errors call the layer.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns how far the stored bytes are read, also while and after the layer is walked.
    pub fn outcome(&self) -> Arc<Outcome> {
        Arc::clone(&self.outcome)
    }

    /// Walks over the layer: decodes on one task and walks on this one, so that a layer alone uses
    /// two cores. Returns what it holds once size, digest and diffID have matched; none where the
    /// companion has ended the reading, and nothing is verified then.
    ///
    /// # Errors
    ///
    /// Returns why the layer cannot be read, or is not what it claims to be.
    pub async fn walk(
        self,
        limits: Limits,
        companion: &mut impl Companion,
    ) -> Result<Option<(Measured, Walked)>, ReadError> {
        let Self { reader, outcome, mut check, what, observer } = self;
        let (mut filler, mut drainer) = lane();
        let span = tracing::Span::current();
        let compression = reader.compression();
        let decode = on_task(
            async move {
                let mut reader = reader;
                match filler.pump(&mut reader).await {
                    Ok(()) => Ok(reader.padding()),
                    Err(error) => Err(cause(error, reader).await),
                }
            }
            .instrument(span),
        );
        let mut walk = Walk::new(limits);
        let mut unpacked = 0u64;
        while let Some(chunk) = drainer.next().await {
            check.update(&chunk);
            unpacked = unpacked.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if let Err(source) = walk.push(&chunk, companion) {
                return Err(blame(source, what, decode, drainer).await);
            }
            drainer.give_back(chunk);
            let progress = Progress { stored: outcome.read(), unpacked };
            if let Some((observer, index)) = &observer {
                observer.layer_read(*index, progress.stored, progress.unpacked);
            }
            if companion.pause(progress).await.is_break() {
                return Ok(None);
            }
        }
        let padding = decode.await.map_err(|error| ModelError::from_io(error, &what))?;
        let unpacked = check.verdict()?;
        let walked = walk
            .finish(companion)
            .map_err(|source| ReadError::Layer { what: what.clone(), source })?;
        let stored = outcome
            .stored()
            .cloned()
            .ok_or_else(|| ModelError::malformed(&what, "was not read to its end"))?;
        if let Some((observer, index)) = &observer {
            observer.layer_done(*index);
        }
        Ok(Some((Measured { stored, unpacked, compression, padding }, walked)))
    }
}

/// Returns why decoding failed: bytes that are not those of the digest, where they are not, before what they decode to.
async fn cause(error: std::io::Error, reader: Stream) -> std::io::Error {
    if error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(names_the_bytes) {
        return error;
    }
    let Some(mut rest) = reader.into_stored() else { return error };
    match tokio::io::copy_buf(&mut rest, &mut tokio::io::sink()).await {
        Err(verdict)
            if verdict
                .get_ref()
                .and_then(|inner| inner.downcast_ref())
                .is_some_and(names_the_bytes) =>
        {
            verdict
        }
        _ => error,
    }
}

fn names_the_bytes(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::Digest { .. }
            | ModelError::Size { .. }
            | ModelError::Transport(_)
            | ModelError::File { .. }
    )
}

/// Returns why a walk failed: the same order of blame as [`cause`], once the layer was read to its end.
async fn blame(
    source: cutaway_layerfs::Error,
    what: String,
    decode: Task<std::io::Result<u64>>,
    mut drainer: Drainer,
) -> ReadError {
    while let Some(chunk) = drainer.next().await {
        drainer.give_back(chunk);
    }
    match decode.await.map_err(|error| ModelError::from_io(error, &what)) {
        Err(error) if names_the_bytes(&error) => error.into(),
        _ => ReadError::Layer { what, source },
    }
}
