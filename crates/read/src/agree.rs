//! Whether a layer that was read as a tar is what its table of contents says.
//!
//! Runtimes that fetch lazily mount what the table says, all others unpack the tar: who makes them differ
//! shows one image to whoever looks at it and another one to whoever runs it. So a layer that claims to have
//! a table is compared with it whenever all of it is read. Names and times do not count: builders write
//! some of them into the tar alone.

use std::ops::{ControlFlow, Range};

use cutaway_layerfs::{Account, Entry, EntryPath, Kind, Listing, Meta, Visitor, Walked, Warning};
use cutaway_model::{Layer, Measured};
use cutaway_ref::{Algorithm, Hasher};
use cutaway_tar::{Escaped, len64};
use cutaway_toc::{Error as Wrong, Form, INDEX_NAME, Limits, Place, Table};

use crate::stream::Stream;
use crate::tables::{self, Why};
use crate::{Error, LayerReader, Options, Progress};

/// Walks over a layer, and compares it with each table that it claims to have.
pub(crate) async fn walk<R: LayerReader>(
    layer: &Layer,
    stream: Stream,
    options: &Options,
    reader: &mut R,
) -> Result<Option<(Measured, Walked)>, Error> {
    let limits = tables::limits(options);
    let claims = tables::claims(layer, &limits);
    if claims.is_empty() {
        return stream.walk(options, reader).await;
    }
    let mut both = Both::new(reader, claims, limits, options);
    let mut whole = Box::pin(stream.walk(options, &mut both)).await?;
    if let Some((_, walked)) = &mut whole {
        let Both { claims, contents, .. } = both;
        let found = claims.into_iter().filter_map(|claim| {
            let compared = claim.difference(&walked.listing, &contents, limits, options);
            warning(layer, compared)
        });
        let found: Vec<Warning> = found.collect();
        walked.warnings.extend(found);
    }
    Ok(whole)
}

/// Says how a table and its tar differ, or why that is not known; nothing where they agree and where nobody
/// can believe the table.
fn warning(layer: &Layer, compared: Result<Option<String>, Why>) -> Option<Warning> {
    let (code, message) = match compared {
        Ok(None) => return None,
        Ok(Some(message)) => ("toc-mismatch", message),
        // Whoever mounts lazily finds that as well, and takes the tar.
        Err(Why::Table(why @ (Wrong::Digest { .. } | Wrong::Malformed(_)))) => {
            tracing::info!(layer = layer.what(), %why, "its table of contents says nothing");
            return None;
        }
        Err(why) => {
            ("toc-unread", format!("its table of contents was not compared with its tar: {why}"))
        }
    };
    tracing::warn!(layer = layer.what(), code, "{message}");
    Some(Warning::of_walk(code.into(), None, message))
}

/// The first half of a sha256 digest, which tells the contents of files apart.
type Sum = [u8; 16];

/// A table that a layer claims to have, and its bytes as far as they have come.
struct Claim {
    place: Result<Place, Wrong>,
    bytes: Vec<u8>,
    /// What the bytes are paid from; none when they went over a limit.
    account: Option<Account>,
}

impl Claim {
    fn keep(&mut self, bytes: &[u8], max: u64) {
        let len = len64(bytes.len());
        let fits = len64(self.bytes.len()).saturating_add(len) <= max;
        if !fits || !self.account.as_mut().is_some_and(|account| account.pay(len)) {
            (self.bytes, self.account) = (Vec::new(), None);
            return;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns how the table and the tar differ, where they do.
    fn difference(
        self,
        tar: &Listing,
        contents: &Contents,
        limits: Limits,
        options: &Options,
    ) -> Result<Option<String>, Why> {
        let Self { place, bytes, account } = self;
        let place = place?;
        // Paid for as long as the bytes are held.
        let _account = account.ok_or(Why::Held)?;
        if bytes.is_empty() {
            return Err(Wrong::Malformed("it is not there".to_owned()).into());
        }
        let (json, form, end) = match &place {
            Place::Stargz(digest) => {
                Table::check(&bytes, digest)?;
                (bytes, Form::Stargz, u64::MAX)
            }
            Place::Chunked(chunked) => {
                Table::check(&bytes, &chunked.digest)?;
                let json = cutaway_toc::unpack_chunked(&bytes, chunked.unpacked)?;
                (json, Form::Chunked, chunked.offset)
            }
        };
        let table = match Table::read(&json, form, end, &limits) {
            Ok(table) => table,
            Err(error @ Wrong::Malformed(_)) => return Ok(Some(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        let (claimed, said) = tables::listing(&table, options)?;
        if contents.holes.is_none() {
            let (limit, max) = ("table_hole_bytes", limits.table_hole_bytes);
            return Err(Wrong::Limit { limit, max }.into());
        }
        Ok(compare(&claimed, &said, tar, form, |entry| contents.sum(entry)))
    }
}

/// What tells the contents of the files of a tar apart.
struct Contents {
    open: Option<(u32, Hasher)>,
    sums: Vec<(u32, Sum)>,
    /// How many bytes of holes may still be hashed; none when there were more.
    holes: Option<u64>,
}

impl Contents {
    fn sum(&self, entry: u32) -> Option<Sum> {
        let found = self.sums.binary_search_by_key(&entry, |(id, _)| *id).ok()?;
        self.sums.get(found).map(|(_, sum)| *sum)
    }

    /// Adds a hole, as far as there is time to hash it.
    fn hole(&mut self, len: u64) {
        let Some((_, hasher)) = &mut self.open else { return };
        self.holes = self.holes.and_then(|holes| holes.checked_sub(len));
        if self.holes.is_none() {
            return;
        }
        let zeros = [0; 4096];
        let mut left = len;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
            hasher.update(zeros.get(..count).unwrap_or_default());
            left = left.saturating_sub(len64(count));
        }
    }

    fn end(&mut self) {
        if let Some((id, hasher)) = self.open.take()
            && let Some(sum) = half(hasher.finish().encoded())
        {
            self.sums.push((id, sum));
        }
    }
}

/// Goes along with another reader and keeps what the comparison needs.
struct Both<'a, R> {
    reader: &'a mut R,
    /// Whether the other one wants the content that comes by.
    wanted: bool,
    limits: Limits,
    claims: Vec<Claim>,
    /// Whether the content that comes by is the table of eStargz.
    is_table: bool,
    /// Stored bytes so far.
    stored: u64,
    contents: Contents,
}

impl<'a, R: LayerReader> Both<'a, R> {
    fn new(
        reader: &'a mut R,
        claims: Vec<Result<Place, Wrong>>,
        limits: Limits,
        options: &Options,
    ) -> Self {
        let claim =
            |place| Claim { place, bytes: Vec::new(), account: Some(options.budget.account()) };
        Self {
            reader,
            wanted: false,
            limits,
            claims: claims.into_iter().map(claim).collect(),
            is_table: false,
            stored: 0,
            contents: Contents {
                open: None,
                sums: Vec::new(),
                holes: Some(limits.table_hole_bytes),
            },
        }
    }

    /// Returns the claim of eStargz, of which there is one at most.
    fn stargz(&mut self) -> Option<&mut Claim> {
        self.claims.iter_mut().find(|claim| matches!(claim.place, Ok(Place::Stargz(_))))
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
        self.is_table = is_file && path.as_bytes() == INDEX_NAME.as_bytes();
        let is_table = self.is_table;
        if let Some(claim) = self.stargz().filter(|_| is_table) {
            // The last one counts, as in a file system.
            claim.bytes.clear();
        }
        self.contents.open = is_file.then(|| (id, Algorithm::Sha256.hasher()));
        self.wanted || is_file
    }

    fn data(&mut self, chunk: &[u8]) {
        if self.wanted {
            self.reader.data(chunk);
        }
        let (is_table, max) = (self.is_table, self.limits.table_bytes);
        if let Some(claim) = self.stargz().filter(|_| is_table) {
            claim.keep(chunk, max);
        }
        if let Some((_, hasher)) = &mut self.contents.open {
            hasher.update(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if self.wanted {
            self.reader.hole(len);
        }
        self.contents.hole(len);
    }

    fn end(&mut self) {
        if self.wanted {
            self.reader.end();
        }
        self.contents.end();
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
        for claim in &mut self.claims {
            if let Ok(Place::Chunked(chunked)) = &claim.place
                && let Some(part) = overlap(bytes, self.stored, &tables::span_of(chunked))
            {
                claim.keep(part, self.limits.table_bytes);
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
