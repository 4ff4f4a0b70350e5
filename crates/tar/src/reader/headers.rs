//! From header blocks to a described member: extensions, names, sizes, sparse maps.

use super::{Reader, State};
use crate::block::{BLOCK, BLOCK_LEN, is_zero, padding};
use crate::content::Content;
use crate::extension::{Described, Extensions, Map, check_names};
use crate::header::Header;
use crate::pax;
use crate::sparse::{self, MapReader, Region};
use crate::{Error, ErrorKind, Warning, WarningKind};

impl Reader {
    /// Reads a header block and decides what comes after it.
    pub(super) fn header(&mut self, block: &[u8; BLOCK], at: u64) -> Result<(), Error> {
        if is_zero(block) {
            self.drop_extensions(at);
            self.state = State::ZeroBlock { at };
            return Ok(());
        }
        let fail = |kind| Error { kind, offset: at, path: None };
        let header = Header::parse(block).map_err(|kind| match kind {
            ErrorKind::Checksum => fail(kind),
            // The name as the header has it: what comes before it may say another one.
            _ => Error { path: Some(name_field(block).into()), ..fail(kind) },
        })?;
        if let Some((limit, max)) = self.extension_limit(header.flag()) {
            let over = ErrorKind::OutOfRange { field: "size" };
            let size = u64::try_from(header.numbers().size).map_err(|_| fail(over))?;
            if size > max {
                return Err(fail(ErrorKind::Limit { limit, max }));
            }
            if header.flag() == b'g' {
                // To Go a global header is a member, which what stands before it belongs to.
                self.drop_extensions(at);
                self.global = Some(header.full_name());
            } else {
                self.member.get_or_insert(at);
            }
            self.body.clear();
            self.state =
                State::Body { flag: header.flag(), at, size, left: size, padding: padding(size) };
            return Ok(());
        }
        self.describe(header, at)
    }

    /// Forgets extensions that no member follows.
    fn drop_extensions(&mut self, at: u64) {
        if !self.extensions.is_empty() {
            self.extensions = Extensions::default();
            self.member = None;
            self.warnings.push_back(Warning {
                kind: WarningKind::DroppedExtension,
                offset: at,
                path: Box::default(),
            });
        }
    }

    /// Returns the limit on an extension's body; none for the flag of a member.
    pub(super) fn extension_limit(&self, flag: u8) -> Option<(&'static str, u64)> {
        match flag {
            b'x' | b'g' => Some(("pax_bytes", self.limits.pax_bytes)),
            b'L' | b'K' => Some(("name_bytes", self.limits.name_bytes)),
            _ => None,
        }
    }

    /// Keeps an extension for the member after it.
    pub(super) fn extension(&mut self, flag: u8, at: u64) -> Result<(), Error> {
        let malformed = |pax::Malformed { at: record, rule }| Error {
            kind: ErrorKind::Pax { rule },
            offset: at.saturating_add(BLOCK_LEN).saturating_add(record),
            path: None,
        };
        let (repeated, overrides) = match flag {
            b'L' => (self.extensions.set_name(&self.body), false),
            b'K' => (self.extensions.set_link(&self.body), false),
            b'g' => (false, pax::parse_global(&self.body).map_err(malformed)?),
            _ => (self.extensions.set_pax(pax::parse(&self.body).map_err(malformed)?), false),
        };
        for (kind, applies) in
            [(WarningKind::RepeatedExtension, repeated), (WarningKind::GlobalOverride, overrides)]
        {
            if applies {
                self.warnings.push_back(Warning { kind, offset: at, path: Box::default() });
            }
        }
        Ok(())
    }

    /// Puts a member together from its header and the extensions before it.
    pub(super) fn describe(&mut self, header: Header<'_>, at: u64) -> Result<(), Error> {
        let extensions = std::mem::take(&mut self.extensions);
        let path = extensions.path(header);
        self.path.clear();
        self.path.extend_from_slice(&path);
        let mut kinds = Vec::new();
        let described =
            extensions.describe(header, path, &mut self.owners, &mut |kind| kinds.push(kind));
        let Described { mut entry, map } = described.map_err(|kind| self.error_in(kind, at))?;
        check_names(&entry, &self.limits).map_err(|kind| self.error_in(kind, at))?;
        self.entries = self.entries.saturating_add(1);
        if self.entries > self.limits.entries {
            let over = ErrorKind::Limit { limit: "entries", max: self.limits.entries };
            return Err(self.error_in(over, at));
        }
        for kind in kinds {
            self.warnings.push_back(Warning { kind, offset: at, path: entry.path.clone() });
        }
        entry.header_offset = self.member.take().unwrap_or(at);
        let stored = entry.stored;
        self.described = Some(entry);
        match map {
            Map::Plain => {
                self.content = Content::plain(stored);
                self.state = State::Described;
            }
            Map::Regions(regions, true) => self.state = State::OldMap { regions, bytes: 0 },
            Map::Regions(regions, false) => self.begin_sparse(regions, at)?,
            Map::InContent => {
                self.state = State::ContentMap { map: MapReader::default(), bytes: 0 }
            }
        }
        Ok(())
    }

    /// Counts a block of a sparse map against its limit.
    pub(super) fn map_block(&self, bytes: u64, at: u64) -> Result<u64, Error> {
        let bytes = bytes.saturating_add(BLOCK_LEN);
        let max = self.limits.sparse_bytes;
        if bytes > max {
            return Err(self.error_in(ErrorKind::Limit { limit: "sparse_bytes", max }, at));
        }
        Ok(bytes)
    }

    /// Takes a block that held a sparse map off what is stored of the member's content.
    pub(super) fn take_stored(&mut self, at: u64) -> Result<(), Error> {
        let stored = self.described.as_mut().map(|entry| &mut entry.stored);
        if let Some(stored) = stored
            && let Some(left) = stored.checked_sub(BLOCK_LEN)
        {
            *stored = left;
            return Ok(());
        }
        Err(self.error_in(ErrorKind::Sparse { rule: "the map is longer than what is stored" }, at))
    }

    pub(super) fn begin_sparse(&mut self, regions: Vec<Region>, at: u64) -> Result<(), Error> {
        let (size, stored) =
            self.described.as_ref().map_or((0, 0), |entry| (entry.size, entry.stored));
        sparse::check(&regions, size, stored).map_err(|kind| self.error_in(kind, at))?;
        self.content = Content::sparse(regions, size, stored);
        self.state = State::Described;
        Ok(())
    }
}

/// The field of a header block that has the name, up to its NUL.
fn name_field(block: &[u8; BLOCK]) -> &[u8] {
    let field = block.get(..100).unwrap_or_default();
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}
