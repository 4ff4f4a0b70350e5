//! One layer, from its stored bytes to its listing: decoded, walked and verified.
//!
//! Two tasks share the work. One takes the stored bytes and decodes them, and does nothing else, since a
//! large layer waits for it. The other one hashes both sides, stored and uncompressed, and walks.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cutaway_layerfs::{Walk, Walked};
use cutaway_model::{
    BlobStream, Claim, Compression, Decoded, DiffIdCheck, Error as ModelError, Layer, Measured,
    Stored, StoredCheck, Window,
};
use cutaway_tar::{Escaped, len64};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};
use tracing::Instrument as _;

use crate::lane::{Drainer, lane, long_lane};
use crate::odd;
use crate::tap::Tap;
use crate::task::{Task, on_task, on_thread};
use crate::{Error, LayerReader, Observer, Options, Pace, Progress, agree, tables};

/// The bytes of a layer on their way, and what they have to be.
#[derive(Debug)]
pub(crate) struct Stream {
    reader: Decoded<Tap>,
    copies: Drainer,
    read: Arc<AtomicU64>,
    stored: StoredCheck,
    unpacked: DiffIdCheck,
    what: String,
    is_tar: Arc<AtomicBool>,
    /// Who is told how far the layer at a position is read.
    observer: Option<(Arc<dyn Observer>, usize)>,
}

impl Stream {
    /// Opens a layer of an image, which may have been given a large window.
    pub(crate) async fn open(
        layer: &Layer,
        options: &Options,
        window: Option<Window>,
    ) -> Result<Self, ModelError> {
        let (stream, claim) = layer.stored().await?;
        let unpacked = layer.diff_id_check()?;
        let stream = Self::new(stream, layer.what(), claim, unpacked, options, window).await?;
        layer.warn_of(stream.reader.compression());
        Ok(stream)
    }

    /// Opens a member of an archive that passes by, which may turn out to be a layer. It cannot be read a second
    /// time, so that it waits for a large window whenever it may come to ask for one.
    pub(crate) async fn of_member(
        name: &str,
        mut bytes: impl AsyncBufRead + Send + Unpin + 'static,
        options: &Options,
    ) -> Result<Self, ModelError> {
        let what = format!("layer {}", Escaped::new(name));
        let unpacked = DiffIdCheck::new(what.clone(), None)?;
        let head = bytes.fill_buf().await.map_err(|error| ModelError::from_io(error, &what))?;
        let window = match Compression::sniff(head) {
            Compression::Zstd => Some(options.windows.take().await),
            _ => None,
        };
        let claim = Claim::of_member(name);
        Self::new(Box::new(bytes), what, claim, unpacked, options, window).await
    }

    async fn new(
        stream: BlobStream,
        what: String,
        claim: Claim,
        unpacked: DiffIdCheck,
        options: &Options,
        window: Option<Window>,
    ) -> Result<Self, ModelError> {
        let (filler, copies) = lane();
        let tap = Tap::new(stream, &what, claim.size, filler, options.pace.copied_at_once());
        let (read, stored) = (tap.progress(), StoredCheck::new(what.as_str(), claim)?);
        let (limits, windows) = (&options.limits.model, &options.windows);
        let reader = Decoded::of_layer(tap, what.as_str(), limits, windows, window).await?;
        let is_tar = Arc::default();
        Ok(Self { reader, copies, read, stored, unpacked, what, is_tar, observer: None })
    }

    /// Has `observer` told how far this, which is `layer`, is read.
    pub(crate) fn observed(mut self, observer: &Arc<dyn Observer>, layer: &Layer) -> Self {
        observer.layer_opened(layer.index(), layer.size());
        self.observer = Some((Arc::clone(observer), layer.index()));
        self
    }

    /// Returns how errors call the layer.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Returns how many stored bytes were read, also while and after the layer is walked.
    pub(crate) fn read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Returns whether what it unpacks to begins as a tar does, which is known when some of it was walked.
    pub(crate) fn is_tar(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_tar)
    }

    /// Walks over the layer. Returns what it holds once size, digest and diffID have matched; none
    /// where the reader has ended the reading, and nothing is verified then.
    pub(crate) async fn walk<R: LayerReader>(
        self,
        options: &Options,
        reader: &mut R,
    ) -> Result<Option<(Measured, Walked)>, Error> {
        let Self { reader: decoded, copies, read, stored, mut unpacked, what, is_tar, observer } =
            self;
        let compression = decoded.compression();
        let mut flow = Flow::start(decoded, copies, stored, options.pace);
        let mut walk = Walk::new(options.limits.layerfs).paid_from(&options.budget);
        let progress = |unpacked| Progress { stored: read.load(Ordering::Relaxed), unpacked };
        let (mut size, mut head) = (0_u64, Vec::new());
        reader.begin().await;
        loop {
            let chunk = match flow.next(reader, progress(size)).await {
                ControlFlow::Continue(Some(chunk)) => chunk,
                ControlFlow::Continue(None) => break,
                ControlFlow::Break(()) => return Ok(None),
            };
            unpacked.update(&chunk);
            if head.len() < odd::HEAD {
                head.extend(chunk.iter().take(odd::HEAD.saturating_sub(head.len())));
                is_tar.store(odd::begins_as_tar(&head), Ordering::Relaxed);
            }
            size = size.saturating_add(len64(chunk.len()));
            let progress = progress(size);
            let mut input = chunk.as_slice();
            loop {
                match walk.advance(&mut input, reader) {
                    Ok(ControlFlow::Break(())) => break,
                    Ok(ControlFlow::Continue(())) if reader.pause(progress).await.is_break() => {
                        return Ok(None);
                    }
                    Ok(ControlFlow::Continue(())) => {}
                    Err(source) => return Err(flow.blame(source, what).await),
                }
            }
            flow.chunks.give_back(chunk);
            if let Some((observer, index)) = &observer {
                observer.layer_read(*index, progress.stored, progress.unpacked);
            }
            if reader.pause(progress).await.is_break() {
                return Ok(None);
            }
        }
        if flow.rest(reader, progress(size)).await.is_break() {
            return Ok(None);
        }
        let (stored, padding) = flow.verdict(&what).await?;
        let unpacked = unpacked.verdict()?;
        let walked = walk.finish(reader).map_err(|source| Error::Layer { what, source })?;
        if let Some((observer, index)) = &observer {
            observer.layer_done(*index);
        }
        Ok(Some((Measured { stored, unpacked, compression, padding }, walked)))
    }
}

/// What comes from the task that decodes: uncompressed chunks, and copies of the stored bytes.
struct Flow {
    chunks: Drainer,
    copies: Drainer,
    stored: Result<StoredCheck, ModelError>,
    decode: Task<std::io::Result<u64>>,
}

impl Flow {
    fn start(mut reader: Decoded<Tap>, copies: Drainer, stored: StoredCheck, pace: Pace) -> Self {
        let (mut filler, chunks) = match pace {
            Pace::Beside => lane(),
            Pace::InTurn => long_lane(),
        };
        let work = async move {
            match filler.pump(&mut reader).await {
                Ok(()) => Ok(reader.padding()),
                Err(error) => Err(after_the_rest(error, reader).await),
            }
        };
        let work = work.instrument(tracing::Span::current());
        let decode = match pace {
            Pace::Beside => on_task(work),
            Pace::InTurn => on_thread(work),
        };
        Self { chunks, copies, stored: Ok(stored), decode }
    }

    /// Returns the next uncompressed chunk, or that the reader ends the reading; hashes stored bytes while
    /// it waits. The reader is asked to pause behind each piece of those too: many of them may come before
    /// there is a chunk.
    async fn next(
        &mut self,
        reader: &mut impl LayerReader,
        progress: Progress,
    ) -> ControlFlow<(), Option<Vec<u8>>> {
        loop {
            let copy = tokio::select! {
                biased;
                Some(copy) = self.copies.next() => copy,
                chunk = self.chunks.next() => return ControlFlow::Continue(chunk),
            };
            self.take(copy, reader, progress).await?;
        }
    }

    /// Takes the stored bytes that are left when all has been decoded.
    async fn rest(&mut self, reader: &mut impl LayerReader, progress: Progress) -> ControlFlow<()> {
        while let Some(copy) = self.copies.next().await {
            self.take(copy, reader, progress).await?;
        }
        ControlFlow::Continue(())
    }

    async fn take(
        &mut self,
        copy: Vec<u8>,
        reader: &mut impl LayerReader,
        progress: Progress,
    ) -> ControlFlow<()> {
        reader.stored(&copy);
        self.check(copy);
        reader.pause(progress).await
    }

    fn check(&mut self, copy: Vec<u8>) {
        if let Ok(check) = &mut self.stored
            && let Err(error) = check.update(&copy)
        {
            self.stored = Err(error);
        }
        self.copies.give_back(copy);
    }

    /// Returns what the stored bytes were, when all of them were taken.
    async fn verdict(self, what: &str) -> Result<(Stored, u64), ModelError> {
        let decoded = self.decode.await.map_err(|error| ModelError::from_io(error, what));
        match decoded {
            // The way to the bytes failed: what came of them says nothing.
            Err(error) if names_the_bytes(&error) => Err(error),
            Err(error) => match self.stored.and_then(StoredCheck::verdict) {
                Err(verdict) if names_the_bytes(&verdict) => Err(verdict),
                _ => Err(error),
            },
            Ok(padding) => Ok((self.stored?.verdict()?, padding)),
        }
    }

    /// Returns why a walk failed: bytes that are not those of the digest before what they hold. Nobody is
    /// told of the bytes that are left: what they hold is no layer.
    async fn blame(mut self, source: cutaway_layerfs::Error, what: String) -> Error {
        loop {
            tokio::select! {
                biased;
                Some(copy) = self.copies.next() => self.check(copy),
                chunk = self.chunks.next() => match chunk {
                    Some(chunk) => self.chunks.give_back(chunk),
                    None => break,
                },
            }
        }
        while let Some(copy) = self.copies.next().await {
            self.check(copy);
        }
        match self.verdict(&what).await {
            Err(error) if names_the_bytes(&error) => error.into(),
            _ => Error::of_layer(what, source),
        }
    }
}

/// Reads what decoding has left of the stored bytes, so that they can be judged; returns why that failed,
/// or `error`, for which decoding ended.
async fn after_the_rest(error: std::io::Error, reader: Decoded<Tap>) -> std::io::Error {
    let about_bytes = |error: &std::io::Error| {
        error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(names_the_bytes)
    };
    if about_bytes(&error) {
        return error;
    }
    let Some(mut rest) = reader.into_stored() else { return error };
    match tokio::io::copy_buf(&mut rest, &mut tokio::io::sink()).await {
        Err(verdict) if about_bytes(&verdict) => verdict,
        _ => error,
    }
}

fn names_the_bytes(error: &ModelError) -> bool {
    error.is_about_bytes() || matches!(error, ModelError::Transport(_) | ModelError::File { .. })
}

/// Reads one layer to its end or until its reader ends the reading, also again where its stored bytes
/// were wrong and may be had right elsewhere.
///
/// `reader` makes a reader for each try; where it makes none any more, the error of the last try counts.
///
/// Needs a tokio runtime. Dropping the future ends the reading.
///
/// # Errors
///
/// Returns why the layer cannot be read, or is not what it claims to be.
pub async fn visit<R: LayerReader>(
    layer: &Layer,
    mut reader: impl FnMut() -> Option<R>,
    options: &Options,
) -> Result<Visit<R::Out>, Error> {
    let mut before = 0_u64;
    let mut last = None;
    let mut window = None;
    let mut table = Box::pin(tables::open(layer, options)).await;
    loop {
        let Some(mut reader) = reader() else {
            return Err(last.unwrap_or_else(|| Error::unfinished(layer.what())));
        };
        let called_otherwise = layer.is_called_otherwise();
        if called_otherwise && !odd::is_tar(layer, &options.limits.model).await? {
            let (size, whole) = odd::pass_over(layer, &mut reader, options.limits.layerfs).await?;
            let (out, whole) = (reader.finish().await, Some(whole));
            return Ok(Visit { out, stored: size, whole, by_table: false });
        }
        if let Some(opened) = table.take() {
            match Box::pin(opened.play(layer, &mut reader, options)).await {
                Ok((stored, whole)) => {
                    let out = reader.finish().await;
                    return Ok(Visit { out, stored, whole, by_table: true });
                }
                Err(why) => {
                    tracing::warn!(layer = layer.what(), %why, "its table of contents is not used");
                    last = Some(Error::Model(ModelError::malformed(layer.what(), why.to_string())));
                    continue;
                }
            }
        }
        let stream = Stream::open(layer, options, window.take()).await?;
        let stream = stream.observed(&options.observer, layer);
        let read = stream.read();
        let walked = agree::walk(layer, stream, options, &mut reader).await;
        before = before.saturating_add(read.load(Ordering::Relaxed));
        match walked {
            Ok(mut whole) => {
                if let Some((_, walked)) = whole.as_mut().filter(|_| called_otherwise) {
                    walked.warnings.push(odd::read_as_layer(layer));
                }
                let out = reader.finish().await;
                return Ok(Visit { out, stored: before, whole, by_table: false });
            }
            Err(Error::Model(error)) if error.wants_window(&options.limits.model) => {
                tracing::info!(layer = layer.what(), "reading it again with a large window");
                last = Some(Error::Model(error));
                window = Some(options.windows.take().await);
            }
            Err(Error::Model(error)) if layer.report_bad_bytes(&error).await => {
                tracing::info!(layer = layer.what(), %error, "reading it again elsewhere");
                last = Some(Error::Model(error));
            }
            Err(error) => return Err(error),
        }
    }
}

/// What came of a layer that may not have been read to its end.
#[derive(Debug)]
pub struct Visit<T> {
    /// What the reader made of it.
    pub out: T,
    /// How many stored bytes were read, all tries together.
    pub stored: u64,
    /// What it holds, where it was read to its end and is what it claims to be; or, where it was read by its
    /// table of contents, what that says and what manifest and config claim.
    pub whole: Option<(Measured, Walked)>,
    /// Whether it was read by its table of contents, so that nothing was verified.
    pub by_table: bool,
}
