//! Sparse files in all their forms.

use cutaway_tar::ErrorKind;

use crate::build::{Archive, Block};
use crate::read::read;

const CONTENT: &[u8] = b"\0\0\0\0\0\0\0\0\0\0abcd\0\0\0\0\0\0xyz\0\0";

fn version(major: &'static str, minor: &'static str) -> [(&'static str, &'static str); 2] {
    [("GNU.sparse.major", major), ("GNU.sparse.minor", minor)]
}

#[test]
fn pax_0_0() {
    let bytes = Archive::new()
        .pax(&[
            ("GNU.sparse.size", "25"),
            ("GNU.sparse.numblocks", "2"),
            ("GNU.sparse.offset", "10"),
            ("GNU.sparse.numbytes", "4"),
            ("GNU.sparse.offset", "20"),
            ("GNU.sparse.numbytes", "3"),
        ])
        .file("f", b"abcdxyz")
        .end();
    let archive = read(&bytes).unwrap();
    assert_eq!((archive.only().content.as_slice(), archive.only().entry.stored), (CONTENT, 7));
}

#[test]
fn pax_0_1() {
    let bytes = Archive::new()
        .pax(&[
            ("GNU.sparse.name", "real"),
            ("GNU.sparse.size", "25"),
            ("GNU.sparse.numblocks", "2"),
            ("GNU.sparse.map", "10,4,20,3"),
        ])
        .file("GNUSparseFile.0/f", b"abcdxyz")
        .end();
    let archive = read(&bytes).unwrap();
    assert_eq!((archive.names()[0].as_str(), archive.only().content.as_slice()), ("real", CONTENT));
}

#[test]
fn pax_1_0() {
    let mut content = b"2\n10\n4\n20\n3\n".to_vec();
    content.resize(512, 0);
    content.extend(b"abcdxyz");
    let [major, minor] = version("1", "0");
    let records = [major, minor, ("GNU.sparse.name", "real"), ("GNU.sparse.realsize", "25")];
    let bytes =
        Archive::new().pax(&records).file("GNUSparseFile.0/f", &content).file("after", b"").end();
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), ["real", "after"]);
    let member = &archive.members[0];
    assert_eq!(
        (member.content.as_slice(), member.entry.size, member.entry.stored),
        (CONTENT, 25, 7)
    );
    assert_eq!(member.entry.content_offset, 2048);
}

#[test]
fn old_gnu_with_continuations() {
    // Thirty regions of one byte, a kibibyte apart: four in the header, 21 and five in blocks.
    let regions: Vec<u8> =
        (0..30).flat_map(|n| format!("{:011o}\0{:011o}\0", n * 1024, 1).into_bytes()).collect();
    let mut block = Block::gnu(b'S', "f", 30);
    block
        .put(386, &regions[..96])
        .put(482, b"\x01")
        .put(483, format!("{:011o}\0", 30 * 1024).as_bytes());
    let mut second = regions[96..600].to_vec();
    second.push(1);
    let bytes =
        Archive::new().block(&block).body(&second).body(&regions[600..]).body(&[b'x'; 30]).end();
    let archive = read(&bytes).unwrap();
    let member = archive.only();
    assert_eq!(
        (member.entry.size, member.entry.stored, member.entry.content_offset),
        (30 * 1024, 30, 1536)
    );
    assert_eq!(member.content.iter().filter(|&&byte| byte == b'x').count(), 30);
    assert!((0..30).all(|n| member.content[n * 1024] == b'x'));
}

#[test]
fn refuses_maps_that_lie() {
    let sparse = |map: &str, size: &str, content: &[u8]| {
        let count = (map.split(',').count() / 2).to_string();
        let count = ("GNU.sparse.numblocks", count.as_str());
        Archive::new()
            .pax(&[("GNU.sparse.size", size), count, ("GNU.sparse.map", map)])
            .file("f", content)
            .end()
    };
    for (map, size, content, rule) in [
        ("0,4,2,2", "25", &b"abcdef"[..], "regions overlap or are out of order"),
        ("0,4", "3", b"abcd", "a region lies beyond the size of the file"),
        ("0,4", "25", b"abcde", "regions do not add up to what is stored"),
        ("0,4,8", "25", b"abcd", "an offset without a length"),
        (
            "9223372036854775807,9223372036854775807,9223372036854775807,9223372036854775807",
            "25",
            b"",
            "regions overlap or are out of order",
        ),
    ] {
        let error = read(&sparse(map, size, content)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Sparse { rule }, "{map}");
    }
    let [major, minor] = version("1", "0");
    for content in [&b""[..], b"1\n0\n4\n", b"9223372036854775807\n"] {
        let records = [major, minor, ("GNU.sparse.realsize", "25")];
        let bytes = Archive::new().pax(&records).file("f", content).end();
        assert!(matches!(read(&bytes).unwrap_err().kind, ErrorKind::Sparse { .. }), "{content:?}");
    }
    let link = Archive::new()
        .pax(&[major, minor, ("GNU.sparse.realsize", "25")])
        .special(b'2', "l", "t")
        .end();
    assert_eq!(
        read(&link).unwrap_err().kind,
        ErrorKind::Sparse { rule: "only files can be sparse" }
    );
    let ustar = Archive::new().block(&Block::new(b'S', "f", 0)).end();
    assert!(matches!(read(&ustar).unwrap_err().kind, ErrorKind::Sparse { .. }));
}

#[test]
fn unknown_versions_are_files() {
    let [major, minor] = version("2", "0");
    let bytes = Archive::new()
        .pax(&[major, minor, ("GNU.sparse.name", "other")])
        .file("f", b"as it is")
        .end();
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), ["f"], "the name is for sparse files only");
    assert_eq!(
        (archive.only().content.as_slice(), archive.codes()),
        (&b"as it is"[..], vec!["tar-unknown-sparse"])
    );
}

#[test]
fn versions_are_texts() {
    for version in ["01", "+1", "1.0"] {
        let records =
            [("GNU.sparse.major", version), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "n")];
        let archive = read(&Archive::new().pax(&records).file("f", b"1\n").end()).unwrap();
        assert_eq!((archive.names()[0].as_str(), archive.only().content.len()), ("f", 2));
    }
}

#[test]
fn offsets_replace_a_list_and_the_count_is_right() {
    let list = ("GNU.sparse.map", "0,7");
    let pairs = [("GNU.sparse.offset", "0"), ("GNU.sparse.numbytes", "+3")];
    let sized = |count| [("GNU.sparse.size", "9"), ("GNU.sparse.numblocks", count)];
    for records in [[[list].as_slice(), &pairs].concat(), [&pairs, [list].as_slice()].concat()] {
        let records = [sized("1").as_slice(), &records].concat();
        let archive = read(&Archive::new().pax(&records).file("f", b"abc").end()).unwrap();
        assert_eq!(archive.only().content, b"abc\0\0\0\0\0\0");
    }
    for count in ["0", "2", "x", ""] {
        let records = [sized(count).as_slice(), &pairs].concat();
        let bytes = Archive::new().pax(&records).file("f", b"abc").end();
        assert!(matches!(read(&bytes).unwrap_err().kind, ErrorKind::Sparse { .. }), "{count}");
    }
}

#[test]
fn sizes_and_names_as_in_go() {
    let [major, minor] = version("1", "0");
    let content = [b"1\n0\n3\n".as_slice(), &[0; 506], b"abc"].concat();
    let bytes = Archive::new().pax(&[major, minor]).file("f", &content).end();
    assert_eq!(
        read(&bytes).unwrap().only().entry.size,
        515,
        "without a size that of what is stored"
    );
    let bytes = Archive::new()
        .pax(&[("GNU.sparse.name", "other"), ("GNU.sparse.realsize", "9")])
        .file("f", b"abc")
        .end();
    assert_eq!(read(&bytes).unwrap().names(), ["f"], "no map, no sparse file");
}
