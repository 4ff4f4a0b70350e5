//! A listing as bytes, and back.
//!
//! The records go out as they lie in memory. What comes back is hostile: each record is read before
//! it is taken, and nothing is allocated that the bytes do not pay for.

use crate::listing::{ALONE, BYTES, MarkKind, Owner};
use crate::record::{self, BLOCK, Start};
use crate::wire::{get, get_bytes, put, put_bytes};
use crate::{EntryPath, Limits, Listing};

/// The fewest bytes that an owner takes.
const OWNER_BYTES: usize = 4;

impl Listing {
    /// Appends the listing to `out`, in a form that [`Listing::decode`] reads.
    ///
    /// The form is that of this version of the crate; whoever keeps it keeps a version beside it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put(out, u64::from(self.len));
        put(out, len64(self.owners.len()));
        for Owner { uid, gid, uname, gname } in &self.owners {
            put(out, *uid);
            put(out, *gid);
            put_bytes(out, uname);
            put_bytes(out, gname);
        }
        put(out, u64::from(self.whiteout_count));
        put(out, u64::from(self.global_count));
        put_bytes(out, &self.marks);
        let records = self.records.iter().map(<[u8]>::len).fold(0, usize::saturating_add);
        put(out, len64(records));
        self.records.iter().for_each(|block| out.extend_from_slice(block));
    }

    /// Takes a listing from the front of `rest`; none where the bytes are none, or go over a limit.
    ///
    /// Takes time and memory in proportion to the bytes, whatever they are.
    pub fn decode(rest: &mut &[u8], limits: &Limits) -> Option<Self> {
        let len = u32::try_from(get(rest)?).ok()?;
        let owners = owners(rest)?;
        let whiteout_count = u32::try_from(get(rest)?).ok()?;
        let global_count = u32::try_from(get(rest)?).ok()?;
        let marks = get_bytes(rest)?.to_vec();
        let records = get_bytes(rest)?;
        let taken = records.len().saturating_add(marks.len());
        let within = u64::from(len) <= limits.tar.entries && len64(taken) <= limits.listing_bytes;
        if !within {
            return None;
        }
        let mut listing = Self { owners, marks, whiteout_count, global_count, ..Self::default() };
        listing.take_records(records, len, limits)?;
        // Reading them is the check that they can be read.
        let (mut hiding, mut global) = (0_u32, 0_u32);
        for mark in listing.marks() {
            let count = if mark.kind == MarkKind::Global { &mut global } else { &mut hiding };
            *count = count.checked_add(1)?;
        }
        ((hiding, global) == (whiteout_count, global_count)).then_some(listing)
    }

    fn take_records(&mut self, mut rest: &[u8], len: u32, limits: &Limits) -> Option<()> {
        let (mut path, mut mtime) = (Vec::new(), 0);
        let mut group = rest;
        for entry in 0..len {
            if entry.is_multiple_of(BLOCK) {
                self.close(group, rest)?;
                (group, mtime) = (rest, 0);
                path.clear();
            }
            let record = record::read(&mut rest, &mut path, &mut mtime)?;
            let is_clean = path.len() <= usize::try_from(limits.tar.path_bytes).ok()?
                && EntryPath::clean(&path).is_ok_and(|clean| clean.as_bytes() == path);
            if !is_clean || record.owner >= self.owners.len() {
                return None;
            }
        }
        self.close(group, rest)?;
        self.len = len;
        self.records.last().shrink_to_fit();
        self.starts.shrink_to_fit();
        rest.is_empty().then_some(())
    }

    /// Takes the records of a group, which ends where `rest` begins.
    fn close(&mut self, group: &[u8], rest: &[u8]) -> Option<()> {
        let records = group.get(..group.len().checked_sub(rest.len())?)?;
        if !records.is_empty() {
            let (block, bytes) = self.records.room(ALONE, BYTES);
            self.starts.push(Start::new(block, bytes.len())?);
            self.records.last().extend_from_slice(records);
        }
        Some(())
    }
}

fn owners(rest: &mut &[u8]) -> Option<Vec<Owner>> {
    let count = usize::try_from(get(rest)?).ok()?;
    if count > rest.len().checked_div(OWNER_BYTES)? {
        return None;
    }
    let mut owners = Vec::with_capacity(count);
    for _ in 0..count {
        let (uid, gid) = (get(rest)?, get(rest)?);
        owners.push(Owner {
            uid,
            gid,
            uname: get_bytes(rest)?.into(),
            gname: get_bytes(rest)?.into(),
        });
    }
    Some(owners)
}

fn len64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::listing::Builder;
    use crate::{Kind, Meta};

    fn listing(entries: u32, hidden: u32) -> Listing {
        let mut builder = Builder::new(u64::MAX);
        for n in 0..entries {
            let path = EntryPath::clean(format!("usr/share/d{}/f{n}", n / 7).as_bytes()).unwrap();
            let (kind, link) = match n % 3 {
                0 => (Kind::File, None),
                1 => (Kind::Symlink, Some(format!("../f{n}").into_bytes().into())),
                _ => (Kind::Directory, None),
            };
            let meta = Meta {
                kind,
                link,
                uid: u64::from(n % 5),
                size: u64::from(if n % 3 == 0 { n } else { 0 }),
                mtime: i64::from(n).saturating_sub(40),
                ..Meta::implied()
            };
            builder.push(&path, &meta).unwrap();
        }
        for n in 0..hidden {
            let path = EntryPath::clean(format!("var/h{n}").as_bytes()).unwrap();
            let kind = if n % 3 == 2 { MarkKind::Global } else { MarkKind::Whiteout };
            builder.mark(kind, &path).unwrap();
        }
        builder.finish()
    }

    fn encoded(listing: &Listing) -> Vec<u8> {
        let mut out = Vec::new();
        listing.encode(&mut out);
        out
    }

    proptest! {
        #[test]
        fn comes_back_the_same(entries in 0_u32..5000, hidden in 0_u32..40) {
            let listing = listing(entries, hidden);
            let bytes = encoded(&listing);
            let back = Listing::decode(&mut bytes.as_slice(), &Limits::default()).unwrap();
            prop_assert!(back.iter().eq(listing.iter()));
            prop_assert!(back.marks().eq(listing.marks()));
            prop_assert_eq!(back.get(entries / 2), listing.get(entries / 2));
            prop_assert_eq!(encoded(&back), bytes);
        }

        #[test]
        fn cut_or_changed_bytes_do_no_harm(at in 0_usize..4000, byte in any::<u8>()) {
            let bytes = encoded(&listing(100, 5));
            let cut = bytes.get(..at.min(bytes.len().saturating_sub(1))).unwrap();
            prop_assert!(Listing::decode(&mut &*cut, &Limits::default()).is_none());
            let mut changed = bytes.clone();
            let length = changed.len();
            changed[at.checked_rem(length).unwrap()] = byte;
            if let Some(listing) = Listing::decode(&mut changed.as_slice(), &Limits::default()) {
                prop_assert_eq!(listing.iter().count(), usize::try_from(listing.len()).unwrap());
            }
        }
    }
}
