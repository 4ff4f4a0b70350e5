//! Headers that Go reads in its own way.

use cutaway_tar::{ErrorKind, Kind};

use crate::build::{Archive, Block};
use crate::read::read;

#[test]
fn text_in_the_times_of_gnu_is_a_prefix() {
    for (text, name, codes) in [
        (&b"lib/apk/db"[..], "lib/apk/db/installed", vec!["tar-gnu-prefix"]),
        (b"00000000017\x0000000000017\0", "installed", vec![]),
        (b"7", "installed", vec![]),
        (b"lib/\xc3\xa9", "installed", vec![]),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0lib", "installed", vec![]),
    ] {
        let mut block = Block::gnu(b'0', "installed", 0);
        block.put(345, text);
        let archive = read(&Archive::new().block(&block).end()).unwrap();
        assert_eq!((archive.names()[0].as_str(), archive.codes()), (name, codes), "{text:?}");
    }
}

#[test]
fn owners_are_what_the_system_takes() {
    for (records, owner, odd) in [
        ([("uid", "-1"), ("gid", "-2")], (0, 4_294_967_294), true),
        ([("uid", "4294967296"), ("gid", "+7")], (0, 7), true),
        ([("uid", "00012"), ("gid", "")], (12, 0), false),
    ] {
        let archive = read(&Archive::new().pax(&records).file("f", b"").end()).unwrap();
        let entry = &archive.only().entry;
        assert_eq!((entry.uid, entry.gid), owner);
        assert_eq!(archive.codes().contains(&"tar-odd-number"), odd);
    }
    let mut block = Block::new(b'0', "f", 0);
    block.put(108, &[0xff; 8]);
    assert_eq!(read(&Archive::new().block(&block).end()).unwrap().only().entry.uid, 0);
}

#[test]
fn every_number_of_every_header_counts() {
    for (flag, at) in [(b'0', 329), (b'5', 108), (b'x', 116), (b'L', 136), (b'0', 124)] {
        let mut block = Block::new(flag, "f", 0);
        block.put(at, b"x");
        let error = read(&Archive::new().block(&block).file("f", b"").end()).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Number { .. }), "{at}: {error}");
    }
    let mut block = Block::new(b'0', "f", 0);
    block.put(124, b"3\0trailing\0\0");
    let archive = read(&Archive::new().block(&block).body(b"abc").end()).unwrap();
    assert_eq!((archive.only().entry.size, archive.codes()), (3, vec!["tar-odd-number"]));
}

#[test]
fn sizes_below_zero_are_for_what_has_no_content() {
    for (flag, good) in [(b'5', true), (b'1', true), (b'0', false), (b'V', false)] {
        let mut block = Block::new(flag, "f", 0);
        block.put(124, &[0xff; 12]);
        assert_eq!(read(&Archive::new().block(&block).end()).is_ok(), good, "{flag}");
    }
}

#[test]
fn old_directories_are_known_by_their_plain_name() {
    for (name, flag, kind) in
        [("d/", 0, Kind::Directory), ("d/", b'0', Kind::File), ("d", 0, Kind::File)]
    {
        let archive = read(&Archive::new().block(&Block::new(flag, name, 0)).end()).unwrap();
        assert_eq!(archive.only().entry.kind, kind);
    }
}
