//! What a table says.

use std::ops::Range;
use std::str::FromStr as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_layerfs::{Kind, Meta, Xattr};
use cutaway_ref::Digest;
use cutaway_tar::Escaped;

use crate::chunk::{Chunk, check};
use crate::json::{self, Raw};
use crate::{Error, Limits};

/// In which form a layer with a table is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Gzip members: eStargz.
    Stargz,
    /// Zstandard frames: zstd:chunked.
    Chunked,
}

/// What a table says of its layer: the entries of its tar, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    form: Form,
    entries: Vec<Entry>,
}

/// What a table says of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its name, as members of a tar have it.
    pub path: Box<[u8]>,
    /// What it says about it.
    pub meta: Meta,
    /// The digest of all of its content, where the table has it.
    pub digest: Option<Digest>,
    /// Its content, in order and without gaps.
    pub chunks: Vec<Chunk>,
}

impl Table {
    /// Reads the JSON of a table of a layer whose files all lie in its first `end` stored bytes.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for anything that does not fit together: a chunk outside of the layer, a
    /// file whose chunks are not all of it, a name that JSON could not hold; [`Error::Limit`] for too much.
    pub fn read(json: &[u8], form: Form, end: u64, limits: &Limits) -> Result<Self, Error> {
        let mut builder = Builder { form, entries: Vec::new(), spans: Vec::new(), count: 0 };
        json::read(json, |raw| {
            builder.count = builder.count.saturating_add(1);
            if builder.count > limits.entries {
                return Err(Error::Limit { limit: "entries", max: limits.entries });
            }
            builder.take(raw)
        })?;
        builder.finish(end)
    }

    /// Checks the bytes of a table against the digest that its layer's descriptor has for it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Digest`] where they have another one.
    pub fn check(bytes: &[u8], claimed: &Digest) -> Result<(), Error> {
        check("the table of contents", claimed, bytes)
    }

    /// Returns the form of the layer.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Returns the entries, in the order of the table.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Makes a chunk of the stored bytes that hold it, and checks its digest where the table has one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for bytes that do not hold it, [`Error::Digest`] for other ones, and
    /// [`Error::Limit`] for too many.
    pub fn content(&self, chunk: &Chunk, stored: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
        chunk.unpack(self.form, stored, limits)
    }
}

/// A table in the making.
struct Builder {
    form: Form,
    entries: Vec<Entry>,
    /// Where each chunk of the last file begins and where it was said to end, by the form that says so.
    spans: Vec<(usize, u64)>,
    count: u64,
}

impl Builder {
    fn take(&mut self, raw: Raw) -> Result<(), Error> {
        if raw.name.contains(char::REPLACEMENT_CHARACTER) {
            return Err(at(&raw.name, "its name is one that JSON cannot hold"));
        }
        if raw.kind == "chunk" {
            return self.chunk(&raw);
        }
        let (kind, size) = (kind(&raw)?, raw.size);
        let mut meta = Meta::implied();
        meta.kind = kind;
        meta.size = if kind == Kind::File { size } else { 0 };
        meta.mode = raw.mode & 0o7777;
        (meta.uid, meta.gid) = (raw.uid.into(), raw.gid.into());
        meta.uname = Arc::from(raw.user_name.as_deref().unwrap_or_default().as_bytes());
        meta.gname = Arc::from(raw.group_name.as_deref().unwrap_or_default().as_bytes());
        (meta.mtime, meta.mtime_nanos) = time(&raw)?;
        if matches!(kind, Kind::HardLink | Kind::Symlink) {
            meta.link = Some(raw.link_name.as_deref().unwrap_or_default().as_bytes().into());
        }
        if matches!(kind, Kind::CharDevice | Kind::BlockDevice) {
            meta.device = Some((raw.dev_major, raw.dev_minor));
        }
        meta.xattrs = xattrs(&raw)?;
        let digest = digest(&raw, raw.digest.as_deref())?;
        let path = raw.name.as_bytes().into();
        self.entries.push(Entry { path, meta, digest, chunks: Vec::new() });
        if kind == Kind::File && size > 0 { self.chunk(&raw) } else { Ok(()) }
    }

    /// Adds a chunk to the file that it belongs to: the first one stands in the entry of the file itself.
    fn chunk(&mut self, raw: &Raw) -> Result<(), Error> {
        let position = self.entries.len();
        let Some(entry) =
            self.entries.last_mut().filter(|entry| *entry.path == *raw.name.as_bytes())
        else {
            return Err(at(&raw.name, "a chunk stands behind no file of its name"));
        };
        let before = entry.chunks.last().map_or(0, |last| last.at.saturating_add(last.len));
        if raw.chunk_offset != before {
            return Err(at(&raw.name, "its chunks overlap or leave a gap"));
        }
        let rest = entry.meta.size.saturating_sub(before);
        let len = if raw.chunk_size == 0 { rest } else { raw.chunk_size };
        if len == 0 || len > rest {
            return Err(at(&raw.name, "its chunks are longer than the file"));
        }
        let is_hole = raw.chunk_type.as_deref() == Some("zeros");
        // The first stored bytes are those of a header.
        if !is_hole && raw.offset == 0 {
            return Err(at(&raw.name, "a chunk is not said to lie anywhere"));
        }
        let stored = if is_hole { 0..0 } else { raw.offset..raw.offset };
        let digest = match (is_hole, raw.chunk_digest.as_deref().filter(|text| !text.is_empty())) {
            (false, Some(text)) => digest(raw, Some(text))?,
            _ => None,
        };
        entry.chunks.push(Chunk { at: before, len, stored, inner: raw.inner_offset, digest });
        if raw.kind != "chunk" {
            self.spans.push((position, raw.end_offset));
        }
        Ok(())
    }

    /// Says where each chunk ends in the layer.
    fn finish(mut self, end: u64) -> Result<Table, Error> {
        match self.form {
            Form::Stargz => end_where_others_begin(&mut self.entries, end),
            Form::Chunked => {
                for (position, last) in &self.spans {
                    let entry = position.checked_sub(1).and_then(|it| self.entries.get_mut(it));
                    if let Some(entry) = entry {
                        end_one_by_one(&mut entry.chunks, *last);
                    }
                }
            }
        }
        for entry in &self.entries {
            let all = entry.chunks.last().map_or(0, |last| last.at.saturating_add(last.len));
            let fits = |stored: &Range<u64>| stored.start < stored.end && stored.end <= end;
            let is_stored = |chunk: &Chunk| chunk.stored == (0..0) || fits(&chunk.stored);
            if all != entry.meta.size {
                return Err(at_bytes(&entry.path, "its chunks are not all of it"));
            }
            if !entry.chunks.iter().all(is_stored) {
                return Err(at_bytes(&entry.path, "a chunk lies outside of the layer"));
            }
        }
        Ok(Table { form: self.form, entries: self.entries })
    }
}

/// Ends chunks where the next one of any file begins (eStargz has no other word for it).
fn end_where_others_begin(entries: &mut [Entry], end: u64) {
    let chunks = entries.iter().flat_map(|entry| &entry.chunks);
    let mut starts: Vec<u64> = chunks.map(|chunk| chunk.stored.start).collect();
    starts.sort_unstable();
    starts.dedup();
    for chunk in entries.iter_mut().flat_map(|entry| &mut entry.chunks) {
        let next = starts.partition_point(|start| *start <= chunk.stored.start);
        chunk.stored.end = starts.get(next).copied().unwrap_or(end);
    }
}

/// Ends chunks of one file where the next one begins, and the last one at `end`.
fn end_one_by_one(chunks: &mut [Chunk], end: u64) {
    let mut end = end;
    for chunk in chunks.iter_mut().rev().filter(|chunk| chunk.stored != (0..0)) {
        chunk.stored.end = end;
        end = chunk.stored.start;
    }
}

fn kind(raw: &Raw) -> Result<Kind, Error> {
    Ok(match raw.kind.as_str() {
        "reg" => Kind::File,
        "dir" => Kind::Directory,
        "symlink" => Kind::Symlink,
        "hardlink" => Kind::HardLink,
        "char" => Kind::CharDevice,
        "block" => Kind::BlockDevice,
        "fifo" => Kind::Fifo,
        _ => return Err(at(&raw.name, "its type is not known")),
    })
}

/// Returns a time in seconds since 1970, rounded down, and nanoseconds.
fn time(raw: &Raw) -> Result<(i64, u32), Error> {
    let Some(text) = raw.modtime.as_deref().filter(|text| !text.is_empty()) else {
        return Ok((0, 0));
    };
    let broken = || at(&raw.name, "its time cannot be read");
    let time = jiff::Timestamp::from_str(text).map_err(|_| broken())?;
    let nanos = time.as_nanosecond();
    let (seconds, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    Ok((i64::try_from(seconds).map_err(|_| broken())?, u32::try_from(nanos).map_err(|_| broken())?))
}

fn xattrs(raw: &Raw) -> Result<Vec<Xattr>, Error> {
    let decode = |(name, value): (&String, &String)| {
        let value =
            STANDARD.decode(value).map_err(|_| at(&raw.name, "an attribute is no base64"))?;
        Ok(Xattr { name: name.as_bytes().into(), value: value.into() })
    };
    raw.xattrs.iter().flatten().map(decode).collect()
}

fn digest(raw: &Raw, text: Option<&str>) -> Result<Option<Digest>, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let digest = Digest::from_str(text).ok().filter(|digest| digest.algorithm().is_some());
    digest.map(Some).ok_or_else(|| at(&raw.name, "a digest cannot be read"))
}

fn at(name: &str, rule: &str) -> Error {
    at_bytes(name.as_bytes(), rule)
}

fn at_bytes(name: &[u8], rule: &str) -> Error {
    Error::malformed(format!("{}: {rule}", Escaped::name(name)))
}
