//! Writes headers as a BerkeleyDB hash, in either byte order and with any size of page.

/// The byte order of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, number: usize) -> [u8; 2] {
        // A 64 KiB page without items has the free offset 65536, of which 16 bits are kept.
        let number = u16::try_from(number & 0xffff).unwrap();
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

const HEADER: usize = 26;
const BUCKETS: u32 = 2;

/// Returns a database of two buckets that maps 1, 2, 3… to `headers`. Values of up to a quarter of
/// a page lie inline, the others on overflow pages, as the library decides it.
pub(crate) fn write(headers: &[Vec<u8>], order: Order, page_size: usize) -> Vec<u8> {
    let mut writer = Writer { order, page_size, pages: vec![vec![0; page_size]] };
    for _ in 0..BUCKETS {
        writer.page(13);
    }
    let count = u32::try_from(headers.len()).unwrap();
    let mut last = [1, 2];
    let zero = [(0, order.u32(count).to_vec())];
    let numbered = headers.iter().zip(1..).map(|(header, number)| (number, header.clone()));
    for (key, value) in zero.into_iter().chain(numbered) {
        let bucket = usize::from(key % 2 == 1);
        let value = writer.value(&value);
        let key = [&[1][..], &order.u32(key)].concat();
        last[bucket] = writer.pair(last[bucket], &key, &value);
    }
    writer.finish(count + 1)
}

struct Writer {
    order: Order,
    page_size: usize,
    pages: Vec<Vec<u8>>,
}

impl Writer {
    fn page(&mut self, kind: u8) -> usize {
        let number = self.pages.len();
        self.pages.push(vec![0; self.page_size]);
        self.put(number, 4, &self.order.u32(1));
        self.put(number, 8, &self.order.u32(u32::try_from(number).unwrap()));
        self.put(number, 22, &self.order.u16(self.page_size));
        self.put(number, 25, &[kind]);
        number
    }

    fn put(&mut self, page: usize, at: usize, bytes: &[u8]) {
        self.pages[page][at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn u16(&self, page: usize, at: usize) -> usize {
        let bytes = self.pages[page][at..at + 2].try_into().unwrap();
        usize::from(match self.order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        })
    }

    /// Returns the item of a value.
    fn value(&mut self, value: &[u8]) -> Vec<u8> {
        if value.len() <= self.page_size / 4 {
            return [&[1], value].concat();
        }
        let first = self.pages.len();
        let mut before = 0;
        for part in value.chunks(self.page_size - HEADER) {
            let page = self.page(7);
            self.put(page, 20, &self.order.u16(1));
            self.put(page, 22, &self.order.u16(part.len()));
            self.put(page, HEADER, part);
            if before != 0 {
                self.link(before, page);
            }
            before = page;
        }
        let [first, len] =
            [first, value.len()].map(|number| self.order.u32(u32::try_from(number).unwrap()));
        [&[3, 0, 0, 0][..], &first, &len].concat()
    }

    fn link(&mut self, before: usize, after: usize) {
        let [before_number, after_number] =
            [before, after].map(|it| self.order.u32(u32::try_from(it).unwrap()));
        self.put(before, 16, &after_number);
        self.put(after, 12, &before_number);
    }

    /// Adds a pair to the chain that ends in `page`; returns where the chain ends now.
    fn pair(&mut self, page: usize, key: &[u8], value: &[u8]) -> usize {
        let entries = self.u16(page, 20);
        let free =
            if entries == 0 { self.page_size } else { self.u16(page, HEADER + 2 * (entries - 1)) };
        if HEADER + 2 * (entries + 2) + key.len() + value.len() > free {
            let next = self.page(13);
            self.link(page, next);
            return self.pair(next, key, value);
        }
        let (key_at, value_at) = (free - key.len(), free - key.len() - value.len());
        self.put(page, key_at, key);
        self.put(page, value_at, value);
        self.put(page, HEADER + 2 * entries, &self.order.u16(key_at));
        self.put(page, HEADER + 2 * entries + 2, &self.order.u16(value_at));
        self.put(page, 20, &self.order.u16(entries + 2));
        self.put(page, 22, &self.order.u16(value_at));
        page
    }

    fn finish(mut self, keys: u32) -> Vec<u8> {
        let order = self.order;
        let (size, last) =
            (u32::try_from(self.page_size).unwrap(), u32::try_from(self.pages.len() - 1).unwrap());
        for (at, number) in [
            (4, 1),            // never in a log
            (12, 0x0006_1561), // magic of a hash
            (16, 9),           // version
            (20, size),
            (32, last),
            (72, BUCKETS - 1), // highest bucket
            (76, 1),           // high mask
            (88, keys),
            (96, 1), // spares: buckets start at page 1
            (100, 1),
        ] {
            self.put(0, at, &order.u32(number));
        }
        self.put(0, 25, &[8]);
        self.pages.concat()
    }
}
