//! One layer: where its bytes are, and what they have to be.

use std::io::Cursor;
use std::sync::Arc;

use cutaway_ref::Digest;
use cutaway_tar::Escaped;
use tokio::io::AsyncRead;

use crate::decode::{Decoded, peek};
use crate::source::Files;
use crate::verify::{
    Claim, DiffIdCheck, Outcome, Stored, Unpacked, Verified, VerifiedTar, algorithm_of,
};
use crate::{
    BlobStream, Blobs, Compression, Descriptor, DiffId, Error, History, Limits, MediaType,
    SNIFF_BYTES, Stamp,
};

/// A layer of an image. Its index is the only key that is unique: an image may hold one layer twice.
#[derive(Debug, Clone)]
pub struct Layer {
    index: usize,
    count: usize,
    origin: Origin,
    diff_id: DiffId,
    chain_id: Digest,
    history: Option<History>,
}

/// Where the stored bytes of a layer are.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// A blob that a manifest describes.
    Blob { blobs: Arc<dyn Blobs>, descriptor: Descriptor },
    /// A file of an archive that no manifest describes.
    Member {
        files: Arc<dyn Files>,
        name: String,
        size: Option<u64>,
        /// What the archive says that it was pulled as.
        source: Option<Box<Descriptor>>,
    },
}

impl Origin {
    /// Returns the number of stored bytes, where it is known before they are read.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Blob { descriptor, .. } => Some(descriptor.size),
            Self::Member { size, .. } => *size,
        }
    }
}

/// The uncompressed bytes of a layer, whose stored bytes are verified as they are read.
#[derive(Debug)]
pub struct Unpacking {
    /// The bytes. At their end, size and digest of the stored bytes were as the manifest says.
    pub reader: Decoded<Verified<BlobStream>>,
    /// How far the stored bytes were read and, when `reader` has ended well, what they were.
    pub outcome: Arc<Outcome>,
}

impl Layer {
    pub(crate) fn new(
        index: usize,
        count: usize,
        origin: Origin,
        diff_id: DiffId,
        chain_id: Digest,
        history: Option<History>,
    ) -> Self {
        Self { index, count, origin, diff_id, chain_id, history }
    }

    /// Returns the position, 0 for the oldest layer.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the digest that the manifest claims for the stored bytes, where there is a manifest.
    pub fn digest(&self) -> Option<&Digest> {
        match &self.origin {
            Origin::Blob { descriptor, .. } => Some(&descriptor.digest),
            Origin::Member { .. } => None,
        }
    }

    /// Returns the diffID that the config claims for the uncompressed tar.
    pub fn diff_id(&self) -> &DiffId {
        &self.diff_id
    }

    /// Returns the chainID: the digest of this layer on all below it.
    pub fn chain_id(&self) -> &Digest {
        &self.chain_id
    }

    /// Returns the number of stored bytes, where it is known before they are read.
    pub fn size(&self) -> Option<u64> {
        self.origin.size()
    }

    /// Returns whether the stored bytes are the uncompressed tar itself, so that they have its digest and
    /// its size: where both digests are the same, or the first bytes of an archive's member show it.
    ///
    /// # Errors
    ///
    /// Returns what keeps the member from being read.
    pub async fn is_plain(&self) -> Result<bool, Error> {
        match &self.origin {
            Origin::Blob { descriptor, .. } => Ok(descriptor.digest == self.diff_id.0),
            Origin::Member { files, name, .. } => {
                let what = self.what();
                let Some((stream, _)) = files.open(name)? else {
                    return Err(Error::Missing { what });
                };
                let (head, _) = peek(stream, SNIFF_BYTES)
                    .await
                    .map_err(|error| Error::from_io(error, &what))?;
                Ok(Compression::sniff(&head) == Compression::Plain)
            }
        }
    }

    /// Returns the media type of the manifest, where there is a manifest.
    pub fn media_type(&self) -> Option<&MediaType> {
        match &self.origin {
            Origin::Blob { descriptor, .. } => Some(&descriptor.media_type),
            Origin::Member { .. } => None,
        }
    }

    /// Returns whether its type says that it is something else than files. Only its bytes tell then.
    pub fn is_called_otherwise(&self) -> bool {
        self.media_type().is_some_and(|kind| !kind.is_file_system())
    }

    /// Returns whether it is kept by its owner alone, and need not be where the image is.
    pub fn is_kept_elsewhere(&self) -> bool {
        self.media_type().is_some_and(|kind| !kind.is_distributable())
    }

    /// Returns the build step that made the layer, where the history says it without a guess.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// Returns the name of the member, in an archive that no manifest describes.
    pub fn member(&self) -> Option<&str> {
        match &self.origin {
            Origin::Blob { .. } => None,
            Origin::Member { name, .. } => Some(name),
        }
    }

    /// Returns the blob that an archive says the layer was pulled as, which is often not what it
    /// stores (`LayerSources` of Docker since 25). Nothing can check it.
    pub fn claimed_source(&self) -> Option<&Descriptor> {
        match &self.origin {
            Origin::Blob { .. } => None,
            Origin::Member { source, .. } => source.as_deref(),
        }
    }

    /// Returns the blob that holds the layer and where it is, where a manifest describes it.
    pub fn blob(&self) -> Option<(&Arc<dyn Blobs>, &Descriptor)> {
        match &self.origin {
            Origin::Blob { blobs, descriptor } => Some((blobs, descriptor)),
            Origin::Member { .. } => None,
        }
    }

    /// Returns what shows whether its stored bytes are those that were read once.
    pub fn stamp(&self) -> Stamp {
        match &self.origin {
            Origin::Blob { blobs, descriptor } => blobs.stamp(descriptor),
            Origin::Member { files, name, .. } => files.stamp(name),
        }
    }

    /// Returns how many layers of this one's source may be open at once before another one waits for one of
    /// them to end; none where they never wait for each other.
    pub fn streams_at_once(&self) -> Option<usize> {
        self.blob().and_then(|(blobs, _)| blobs.streams_at_once())
    }

    /// Is told why reading the layer failed. Returns whether its stored bytes were wrong and may be had right
    /// elsewhere, so that it is worth reading it again.
    pub async fn report_bad_bytes(&self, error: &Error) -> bool {
        match self.blob() {
            Some((blobs, descriptor)) if error.is_about_bytes() => {
                blobs.report_bad_bytes(descriptor).await
            }
            _ => false,
        }
    }

    /// Returns how errors call the layer: its position and what names its bytes.
    pub fn what(&self) -> String {
        let (place, count) = (self.index, self.count);
        match &self.origin {
            Origin::Blob { descriptor, .. } => {
                format!("layer {place} of {count} {}", descriptor.digest)
            }
            Origin::Member { name, .. } => {
                format!("layer {place} of {count} {}", Escaped::new(name))
            }
        }
    }

    /// Opens the stored bytes, from the descriptor itself where it carries them. They fail at their end when size or digest are not as claimed.
    ///
    /// # Errors
    ///
    /// Returns what keeps the source from opening them.
    pub async fn compressed(&self) -> Result<Verified<BlobStream>, Error> {
        let (stream, claim) = self.stored().await?;
        Verified::new(stream, self.what(), claim)
    }

    /// Opens the stored bytes without a check, and says what they have to be: for a reader that makes
    /// the check with [`StoredCheck`](crate::StoredCheck) on another core.
    ///
    /// # Errors
    ///
    /// Returns what keeps the source from opening them, and [`Error::Malformed`] for a digest of an
    /// algorithm that cannot be verified.
    pub async fn stored(&self) -> Result<(BlobStream, Claim), Error> {
        let what = self.what();
        match &self.origin {
            Origin::Blob { blobs, descriptor } => {
                algorithm_of(Some(&descriptor.digest), &what)?;
                let stream: BlobStream = match descriptor.carried() {
                    Some(data) => Box::new(Cursor::new(data.to_vec())),
                    None => blobs.open(descriptor).await.map_err(|error| match error {
                        Error::Missing { .. } => self.missing(),
                        Error::NotFound { what, place } => {
                            Error::NotFound { what: format!("{what}{}", self.whose()), place }
                        }
                        other => other,
                    })?,
                };
                let digest = Some(descriptor.digest.clone());
                Ok((stream, Claim { digest, size: Some(descriptor.size) }))
            }
            Origin::Member { files, name, size, .. } => {
                let (stream, _) = files.open(name)?.ok_or(Error::Missing { what })?;
                Ok((stream, Claim { digest: None, size: *size }))
            }
        }
    }

    /// Returns the error of a layer whose bytes are not where its image is: where they may be had, too.
    pub fn missing(&self) -> Error {
        Error::Missing { what: format!("{}{}", self.what(), self.whose()) }
    }

    /// Says of a layer that its owner alone keeps where it may be had.
    fn whose(&self) -> String {
        match self.media_type().filter(|_| self.is_kept_elsewhere()) {
            Some(kind) => {
                format!(" of type {kind}, which its owner alone keeps (--foreign-urls asks there),")
            }
            None => String::new(),
        }
    }

    /// Opens the uncompressed bytes without the check of their diffID, for a reader that makes it
    /// with [`Layer::diff_id_check`] on another core.
    ///
    /// # Errors
    ///
    /// Returns what keeps the source from opening them, and [`Error::Malformed`] for an unsupported compression.
    pub async fn unpack(&self, limits: &Limits) -> Result<Unpacking, Error> {
        let verified = self.compressed().await?;
        let outcome = verified.outcome();
        let windows = crate::Windows::unbounded();
        let reader = Decoded::of_layer(verified, self.what(), limits, &windows, None).await?;
        self.warn_of(reader.compression());
        Ok(Unpacking { reader, outcome })
    }

    /// Logs what is odd about the form in which the layer is stored.
    pub fn warn_of(&self, compression: Compression) {
        for remark in self.remarks(compression, 0) {
            tracing::warn!(layer = self.what(), "{}", remark.message);
        }
    }

    /// Starts the check of the uncompressed bytes against the diffID of the config.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a diffID of an algorithm that cannot be verified.
    pub fn diff_id_check(&self) -> Result<DiffIdCheck, Error> {
        DiffIdCheck::new(self.what(), Some(self.diff_id.clone()))
    }

    /// Checks what the bytes of the layer turned out to be, where they were read before the layer was known.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Size`], [`Error::Digest`] or [`Error::DiffId`] for what is not as claimed, and
    /// [`Error::Malformed`] for bytes that were measured by another algorithm than the claim's.
    pub fn check(&self, stored: &Stored, unpacked: &Unpacked) -> Result<(), Error> {
        let what = self.what();
        if let Some(expected) = self.size()
            && expected != stored.size
        {
            return Err(Error::Size { what, expected, found: stored.size.to_string() });
        }
        if let Some(expected) = self.digest()
            && *expected != stored.digest
        {
            comparable(expected, &stored.digest, &what)?;
            return Err(Error::Digest { what, found: stored.digest.clone() });
        }
        if self.diff_id != unpacked.diff_id {
            comparable(&self.diff_id.0, &unpacked.diff_id.0, &what)?;
            let (expected, found) = (self.diff_id.clone(), unpacked.diff_id.clone());
            return Err(Error::DiffId { what, expected, found });
        }
        Ok(())
    }

    /// Opens the uncompressed bytes, which fail at their end when size, digest or diffID are not as claimed.
    ///
    /// # Errors
    ///
    /// As [`Layer::unpack`] and [`Layer::diff_id_check`].
    pub async fn uncompressed(
        &self,
        limits: &Limits,
    ) -> Result<impl AsyncRead + Send + Unpin + use<>, Error> {
        let check = self.diff_id_check()?;
        Ok(VerifiedTar::new(self.unpack(limits).await?.reader, check))
    }
}

/// Refuses to call bytes wrong that were measured by another algorithm than the one that is claimed.
fn comparable(expected: &Digest, found: &Digest, what: &str) -> Result<(), Error> {
    if expected.algorithm() == found.algorithm() {
        return Ok(());
    }
    let rule = format!(
        "is named by {}, but its bytes were measured by {} as they passed; read it from a file",
        expected.algorithm_name(),
        found.algorithm_name()
    );
    Err(Error::malformed(what, rule))
}
