//! Walking over layers: chunks, warnings, limits.

use cutaway_layerfs::{EntryPath, Error, Limits, Meta, Visitor, Walk};

use crate::stack::{Keep, member, tar, walk, walk_with};

#[test]
fn chunks_do_not_matter() {
    let bytes = tar("a=content d/ d/x=more .wh.y ../out b→a d/x=again");
    let (whole, kept) = walk(&bytes).unwrap();
    for size in [1, 7, 512, 513, 1000] {
        let mut keep = Keep::default();
        let mut walk = Walk::new(Limits::default());
        for chunk in bytes.chunks(size) {
            walk.push(chunk, &mut keep).unwrap();
        }
        let walked = walk.finish(&mut keep).unwrap();
        assert_eq!(keep.files, kept.files);
        assert_eq!(keep.seen, kept.seen);
        assert_eq!(walked.warnings, whole.warnings);
        assert!(walked.listing.whiteouts().eq(whole.listing.whiteouts()));
    }
}

#[test]
fn content_comes_only_where_it_is_wanted() {
    #[derive(Default)]
    struct OnlyB(Vec<u8>, u32);
    impl Visitor for OnlyB {
        fn entry(&mut self, _: u32, path: &EntryPath, _: &Meta) -> bool {
            path.as_bytes() == b"b"
        }
        fn data(&mut self, chunk: &[u8]) {
            self.0.extend(chunk);
        }
        fn hole(&mut self, _: u64) {
            unreachable!();
        }
        fn end(&mut self) {
            self.1 += 1;
        }
    }
    let bytes = tar("a=1 b=2 c=3 .wh.b=4 ../c=5");
    let mut visitor = OnlyB::default();
    let mut walk = Walk::new(Limits::default());
    walk.push(&bytes, &mut visitor).unwrap();
    walk.finish(&mut visitor).unwrap();
    assert_eq!((visitor.0.as_slice(), visitor.1), (&b"2"[..], 1));
}

#[test]
fn warnings_say_what_and_where() {
    let (walked, _) = walk(&tar("a=1 ../\u{7}x .wh..wh.d")).unwrap();
    let texts: Vec<String> =
        walked.warnings.iter().map(|w| format!("{} {:?} {}", w.code, w.path, w.message)).collect();
    assert_eq!(
        texts,
        [
            "entry-outside-root Some(\"\\u{7}x\") ../\\u{7}x leads above the root; read as if it ended there",
            "reserved-name Some(\".wh..wh.d\") hides a name that is reserved for whiteouts",
        ]
    );
    let (walked, _) = walk(&[tar("a"), tar("b")].concat()).unwrap();
    assert_eq!(
        walked.warnings[0].message,
        "1536 bytes after end of archive; not read, at offset 512 of the archive"
    );
    let (walked, _) = walk(&member(b'V', b"label", b"", (0, 0), b"")).unwrap();
    assert_eq!((&*walked.warnings[0].code, walked.listing.len()), ("tar-unknown-type", 0));
}

#[test]
fn warnings_are_bounded() {
    let (walked, _) = walk(&tar(&"../x ".repeat(5000))).unwrap();
    assert_eq!(walked.warnings.len(), 101);
    assert_eq!(walked.warnings[100].code, "more-warnings");
}

#[test]
fn depth_is_limited() {
    let deep = |levels: usize| {
        let name = vec!["d"; levels].join("/");
        let body = [name.as_bytes(), b"\0"].concat();
        [member(b'L', b"long", b"", (0, 0), &body), member(b'0', b"x", b"", (0, 0), b"")].concat()
    };
    assert!(walk(&deep(1024)).is_ok());
    let Err(Error::Limit { limit: "depth", max: 1024, .. }) = walk(&deep(1025)) else {
        panic!("too deep")
    };
    let limits = Limits { depth: 3, ..Limits::default() };
    assert!(walk_with(&deep(3), limits).is_ok());
    assert!(walk_with(&deep(4), limits).is_err());
}

#[test]
fn truncated_layers_are_refused() {
    let bytes = tar("a=content");
    let error = walk(&bytes[..700]).err().unwrap();
    assert!(matches!(error, Error::Tar(_)), "{error}");
    assert!(walk(b"").is_ok());
}
