//! A table played to a reader as the tar that it stands for.

use std::ops::Range;

use cutaway_layerfs::{EntryPath, Listing, Meta, Visitor, Walk, Walked};
use cutaway_model::{Compression, Layer, Measured, Stored, Unpacked};
use cutaway_tar::len64;
use cutaway_toc::{Chunk, Entry, Error, Form, Limits, Table, is_landmark};

use super::parts::join;
use super::{Blob, Opened, Why, limits};
use crate::{LayerReader, Options, Progress};

impl Opened {
    /// Plays the table, and the content that is wanted, which is read from the layer. Returns how many stored
    /// bytes were read, and what the layer holds by its table; nothing where the reader has ended the reading.
    pub(crate) async fn play<R: LayerReader>(
        self,
        layer: &Layer,
        reader: &mut R,
        options: &Options,
    ) -> Result<(u64, Option<(Measured, Walked)>), Why> {
        let (blobs, descriptor) = layer.blob().ok_or(Why::NoParts)?;
        let blob = Blob { blobs: blobs.as_ref(), descriptor };
        let limits = limits(options);
        let mut parts = Parts::new(blob, &self, limits);
        let mut walk = Walk::new(options.limits.layerfs).paid_from(&options.budget);
        options.observer.layer_opened(layer.index(), layer.size());
        reader.by_table();
        reader.begin().await;
        let (mut unpacked, mut hidden) = (0_u64, 0_u64);
        for entry in self.table.entries() {
            if self.table.form() == Form::Stargz && is_landmark(&entry.path) {
                hidden = hidden.saturating_add(1);
                continue;
            }
            let progress = |unpacked| Progress { stored: parts.read, unpacked };
            let mut goes_on = true;
            if walk.tell(&entry.path, &entry.meta, reader)? {
                if reader.is_full() {
                    goes_on = reader.pause(progress(unpacked)).await.is_continue();
                }
                if goes_on {
                    goes_on = parts.hand_on(&self.table, entry, reader, &mut unpacked).await?;
                }
            }
            options.observer.layer_read(layer.index(), parts.read, unpacked);
            let progress = Progress { stored: parts.read, unpacked };
            if !goes_on || reader.pause(progress).await.is_break() {
                return Ok((parts.read, None));
            }
        }
        let spared = descriptor.size.saturating_sub(parts.read);
        tracing::info!(
            layer = layer.what(),
            read = parts.read,
            spared,
            hidden,
            "read by its table of contents, so it is not verified; files of the format are left out"
        );
        options.observer.layer_done(layer.index());
        Ok((
            parts.read,
            Some((claimed(layer, self.table.form(), descriptor.size), walk.finish(reader)?)),
        ))
    }
}

/// Returns the listing that a table stands for, and for each entry of it the one of the table.
pub(crate) fn listing<'t>(
    table: &'t Table,
    options: &Options,
) -> Result<(Listing, Vec<&'t Entry>), Why> {
    let mut walk = Walk::new(options.limits.layerfs).paid_from(&options.budget);
    let (mut count, mut listed) = (Count(0), Vec::new());
    for entry in table.entries() {
        let before = count.0;
        walk.tell(&entry.path, &entry.meta, &mut count)?;
        if count.0 > before {
            listed.push(entry);
        }
    }
    Ok((walk.finish(&mut count)?.listing, listed))
}

/// Counts the entries that are listed, and wants none.
struct Count(u64);

impl Visitor for Count {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        self.0 = self.0.saturating_add(1);
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

/// Returns what manifest and config claim of a layer. Nobody says how large its tar is.
fn claimed(layer: &Layer, form: Form, size: u64) -> Measured {
    let diff_id = layer.diff_id().clone();
    let digest = layer.digest().unwrap_or(&diff_id.0).clone();
    let compression = match form {
        Form::Stargz => Compression::Gzip,
        Form::Chunked => Compression::Zstd,
    };
    let (stored, unpacked) = (Stored { digest, size }, Unpacked { diff_id, size: 0 });
    Measured { stored, unpacked, compression, padding: 0 }
}

/// The parts of a layer that were read or are to be.
struct Parts<'a> {
    blob: Blob<'a>,
    limits: Limits,
    /// What is asked for at once, in order.
    joined: Vec<Range<u64>>,
    /// The part that is held.
    held: (Range<u64>, Vec<u8>),
    read: u64,
}

impl<'a> Parts<'a> {
    fn new(blob: Blob<'a>, opened: &Opened, limits: Limits) -> Self {
        let likely = |entry: &&Entry| (opened.likely.likely)(&entry.path, &entry.meta);
        let chunks = opened.table.entries().iter().filter(likely).flat_map(|entry| &entry.chunks);
        let spans = chunks.filter(|chunk| !chunk.is_hole()).map(|chunk| chunk.stored.clone());
        let joined = join(spans.collect(), limits.chunk_bytes);
        Self { blob, limits, joined, held: (0..0, Vec::new()), read: opened.read }
    }

    /// Hands the content of an entry on. Returns whether the reader goes on.
    async fn hand_on<R: LayerReader>(
        &mut self,
        table: &Table,
        entry: &Entry,
        reader: &mut R,
        unpacked: &mut u64,
    ) -> Result<bool, Why> {
        let algorithm = entry.digest.as_ref().and_then(|digest| digest.algorithm());
        let mut hasher = algorithm.map(|algorithm| algorithm.hasher());
        let has_holes = entry.chunks.iter().any(Chunk::is_hole);
        for chunk in &entry.chunks {
            *unpacked = unpacked.saturating_add(chunk.len);
            if chunk.is_hole() {
                reader.hole(chunk.len);
            } else {
                let limits = self.limits;
                let stored = self.stored(&chunk.stored).await?;
                let bytes = table.content(chunk, stored, &limits)?;
                if let Some(hasher) = &mut hasher {
                    hasher.update(&bytes);
                }
                reader.data(&bytes);
            }
            let progress = Progress { stored: self.read, unpacked: *unpacked };
            if reader.pause(progress).await.is_break() {
                return Ok(false);
            }
        }
        // Zeros that stand for gigabytes are not hashed; chunks beside them have digests of their own.
        if let (Some(hasher), Some(claimed), false) = (hasher, &entry.digest, has_holes) {
            let found = hasher.finish();
            if found != *claimed {
                let (claimed, found) = (claimed.to_string(), found.to_string());
                return Err(Error::Digest { what: "a file".to_owned(), claimed, found }.into());
            }
        }
        reader.end();
        Ok(true)
    }

    /// Returns stored bytes, with what is asked for at once with them.
    async fn stored(&mut self, span: &Range<u64>) -> Result<&[u8], Why> {
        let holds = |part: &Range<u64>| part.start <= span.start && span.end <= part.end;
        if !holds(&self.held.0) {
            let length = span.end.saturating_sub(span.start);
            if length > self.limits.chunk_bytes {
                let (limit, max) = ("chunk_bytes", self.limits.chunk_bytes);
                return Err(Error::Limit { limit, max }.into());
            }
            let part = self.joined.iter().find(|part| holds(part)).unwrap_or(span).clone();
            self.held = (0..0, Vec::new());
            let bytes = self.blob.part(part.clone()).await?;
            self.read = self.read.saturating_add(len64(bytes.len()));
            self.held = (part, bytes);
        }
        let (part, bytes) = &self.held;
        let at =
            |offset: u64| usize::try_from(offset.saturating_sub(part.start)).unwrap_or(usize::MAX);
        Ok(bytes.get(at(span.start)..at(span.end)).unwrap_or_default())
    }
}
