//! What holds for every archive: chunks do not matter, a cut is seen, skipping equals reading.

use cutaway_tar::{End, Limits, Reader, Step};
use proptest::prelude::*;

use crate::build::{Archive, Block, record};
use crate::read::{read, read_chunks};

/// A small archive with every form of header.
fn mixed() -> Vec<u8> {
    let mut sparse = Block::gnu(b'S', "sparse", 8);
    sparse.put(386, b"00000000010\x0000000000004\x0000000001000\x0000000000004\0");
    sparse.put(482, b"\x01").put(483, b"00000002000\0");
    Archive::new()
        .file("a", b"hello")
        .pax(&[("path", "long/name"), ("size", "3")])
        .file("x", b"abc")
        .long(b'L', &"n".repeat(150))
        .special(b'2', "x", "target")
        .block(&sparse)
        .body(&[0; 505])
        .body(b"abcdefgh")
        .pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "30")])
        .block(&Block::new(b'0', "s", 516))
        .body(b"1\n26\n4\n")
        .body(b"tail")
        .zeros(4)
        .0
}

#[test]
fn any_chunk_size_gives_the_same() {
    let bytes = mixed();
    let whole = read(&bytes).unwrap();
    assert_eq!(whole.members.len(), 5);
    for size in (1..600).chain([1023, 1024, 1025]) {
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        assert_eq!(read_chunks(&chunks, Limits::default()).unwrap(), whole, "chunks of {size}");
    }
}

#[test]
fn a_cut_is_an_error_or_visible() {
    let bytes = mixed();
    let whole = read(&bytes).unwrap();
    let end = whole.summary.end_offset as usize;
    for cut in 0..bytes.len() {
        let Ok(archive) = read(&bytes[..cut]) else {
            assert!(cut < end + 512);
            continue;
        };
        if archive.members == whole.members {
            continue;
        }
        // Cut after a member: nothing shows but that the end marker is missing.
        assert_eq!(archive.summary.end, End::Missing, "cut at {cut}");
        let content_end =
            archive.members.last().map(|last| last.entry.content_offset + last.entry.stored);
        assert!(cut % 512 == 0 || content_end == Some(cut as u64), "cut at {cut}");
        assert_eq!(archive.members[..], whole.members[..archive.members.len()]);
    }
}

#[test]
fn skipping_equals_reading() {
    let bytes = mixed();
    let whole = read(&bytes).unwrap();
    for part in [1, 7, 511, 512, u64::MAX] {
        let mut reader = Reader::new(Limits::default());
        let mut names = Vec::new();
        let mut input = &bytes[..];
        loop {
            match reader.step(&mut input).unwrap() {
                Step::NeedInput => break,
                Step::Entry(entry) => {
                    names.push(entry.path);
                    assert_eq!(reader.skippable(), entry.stored.next_multiple_of(512));
                    let skip = reader.skippable().min(part);
                    reader.skipped(skip).unwrap();
                    input = &bytes[reader.offset() as usize..];
                }
                _ => {}
            }
        }
        assert_eq!(reader.finish().unwrap(), whole.summary);
        assert!(
            names.iter().eq(whole.members.iter().map(|member| &member.entry.path)),
            "skipping {part}"
        );
    }
    assert!(Reader::new(Limits::default()).skipped(1).is_err());
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    File(String, Vec<u8>),
    Pax(u8, Vec<(String, String)>),
    Sparse(Vec<(u64, u64)>, u64),
    Long(u8, String),
    Special(u8, String),
    Bytes(Vec<u8>),
    Zeros(usize),
}

pub(crate) fn piece() -> impl Strategy<Value = Piece> {
    const KEYS: [&str; 17] = [
        "path",
        "linkpath",
        "size",
        "mtime",
        "uid",
        "gname",
        "comment",
        "SCHILY.xattr.user.a",
        "GNU.sparse.name",
        "GNU.sparse.map",
        "GNU.sparse.size",
        "GNU.sparse.realsize",
        "GNU.sparse.numblocks",
        "GNU.sparse.major",
        "GNU.sparse.minor",
        "GNU.sparse.offset",
        "GNU.sparse.numbytes",
    ];
    let key = prop::sample::select(&KEYS[..]).prop_map(str::to_owned);
    let value = prop_oneof!["[01]", "[0-9]{1,4}", "[a-z/]{0,9}", "[0-9],[0-9],[0-9]{2},[0-9]"];
    prop_oneof![
        4 => ("[a-z/.]{1,20}", prop::collection::vec(any::<u8>(), 0..1500)).prop_map(|(n, c)| Piece::File(n, c)),
        2 => prop::collection::vec((key, value), 0..4).prop_map(|records| Piece::Pax(b'x', records)),
        1 => prop::collection::vec(("(path|size|comment)", "[0-9]{1,3}"), 0..2).prop_map(|r| Piece::Pax(b'g', r)),
        2 => (prop::collection::vec((0..9_u64, 0..9_u64), 0..4), 0..60_u64).prop_map(|(m, s)| Piece::Sparse(m, s)),
        1 => (prop::sample::select(b"LK".to_vec()), "[a-z/]{0,200}").prop_map(|(flag, name)| Piece::Long(flag, name)),
        2 => (any::<u8>(), "[a-z/]{1,9}").prop_map(|(flag, name)| Piece::Special(flag, name)),
        1 => prop::collection::vec(any::<u8>(), 0..600).prop_map(Piece::Bytes),
        1 => (0..3_usize).prop_map(Piece::Zeros),
    ]
}

/// A sparse file of form 1.0 with these gaps and lengths, the map right but for its end.
fn sparse(archive: Archive, map: &[(u64, u64)], size: u64) -> Archive {
    let mut offset = 0;
    let mut text = format!("{}\n", map.len());
    for (gap, len) in map {
        offset += gap;
        text.push_str(&format!("{offset}\n{len}\n"));
        offset += len;
    }
    let stored: u64 = map.iter().map(|(_, len)| len).sum();
    let mut content = text.into_bytes();
    content.resize(512, 0);
    content.extend((0..stored).map(|byte| byte as u8));
    let (size, version) =
        (size.to_string(), [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")]);
    let [major, minor] = version;
    archive
        .pax(&[major, minor, ("GNU.sparse.name", "sparse"), ("GNU.sparse.realsize", &size)])
        .file("s", &content)
}

pub(crate) fn assemble(pieces: &[Piece]) -> Vec<u8> {
    let mut archive = Archive::new();
    for piece in pieces {
        archive = match piece {
            Piece::File(name, content) => archive.file(name, content),
            Piece::Pax(flag, records) => {
                let body: Vec<u8> =
                    records.iter().flat_map(|(key, value)| record(key, value.as_bytes())).collect();
                archive.raw_extended(*flag, &body)
            }
            Piece::Long(flag, name) => archive.long(*flag, name),
            Piece::Sparse(map, size) => sparse(archive, map, *size),
            Piece::Special(flag, name) => archive.special(*flag, name, "target"),
            Piece::Bytes(bytes) => archive.body(bytes),
            Piece::Zeros(blocks) => archive.zeros(*blocks),
        };
    }
    archive.0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_do_not_matter(
        pieces in prop::collection::vec(piece(), 0..8),
        cuts in prop::collection::vec(1..1200_usize, 1..20),
        flip in prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut bytes = assemble(&pieces);
        if let Some((at, value)) = flip && !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let mut chunks = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.iter().cycle() {
            let (chunk, after) = rest.split_at(rest.len().min(*cut));
            chunks.push(chunk);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(read_chunks(&chunks, Limits::default()), read(&bytes));
    }

    #[test]
    fn noise_is_refused_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let outcome = read(&bytes);
        prop_assert!(outcome.is_err() || bytes.len() < 512);
    }
}
