//! Layers that are read by their tables of contents: what is wanted of them, and not the rest.
//!
//! A table is played to a reader as the tar would be that it stands for: the same walk files its entries,
//! by the same rules. Nothing is verified by that but what the table itself says. Where a table cannot be
//! used, for whatever reason, the layer is read as any other.

mod parts;
mod play;

use std::ops::Range;

use cutaway_layerfs::Account;
use cutaway_model::{Blobs, Descriptor, Error as ModelError, Layer};
use cutaway_tar::len64;
use cutaway_toc::{Chunked, FOOTER_BYTES, Form, Limits, Place, Table};
use tokio::io::AsyncReadExt as _;

pub(crate) use self::play::listing;
use crate::{Options, Tables};

/// The least bytes that are asked for at the end of an eStargz layer: enough for most tables.
const TAIL_BYTES: u64 = 64 << 10;
/// The part of such a layer that its table takes, at most, as a rule: one in 200 bytes.
const TAIL_SHARE: u64 = 200;

/// Why a layer is not read by its table.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Why {
    /// The table, or a part that it leads to, is not as it should be.
    #[error(transparent)]
    Table(#[from] cutaway_toc::Error),
    /// A part of the layer cannot be had.
    #[error(transparent)]
    Source(#[from] ModelError),
    /// What the table says breaks the rules of layers.
    #[error(transparent)]
    Layer(#[from] cutaway_layerfs::Error),
    /// What is held of it goes over the budget.
    #[error("it needs more than the limit held_bytes leaves")]
    Held,
    /// The source gives layers as a whole only.
    #[error("its source gives no parts of it")]
    NoParts,
}

/// A table that was read and has the digest that its layer's descriptor claims.
#[derive(Debug)]
pub(crate) struct Opened {
    table: Table,
    likely: Tables,
    /// Stored bytes that were read for it.
    read: u64,
    /// Paid for as long as the table is held.
    _account: Account,
}

/// Reads the table of a layer, where it has one and that is wanted.
pub(crate) async fn open(layer: &Layer, options: &Options) -> Option<Opened> {
    let likely = options.tables.clone()?;
    let (blobs, descriptor) = layer.blob()?;
    let place = match Place::of(annotations(descriptor), descriptor.size, &limits(options)) {
        Ok(place) => place?,
        Err(why) => {
            tracing::warn!(layer = layer.what(), %why, "its table of contents is not used");
            return None;
        }
    };
    let blob = Blob { blobs: blobs.as_ref(), descriptor };
    match read(blob, &place, likely, options).await {
        Ok(opened) => Some(opened),
        Err(Why::NoParts) => {
            tracing::info!(
                layer = layer.what(),
                "has a table of contents; all of it is read, since its source gives no parts"
            );
            None
        }
        Err(why) => {
            tracing::warn!(layer = layer.what(), %why, "its table of contents is not used");
            None
        }
    }
}

/// Returns what the descriptor of a layer says of tables of contents, with which it is compared when it is
/// read; none where it says nothing.
pub fn table_claim(layer: &Layer, options: &Options) -> Option<String> {
    let claims = claims(layer, &limits(options));
    (!claims.is_empty()).then(|| format!("{claims:?}"))
}

/// Returns every table that the descriptor of a layer claims.
pub(crate) fn claims(layer: &Layer, limits: &Limits) -> Vec<Result<Place, cutaway_toc::Error>> {
    let Some((_, descriptor)) = layer.blob() else { return Vec::new() };
    Place::claims(annotations(descriptor), descriptor.size, limits)
}

fn annotations<'d>(descriptor: &'d Descriptor) -> impl Fn(&str) -> Option<&'d str> {
    |key| descriptor.annotations.get(key).map(String::as_str)
}

/// Returns the limits of tables.
pub(crate) fn limits(options: &Options) -> Limits {
    let mut limits = options.limits.toc;
    limits.entries = limits.entries.min(options.limits.layerfs.tar.entries);
    limits
}

/// The stored bytes of a layer, which are had in parts.
#[derive(Debug, Clone, Copy)]
struct Blob<'a> {
    blobs: &'a dyn Blobs,
    descriptor: &'a Descriptor,
}

impl Blob<'_> {
    /// Reads a part that is short enough to be held.
    async fn part(self, span: Range<u64>) -> Result<Vec<u8>, Why> {
        let len = span.end.saturating_sub(span.start);
        let stream = self.blobs.part(self.descriptor, span).await?.ok_or(Why::NoParts)?;
        let mut bytes = Vec::new();
        let what = || format!("a part of {}", self.descriptor.digest);
        let read = stream.take(len).read_to_end(&mut bytes).await;
        read.map_err(|error| ModelError::from_io(error, &what()))?;
        if len64(bytes.len()) != len {
            return Err(ModelError::malformed(what(), "is shorter than was asked for").into());
        }
        Ok(bytes)
    }
}

async fn read(
    blob: Blob<'_>,
    place: &Place,
    likely: Tables,
    options: &Options,
) -> Result<Opened, Why> {
    let limits = limits(options);
    let mut account = options.budget.account();
    let (json, form, end, read) = match place {
        Place::Chunked(chunked) => {
            let packed = blob.part(span_of(chunked)).await?;
            let read = len64(packed.len());
            Table::check(&packed, &chunked.digest)?;
            let json = cutaway_toc::unpack_chunked(&packed, chunked.unpacked)?;
            (json, Form::Chunked, chunked.offset, read)
        }
        Place::Stargz(digest) => {
            let (member, at, read) = stargz_member(blob, &limits).await?;
            let json = cutaway_toc::unpack(&member, &limits)?;
            Table::check(&json, digest)?;
            (json, Form::Stargz, at, read)
        }
    };
    // What is made of the text takes about as much as the text, and both are held for a while.
    if !account.pay(len64(json.len()).saturating_mul(2)) {
        return Err(Why::Held);
    }
    let table = Table::read(&json, form, end, &limits)?;
    Ok(Opened { table, likely, read, _account: account })
}

/// Returns the stored bytes of a table.
pub(crate) fn span_of(chunked: &Chunked) -> Range<u64> {
    chunked.offset..chunked.offset.saturating_add(chunked.packed)
}

/// Reads the member of an eStargz layer that holds the table: where it begins and how much was read.
async fn stargz_member(blob: Blob<'_>, limits: &Limits) -> Result<(Vec<u8>, u64, u64), Why> {
    let size = blob.descriptor.size;
    let share = size.checked_div(TAIL_SHARE).unwrap_or(0);
    let length = share.max(TAIL_BYTES).min(limits.table_bytes).min(size);
    let from = size.saturating_sub(length);
    let tail = blob.part(from..size).await?;
    let at = cutaway_toc::table_offset(&tail)?;
    let end = size.saturating_sub(len64(FOOTER_BYTES));
    if at >= end {
        return Err(
            cutaway_toc::Error::Malformed("its footer leads out of the layer".into()).into()
        );
    }
    if end.saturating_sub(at) > limits.table_bytes {
        let (limit, max) = ("table_bytes", limits.table_bytes);
        return Err(cutaway_toc::Error::Limit { limit, max }.into());
    }
    let inside = usize::try_from(at.saturating_sub(from)).unwrap_or(usize::MAX);
    if at >= from {
        return Ok((tail.get(inside..).unwrap_or_default().to_vec(), at, length));
    }
    let mut member = blob.part(at..from).await?;
    member.extend_from_slice(&tail);
    Ok((member, at, size.saturating_sub(at)))
}
