//! Decompression, decided by the content and never by the media type.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "xz")]
use async_compression::tokio::bufread::XzDecoder;
use async_compression::tokio::bufread::{BzDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, Chain, ReadBuf};

use crate::error::is_of_the_system;
use crate::gzip::GzipMembers;
use crate::pace::Paced;
use crate::windows::{HEAD_BYTES, SMALL_LOG};
use crate::{Compression, Error, Limits, Window, Windows};

/// A stream whose first bytes were looked at.
pub(crate) type Peeked<R> = Chain<io::Cursor<Vec<u8>>, R>;

/// Reads the first bytes of a stream, at most `count`, and puts them back in front.
pub(crate) async fn peek<R: AsyncBufRead + Unpin>(
    mut inner: R,
    count: usize,
) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::with_capacity(count);
    let mut limited = (&mut inner).take(u64::try_from(count).unwrap_or(u64::MAX));
    limited.read_to_end(&mut head).await?;
    Ok((head.clone(), io::Cursor::new(head).chain(inner)))
}

/// Uncompressed bytes of a stored stream.
///
/// Reads the stored stream to its end: what stands behind the last gzip member or zstd frame and is
/// none itself is an error, zero bytes behind a gzip member aside. One level is decoded: a gzip of a gzip gives a gzip. After an error every
/// further read fails.
#[derive(Debug)]
pub struct Decoded<R> {
    decoder: Decoder<Peeked<R>>,
    compression: Compression,
    is_empty: bool,
    what: String,
    count: u64,
    limits: Limits,
    /// Held as long as the decoder is.
    _window: Option<Window>,
    /// An error that came together with bytes: it is told when those are taken.
    deferred: Option<io::Error>,
    failed: bool,
    alarmed: bool,
}

/// How many bytes may come of one stored byte before that is said. Zeros reach 1,032 with gzip.
const ALARM_RATIO: u64 = 1000;
/// How many bytes have to be unpacked before it is said: an empty file system is worth no alarm.
const ALARM_BYTES: u64 = 1 << 30;

#[derive(Debug)]
enum Decoder<R> {
    Plain(R),
    Gzip(Box<GzipMembers<R>>),
    Zstd(Box<ZstdDecoder<Paced<R>>>),
    Bzip2(Box<BzDecoder<Paced<R>>>),
    #[cfg(feature = "xz")]
    Xz(Box<XzDecoder<Paced<R>>>),
}

impl<R: AsyncBufRead + Unpin> Decoded<R> {
    /// Looks at the first bytes of `stored` and sets up the decoder; `what` names the stream in errors.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for an empty stream and for a compression that is not supported, and what the stream itself fails with.
    pub async fn open(stored: R, what: impl Into<String>, limits: &Limits) -> Result<Self, Error> {
        let windows = Windows::unbounded();
        let decoded = Self::of_layer(stored, what, limits, &windows, None).await?;
        if decoded.is_empty {
            let rule = "is empty: not even the end marker of a tar";
            return Err(Error::malformed(decoded.what, rule));
        }
        Ok(decoded)
    }

    /// Does as [`Decoded::open`] for a layer, which may have no bytes: its diffID says so then.
    ///
    /// A zstd stream that asks for a large window waits for one of `windows`, unless it has one already.
    /// One that asks for it in a later frame than the first ends in an error that is
    /// [about the window](Error::wants_window), and may be read again with one.
    ///
    /// # Errors
    ///
    /// As [`Decoded::open`], an empty stream aside.
    pub async fn of_layer(
        stored: R,
        what: impl Into<String>,
        limits: &Limits,
        windows: &Windows,
        window: Option<Window>,
    ) -> Result<Self, Error> {
        let what = what.into();
        let (head, stored) =
            peek(stored, HEAD_BYTES).await.map_err(|error| Error::from_io(error, &what))?;
        let compression = Compression::sniff(&head);
        let window = match window {
            None => windows.for_stream(&head).await,
            some => some,
        };
        let mut limits = *limits;
        if window.is_none() {
            limits.zstd_window_log = limits.zstd_window_log.min(SMALL_LOG);
        }
        let decoder = Decoder::new(stored, compression, &limits).ok_or_else(|| {
            Error::malformed(&what, format!("unsupported compression {}", compression.name()))
        })?;
        Ok(Self {
            decoder,
            compression,
            is_empty: head.is_empty(),
            what,
            count: 0,
            limits,
            _window: window,
            deferred: None,
            failed: false,
            alarmed: false,
        })
    }

    /// Returns how the stored bytes are compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Returns how many zero bytes stood behind the last gzip member, as far as the stream was read.
    pub fn padding(&self) -> u64 {
        match &self.decoder {
            Decoder::Gzip(decoder) => decoder.padding(),
            _ => 0,
        }
    }

    /// Gives up decoding and returns the stored stream where decoding left it; `None` after a panic only.
    pub fn into_stored(self) -> Option<impl AsyncBufRead + Unpin> {
        match self.decoder {
            Decoder::Plain(stored) => Some(stored),
            Decoder::Gzip(decoder) => decoder.into_stored(),
            Decoder::Zstd(decoder) => Some(decoder.into_inner().into_inner()),
            Decoder::Bzip2(decoder) => Some(decoder.into_inner().into_inner()),
            #[cfg(feature = "xz")]
            Decoder::Xz(decoder) => Some(decoder.into_inner().into_inner()),
        }
    }

    /// Counts what was unpacked.
    fn progressed(&mut self, fresh: usize) -> io::Result<()> {
        self.count = self.count.saturating_add(u64::try_from(fresh).unwrap_or(u64::MAX));
        if self.count > self.limits.unpacked_bytes {
            return Err(self.over(
                "what it unpacks to",
                "unpacked_bytes",
                self.limits.unpacked_bytes,
            ));
        }
        let Some(paced) = self.decoder.paced() else { return Ok(()) };
        paced.progressed();
        if self.count > ALARM_BYTES
            && !self.alarmed
            && self.count > paced.taken().saturating_mul(ALARM_RATIO)
        {
            self.alarmed = true;
            let (what, stored, unpacked) = (&self.what, paced.taken(), self.count);
            tracing::warn!(
                what,
                stored,
                unpacked,
                "unpacks to more than a thousand times its size"
            );
        }
        Ok(())
    }

    /// Says what went wrong and where, unless it was the stored stream that failed.
    fn explain(&self, error: io::Error) -> io::Error {
        if is_of_the_system(&error) {
            return Error::from_io(error, &self.what).into();
        }
        if error.get_ref().is_some_and(|inner| inner.is::<Error>())
            || self.compression == Compression::Plain
        {
            return error;
        }
        let (name, count, text) = (self.compression.name(), self.count, error.to_string());
        match self.compression {
            Compression::Zstd if text.contains("too much memory") => {
                let max = u64::from(self.limits.zstd_window_log);
                return self.over("the window of its zstd stream", "zstd_window_log", max);
            }
            Compression::Xz if text.contains("memory limit") => {
                let max = self.limits.xz_memory_bytes;
                return self.over("the dictionary of its xz stream", "xz_memory_bytes", max);
            }
            _ => {}
        }
        let rule = if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("the {name} stream ends early, after {count} unpacked bytes")
        } else {
            format!("the {name} stream is broken after {count} unpacked bytes: {text}")
        };
        Error::malformed(&self.what, rule).into()
    }

    fn held_up(&self) -> io::Error {
        let what =
            format!("a part of its {} stream that unpacks to nothing", self.compression.name());
        let (limit, max) = idle(self.compression, &self.limits);
        self.over(&what, limit, max)
    }

    fn over(&self, part: &str, limit: &'static str, max: u64) -> io::Error {
        Error::Limit { what: format!("{}: {part}", self.what), limit, max }.into()
    }
}

/// Returns the limit on stored bytes that unpack to nothing.
///
/// A skippable zstd frame may be as large as it likes: passing over it costs nothing.
fn idle(compression: Compression, limits: &Limits) -> (&'static str, u64) {
    match compression {
        Compression::Gzip => ("gzip_header_bytes", limits.gzip_header_bytes),
        Compression::Bzip2 | Compression::Xz => ("idle_bytes", limits.idle_bytes),
        _ => ("", u64::MAX),
    }
}

impl<R: AsyncBufRead + Unpin> Decoder<R> {
    fn new(stored: R, compression: Compression, limits: &Limits) -> Option<Self> {
        if compression == Compression::Plain {
            return Some(Self::Plain(stored));
        }
        let stored = Paced::new(stored, idle(compression, limits).1);
        Some(match compression {
            Compression::Gzip => Self::Gzip(Box::new(GzipMembers::new(stored))),
            Compression::Zstd => {
                // The range that libzstd takes: outside of it the decoder cannot be made.
                let window = DParameter::window_log_max(limits.zstd_window_log.clamp(10, 31));
                let mut decoder = ZstdDecoder::with_params(stored, &[window]);
                decoder.multiple_members(true);
                Self::Zstd(Box::new(decoder))
            }
            Compression::Bzip2 => {
                let mut decoder = BzDecoder::new(stored);
                decoder.multiple_members(true);
                Self::Bzip2(Box::new(decoder))
            }
            #[cfg(feature = "xz")]
            Compression::Xz => {
                let mut decoder = XzDecoder::with_mem_limit(stored, limits.xz_memory_bytes);
                decoder.multiple_members(true);
                Self::Xz(Box::new(decoder))
            }
            _ => return None,
        })
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(inner) => Pin::new(inner).poll_read(cx, buf),
            Self::Gzip(inner) => Pin::new(inner.as_mut()).poll_read(cx, buf),
            Self::Zstd(inner) => Pin::new(inner.as_mut()).poll_read(cx, buf),
            Self::Bzip2(inner) => Pin::new(inner.as_mut()).poll_read(cx, buf),
            #[cfg(feature = "xz")]
            Self::Xz(inner) => Pin::new(inner.as_mut()).poll_read(cx, buf),
        }
    }

    fn paced(&mut self) -> Option<&mut Paced<R>> {
        match self {
            Self::Plain(_) => None,
            Self::Gzip(inner) => inner.paced(),
            Self::Zstd(inner) => Some(inner.get_mut()),
            Self::Bzip2(inner) => Some(inner.get_mut()),
            #[cfg(feature = "xz")]
            Self::Xz(inner) => Some(inner.get_mut()),
        }
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Decoded<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(error) = this.deferred.take() {
            return Poll::Ready(Err(error));
        }
        if this.failed {
            return Poll::Ready(Err(Error::malformed(&this.what, "has failed before").into()));
        }
        let before = buf.filled().len();
        let poll = this.decoder.poll_read(cx, buf);
        let fresh = buf.filled().len().saturating_sub(before);
        let over = if fresh > 0 { this.progressed(fresh).err() } else { None };
        let error = match poll {
            _ if over.is_some() => over,
            Poll::Pending if this.decoder.paced().is_some_and(|paced| paced.held_up()) => {
                Some(this.held_up())
            }
            Poll::Pending => return Poll::Pending,
            Poll::Ready(result) => result.err().map(|error| this.explain(error)),
        };
        let Some(error) = error else { return Poll::Ready(Ok(())) };
        this.failed = true;
        if fresh == 0 {
            return Poll::Ready(Err(error));
        }
        // A reader may not fail and have read something in one call; tokio panics where one does.
        this.deferred = Some(error);
        Poll::Ready(Ok(()))
    }
}
