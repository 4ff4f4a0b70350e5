//! One archive that takes blobs, one after the other: what both forms have in common.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use cutaway_model::{BlobStream, Blobs, Claim, Descriptor, Error, SinkError, StoredCheck};
use cutaway_tar::len64;
use tokio::io::{AsyncBufReadExt as _, AsyncWrite};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::tarfile::{Head, TarWriter};

/// An archive that is being written, by one at a time.
pub(crate) struct Archive<W: AsyncWrite + Unpin + Send>(Arc<Mutex<Writer<W>>>);

/// Who writes to an archive.
pub(crate) struct Writer<W: AsyncWrite + Unpin + Send> {
    /// Gone when the archive was finished.
    tar: Option<TarWriter<W>>,
    target: String,
    /// The names of the members that are there.
    members: BTreeSet<String>,
    /// Whether a member was begun and not ended, after which nothing may follow.
    is_torn: bool,
}

impl<W: AsyncWrite + Unpin + Send> Archive<W> {
    /// Starts an archive; `target` names it in errors.
    pub(crate) fn new(out: W, target: &str) -> Self {
        let tar = Some(TarWriter::new(out, target));
        let (target, members) = (target.to_owned(), BTreeSet::new());
        Self(Arc::new(Mutex::new(Writer { tar, target, members, is_torn: false })))
    }

    /// Waits for whoever writes a member.
    pub(crate) async fn writer(&self) -> OwnedMutexGuard<Writer<W>> {
        Arc::clone(&self.0).lock_owned().await
    }

    /// Writes the end marker, and everything that was held back.
    pub(crate) async fn finish(&self) -> Result<W, SinkError> {
        let mut writer = self.writer().await;
        writer.tar()?;
        match writer.tar.take() {
            Some(tar) => tar.finish().await,
            None => Err(writer.finished()),
        }
    }
}

impl<W: AsyncWrite + Unpin + Send> Writer<W> {
    /// Returns whether there is a member of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains(name)
    }

    /// Appends a document.
    pub(crate) async fn document(&mut self, name: &str, bytes: &[u8]) -> Result<(), SinkError> {
        let size = len64(bytes.len());
        self.begin(name, size).await?;
        self.data(bytes).await?;
        self.end(name).await
    }

    /// Appends a blob, and verifies it on the way; returns how many bytes it has.
    ///
    /// Bytes that turn out to be wrong are in the archive already, so they cannot be had elsewhere any more.
    pub(crate) async fn blob(
        &mut self,
        name: &str,
        blob: &Descriptor,
        from: &dyn Blobs,
    ) -> Result<u64, SinkError> {
        let what = format!("blob {}", blob.digest);
        let claim = Claim { digest: Some(blob.digest.clone()), size: Some(blob.size) };
        let mut check = StoredCheck::new(what.as_str(), claim)?;
        let mut stream: BlobStream = match blob.carried() {
            Some(data) => Box::new(io::Cursor::new(data.to_vec())),
            None => from.open(blob).await?,
        };
        self.begin(name, blob.size).await?;
        loop {
            let read = stream.fill_buf().await;
            let bytes = read.map_err(|error| Error::from_io(error, &what))?;
            let count = bytes.len();
            if count == 0 {
                break;
            }
            check.update(bytes)?;
            self.data(bytes).await?;
            stream.consume(count);
        }
        check.verdict()?;
        self.end(name).await?;
        Ok(blob.size)
    }

    /// Starts a member, which has exactly `size` bytes.
    pub(crate) async fn begin(&mut self, name: &str, size: u64) -> Result<(), SinkError> {
        let started = self.tar()?.start(&Head::file(name.as_bytes(), size)).await;
        self.is_torn = true;
        started
    }

    /// Writes the next bytes of the member.
    pub(crate) async fn data(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        match &mut self.tar {
            Some(tar) => Ok(tar.data(bytes).await?),
            None => Err(self.finished()),
        }
    }

    /// Ends the member.
    pub(crate) async fn end(&mut self, name: &str) -> Result<(), SinkError> {
        match &mut self.tar {
            Some(tar) => tar.end().await?,
            None => return Err(self.finished()),
        }
        self.is_torn = false;
        self.members.insert(name.to_owned());
        Ok(())
    }

    /// Returns the archive where a member may follow.
    fn tar(&mut self) -> Result<&mut TarWriter<W>, SinkError> {
        if self.is_torn {
            return Err(SinkError::target(self.target.as_str(), "broke off within a member"));
        }
        let Self { tar, target, .. } = self;
        tar.as_mut().ok_or_else(|| SinkError::target(target.as_str(), FINISHED))
    }

    fn finished(&self) -> SinkError {
        SinkError::target(self.target.as_str(), FINISHED)
    }
}

/// What is said to who writes on.
const FINISHED: &str = "has its end marker already";
