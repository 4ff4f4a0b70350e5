//! Hostile and faulty tar streams, a test for each known trick. Names say what is done; the CVEs and
//! advisories in the comments are where the trick is from.

use cutaway_tar::{End, ErrorKind, Kind, Limits, Reader, Step};

use crate::build::{Archive, Block, record};
use crate::read::{read, read_with};

fn inner() -> Vec<u8> {
    Archive::new().file("var/lib/dpkg/status", b"Package: smuggled\n").end()
}

/// CVE-2025-62518, RUSTSEC-2025-0111.
#[test]
fn e1_pax_size_over_header_size_zero() {
    let inner = inner();
    let bytes = Archive::new()
        .pax(&[("size", &inner.len().to_string())])
        .block(&Block::new(b'0', "outer.tar", 0))
        .body(&inner)
        .file("after", b"x")
        .end();
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), ["outer.tar", "after"]);
    assert_eq!(archive.members[0].content, inner);
    assert_eq!(archive.codes(), ["tar-size-conflict"]);
}

/// CVE-2026-33055.
#[test]
fn e2_pax_size_zero_over_header_size() {
    let inner = Archive::new().file("inner", b"x").0;
    let bytes = Archive::new()
        .pax(&[("size", "0")])
        .block(&Block::new(b'0', "outer", inner.len() as u64))
        .body(&inner)
        .end();
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), ["outer", "inner"]);
    assert_eq!(archive.members[0].entry.size, 0);
    assert_eq!(archive.codes(), ["tar-size-conflict"]);
}

/// RUSTSEC-2026-0112.
#[test]
fn e3_pax_size_passes_over_a_long_name() {
    let name = "n".repeat(200);
    let bytes = Archive::new()
        .pax(&[("size", "700")])
        .long(b'L', &name)
        .block(&Block::new(b'0', "short", 0))
        .body(&[7; 700])
        .file("after", b"")
        .end();
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), [&name, "after"]);
    assert_eq!(archive.members[0].content, [7; 700]);
}

/// Go CVE-2022-2879.
#[test]
fn e4_extended_header_over_the_limit() {
    for flag in [b'x', b'g'] {
        let header = Archive::new().block(&Block::new(flag, "x", 100_000_000)).0;
        let error = read(&header).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit { limit: "pax_bytes", max: 1 << 20 });
        assert_eq!(
            error.to_string(),
            "over the limit pax_bytes = 1048576, at offset 0 of the archive"
        );
    }
    let value = "c".repeat(1000);
    let bytes = Archive::new().pax(&[("comment", &value)]).file("a", b"").end();
    let len = record("comment", value.as_bytes()).len() as u64;
    assert!(read_with(&bytes, Limits { pax_bytes: len, ..Limits::default() }).is_ok());
    assert!(read_with(&bytes, Limits { pax_bytes: len - 1, ..Limits::default() }).is_err());
}

#[test]
fn e5_long_name_over_the_limit() {
    for flag in [b'L', b'K'] {
        let header = Archive::new().block(&Block::gnu(flag, "././@LongLink", 100_000_000)).0;
        let limit = ErrorKind::Limit { limit: "name_bytes", max: 64 << 10 };
        assert_eq!(read(&header).unwrap_err().kind, limit);
    }
}

/// Go CVE-2025-58183.
#[test]
fn e6_sparse_map_over_the_limit() {
    let map = [b"5000000\n".as_slice(), &b"0\n0\n".repeat(5_000_000)].concat();
    let bytes = Archive::new()
        .pax(&[
            ("GNU.sparse.major", "1"),
            ("GNU.sparse.minor", "0"),
            ("GNU.sparse.name", "f"),
            ("GNU.sparse.realsize", "0"),
        ])
        .file("GNUSparseFile.0/f", &map)
        .end();
    let error = read(&bytes).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit { limit: "sparse_bytes", max: 1 << 20 });
    assert_eq!(error.path.as_deref(), Some(&b"f"[..]));
}

/// Tarsnap #913: nothing of it is ever made.
#[test]
fn e7_old_sparse_file_of_an_exbibyte() {
    let mut block = Block::gnu(b'S', "huge", 4);
    block.put(386, b"00000000000\x0000000000004\0").base_256(483, 1 << 60);
    let bytes = Archive::new().block(&block).body(b"data").file("after", b"x").end();
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), ["huge", "after"]);
    let huge = &archive.members[0];
    assert_eq!((huge.entry.size, huge.entry.stored, huge.holes), (1 << 60, 4, (1 << 60) - 4));
}

/// Tarsnap #888.
#[test]
fn e8_negative_size() {
    let mut block = Block::new(b'0', "a", 0);
    block.put(124, &[0xff; 12]);
    let error = read(&Archive::new().block(&block).end()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::OutOfRange { field: "size" });
    assert_eq!(
        error.to_string(),
        "header field size is out of range, in a, at offset 0 of the archive"
    );
}

#[test]
fn e9_size_of_all_there_is() {
    let mut block = Block::new(b'0', "a", 0);
    block.base_256(124, i64::MAX.unsigned_abs());
    let error = read(&Archive::new().block(&block).body(b"x").0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Truncated { part: "content", wanted: 1 << 63, got: 512 });
    block.base_256(124, 1 << 63);
    let error = read(&Archive::new().block(&block).body(b"x").0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::OutOfRange { field: "size" });
}

/// bashkit #1457.
#[test]
fn e10_size_of_letters() {
    for junk in [
        &b"abcdefghijk\0"[..],
        b"0000000001x\0",
        b"00000 00001\0",
        b"-0000000001\0",
        b"00000000009\0",
    ] {
        let mut block = Block::new(b'0', "a", 0);
        block.put(124, junk);
        let error = read(&Archive::new().block(&block).end()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Number { field: "size" }, "{junk:?}");
    }
}

#[test]
fn e11_wrong_checksum() {
    let mut bytes = Archive::new().file("a", b"x").file("b", b"y").end();
    bytes[1024] ^= 1;
    let error = read(&bytes).unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::Checksum, 1024));
    // Sums of signed bytes, as old writers made them, are right too.
    let mut block = Block::new(b'0', "\u{e9}", 0).sealed();
    let sum: i64 = block
        .iter()
        .enumerate()
        .map(|(at, &byte)| match at {
            148..156 => i64::from(b' '),
            _ => i64::from(byte.cast_signed()),
        })
        .sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(read(&block).unwrap().names(), ["\u{e9}"]);
}

#[test]
fn e12_global_header_renames_nothing() {
    let records = [("path", "var/lib/dpkg/status"), ("size", "0"), ("linkpath", "b")];
    let bytes =
        Archive::new().extended(b'g', &records).file("decoy", b"content").file("c", b"").end();
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), ["decoy", "c"]);
    assert_eq!(archive.members[0].content, b"content");
    assert_eq!(archive.codes(), ["tar-global-override"]);
    let harmless = Archive::new().extended(b'g', &[("comment", "0123abcd")]).file("a", b"").end();
    assert!(read(&harmless).unwrap().codes().is_empty());
}

#[test]
fn global_headers_are_told_by_their_names() {
    let mut bytes = Archive::new().extended(b'g', &[("comment", "x")]).file("a", b"x").0;
    bytes[..5].copy_from_slice(b"etc/g");
    bytes[5..100].fill(0);
    bytes[345..349].copy_from_slice(b"root");
    bytes[148..156].fill(b' ');
    let sum: u32 = bytes[..512].iter().map(|&byte| u32::from(byte)).sum();
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.globals, [Box::from(&b"root/etc/g"[..])]);
    assert_eq!((archive.names(), archive.summary.entries), (vec!["a".to_owned()], 1));
}

#[test]
fn e13_no_end_marker() {
    let archive = read(&Archive::new().file("a", b"x").0).unwrap();
    assert_eq!((archive.names(), archive.summary.end), (vec!["a".into()], End::Missing));
    assert!(archive.codes().is_empty());
    assert_eq!(read(b"").unwrap().summary.end, End::Missing);
}

#[test]
fn e14_ends_inside_a_file() {
    let bytes = Archive::new().block(&Block::new(b'0', "usr/lib/big", 100_000)).0;
    let error = read(&[bytes.as_slice(), &[1; 1000]].concat()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Truncated { part: "content", wanted: 100_352, got: 1000 });
    assert_eq!(
        error.to_string(),
        "stream ends early: wanted 100352 bytes of content, got 1000, in usr/lib/big, at offset 1512 of the archive"
    );
}

#[test]
fn e15_entries_after_the_end_marker() {
    let second = Archive::new().file("b", b"y").end();
    let bytes = [Archive::new().file("a", b"x").zeros(18).0, second.clone()].concat();
    let archive = read(&bytes).unwrap();
    assert_eq!((archive.names(), archive.summary.end), (vec!["a".into()], End::Marker));
    assert_eq!(archive.summary.trailing, second.len() as u64);
    assert_eq!(archive.summary.end_offset, 1024);
    assert_eq!(
        archive.summary.warnings()[0].to_string(),
        "2048 bytes after end of archive; not read, at offset 1024 of the archive"
    );
    let padded = Archive::new().file("a", b"x").zeros(18).0;
    assert!(read(&padded).unwrap().codes().is_empty());
}

#[test]
fn e16_single_zero_block() {
    let bytes = Archive::new().file("a", b"x").zeros(1).file("b", b"y").end();
    let archive = read(&bytes).unwrap();
    assert_eq!((archive.names(), archive.summary.end), (vec!["a".into()], End::LoneZeroBlock));
    assert_eq!(archive.codes(), ["tar-lone-zero-block", "tar-trailing-bytes"]);
    let last = read(&Archive::new().file("a", b"x").zeros(1).0).unwrap();
    assert_eq!(last.codes(), ["tar-lone-zero-block"]);
}

#[test]
fn e17_names_are_bytes() {
    let mut block = Block::new(b'0', "", 0);
    block.put(0, b"a\xff\x1b[31m\n");
    let archive = read(&Archive::new().block(&block).end()).unwrap();
    assert_eq!(&*archive.only().entry.path, b"a\xff\x1b[31m\n");
    block.put(124, b"letters");
    let error = read(&Archive::new().block(&block).end()).unwrap_err().to_string();
    assert!(error.contains("a\\xff\\u{1b}[31m\\n"), "{error}");
}

#[test]
fn e18_e19_names_are_not_touched() {
    let bytes =
        Archive::new().file("a", b"1").file("a", b"2").file("./a//b", b"").file("/../a", b"").end();
    assert_eq!(read(&bytes).unwrap().names(), ["a", "a", "./a//b", "/../a"]);
}

#[test]
fn e20_name_over_the_limit() {
    let deep = "d/".repeat(20_000);
    let limit = ErrorKind::Limit { limit: "path_bytes", max: 4096 };
    for bytes in [
        Archive::new().long(b'L', &deep).file("x", b"").end(),
        Archive::new().pax(&[("path", &deep)]).file("x", b"").end(),
        Archive::new().long(b'K', &deep).special(b'2', "x", "y").end(),
        Archive::new().pax(&[("linkpath", &deep)]).special(b'1', "x", "y").end(),
    ] {
        let error = read(&bytes).unwrap_err();
        assert_eq!(error.kind, limit);
        assert!(error.to_string().len() < 1024);
    }
}

#[test]
fn e21_entries_over_the_limit() {
    let bytes = Archive::new().file("a", b"").file("b", b"").file("c", b"").end();
    let limits = |entries| Limits { entries, ..Limits::default() };
    assert!(read_with(&bytes, limits(3)).is_ok());
    let error = read_with(&bytes, limits(2)).unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::Limit { limit: "entries", max: 2 }, 1024));
    assert_eq!(error.path.as_deref(), Some(&b"c"[..]));
}

/// Go TestReadTruncation and its kin: the offset is that of the record.
#[test]
fn e23_malformed_records() {
    let good = record("comment", b"x");
    for (bad, rule) in [
        (&b"99 path=a\n"[..], "length is longer than the header"),
        (b"5 path=a\n", "length does not end at a newline"),
        (b"5 =a\n", "empty key"),
        (b"10 path=a\0", "length does not end at a newline"),
        (b"11 path=\0b\n", "NUL in a name"),
    ] {
        let body = [&good, bad].concat();
        let bytes = Archive::new().raw_extended(b'x', &body).file("a", b"").end();
        let error = read(&bytes).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Pax { rule }, "{bad:?}");
        assert_eq!(error.offset, 512 + good.len() as u64);
    }
}

#[test]
fn e23_large_attributes_pass_one_by_one() {
    let value = "v".repeat(1 << 19);
    let one = Archive::new().pax(&[("SCHILY.xattr.user.x", &value)]).file("a", b"").0;
    let archive = read(&one.repeat(20)).unwrap();
    assert_eq!(archive.members.len(), 20);
    assert_eq!(archive.members[19].entry.xattrs[0].value.len(), 1 << 19);
}

#[test]
fn e24_kinds() {
    let mut device = Block::new(b'3', "null", 0);
    device.put(329, b"0000001\0").put(337, b"0000003\0");
    let bytes = Archive::new()
        .block(&device)
        .special(b'4', "sda", "")
        .special(b'6', "pipe", "")
        .block(&Block::new(b'7', "contiguous", 3))
        .body(b"abc")
        .special(b'5', "dir/", "")
        .special(b'2', "sym", "target")
        .special(b'1', "hard", "sym")
        .block(&Block::gnu(b'V', "label", 0))
        .block(&Block::gnu(b'M', "rest", 2))
        .body(b"mm")
        .block(&Block::gnu(b'D', "dump/", 2))
        .body(b"dd")
        .special(b'Z', "odd", "")
        .special(b'X', "solaris", "")
        .end();
    let archive = read(&bytes).unwrap();
    let kinds: Vec<Kind> = archive.members.iter().map(|member| member.entry.kind).collect();
    use Kind::{BlockDevice, CharDevice, Directory, Fifo, File, HardLink, Other, Symlink};
    let wanted = [
        CharDevice,
        BlockDevice,
        Fifo,
        File,
        Directory,
        Symlink,
        HardLink,
        Other(b'V'),
        Other(b'M'),
        Other(b'D'),
        Other(b'Z'),
        Other(b'X'),
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(archive.members[0].entry.device, Some((1, 3)));
    assert_eq!(archive.members[5].entry.link.as_deref(), Some(&b"target"[..]));
    assert_eq!(archive.members[9].content, b"dd");
    assert_eq!(archive.codes(), ["tar-unknown-type"; 5]);
}

#[test]
fn kinds_without_content_have_size_zero() {
    for (flag, name) in
        [(b'1', "a"), (b'2', "a"), (b'3', "a"), (b'4', "a"), (b'5', "a"), (b'6', "a"), (0, "a/")]
    {
        let block = Block::new(flag, name, 512);
        let archive = read(&Archive::new().block(&block).file("next", b"x").end()).unwrap();
        assert_eq!(archive.names(), [name, "next"]);
        assert_eq!(archive.members[0].entry.size, 0);
        assert_eq!(archive.codes(), ["tar-size-without-content"]);
    }
}

#[test]
fn old_directories_end_in_a_slash() {
    let mut old = Block::new(0, "dir/", 0);
    old.put(257, &[0; 8]);
    let archive = read(&Archive::new().block(&old).end()).unwrap();
    assert_eq!(archive.only().entry.kind, Kind::Directory);
}

#[test]
fn names_from_everywhere() {
    let mut prefixed = Block::new(b'0', "name", 0);
    prefixed.put(345, b"a/prefix");
    let mut gnu = Block::gnu(b'0', "name", 0);
    gnu.put(345, b"00000000000\0");
    let mut star = prefixed.clone();
    star.put(345 + 131, b"14000000000\0").put(508, b"tar\0");
    let full = "f".repeat(100);
    let bytes = Archive::new()
        .block(&prefixed)
        .block(&gnu)
        .block(&star)
        .file(&full, b"")
        .pax(&[("path", "from/pax")])
        .block(&prefixed)
        .long(b'L', "from/long")
        .block(&prefixed)
        .pax(&[("path", "from/pax")])
        .long(b'L', "from/long")
        .file("x", b"")
        .pax(&[("path", "")])
        .block(&prefixed)
        .pax(&[("path", "one")])
        .pax(&[("path", "two")])
        .file("x", b"")
        .end();
    let archive = read(&bytes).unwrap();
    let wanted = [
        "a/prefix/name",
        "name",
        "a/prefix/name",
        &full,
        "from/pax",
        "from/long",
        "from/long",
        "a/prefix/name",
        "two",
    ];
    assert_eq!(archive.names(), wanted);
    assert_eq!(archive.codes(), ["tar-name-conflict", "tar-repeated-extension"]);
}

#[test]
fn pax_gives_every_field() {
    let bytes = Archive::new()
        .pax(&[
            ("uid", "3000000"),
            ("gid", "4000000"),
            ("uname", "grüße"),
            ("gname", "staff"),
            ("mtime", "-1.25"),
            ("linkpath", "far/away"),
            ("SCHILY.xattr.security.capability", "\u{1}\0\0"),
        ])
        .special(b'2', "a", "near")
        .end();
    let archive = read(&bytes).unwrap();
    let entry = &archive.only().entry;
    assert_eq!(
        (entry.uid, entry.gid, &*entry.uname, &*entry.gname),
        (3_000_000, 4_000_000, "grüße".as_bytes(), &b"staff"[..])
    );
    assert_eq!((entry.mtime, entry.mtime_nanos), (-2, 750_000_000));
    assert_eq!(entry.link.as_deref(), Some(&b"far/away"[..]));
    assert_eq!(&*entry.xattrs[0].name, b"security.capability");
    assert_eq!(&*entry.xattrs[0].value, b"\x01\0\0");
    assert_eq!((entry.header_offset, entry.content_offset), (0, 1536));
}

#[test]
fn large_sizes_agree_with_their_short_field() {
    // A size over eight gibibytes does not fit the field: whatever that says is no conflict.
    let bytes = Archive::new().pax(&[("size", "8589934592")]).block(&Block::new(b'0', "a", 0)).0;
    let mut reader = Reader::new(Limits::default());
    let mut input = &bytes[..];
    let Step::Entry(entry) = reader.step(&mut input).unwrap() else { panic!("no entry") };
    assert_eq!(entry.size, 8_589_934_592);
}

#[test]
fn extensions_without_a_member() {
    // Cut off, perhaps.
    for bytes in [Archive::new().pax(&[("path", "a")]).0, Archive::new().long(b'L', "a").0] {
        assert_eq!(read(&bytes).unwrap_err().kind, ErrorKind::Dangling);
    }
    let end = read(&Archive::new().file("b", b"").pax(&[("path", "a")]).end()).unwrap();
    assert_eq!((end.names(), end.codes()), (vec!["b".into()], vec!["tar-dropped-extension"]));
    // To Go and the runtimes on it, these belong to the global header.
    for extension in
        [Archive::new().pax(&[("path", "a"), ("size", "0")]), Archive::new().long(b'L', "a")]
    {
        let bytes = extension.extended(b'g', &[("comment", "c")]).file("b", b"x").end();
        let archive = read(&bytes).unwrap();
        assert_eq!(
            (archive.names(), archive.codes()),
            (vec!["b".into()], vec!["tar-dropped-extension"])
        );
        assert_eq!(archive.only().content, b"x");
    }
}

/// A file to Go, which the runtimes stand on, and a directory to GNU tar: a database could hide here.
#[test]
fn a_slash_makes_no_directory_of_a_file() {
    let archive =
        read(&Archive::new().file("var/lib/dpkg/status/", b"Package: x\n").end()).unwrap();
    assert_eq!((archive.only().entry.kind, archive.only().entry.size), (Kind::File, 11));
}

#[test]
fn errors_stay() {
    let mut reader = Reader::new(Limits::default());
    let first = reader.step(&mut [1; 512].as_slice()).unwrap_err();
    let good = Archive::new().file("a", b"").end();
    assert_eq!(reader.step(&mut good.as_slice()).unwrap_err(), first);
    assert_eq!(reader.finish().unwrap_err(), first);
}
