//! An image as one file system, in a tar.
//!
//! The layers are read twice: once for what is in them, which decides what is visible, and once more,
//! where they hold something visible, for its content. Nothing is kept on disk, and in memory only
//! the listings. Each reading verifies; an archive whose second reading fails has no end marker.

use std::collections::VecDeque;
use std::sync::Arc;

use cutaway_files::{Observer, Silent, Source};
use cutaway_layerfs::{EntryPath, Kind, Listing, Meta};
use cutaway_model::{Error as ModelError, Image};
use tokio::io::AsyncWrite;

use crate::emitter::{Emitter, Unread};
use crate::plan::Plan;
use crate::tarfile::{Head, TarWriter};
use crate::{Error, Limits};

/// What a flattened file system amounts to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flattened {
    /// Names that were written.
    pub names: u64,
    /// Bytes of content.
    pub bytes: u64,
}

/// Writes the file system of `image`, as a container would see it, to `out` as a tar; `target` names it in errors.
///
/// Directories, symbolic links and devices come first, sorted by path, then files layer by layer. Names
/// of one file stay names of one file, whichever layers they are from. The root itself is left out.
///
/// # Errors
///
/// Returns what keeps a layer from being read and verified, and what keeps `out` from being written;
/// the archive has no end marker then.
pub async fn flatten(
    image: &Image,
    limits: &Limits,
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<Flattened, Error> {
    let silent: Arc<dyn Observer> = Arc::new(Silent);
    flatten_observed(image, limits, &silent, out, target).await
}

/// Writes the file system of `image` as [`flatten`] does, and tells `observer` how far each of the two
/// readings of a layer is.
///
/// # Errors
///
/// As [`flatten`].
pub async fn flatten_observed(
    image: &Image,
    limits: &Limits,
    observer: &Arc<dyn Observer>,
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<Flattened, Error> {
    let mut listings = Vec::with_capacity(image.layers().len());
    for (position, layer) in (0_u32..).zip(image.layers()) {
        let source = Source::open(layer, &limits.model).await?.observed(observer, layer);
        listings.push((position, Arc::new(read(source, limits).await?.1)));
    }
    let mut flattening = Flattening::start(listings, limits, out, target).await?;
    for (position, layer) in (0_u32..).zip(image.layers()) {
        let wanted = flattening.wanted(position);
        if !wanted.is_empty() {
            let source = Source::open(layer, &limits.model).await?.observed(observer, layer);
            flattening.layer(position, wanted, source, limits).await?;
        }
    }
    flattening.finish().await
}

/// Reads a layer for what is in it.
pub(crate) async fn read(
    source: Source,
    limits: &Limits,
) -> Result<(cutaway_files::Measured, Listing), cutaway_files::ReadError> {
    let what = source.what().to_owned();
    match source.walk(limits.layerfs, &mut Unread).await? {
        Some((measured, walked)) => Ok((measured, walked.listing)),
        None => Err(unfinished(what).into()),
    }
}

fn unfinished(what: String) -> ModelError {
    ModelError::malformed(what, "was not read to its end")
}

/// A file system that is being written.
pub(crate) struct Flattening<W: AsyncWrite + Unpin + Send> {
    plan: Plan,
    tar: TarWriter<W>,
    written: Flattened,
}

impl<W: AsyncWrite + Unpin + Send> Flattening<W> {
    /// Lays numbered layers over each other, base first, and writes everything that has no content.
    pub(crate) async fn start(
        listings: Vec<(u32, Arc<Listing>)>,
        limits: &Limits,
        out: W,
        target: &str,
    ) -> Result<Self, Error> {
        let plan = Plan::new(listings, limits.layerfs)?;
        let mut tar = TarWriter::new(out, target);
        for &id in &plan.bare {
            let (path, meta) = plan.describe(id);
            tar.start(&head(&path, meta.as_ref())).await?;
        }
        let names = u64::try_from(plan.bare.len()).unwrap_or(u64::MAX);
        Ok(Self { plan, tar, written: Flattened { names, bytes: 0 } })
    }

    /// Returns the entries of a layer whose content is visible.
    pub(crate) fn wanted(&self, layer: u32) -> VecDeque<u32> {
        self.plan.wanted(layer)
    }

    /// Writes the files of one layer as it streams by, and reads it to its end.
    pub(crate) async fn layer(
        &mut self,
        layer: u32,
        wanted: VecDeque<u32>,
        source: Source,
        limits: &Limits,
    ) -> Result<cutaway_files::Measured, Error> {
        let what = source.what().to_owned();
        let mut emitter = Emitter::new(self, layer, wanted);
        match source.walk(limits.layerfs, &mut emitter).await? {
            Some((measured, _)) => Ok(measured),
            None => Err(emitter.failure().unwrap_or_else(|| unfinished(what).into())),
        }
    }

    /// Begins a file, under the first of its names.
    pub(crate) async fn begin(&mut self, layer: u32, entry: u32, meta: &Meta) -> Result<(), Error> {
        match self.plan.names(layer, entry).first() {
            Some(first) => self.tar.start(&head(first, Some(meta))).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn data(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.tar.data(bytes).await
    }

    pub(crate) async fn hole(&mut self, len: u64) -> Result<(), Error> {
        self.tar.zeros(len).await
    }

    /// Ends a file, and adds its other names.
    pub(crate) async fn end(&mut self, layer: u32, entry: u32, meta: &Meta) -> Result<(), Error> {
        self.tar.end().await?;
        let names = self.plan.names(layer, entry);
        let Some((first, others)) = names.split_first() else { return Ok(()) };
        for other in others {
            let link = Head {
                kind: Kind::HardLink,
                size: 0,
                link: Some(first.as_bytes()),
                ..head(other, Some(meta))
            };
            self.tar.start(&link).await?;
        }
        let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
        self.written.names = self.written.names.saturating_add(count);
        self.written.bytes = self.written.bytes.saturating_add(meta.size);
        Ok(())
    }

    /// Writes the end marker.
    pub(crate) async fn finish(self) -> Result<Flattened, Error> {
        self.tar.finish().await?;
        Ok(self.written)
    }
}

/// Describes a name as its layer does; a directory that none describes is root's, as unpackers make it.
fn head<'a>(path: &'a EntryPath, meta: Option<&'a Meta>) -> Head<'a> {
    let path = path.as_bytes();
    match meta {
        None => Head { kind: Kind::Directory, mode: 0o755, ..Head::file(path, 0) },
        Some(meta) => Head {
            path,
            kind: meta.kind,
            size: meta.size,
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            uname: &meta.uname,
            gname: &meta.gname,
            mtime: meta.mtime,
            mtime_nanos: meta.mtime_nanos,
            link: meta.link.as_deref(),
            device: meta.device,
            xattrs: &meta.xattrs,
        },
    }
}
