//! The facts of a layer as bytes and back.
//!
//! Every part begins with the version of the form and its kind. What comes back is hostile: it is
//! read by hand, and nothing is allocated that its bytes do not pay for.

use std::sync::Arc;

use cutaway_layerfs::{Limits, Listing, Warning};
use cutaway_model::{Compression, DiffId, Measured, Stored, Unpacked};

use crate::finding_code::{get_findings, put_findings};
use crate::record_code::get_path;
use crate::wire::{
    get, get_flag, get_list, get_text, get_u32, put, put_bytes, put_len, take, text,
};
use crate::{AnalyzerId, Budget, FileFindings, Findings, LayerFacts, Part};

/// The version of the form in which facts are encoded; it is part of every key.
pub const FACTS_FORMAT: u32 = 9;

const COMPRESSIONS: [Compression; 6] = [
    Compression::Plain,
    Compression::Gzip,
    Compression::Zstd,
    Compression::Bzip2,
    Compression::Xz,
    Compression::Lz4,
];

/// The fewest bytes of the findings of a file: its length, which has four, and what it is made of.
const FILE_BYTES: usize = 13;

/// What decoding may take.
#[derive(Debug, Clone)]
pub struct DecodeLimits {
    /// Limits of listings.
    pub layerfs: Limits,
    /// What findings are paid from.
    pub budget: Budget,
    /// `record_bytes`: what packages record of files, from one layer.
    pub record_bytes: u64,
}

/// Why bytes are no facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is not in the form of facts of version {FACTS_FORMAT}, or goes over a limit")]
pub struct DecodeError(&'static str);

impl LayerFacts {
    /// Returns a part as bytes: the same for the same facts.
    ///
    /// Of an analyzer that found nothing the part is there, and says so.
    pub fn encode(&self, part: &Part) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, u64::from(FACTS_FORMAT));
        match part {
            Part::Listing => {
                put(&mut out, 0);
                put_measured(&mut out, &self.measured);
                put_len(&mut out, self.warnings.len());
                self.warnings.iter().for_each(|warning| put_warning(&mut out, warning));
                self.listing.encode(&mut out);
            }
            Part::Analyzer(id) => {
                put(&mut out, 1);
                let files = self.findings.get(id).map(Vec::as_slice).unwrap_or_default();
                put_len(&mut out, files.len());
                files.iter().for_each(|file| put_file(&mut out, file));
            }
        }
        out
    }

    /// Reads facts from their parts: that of the listing, and those of analyzers.
    ///
    /// # Errors
    ///
    /// Returns an error for bytes that [`LayerFacts::encode`] did not write in this version, and
    /// for those that go over a limit. Random bytes cost memory in proportion to their number.
    pub fn decode<'a>(
        listing: &[u8],
        analyzers: impl IntoIterator<Item = (&'a AnalyzerId, &'a [u8])>,
        limits: &DecodeLimits,
    ) -> Result<Self, DecodeError> {
        let mut facts = get_listing(listing, limits).ok_or(DecodeError("listing of a layer"))?;
        for (id, bytes) in analyzers {
            let files = Self::decode_findings(bytes, facts.listing.len(), limits)?;
            if !files.is_empty() {
                facts.findings.insert(id.clone(), files);
            }
        }
        Ok(facts)
    }

    /// Reads what one analyzer found in a layer of so many entries.
    ///
    /// # Errors
    ///
    /// As [`LayerFacts::decode`].
    pub fn decode_findings(
        bytes: &[u8],
        entries: u32,
        limits: &DecodeLimits,
    ) -> Result<Vec<FileFindings>, DecodeError> {
        get_files(bytes, limits, entries).ok_or(DecodeError("list of an analyzer's findings"))
    }
}

fn get_listing(bytes: &[u8], limits: &DecodeLimits) -> Option<LayerFacts> {
    let rest = &mut body(bytes, 0)?;
    let measured = get_measured(rest)?;
    let warnings = get_list(rest, 3, get_warning)?;
    let listing = Listing::decode(rest, &limits.layerfs)?;
    let listing = Arc::new(listing.paid_from(limits.budget.held())?);
    let findings = std::collections::BTreeMap::new();
    rest.is_empty().then_some(LayerFacts { measured, listing, warnings, findings })
}

fn get_files(bytes: &[u8], limits: &DecodeLimits, entries: u32) -> Option<Vec<FileFindings>> {
    let rest = &mut body(bytes, 1)?;
    let files = get_list(rest, FILE_BYTES, |rest| {
        let length = u32::from_le_bytes(*take(rest, 4)?.first_chunk()?);
        let mut own = take(rest, usize::try_from(length).ok()?)?;
        get_file(&mut own, limits, entries).filter(|_| own.is_empty())
    })?;
    let ordered = files.is_sorted_by(|a, b| (a.entry, &a.companions) < (b.entry, &b.companions));
    (rest.is_empty() && ordered).then_some(files)
}

/// Returns what stands behind the version and the kind of a part.
fn body(mut bytes: &[u8], kind: u64) -> Option<&[u8]> {
    let rest = &mut bytes;
    (get_u32(rest)? == FACTS_FORMAT && get(rest)? == kind).then_some(*rest)
}

fn put_file(out: &mut Vec<u8>, file: &FileFindings) {
    let mut own = Vec::new();
    put(&mut own, u64::from(file.entry));
    put_len(&mut own, file.companions.len());
    for companion in &file.companions {
        put(&mut own, companion.map_or(0, |entry| u64::from(entry).saturating_add(1)));
    }
    put_findings(&mut own, &file.findings);
    // A layer has no file whose findings go over 4 GiB: the budget of the run is far below.
    out.extend_from_slice(&u32::try_from(own.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&own);
}

fn get_file(rest: &mut &[u8], limits: &DecodeLimits, entries: u32) -> Option<FileFindings> {
    let entry = get_u32(rest).filter(|entry| *entry < entries)?;
    let companions = get_list(rest, 1, |rest| match get(rest)?.checked_sub(1) {
        Some(entry) => u32::try_from(entry).ok().filter(|entry| *entry < entries).map(Some),
        None => Some(None),
    })?;
    let mut findings = Findings::within(limits.budget.clone(), limits.record_bytes);
    get_findings(rest, &mut findings)?;
    (!limits.budget.is_overspent()).then_some(FileFindings { entry, companions, findings })
}

fn put_warning(out: &mut Vec<u8>, warning: &Warning) {
    put_bytes(out, warning.code.as_bytes());
    put(out, u64::from(warning.path.is_some()));
    if let Some(path) = &warning.path {
        put_bytes(out, path.as_bytes());
    }
    put_bytes(out, warning.message.as_bytes());
}

fn get_warning(rest: &mut &[u8]) -> Option<Warning> {
    let code = text(rest)?.into();
    let path = if get_flag(rest)? { Some(get_path(rest)?) } else { None };
    Some(Warning::of_walk(code, path, text(rest)?))
}

fn put_measured(out: &mut Vec<u8>, measured: &Measured) {
    let Measured { stored, unpacked, compression, padding } = measured;
    put_bytes(out, stored.digest.as_str().as_bytes());
    put(out, stored.size);
    put_bytes(out, unpacked.diff_id.0.as_str().as_bytes());
    put(out, unpacked.size);
    let known = COMPRESSIONS.iter().position(|it| it == compression);
    put_len(out, known.unwrap_or(COMPRESSIONS.len()));
    put(out, *padding);
}

fn get_measured(rest: &mut &[u8]) -> Option<Measured> {
    let stored = Stored { digest: get_text(rest)?.parse().ok()?, size: get(rest)? };
    let diff_id = DiffId(get_text(rest)?.parse().ok()?);
    let unpacked = Unpacked { diff_id, size: get(rest)? };
    let compression = *COMPRESSIONS.get(usize::try_from(get(rest)?).ok()?)?;
    Some(Measured { stored, unpacked, compression, padding: get(rest)? })
}
