//! Whether a layer that was read as a tar is what its table of contents says.
//!
//! Runtimes that fetch lazily mount what the table says, all others unpack the tar: who makes them differ
//! shows one image to whoever looks at it and another one to whoever runs it. So a layer that claims to have
//! a table is compared with it whenever all of it is read. Names and times do not count: builders write
//! some of them into the tar alone.

use std::ops::{ControlFlow, Range};

use cutaway_layerfs::{Entry, EntryPath, Kind, Listing, Meta, Visitor, Walked, Warning};
use cutaway_model::{Layer, Measured};
use cutaway_ref::{Algorithm, Hasher};
use cutaway_tar::{Escaped, len64};
use cutaway_toc::{Form, INDEX_NAME, Limits, Place, Table};

use crate::stream::Stream;
use crate::tables::{self, Why};
use crate::{Error, LayerReader, Options, Progress};

/// Walks over a layer, and compares it with its table where it has one.
pub(crate) async fn walk<R: LayerReader>(
    layer: &Layer,
    stream: Stream,
    options: &Options,
    reader: &mut R,
) -> Result<Option<(Measured, Walked)>, Error> {
    let limits = tables::limits(options);
    let place = layer.blob().and_then(|(_, it)| tables::place_of(it, &limits).ok().flatten());
    let Some(place) = place else { return stream.walk(options, reader).await };
    let mut both = Both::new(reader, place, limits);
    let mut whole = Box::pin(stream.walk(options, &mut both)).await?;
    if let Some((_, walked)) = &mut whole {
        match both.difference(&walked.listing, options) {
            Ok(None) => {}
            Ok(Some(message)) => {
                tracing::warn!(layer = layer.what(), "{message}");
                let warning = Warning::of_walk("toc-mismatch".into(), None, message);
                walked.warnings.push(warning);
            }
            // Whoever mounts lazily checks its digest as well, and takes the tar.
            Err(why) => {
                tracing::info!(layer = layer.what(), %why, "its table of contents says nothing");
            }
        }
    }
    Ok(whole)
}

/// The first half of a sha256 digest, which tells the contents of files apart.
type Sum = [u8; 16];

/// Goes along with another reader and keeps what the comparison needs.
struct Both<'a, R> {
    reader: &'a mut R,
    /// Whether the other one wants the content that comes by.
    wanted: bool,
    place: Place,
    limits: Limits,
    /// The bytes of the table, as far as they have come; none where they are too many.
    table: Option<Vec<u8>>,
    /// Whether the content that comes by is the table.
    is_table: bool,
    /// Stored bytes so far.
    stored: u64,
    open: Option<(u32, Hasher)>,
    sums: Vec<(u32, Sum)>,
}

impl<'a, R: LayerReader> Both<'a, R> {
    fn new(reader: &'a mut R, place: Place, limits: Limits) -> Self {
        Self {
            reader,
            wanted: false,
            place,
            limits,
            table: Some(Vec::new()),
            is_table: false,
            stored: 0,
            open: None,
            sums: Vec::new(),
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let max = self.limits.table_bytes;
        if let Some(table) = &mut self.table {
            if len64(table.len()).saturating_add(len64(bytes.len())) > max {
                self.table = None;
            } else {
                table.extend_from_slice(bytes);
            }
        }
    }

    /// Returns how the table and the tar differ, where they do.
    fn difference(self, tar: &Listing, options: &Options) -> Result<Option<String>, Why> {
        let limit = Why::Table(cutaway_toc::Error::Limit {
            limit: "table_bytes",
            max: self.limits.table_bytes,
        });
        let bytes = self.table.ok_or(limit)?;
        let (json, form, end) = match &self.place {
            Place::Stargz(digest) => {
                Table::check(&bytes, digest)?;
                (bytes, Form::Stargz, u64::MAX)
            }
            Place::Chunked(chunked) => {
                Table::check(&bytes, &chunked.digest)?;
                (tables::unpack(&bytes, chunked)?, Form::Chunked, chunked.offset)
            }
        };
        let table = match Table::read(&json, form, end, &self.limits) {
            Ok(table) => table,
            Err(error @ cutaway_toc::Error::Malformed(_)) => return Ok(Some(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        let (claimed, said) = tables::listing(&table, options)?;
        let sum = |entry: u32| {
            let found = self.sums.binary_search_by_key(&entry, |(id, _)| *id).ok()?;
            self.sums.get(found).map(|(_, sum)| *sum)
        };
        Ok(compare(&claimed, &said, tar, form, sum))
    }
}

/// Compares what a table stands for with what the tar held, entry by entry; `said` is what the table says of
/// each entry of `claimed`.
fn compare(
    claimed: &Listing,
    said: &[&cutaway_toc::Entry],
    tar: &Listing,
    form: Form,
    sum: impl Fn(u32) -> Option<Sum>,
) -> Option<String> {
    let shown = |path: &EntryPath| Escaped::name(path.as_bytes()).to_string();
    let says = |path: &EntryPath, what: &str| {
        Some(format!("its table of contents and its tar differ at {}: {what}", shown(path)))
    };
    let counts = |entry: &Entry| !is_of_format(form, entry.path());
    let mut ours = (0_u32..).zip(tar.iter()).filter(|(_, entry)| counts(entry));
    let mut theirs = claimed.iter().zip(said).filter(|(entry, _)| counts(entry));
    loop {
        let (id, entry, claim, said) = match (ours.next(), theirs.next()) {
            (None, None) => break,
            (Some((_, entry)), None) => return says(entry.path(), "the tar alone has it"),
            (None, Some((claim, _))) => return says(claim.path(), "the table alone has it"),
            (Some((id, entry)), Some((claim, said))) => (id, entry, claim, said),
        };
        if entry.path() != claim.path() {
            return says(
                claim.path(),
                &format!("the tar has {} in its place", shown(entry.path())),
            );
        }
        if let Some(what) = differs(&entry, &claim) {
            return says(entry.path(), what);
        }
        if entry.meta().kind == Kind::File && !has_sum(said, sum(id)) {
            return says(entry.path(), "its content");
        }
    }
    let marks = |listing: &Listing| -> Vec<String> {
        let mut marks: Vec<_> = listing.whiteouts().map(|it| format!("{it:?}")).collect();
        marks.sort_unstable();
        marks
    };
    (marks(tar) != marks(claimed))
        .then(|| "its table of contents and its tar hide different files".to_owned())
}

/// Returns whether a file is one of the format, not of the image.
fn is_of_format(form: Form, path: &EntryPath) -> bool {
    let path = path.as_bytes();
    form == Form::Stargz && (path == INDEX_NAME.as_bytes() || cutaway_toc::is_landmark(path))
}

/// Returns whether what a table says of the content of a file is what its sum says; without a digest it says
/// nothing, and only an empty file needs none.
fn has_sum(said: &cutaway_toc::Entry, sum: Option<Sum>) -> bool {
    match (&said.digest, sum) {
        (Some(digest), Some(sum)) if digest.algorithm() == Some(Algorithm::Sha256) => {
            half(digest.encoded()) == Some(sum)
        }
        _ => said.meta.size == 0,
    }
}

fn differs(entry: &Entry, claim: &Entry) -> Option<&'static str> {
    let (ours, theirs) = (entry.meta(), claim.meta());
    let sorted = |meta: &Meta| {
        let mut xattrs: Vec<_> =
            meta.xattrs.iter().map(|it| (it.name.clone(), it.value.clone())).collect();
        xattrs.sort_unstable();
        xattrs
    };
    [
        (ours.kind != theirs.kind, "what it is"),
        (ours.size != theirs.size, "its size"),
        (ours.mode != theirs.mode, "its mode"),
        ((ours.uid, ours.gid) != (theirs.uid, theirs.gid), "its owner"),
        (ours.link != theirs.link, "where it leads"),
        (ours.device != theirs.device, "its device"),
        (sorted(ours) != sorted(theirs), "its attributes"),
    ]
    .into_iter()
    .find_map(|(differs, what)| differs.then_some(what))
}

/// Returns the first half of a digest.
fn half(encoded: &str) -> Option<Sum> {
    let mut half = Sum::default();
    for (byte, pair) in half.iter_mut().zip(encoded.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(half)
}

impl<R: LayerReader> Visitor for Both<'_, R> {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.wanted = self.reader.entry(id, path, meta);
        let is_file = meta.kind == Kind::File;
        let is_stargz = matches!(self.place, Place::Stargz(_));
        self.is_table = is_file && is_stargz && path.as_bytes() == INDEX_NAME.as_bytes();
        if self.is_table {
            // The last one counts, as in a file system.
            self.table = Some(Vec::new());
        }
        self.open = is_file.then(|| (id, Algorithm::Sha256.hasher()));
        self.wanted || is_file
    }

    fn data(&mut self, chunk: &[u8]) {
        if self.wanted {
            self.reader.data(chunk);
        }
        if self.is_table {
            self.keep(chunk);
        }
        if let Some((_, hasher)) = &mut self.open {
            hasher.update(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if self.wanted {
            self.reader.hole(len);
        }
        let Some((_, hasher)) = &mut self.open else { return };
        let zeros = [0; 4096];
        let mut left = len;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
            hasher.update(zeros.get(..count).unwrap_or_default());
            left = left.saturating_sub(len64(count));
        }
    }

    fn end(&mut self) {
        if self.wanted {
            self.reader.end();
        }
        if let Some((id, hasher)) = self.open.take()
            && let Some(sum) = half(hasher.finish().encoded())
        {
            self.sums.push((id, sum));
        }
    }

    fn is_full(&self) -> bool {
        self.wanted && self.reader.is_full()
    }
}

impl<R: LayerReader> LayerReader for Both<'_, R> {
    type Out = ();

    async fn begin(&mut self) {
        self.reader.begin().await;
    }

    async fn pause(&mut self, progress: Progress) -> ControlFlow<()> {
        self.reader.pause(progress).await
    }

    fn stored(&mut self, bytes: &[u8]) {
        self.reader.stored(bytes);
        if let Place::Chunked(chunked) = &self.place {
            let span = tables::span_of(chunked);
            if let Some(part) = overlap(bytes, self.stored, &span) {
                self.keep(part);
            }
        }
        self.stored = self.stored.saturating_add(len64(bytes.len()));
    }

    async fn finish(self) {}
}

/// Returns those of `bytes`, the first of which stands at `at`, that lie in `span`.
fn overlap<'b>(bytes: &'b [u8], at: u64, span: &Range<u64>) -> Option<&'b [u8]> {
    let local = |offset: u64| usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
    let (from, to) = (local(span.start), local(span.end).min(bytes.len()));
    bytes.get(from..to).filter(|part| !part.is_empty())
}
