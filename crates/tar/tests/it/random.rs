//! Random archives of every dialect, mostly sound, with one or another thing odd.

use crate::build::{Archive, Block, record};

/// A generator of numbers (SplitMix64), which the seed decides.
pub(crate) struct Random(pub(crate) u64);

const NUMBERS: [&[u8]; 18] = [
    b"0000644\0",
    b"+000001\0",
    b"-000001\0",
    b"     17\0",
    b"17 \0\0\0\0\0",
    b"7\0 7\0\0\0\0",
    b"\0\0\0\0\0\0\0\0",
    b"        ",
    b"12345670",
    b"9\0\0\0\0\0\0\0",
    b"\x80\0\0\0\0\0\0\x07",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xfe",
    b"\x80\0\x01\0\0\0\0\0",
    b"\0\0 5\0\0\0\0",
    b"0x10\0\0\0\0",
    b"1_0\0\0\0\0\0",
    b"7\0x\0\0\0\0\0",
];
const SIZES: [&[u8]; 10] = [
    b"00000000003\0",
    b"          3 ",
    b"3\0\0\0\0\0\0\0\0\0\0\0",
    b"3\0x\0\0\0\0\0\0\0\0\0",
    b"\x80\0\0\0\0\0\0\0\0\0\0\x03",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    b"+0000000003\0",
    b"-0000000003\0",
    b"\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\x80\0\0\x01\0\0\0\0\0\0\0\0",
];
const KEYS: [&str; 24] = [
    "path",
    "linkpath",
    "size",
    "mtime",
    "atime",
    "ctime",
    "uid",
    "gid",
    "uname",
    "gname",
    "comment",
    "SCHILY.xattr.user.a",
    "SCHILY.xattr.",
    "GNU.sparse.name",
    "GNU.sparse.map",
    "GNU.sparse.size",
    "GNU.sparse.realsize",
    "GNU.sparse.numblocks",
    "GNU.sparse.major",
    "GNU.sparse.minor",
    "GNU.sparse.offset",
    "GNU.sparse.numbytes",
    "a\0b",
    "",
];
const VALUES: [&str; 24] = [
    "",
    "0",
    "1",
    "2",
    "3",
    "+3",
    "-1",
    "-0",
    "003",
    "00",
    "01",
    "1.5",
    "-1.5",
    "1.",
    ".5",
    "a",
    "a/",
    "a\0b",
    "0,3",
    "0,1,2,2",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "é",
];
const FLAGS: [u8; 14] = *b"0000\0\x001234567S";

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// An archive of one to five parts, sometimes cut or with one byte changed.
    pub(crate) fn archive(&mut self) -> Vec<u8> {
        let mut archive = Archive::new();
        for _ in 0..=self.below(5) {
            archive = self.part(archive);
        }
        let zeros = self.of(&[0, 1, 2, 2, 2, 2]);
        let mut bytes = archive.zeros(zeros).0;
        if self.one_in(12) {
            let at = self.below(bytes.len());
            bytes[at] = self.below(256) as u8;
        }
        if self.one_in(20) {
            let len = self.below(bytes.len());
            bytes.truncate(len);
        }
        bytes
    }

    fn part(&mut self, archive: Archive) -> Archive {
        match self.below(10) {
            0 | 1 => {
                let flag = self.of(b"xxxxg");
                let body = self.records();
                archive.raw_extended(flag, &body)
            }
            2 => {
                let (flag, name) = (self.of(b"LK"), self.of(&["", "long", "long/", "lo\0ng"]));
                archive.long(flag, name)
            }
            3 => self.sparse(archive),
            _ => self.member(archive),
        }
    }

    fn header(&mut self, flag: u8, size: u64) -> Block {
        let name = self.of(&["a", "a/b", "d/", "", "../x", "installed"]);
        let mut block = Block::new(flag, name, size);
        match self.below(6) {
            0 | 1 => {}
            2 | 3 => drop(block.put(257, b"ustar  \0")),
            4 => drop(block.put(257, b"ustar\x0000").put(508, b"tar\0")),
            _ => drop(block.put(257, b"\0\0\0\0\0\0\0\0")),
        }
        if self.one_in(3) {
            let text = self.of(&[
                &b"lib/apk/db"[..],
                b"00000000017\x0000000000017\0",
                b"\xff\xfe",
                b"7\0",
                b"a\xc3\xa9",
                b"\x80\0\0\0",
            ]);
            let at = self.of(&[345, 345, 357, 476, 488]);
            block.put(at, text);
        }
        if self.one_in(3) {
            let (at, number) = (self.of(&[100, 108, 116, 329, 337]), self.of(&NUMBERS));
            block.put(at, number);
        }
        if self.one_in(6) {
            let (at, number) = (self.of(&[124, 136]), self.of(&SIZES));
            block.put(at, number);
        }
        if self.one_in(4) {
            block.put(157, b"target").put(265, b"user").put(297, b"gr\xffup");
        }
        block
    }

    fn member(&mut self, archive: Archive) -> Archive {
        let flag = if self.one_in(20) { self.below(256) as u8 } else { self.of(&FLAGS) };
        let size = if matches!(flag, b'1'..=b'6') && !self.one_in(5) {
            0
        } else {
            self.of(&[0, 3, 3, 600])
        };
        let block = self.header(flag, size as u64);
        let archive = archive.block(&block);
        if matches!(flag, b'1'..=b'6') { archive } else { archive.body(&vec![b'x'; size]) }
    }

    fn records(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        for _ in 0..self.below(4) {
            let known = if self.one_in(9) { KEYS.len() } else { KEYS.len() - 2 };
            let (key, value) = (self.of(&KEYS[..known]), self.of(&VALUES));
            let mut record = record(key, value.as_bytes());
            if self.one_in(15) {
                let odd = self.of(&[&b"+"[..], b"-", b"0", b"000000000000000000000000"]);
                let digits = record.iter().position(|&byte| byte == b' ').unwrap_or(0);
                let rest = record.split_off(digits);
                let longer = rest.len() + digits + odd.len();
                record = [odd, longer.to_string().as_bytes(), &rest].concat();
            }
            body.extend(record);
        }
        body
    }

    /// A sparse file in one of the four forms, sound but for what chance changes.
    fn sparse(&mut self, archive: Archive) -> Archive {
        let real = self.of(&["9", "9", "+9", "3", "-9", ""]);
        let count = self.of(&["2", "2", "2", "+2", "1", "x", "02"]);
        let (name, file) = (self.of(&["", "real", "real/"]), self.of(b"00\0"));
        match self.below(4) {
            0 => {
                let mut block = self.header(b'S', 3);
                if !self.one_in(8) {
                    block.put(257, b"ustar  \0");
                }
                block.put(386, b"00000000001\x0000000000002\0");
                let offset = self.of(&[
                    &b"00000000005\0"[..],
                    b"00000000002\0",
                    b"\x80\0\0\0\0\0\0\0\0\0\0\x05",
                ]);
                block.put(410, offset).put(422, b"00000000001\0").put(483, b"00000000011\0");
                if self.one_in(4) {
                    block.put(482, b"\x01");
                    return archive.block(&block).body(&[0; 512]).body(b"abc");
                }
                archive.block(&block).body(b"abc")
            }
            1 => {
                let records = [
                    ("GNU.sparse.name", name),
                    ("GNU.sparse.size", real),
                    ("GNU.sparse.numblocks", count),
                    ("GNU.sparse.map", self.of(&["1,2,5,1", "1,2,2,1", "+1,2,5,1", "1,2"])),
                ];
                let block = self.header(file, 3);
                archive.pax(&records).block(&block).body(b"abc")
            }
            2 => {
                let mut records = vec![
                    ("GNU.sparse.size", real),
                    ("GNU.sparse.numblocks", count),
                    ("GNU.sparse.offset", "1"),
                    ("GNU.sparse.numbytes", "2"),
                    ("GNU.sparse.offset", self.of(&["5", "5", "2", "5,1"])),
                    ("GNU.sparse.numbytes", "1"),
                ];
                if self.one_in(3) {
                    records.insert(self.of(&[0, 4, 6]), ("GNU.sparse.map", "0,3"));
                }
                let block = self.header(file, 3);
                archive.pax(&records).block(&block).body(b"abc")
            }
            _ => {
                let records = [
                    ("GNU.sparse.major", self.of(&["1", "1", "1", "01", "+1", "2"])),
                    ("GNU.sparse.minor", self.of(&["0", "0", "0", "00", "1"])),
                    ("GNU.sparse.name", name),
                    ("GNU.sparse.realsize", real),
                ];
                let mut content = format!(
                    "{count}\n1\n2\n{}\n1\n",
                    self.of(&["5", "+5", "0000000000000000000000005", "2"])
                )
                .into_bytes();
                content.resize(512, 0);
                content.extend(b"abc");
                let block = self.header(file, 515);
                archive.pax(&records).block(&block).body(&content)
            }
        }
    }
}
