//! Streams that check themselves: size and digest of the stored bytes, diffID of the unpacked ones.
//!
//! A check comes to its verdict at the end of the stream only. A reader that was dropped earlier has
//! proved nothing.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use cutaway_ref::{Algorithm, Digest, Hasher};
use cutaway_tar::len64;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::{DiffId, Error, poll_read_buffered};

/// What is said to a reader that goes on after the verdict.
const FAILED: &str = "has failed before";

/// What a stream of stored bytes turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The digest of the bytes.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
}

/// What a stream of uncompressed bytes turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// The diffID of the bytes.
    pub diff_id: DiffId,
    /// Their number.
    pub size: u64,
}

/// How far a stream of stored bytes was read, and what it turned out to be.
#[derive(Debug, Default)]
pub struct Outcome {
    read: AtomicU64,
    stored: OnceLock<Stored>,
}

impl Outcome {
    /// Returns the number of bytes that were read so far.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Returns what the stream turned out to be; `None` before it has ended well.
    pub fn stored(&self) -> Option<&Stored> {
        self.stored.get()
    }
}

/// What a stream of stored bytes has to be, where it is known.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// The digest.
    pub digest: Option<Digest>,
    /// The number of bytes.
    pub size: Option<u64>,
}

impl Claim {
    /// Returns what the name of an archive's member claims of its bytes: `blobs/sha512/…` a digest, others nothing.
    ///
    /// For a member that passes before the documents do, so that it is measured by the right algorithm.
    pub fn of_member(name: &str) -> Self {
        let digest = name.strip_prefix("blobs/").and_then(|rest| {
            let (algorithm, encoded) = rest.split_once('/')?;
            let digest: Digest = format!("{algorithm}:{encoded}").parse().ok()?;
            digest.algorithm().is_some().then_some(digest)
        });
        Self { digest, size: None }
    }
}

/// Returns the algorithm that verifies `digest`; sha256 where bytes are only measured.
///
/// # Errors
///
/// Returns [`Error::Malformed`] for an algorithm that is well-formed but unknown.
pub(crate) fn algorithm_of(digest: Option<&Digest>, what: &str) -> Result<Algorithm, Error> {
    let Some(digest) = digest else { return Ok(Algorithm::Sha256) };
    digest.algorithm().ok_or_else(|| {
        Error::malformed(what, format!("cannot verify algorithm {}", digest.algorithm_name()))
    })
}

/// The check of stored bytes: they go in piece by piece, the verdict comes once.
///
/// For who reads a stream himself, such as on another core; [`Verified`] is the same around a stream.
#[derive(Debug)]
#[must_use = "a check proves nothing before its verdict"]
pub struct StoredCheck {
    what: String,
    claim: Claim,
    hasher: Hasher,
    size: u64,
}

impl StoredCheck {
    /// Starts a check against `claim`, or a mere measurement where nothing is claimed; `what` names the
    /// bytes in errors.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a digest of an algorithm that cannot be verified.
    pub fn new(what: impl Into<String>, claim: Claim) -> Result<Self, Error> {
        let what = what.into();
        let algorithm = algorithm_of(claim.digest.as_ref(), &what)?;
        Ok(Self { what, claim, hasher: algorithm.hasher(), size: 0 })
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Size`] for the first byte past the size that is claimed.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.size = self.size.saturating_add(len64(bytes.len()));
        if let Some(expected) = self.claim.size
            && self.size > expected
        {
            let found = format!("more than {expected}");
            return Err(Error::Size { what: self.what.clone(), expected, found });
        }
        self.hasher.update(bytes);
        Ok(())
    }

    /// Returns how many bytes went in.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the check.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Size`] or [`Error::Digest`] for bytes that are not what was claimed.
    pub fn verdict(self) -> Result<Stored, Error> {
        if let Some(expected) = self.claim.size
            && expected != self.size
        {
            return Err(Error::Size { what: self.what, expected, found: self.size.to_string() });
        }
        let digest = self.hasher.finish();
        match &self.claim.digest {
            Some(expected) if *expected != digest => {
                Err(Error::Digest { what: self.what, found: digest })
            }
            _ => Ok(Stored { digest, size: self.size }),
        }
    }
}

/// Stored bytes that fail at their end when they are not what was claimed, and one byte past their size.
///
/// Once failed they fail for ever, so that a reader that tries again sees no clean end.
pub struct Verified<R> {
    inner: R,
    what: String,
    /// Gone after the verdict, and after the first byte too many.
    check: Option<StoredCheck>,
    /// How many bytes at the front of the inner buffer are hashed already.
    ahead: usize,
    outcome: Arc<Outcome>,
}

impl<R> std::fmt::Debug for Verified<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verified")
            .field("what", &self.what)
            .field("count", &self.outcome.read())
            .finish_non_exhaustive()
    }
}

impl<R: AsyncBufRead + Unpin> Verified<R> {
    /// Wraps `inner`; `what` names the blob in errors.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a digest of an algorithm that cannot be verified.
    pub fn new(inner: R, what: impl Into<String>, claim: Claim) -> Result<Self, Error> {
        let what = what.into();
        let check = Some(StoredCheck::new(what.as_str(), claim)?);
        Ok(Self { inner, what, check, ahead: 0, outcome: Arc::default() })
    }

    /// Returns where the outcome stands: how far the stream was read and, once it has ended well, what it was.
    pub fn outcome(&self) -> Arc<Outcome> {
        Arc::clone(&self.outcome)
    }

    fn verdict(&mut self) -> Result<(), Error> {
        let Some(check) = self.check.take() else {
            return match self.outcome.stored.get() {
                Some(_) => Ok(()),
                None => Err(Error::malformed(&self.what, FAILED)),
            };
        };
        // The cell is set here only, and the check is gone after the first time.
        let _ = self.outcome.stored.set(check.verdict()?);
        Ok(())
    }
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Verified<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        let length = ready!(Pin::new(&mut this.inner).poll_fill_buf(cx))?.len();
        if length == 0 {
            this.verdict()?;
        }
        // Asked again for the slice only, since the borrow of the first answer would outlive the verdict.
        let buffer = ready!(Pin::new(&mut this.inner).poll_fill_buf(cx))?;
        if let Some(fresh) = buffer.get(this.ahead..)
            && !fresh.is_empty()
        {
            let Some(check) = &mut this.check else {
                return Poll::Ready(Err(Error::malformed(&this.what, FAILED).into()));
            };
            let checked = check.update(fresh);
            this.outcome.read.store(check.size(), Ordering::Relaxed);
            if let Err(error) = checked {
                this.check = None;
                return Poll::Ready(Err(error.into()));
            }
            this.ahead = buffer.len();
        }
        Poll::Ready(Ok(buffer))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.ahead = this.ahead.saturating_sub(amount);
        Pin::new(&mut this.inner).consume(amount);
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Verified<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_buffered(self, cx, buf)
    }
}

/// The check of a layer's uncompressed bytes: they go in piece by piece, the verdict comes once.
#[derive(Debug)]
#[must_use = "a check proves nothing before its verdict"]
pub struct DiffIdCheck {
    what: String,
    expected: Option<DiffId>,
    hasher: Hasher,
    size: u64,
}

impl DiffIdCheck {
    /// Starts a check against `expected`, or a mere measurement where nothing is expected.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a diffID of an algorithm that cannot be verified.
    pub fn new(what: impl Into<String>, expected: Option<DiffId>) -> Result<Self, Error> {
        let what = what.into();
        let algorithm = algorithm_of(expected.as_ref().map(|DiffId(digest)| digest), &what)?;
        Ok(Self { what, expected, hasher: algorithm.hasher(), size: 0 })
    }

    /// Adds the next bytes of the uncompressed layer.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size = self.size.saturating_add(len64(bytes.len()));
    }

    /// Ends the check.
    ///
    /// # Errors
    ///
    /// Returns [`Error::DiffId`] when the bytes have another diffID than expected.
    pub fn verdict(self) -> Result<Unpacked, Error> {
        let diff_id = DiffId(self.hasher.finish());
        match self.expected {
            Some(expected) if expected != diff_id => {
                Err(Error::DiffId { what: self.what, expected, found: diff_id })
            }
            _ => Ok(Unpacked { diff_id, size: self.size }),
        }
    }
}

/// Uncompressed bytes that fail at their end when their diffID is not what was expected.
#[derive(Debug)]
pub struct VerifiedTar<R> {
    inner: R,
    check: Option<DiffIdCheck>,
    failed: bool,
}

impl<R: AsyncRead + Unpin> VerifiedTar<R> {
    /// Wraps `inner`.
    pub fn new(inner: R, check: DiffIdCheck) -> Self {
        Self { inner, check: Some(check), failed: false }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for VerifiedTar<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let fresh = buf.filled().get(before..).unwrap_or_default();
        if !fresh.is_empty() {
            if let Some(check) = &mut this.check {
                check.update(fresh);
            }
        } else if let Some(check) = this.check.take() {
            this.failed = true;
            check.verdict()?;
            this.failed = false;
        } else if this.failed {
            return Poll::Ready(Err(Error::malformed("layer", FAILED).into()));
        }
        Poll::Ready(Ok(()))
    }
}
