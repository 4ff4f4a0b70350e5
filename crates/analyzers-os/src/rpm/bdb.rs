//! BerkeleyDB's hash access method, as far as rpm's old `Packages` file needs it.
//!
//! The file is pages of one size: a *meta page* in front, then hash pages with keys and values in
//! turn, and overflow pages for values that are larger than a quarter of a page. A *bucket* is a
//! chain of hash pages. Numbers are in the byte order of the machine that wrote them. Keys are
//! numbers of packages, values headers; the key 0 holds the highest number instead. B-trees,
//! duplicates, encryption and page checksums are not read. Format: `dbinc/db_page.h` and
//! `dbinc/hash.h` of Berkeley DB 4.

mod page;

use std::borrow::Cow;

use super::record::Records;
use crate::bytes::{Order, size};
use cutaway_tar::len64;
use page::{Item, Kind, Page};

/// Bytes of the meta page that are read.
const META: usize = 512;
const HASH_MAGIC: u32 = 0x0006_1561;
const BTREE_MAGIC: u32 = 0x0005_3162;

/// Why a database or a part of it cannot be read.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// A field of the meta page is out of its range.
    #[error("meta page: {field} is {value}, which {rule}")]
    Meta {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A page that is needed lies behind the end of the file.
    #[error("page {page} of {pages} missing: the file has {len} bytes")]
    PageMissing {
        /// The number of the page, from 0.
        page: u32,
        /// How many there should be.
        pages: u64,
        /// Bytes of the file.
        len: usize,
    },
    /// A page is not sound.
    #[error("page {page}: {rule}")]
    Page {
        /// The number of the page, from 0.
        page: u32,
        /// The rule that it breaks.
        rule: Cow<'static, str>,
    },
}

impl Error {
    fn page(page: u32, rule: impl Into<Cow<'static, str>>) -> Self {
        Self::Page { page, rule: rule.into() }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Meta { .. } => "rpm-bdb-meta",
            Self::PageMissing { .. } => "rpm-bdb-page-missing",
            Self::Page { .. } => "rpm-bdb-page",
        }
    }
}

/// Returns whether `content` starts as a BerkeleyDB file does, hash or B-tree.
pub(super) fn is_database(content: &[u8]) -> bool {
    order(content).is_some()
}

fn order(content: &[u8]) -> Option<Order> {
    [Order::Little, Order::Big]
        .into_iter()
        .find(|order| matches!(order.u32(content, 12), Some(HASH_MAGIC | BTREE_MAGIC)))
}

/// Reads every record of the database.
pub(super) fn read(content: &[u8], records: &mut Records<'_>) {
    match Meta::read(content) {
        Ok(meta) => {
            let pages = content.len().checked_div(meta.page_size).unwrap_or_default();
            let seen = vec![false; pages];
            Reader { meta, seen, values: 0, stale: false, records }.read();
        }
        Err(error) => records.reporter.error(error.code(), error),
    }
}

/// What the meta page says.
#[derive(Debug, Clone, Copy)]
struct Meta<'a> {
    content: &'a [u8],
    order: Order,
    page_size: usize,
    last_page: u32,
    max_bucket: u32,
    /// How many keys there are, where the library kept count.
    keys: u32,
    /// Where in a transaction log the page was last written; file 0 means none.
    lsn: (u32, u32),
}

impl<'a> Meta<'a> {
    fn read(content: &'a [u8]) -> Result<Self, Error> {
        let order = order(content).unwrap_or(Order::Little);
        if content.len() < META {
            return Err(Error::PageMissing { page: 0, pages: 1, len: content.len() });
        }
        let field = |at| order.u32(content, at).unwrap_or_default();
        let [encryption, _, flags] =
            [24, 25, 26].map(|at| content.get(at).copied().unwrap_or_default());
        let wrong =
            |field, value: u32, rule| Err(Error::Meta { field, value: u64::from(value), rule });
        let (magic, version, page_size) = (field(12), field(16), field(20));
        if magic != HASH_MAGIC {
            return wrong("magic", magic, "is a B-tree's, not a hash's");
        }
        if !(7..=10).contains(&version) {
            return wrong("version", version, "is none of 7 to 10");
        }
        if !page_size.is_power_of_two() || !(512..=65536).contains(&page_size) {
            return wrong("page size", page_size, "is no power of two from 512 to 65536");
        }
        if encryption != 0 {
            return wrong(
                "encryption",
                u32::from(encryption),
                "means that the pages are encrypted",
            );
        }
        if flags & 1 != 0 {
            return wrong("flags", u32::from(flags), "means pages with checksums");
        }
        Ok(Self {
            content,
            order,
            page_size: size(page_size),
            last_page: field(32),
            max_bucket: field(72),
            keys: field(88),
            lsn: (field(0), field(4)),
        })
    }

    /// Returns how many pages there should be.
    fn pages(&self) -> u64 {
        u64::from(self.last_page).saturating_add(1)
    }

    /// Returns a page, where the file has all of it.
    fn page(&self, number: u32) -> Result<Page<'a>, Error> {
        let missing =
            Error::PageMissing { page: number, pages: self.pages(), len: self.content.len() };
        let start = size(number).checked_mul(self.page_size);
        let bytes =
            start.and_then(|start| crate::bytes::slice(self.content, start, self.page_size));
        bytes.map(|bytes| Page { number, bytes, order: self.order }).ok_or(missing)
    }

    /// Returns the first page of a bucket: `BUCKET_TO_PAGE`.
    fn page_of_bucket(&self, bucket: u32) -> Option<u32> {
        let doubling = u64::from(bucket).saturating_add(1).next_power_of_two().trailing_zeros();
        let at = size(doubling).checked_mul(4)?.checked_add(96)?;
        bucket.checked_add(self.order.u32(self.content, at)?)
    }
}

struct Reader<'a, 'r, 'f> {
    meta: Meta<'a>,
    /// Which pages were read: each belongs to one chain, so a second time is a cycle.
    seen: Vec<bool>,
    /// How many keys were found.
    values: u64,
    stale: bool,
    records: &'r mut Records<'f>,
}

impl<'a> Reader<'a, '_, '_> {
    fn read(mut self) {
        let pages = len64(self.seen.len());
        if self.meta.pages() > pages {
            let page = u32::try_from(pages).unwrap_or(u32::MAX);
            self.report(&Error::PageMissing {
                page,
                pages: self.meta.pages(),
                len: self.meta.content.len(),
            });
        }
        // Every bucket has a page of its own.
        let mut buckets = u64::from(self.meta.max_bucket).saturating_add(1);
        if buckets >= self.meta.pages() {
            let value = u64::from(self.meta.max_bucket);
            self.report(&Error::Meta {
                field: "highest bucket",
                value,
                rule: "is more than there are pages",
            });
        }
        buckets = buckets.min(pages);
        for bucket in 0..u32::try_from(buckets).unwrap_or(u32::MAX) {
            self.bucket(bucket);
        }
        self.strays();
        if self.stale {
            self.records.reporter.warning(
                "rpm-bdb-stale-lsn",
                "pages and meta page were not last written together: a transaction was open",
            );
        }
        // The library counts only where it does no locking, so the count proves nothing.
        if u64::from(self.meta.keys) > self.values {
            let (keys, values) = (self.meta.keys, self.values);
            self.records.reporter.warning(
                "rpm-bdb-count",
                format_args!("the meta page counts {keys} keys, but there are {values}"),
            );
        }
    }

    fn bucket(&mut self, bucket: u32) {
        let mut next = self.meta.page_of_bucket(bucket);
        if next.is_none() {
            let value = u64::from(bucket);
            self.report(&Error::Meta {
                field: "page of a bucket",
                value,
                rule: "is past the largest number",
            });
        }
        while let Some(number) = next {
            let page = match self.take(number) {
                Ok(page) => page,
                Err(error) => return self.report(&error),
            };
            if !page.is_hash() {
                let rule = format!(
                    "bucket {bucket} leads here, but the type is {}, not hash",
                    page.kind()
                );
                return self.report(&Error::page(number, rule));
            }
            self.hash_page(page);
            next = Some(page.next()).filter(|next| *next != 0);
        }
    }

    /// Reads hash pages that no bucket leads to: a chain is broken, but their records are there.
    fn strays(&mut self) {
        for number in 1..u32::try_from(self.seen.len()).unwrap_or(u32::MAX) {
            if self.seen.get(size(number)) == Some(&true) {
                continue;
            }
            let Ok(page) = self.meta.page(number) else { continue };
            if page.is_hash() && page.entries() > 0 {
                self.report(&Error::page(
                    number,
                    "a hash page with records that no bucket leads to",
                ));
                // It was not taken before, and cannot be met again.
                self.hash_page(page);
            }
        }
    }

    fn hash_page(&mut self, page: Page<'_>) {
        let lsn = page.lsn();
        self.stale |= lsn != self.meta.lsn && (lsn.0 != 0 || self.meta.lsn.0 != 0);
        if !page.entries().is_multiple_of(2) {
            self.report(&Error::page(
                page.number,
                format!("{} items are no pairs", page.entries()),
            ));
        }
        let mut room = page.bytes.len();
        for pair in 0..page.entries() / 2 {
            self.values = self.values.saturating_add(1);
            let key = pair.saturating_mul(2);
            if let Err(error) = self.pair(page, key, key.saturating_add(1), &mut room) {
                self.report(&error);
            }
        }
    }

    /// Reads a key and its value. `room` is how many bytes the values to come can have.
    fn pair(
        &mut self,
        page: Page<'_>,
        key: u16,
        value: u16,
        room: &mut usize,
    ) -> Result<(), Error> {
        // A key that cannot be read is no reason to lose its value.
        let number = match page.item(key) {
            Ok(Item { kind: Kind::Data, bytes }) => self.meta.order.u32(bytes, 0),
            Ok(_) => None,
            Err(error) => {
                self.report(&error);
                None
            }
        };
        let item = page.item(value)?;
        // Broken offsets can make items overlap; without this, one page could cost its square.
        *room = room
            .checked_sub(item.bytes.len())
            .ok_or_else(|| Error::page(page.number, "its items overlap"))?;
        let blob = match item.kind {
            Kind::Data if number == Some(0) => return Ok(()),
            Kind::Data => Cow::Borrowed(item.bytes),
            Kind::Overflow { page, len } => Cow::Owned(self.overflow(page, len)?),
            Kind::Other(kind) => {
                let rule =
                    format!("item {value} has the type {kind}, which is neither data nor overflow");
                return Err(Error::page(page.number, rule));
            }
        };
        match number {
            Some(number) => {
                self.records.add(&blob, format_args!("package {number} (page {})", page.number));
            }
            None => self.records.add(&blob, format_args!("item {value} of page {}", page.number)),
        }
        Ok(())
    }

    /// Puts together a value that lies on overflow pages.
    fn overflow(&mut self, first: u32, len: u32) -> Result<Vec<u8>, Error> {
        let len = size(len);
        if len > self.meta.content.len() {
            return Err(Error::page(
                first,
                format!("a value of {len} bytes is larger than the file"),
            ));
        }
        let mut value = Vec::with_capacity(len);
        let mut number = first;
        while value.len() < len {
            if number == 0 {
                let found = value.len();
                return Err(Error::page(
                    first,
                    format!("the value ends after {found} of {len} bytes"),
                ));
            }
            let page = self.take(number)?;
            let part = page.overflow()?;
            if value.len().saturating_add(part.len()) > len {
                return Err(Error::page(number, format!("the value goes on past its {len} bytes")));
            }
            value.extend_from_slice(part);
            number = page.next();
        }
        Ok(value)
    }

    /// Returns a page that belongs to one chain only, and marks it as met.
    fn take(&mut self, number: u32) -> Result<Page<'a>, Error> {
        let page = self.meta.page(number)?;
        match self.seen.get_mut(size(number)) {
            Some(seen) if !*seen && number != 0 => *seen = true,
            _ => return Err(Error::page(number, "two chains lead here, or one leads back")),
        }
        Ok(page)
    }

    fn report(&mut self, error: &Error) {
        self.records.reporter.error(error.code(), error);
    }
}
