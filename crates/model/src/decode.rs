//! Decompression, decided by the content and never by the media type.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, Chain, ReadBuf};

use crate::{Error, Limits};

/// How stored bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all, as far as the first bytes tell.
    Plain,
    /// gzip (RFC 1952), of one or many members.
    Gzip,
    /// zstd (RFC 8878), of one or many frames, skippable ones among them.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
}

/// How many bytes [`Compression::sniff`] looks at.
pub const SNIFF_BYTES: usize = 6;

impl Compression {
    /// Tells the compression from the first [`SNIFF_BYTES`] bytes of a stream, or fewer where it has fewer.
    pub fn sniff(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A data frame, or a skippable one in front of it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::Plain,
        }
    }
}

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
/// none itself is an error.
#[derive(Debug)]
pub struct Decoded<R> {
    decoder: Decoder<Peeked<R>>,
    what: String,
    count: u64,
}

#[derive(Debug)]
enum Decoder<R> {
    Plain(R),
    Gzip(Box<GzipDecoder<R>>),
    Zstd(Box<ZstdDecoder<R>>),
}

impl<R: AsyncBufRead + Unpin> Decoded<R> {
    /// Looks at the first bytes of `stored` and sets up the decoder; `what` names the stream in errors.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for an empty stream and for bzip2 and xz, and what the stream itself fails with.
    pub async fn open(stored: R, what: impl Into<String>, limits: &Limits) -> Result<Self, Error> {
        let what = what.into();
        let (head, stored) =
            peek(stored, SNIFF_BYTES).await.map_err(|error| Error::from_io(error, &what))?;
        if head.is_empty() {
            return Err(Error::malformed(what, "is empty: not even the end marker of a tar"));
        }
        let decoder = match Compression::sniff(&head) {
            Compression::Plain => Decoder::Plain(stored),
            Compression::Gzip => {
                let mut decoder = GzipDecoder::new(stored);
                decoder.multiple_members(true);
                Decoder::Gzip(Box::new(decoder))
            }
            Compression::Zstd => {
                let window = DParameter::window_log_max(limits.zstd_window_log);
                let mut decoder = ZstdDecoder::with_params(stored, &[window]);
                decoder.multiple_members(true);
                Decoder::Zstd(Box::new(decoder))
            }
            Compression::Bzip2 => {
                return Err(Error::malformed(what, "unsupported compression bzip2"));
            }
            Compression::Xz => return Err(Error::malformed(what, "unsupported compression xz")),
        };
        Ok(Self { decoder, what, count: 0 })
    }

    /// Gives up decoding and returns the stored stream where decoding left it.
    pub fn into_stored(self) -> impl AsyncBufRead + Unpin {
        match self.decoder {
            Decoder::Plain(stored) => stored,
            Decoder::Gzip(decoder) => decoder.into_inner(),
            Decoder::Zstd(decoder) => decoder.into_inner(),
        }
    }

    fn explain(&self, error: io::Error) -> io::Error {
        if error.get_ref().is_some_and(|inner| inner.is::<Error>()) {
            return error;
        }
        let count = self.count;
        let rule = match &self.decoder {
            Decoder::Plain(_) => return error,
            Decoder::Gzip(_) if error.kind() == io::ErrorKind::UnexpectedEof => {
                format!("the gzip stream ends early, after {count} unpacked bytes")
            }
            Decoder::Zstd(_) if error.kind() == io::ErrorKind::UnexpectedEof => {
                format!("the zstd stream ends early, after {count} unpacked bytes")
            }
            Decoder::Gzip(_) => {
                format!("the gzip stream is broken after {count} unpacked bytes: {error}")
            }
            Decoder::Zstd(_) if error.to_string().contains("too much memory") => {
                format!("the zstd stream wants a window over the limit zstd_window_log: {error}")
            }
            Decoder::Zstd(_) => {
                format!("the zstd stream is broken after {count} unpacked bytes: {error}")
            }
        };
        Error::malformed(&self.what, rule).into()
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Decoded<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let result = ready!(match &mut this.decoder {
            Decoder::Plain(inner) => Pin::new(inner).poll_read(cx, buf),
            Decoder::Gzip(inner) => Pin::new(inner.as_mut()).poll_read(cx, buf),
            Decoder::Zstd(inner) => Pin::new(inner.as_mut()).poll_read(cx, buf),
        });
        let fresh = buf.filled().len().saturating_sub(before);
        this.count = this.count.saturating_add(u64::try_from(fresh).unwrap_or(u64::MAX));
        Poll::Ready(result.map_err(|error| this.explain(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sniffs() {
        for (head, compression) in [
            (&b"\x1f\x8b\x08"[..], Compression::Gzip),
            (b"\x28\xb5\x2f\xfd", Compression::Zstd),
            (b"\x50\x2a\x4d\x18", Compression::Zstd),
            (b"\x5f\x2a\x4d\x18", Compression::Zstd),
            (b"\x60\x2a\x4d\x18", Compression::Plain),
            (b"BZh9", Compression::Bzip2),
            (b"\xfd7zXZ\0", Compression::Xz),
            (b"etc/", Compression::Plain),
            (b"\x1f", Compression::Plain),
            (b"", Compression::Plain),
        ] {
            assert_eq!(Compression::sniff(head), compression, "{head:?}");
        }
    }
}
