//! Everything that one layer says, kept small: its entries in the order of the archive, and what it
//! hides.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_tar::len64;

use crate::blocks::Blocks;
use crate::budget::{Account, Budget, LISTED_ENTRY};
use crate::record::{self, BLOCK, Decoder, Encoder, Record, Start};
use crate::wire;
use crate::{EntryPath, Error, Kind, Meta};

/// All entries of one layer, in the order of its archive, and all that it hides.
///
/// An entry is known by its position. Entries that stand for nothing in the file system
/// (whiteouts, members of unknown type) are not among them. Common
/// entries take about 40 bytes.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    pub(crate) records: Blocks<u8>,
    /// Where every 16th record begins.
    pub(crate) starts: Vec<Start>,
    pub(crate) len: u32,
    pub(crate) owners: Vec<Owner>,
    /// What is no entry: markers and global headers.
    pub(crate) marks: Vec<u8>,
    pub(crate) whiteout_count: u32,
    pub(crate) global_count: u32,
    /// What it has taken from the budget of the run.
    pub(crate) account: Account,
}

/// An entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    path: EntryPath,
    meta: Meta,
}

/// Something that a layer hides of the layers below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whiteout {
    /// How many entries of the layer stand before the marker in its archive.
    pub before: u32,
    /// Whether the path itself is hidden or what lies in it.
    pub kind: WhiteoutKind,
    /// The path that is hidden, or the directory whose content is.
    pub path: EntryPath,
}

/// What stands between the entries of a layer and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// How many entries of the layer stand before it.
    pub(crate) before: u32,
    pub(crate) kind: MarkKind,
    /// What is hidden, the directory whose content is, or the name of a global header.
    pub(crate) path: EntryPath,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Whiteout,
    Opaque,
    /// A PAX global header, which some unpackers take for an entry or marker of its name.
    Global,
}

impl MarkKind {
    const ALL: [Self; 3] = [Self::Whiteout, Self::Opaque, Self::Global];
}

impl Mark {
    /// Returns the directory that it lies in.
    pub(crate) fn directory(&self) -> &[u8] {
        match self.kind {
            MarkKind::Opaque => self.path.as_bytes(),
            MarkKind::Whiteout | MarkKind::Global => self.path.parent(),
        }
    }
}

/// How much a whiteout hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhiteoutKind {
    /// The path and all below it.
    Entry,
    /// All below the path, which stays.
    Opaque,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    pub(crate) uname: Arc<[u8]>,
    pub(crate) gname: Arc<[u8]>,
}

/// Bytes of records in a block, and what sixteen common ones take at most.
pub(crate) const BYTES: usize = 1 << 16;
pub(crate) const ALONE: usize = 1 << 12;

impl Listing {
    /// Returns the number of entries.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Returns whether there are no entries; there may be whiteouts.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the entry at a position. Takes the time of reading up to sixteen.
    pub fn get(&self, entry: u32) -> Option<Entry> {
        self.find(entry, |path, record| self.entry(path, record))?
    }

    /// Returns the mode, owner and group of the entry at a position.
    pub(crate) fn attributes(&self, entry: u32) -> Option<(u32, u64, u64)> {
        self.find(entry, |_, record| self.attributes_of(record))?
    }

    /// Returns the mode, owner and group that a record has.
    pub(crate) fn attributes_of(&self, record: Record<'_>) -> Option<(u32, u64, u64)> {
        let owner = self.owners.get(record.owner)?;
        Some((record.mode, owner.uid, owner.gid))
    }

    fn find<T>(&self, entry: u32, take: impl FnOnce(&[u8], Record<'_>) -> T) -> Option<T> {
        let start = *self.starts.get(usize::try_from(entry.checked_div(BLOCK)?).ok()?)?;
        let alone = entry.saturating_sub(entry.checked_rem(BLOCK)?);
        let mut records = Decoder::new(&self.records, start, alone);
        while records.at() < entry {
            records.next()?;
        }
        let record = records.next()?;
        Some(take(records.path(), record))
    }

    /// Returns the entries in order.
    pub fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        let mut records = self.records();
        std::iter::from_fn(move || {
            let record = records.next()?;
            self.entry(records.path(), record)
        })
    }

    /// Shows the path and kind of each entry in order, for much less than [`Listing::iter`] costs.
    pub fn for_each(&self, mut show: impl FnMut(&[u8], Kind)) {
        let mut records = self.records();
        while let Some(record) = records.next() {
            show(records.path(), record.kind);
        }
    }

    /// Returns what is hidden, in the order of the archive.
    pub fn whiteouts(&self) -> impl Iterator<Item = Whiteout> + '_ {
        self.marks().filter_map(|Mark { before, kind, path }| {
            let kind = match kind {
                MarkKind::Whiteout => WhiteoutKind::Entry,
                MarkKind::Opaque => WhiteoutKind::Opaque,
                MarkKind::Global => return None,
            };
            Some(Whiteout { before, kind, path })
        })
    }

    /// Returns markers and global headers, in the order of the archive.
    pub(crate) fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        let mut rest = self.marks.as_slice();
        let mut path = Vec::new();
        std::iter::from_fn(move || {
            let before = u32::try_from(wire::get(&mut rest)?).ok()?;
            let kind = usize::try_from(wire::get(&mut rest)?).ok()?;
            record::get_path(&mut rest, &mut path)?;
            let kind = *MarkKind::ALL.get(kind)?;
            Some(Mark { before, kind, path: EntryPath::clean(&path).ok()? })
        })
    }

    /// Returns the number of whiteouts and opaque markers.
    pub fn whiteout_count(&self) -> u32 {
        self.whiteout_count
    }

    /// Returns the bytes of memory that the listing takes.
    pub fn memory(&self) -> usize {
        let starts = self.starts.capacity().saturating_mul(size_of::<Start>());
        let owners = self.owners.capacity().saturating_mul(size_of::<Owner>());
        [self.records.memory(), starts, owners, self.marks.capacity(), size_of::<Self>()]
            .into_iter()
            .fold(0, usize::saturating_add)
    }

    /// Returns the listing as one that is paid for; none where the budget does not allow it.
    pub fn paid_from(mut self, budget: &Budget) -> Option<Self> {
        self.account = budget.account();
        let allowed = u64::from(self.len).saturating_mul(LISTED_ENTRY);
        self.account.hold(len64(self.memory()), allowed).then_some(self)
    }

    pub(crate) fn records(&self) -> Decoder<'_> {
        Decoder::new(&self.records, Start::default(), 0)
    }

    fn entry(&self, path: &[u8], record: Record<'_>) -> Option<Entry> {
        let owner = self.owners.get(record.owner)?;
        let meta = Meta {
            kind: record.kind,
            size: record.size,
            mode: record.mode,
            uid: owner.uid,
            gid: owner.gid,
            uname: Arc::clone(&owner.uname),
            gname: Arc::clone(&owner.gname),
            mtime: record.mtime,
            mtime_nanos: record.mtime_nanos,
            link: record.link.map(Into::into),
            device: record.device,
            xattrs: record.xattrs.decode(),
        };
        Some(Entry { path: EntryPath::clean(path).ok()?, meta })
    }
}

impl Entry {
    /// Returns the path.
    pub fn path(&self) -> &EntryPath {
        &self.path
    }

    /// Returns what the layer says about it.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }
}

/// Makes a listing, entry by entry.
#[derive(Debug)]
pub(crate) struct Builder {
    listing: Listing,
    encoder: Encoder,
    owners: HashMap<Owner, u64>,
    last_mark: Vec<u8>,
    /// Bytes of records so far.
    bytes: usize,
    /// Bytes of owners so far, with what finds them.
    owner_bytes: usize,
    max_bytes: u64,
}

impl Builder {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self {
            listing: Listing::default(),
            encoder: Encoder::default(),
            owners: HashMap::new(),
            last_mark: Vec::new(),
            bytes: 0,
            owner_bytes: 0,
            max_bytes,
        }
    }

    /// Has the listing paid for from a budget, beside what each of its entries may take.
    pub(crate) fn paid_from(mut self, budget: &Budget) -> Self {
        self.listing.account = budget.account();
        self
    }

    /// Appends an entry and returns its position.
    pub(crate) fn push(&mut self, path: &EntryPath, meta: &Meta) -> Result<u32, Error> {
        let owner = self.owner(meta);
        let entry = self.listing.len;
        let alone = entry.is_multiple_of(BLOCK);
        if alone {
            let (block, bytes) = self.listing.records.room(ALONE, BYTES);
            let start = Start::new(block, bytes.len()).ok_or_else(|| self.over(path))?;
            self.listing.starts.push(start);
        }
        let out = self.listing.records.last();
        let before = out.len();
        self.encoder.push(out, alone, path.as_bytes(), owner, meta);
        self.bytes = self.bytes.saturating_add(out.len().saturating_sub(before));
        self.listing.len = entry.checked_add(1).ok_or_else(|| self.over(path))?;
        self.check(path)?;
        Ok(entry)
    }

    /// Appends a marker or a global header.
    pub(crate) fn mark(&mut self, kind: MarkKind, path: &EntryPath) -> Result<(), Error> {
        let out = &mut self.listing.marks;
        wire::put(out, u64::from(self.listing.len));
        wire::put(out, len64(MarkKind::ALL.iter().take_while(|it| **it != kind).count()));
        record::put_path(out, &mut self.last_mark, path.as_bytes());
        let count = match kind {
            MarkKind::Whiteout | MarkKind::Opaque => &mut self.listing.whiteout_count,
            MarkKind::Global => &mut self.listing.global_count,
        };
        *count = count.saturating_add(1);
        self.check(path)
    }

    pub(crate) fn finish(mut self) -> Listing {
        self.listing.records.last().shrink_to_fit();
        self.listing.starts.shrink_to_fit();
        self.listing.owners.shrink_to_fit();
        self.listing.marks.shrink_to_fit();
        self.listing
    }

    fn owner(&mut self, meta: &Meta) -> u64 {
        let owner = Owner {
            uid: meta.uid,
            gid: meta.gid,
            uname: Arc::clone(&meta.uname),
            gname: Arc::clone(&meta.gname),
        };
        // Almost always that of the entry before.
        let last = self.listing.owners.len().checked_sub(1);
        if let Some(last) = last
            && self.listing.owners.get(last) == Some(&owner)
        {
            return u64::try_from(last).unwrap_or(u64::MAX);
        }
        let next = len64(self.listing.owners.len());
        let (owners, bytes) = (&mut self.listing.owners, &mut self.owner_bytes);
        *self.owners.entry(owner).or_insert_with_key(|owner| {
            // It stands in the list and in the table, and its names beside them.
            let own = size_of::<Owner>().saturating_mul(3).saturating_add(64);
            let names = owner.uname.len().saturating_add(owner.gname.len());
            *bytes = bytes.saturating_add(own).saturating_add(names);
            owners.push(owner.clone());
            next
        })
    }

    fn check(&mut self, path: &EntryPath) -> Result<(), Error> {
        let Listing { marks, starts, owners, len, account, .. } = &mut self.listing;
        let records = self.bytes.saturating_add(marks.len());
        let owners = owners.len().saturating_mul(size_of::<Owner>());
        if len64(records.saturating_add(owners)) > self.max_bytes {
            return Err(self.over(path));
        }
        let starts = starts.len().saturating_mul(size_of::<Start>());
        let held = [records, self.owner_bytes, starts].into_iter().fold(0, usize::saturating_add);
        if account.hold(len64(held), u64::from(*len).saturating_mul(LISTED_ENTRY)) {
            return Ok(());
        }
        Err(Error::Held { max: account.max() })
    }

    fn over(&self, path: &EntryPath) -> Error {
        Error::Limit { limit: "listing_bytes", max: self.max_bytes, path: path.as_bytes().into() }
    }
}
