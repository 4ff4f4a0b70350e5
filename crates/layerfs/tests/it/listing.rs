//! Listings give back what the layer said.

use cutaway_layerfs::{EntryPath, Kind, Limits, Whiteout, WhiteoutKind};
use proptest::prelude::*;

use crate::stack::{member, tar, walk, walk_with};

fn pax(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in records {
        let payload = key.len() + value.len() + 3;
        let len = (payload..).find(|len| *len == payload + len.to_string().len()).unwrap();
        body.extend(format!("{len} {key}=").into_bytes());
        body.extend(*value);
        body.push(b'\n');
    }
    member(b'x', b"pax", b"", (0, 0), &body)
}

#[test]
fn gives_back_every_field() {
    let bytes = [
        pax(&[
            ("mtime", b"-5.25"),
            ("uid", b"123456"),
            ("uname", "jörg".as_bytes()),
            ("SCHILY.xattr.security.capability", b"\x01\0\0\x02"),
            ("SCHILY.xattr.user.empty", b""),
        ]),
        member(b'0', b"bin/ping", b"", (0, 0), b"content"),
        member(b'2', b"bin/ln", b"../ping", (0, 0), b""),
        member(b'3', b"dev/null", b"", (1, 3), b""),
        member(b'1', b"bin/pong", b"bin/ping", (0, 0), b""),
        member(b'6', b"run/pipe", b"", (0, 0), b""),
        vec![0; 1024],
    ]
    .concat();
    let (walked, keep) = walk(&bytes).unwrap();
    let entry = walked.listing.get(0).unwrap();
    let meta = entry.meta();
    assert_eq!(entry.path().as_bytes(), b"bin/ping");
    assert_eq!((meta.kind, meta.size, meta.mode), (Kind::File, 7, 0o644));
    assert_eq!((meta.mtime, meta.mtime_nanos), (-6, 750_000_000));
    assert_eq!((meta.uid, meta.gid, &*meta.uname), (123_456, 0, "jörg".as_bytes()));
    assert_eq!((meta.xattrs.len(), &*meta.xattrs[0].value), (2, &b"\x01\0\0\x02"[..]));
    assert_eq!(walked.listing.get(1).unwrap().meta().link.as_deref(), Some(&b"../ping"[..]));
    assert_eq!(walked.listing.get(2).unwrap().meta().device, Some((1, 3)));
    assert_eq!(walked.listing.get(3).unwrap().meta().link.as_deref(), Some(&b"bin/ping"[..]));
    assert_eq!(walked.listing.get(5), None);
    for (id, path, meta) in keep.seen {
        let entry = walked.listing.get(id).unwrap();
        assert_eq!((entry.path(), entry.meta()), (&path, &meta));
    }
}

#[test]
fn keeps_whiteouts_apart() {
    let (walked, _) =
        walk(&tar("a/x .wh.b a/y a/.wh.c a/.wh..wh..opq .wh..wh..opq dev@0,0")).unwrap();
    assert_eq!(walked.listing.len(), 3);
    let path = |text: &str| EntryPath::clean(text.as_bytes()).unwrap();
    use WhiteoutKind::{Entry, Opaque};
    let wanted = [(1, Entry, "b"), (2, Entry, "a/c"), (2, Opaque, "a"), (2, Opaque, "")];
    let wanted = wanted.map(|(before, kind, text)| Whiteout { before, kind, path: path(text) });
    assert_eq!(walked.listing.whiteouts().collect::<Vec<_>>(), wanted);
    assert_eq!(walked.listing.whiteout_count(), 4);
}

#[test]
fn is_bounded() {
    let bytes =
        [pax(&[("SCHILY.xattr.user.x", &[7; 100_000])]), member(b'0', b"a", b"", (0, 0), b"")]
            .concat();
    let limits = |listing_bytes| Limits { listing_bytes, ..Limits::default() };
    assert!(walk_with(&bytes.repeat(10), limits(1_100_000)).is_ok());
    let error = walk_with(&bytes.repeat(10), limits(900_000)).err().unwrap();
    assert_eq!(error.to_string(), "over the limit listing_bytes = 900000, at a");
    let error = walk(&bytes.repeat(400)).err().unwrap();
    assert_eq!(error.to_string(), "over the limit xattr_bytes = 33554432, at a");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_entry_is_found(
        entries in prop::collection::vec(("[ab]{1,3}(/[ab]{1,3}){0,3}", 0..3_u8, "[0-9]{1,9}(\\.[0-9]{1,9})?"), 0..70),
    ) {
        let mut bytes = Vec::new();
        for (name, kind, mtime) in &entries {
            bytes.extend(pax(&[("mtime", mtime.as_bytes())]));
            bytes.extend(match kind {
                0 => member(b'0', name.as_bytes(), b"", (0, 0), mtime.as_bytes()),
                1 => member(b'2', name.as_bytes(), mtime.as_bytes(), (0, 0), b""),
                _ => member(b'5', name.as_bytes(), b"", (0, 0), b""),
            });
        }
        let (walked, keep) = walk(&bytes).unwrap();
        prop_assert_eq!(walked.listing.len() as usize, entries.len());
        let listed: Vec<_> = walked.listing.iter().collect();
        for (id, path, meta) in keep.seen {
            let entry = walked.listing.get(id).unwrap();
            prop_assert_eq!(entry.path(), &path);
            prop_assert_eq!(entry.meta(), &meta);
            prop_assert_eq!(&listed[id as usize], &entry);
        }
    }
}
