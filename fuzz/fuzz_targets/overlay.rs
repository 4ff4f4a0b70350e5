//! Layers written by a small language in the input, laid over each other: never a panic, and a tree
//! that is sound. Each byte of the input is an entry or the end of a layer; names are few, so that
//! entries meet.

#![no_main]

use cutaway_layerfs::{EntryPath, Kind, Limits, Meta, NodeId, Tree, Visitor, Walk};
use libfuzzer_sys::fuzz_target;

struct Nothing;

impl Visitor for Nothing {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

fn header(flag: u8, name: &[u8], link: &[u8]) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(148, b"        ");
    put(156, &[flag]);
    put(157, link);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A path of up to four components out of `a`, `b`, `..` and a whiteout.
fn path(mut code: u16, last: &[u8]) -> Vec<u8> {
    const NAMES: [&[u8]; 4] = [b"", b"a/", b"b/", b"../"];
    let mut path = Vec::new();
    for _ in 0..3 {
        path.extend(NAMES[usize::from(code % 4)]);
        code /= 4;
    }
    path.extend(last);
    path
}

fuzz_target!(|bytes: &[u8]| {
    let mut tree = Tree::new(Limits::default());
    for (layer, ops) in (0..).zip(bytes.split(|&byte| byte == 0xff)) {
        let mut walk = Walk::new(Limits::default());
        for op in ops.chunks_exact(3) {
            let [kind, name, link] = [op[0], op[1], op[2]];
            let last: &[u8] = match kind >> 4 {
                0..=3 => b"a",
                4..=7 => b"b",
                8..=10 => b".wh.a",
                11..=13 => b".wh.b",
                _ => b".wh..wh..opq",
            };
            let flag = b"0125"[usize::from(kind % 4)];
            let header = header(flag, &path(name.into(), last), &path(link.into(), b"b"));
            walk.push(&header, &mut Nothing).expect("the header is sound");
        }
        let walked = walk.finish(&mut Nothing).expect("the archive is sound");
        tree.apply(layer, &walked.listing).expect("no limit is near");
        check(&tree);
    }
});

/// Every node is found by its path, and nothing but directories has children.
fn check(tree: &Tree) {
    let mut todo: Vec<NodeId> = vec![tree.root()];
    let mut count = 0;
    while let Some(id) = todo.pop() {
        count += 1;
        let path = tree.path(id);
        assert_eq!(tree.lookup(path.as_bytes()), Ok(Some(id)));
        let children = tree.children(id);
        assert!(children.is_empty() || tree.node(id).kind() == Kind::Directory);
        assert!(children.is_sorted_by_key(|&child| tree.node(child).name()));
        // Links may go in circles; following them ends all the same.
        let _ = tree.resolve(path.as_bytes());
        todo.extend(children);
    }
    assert_eq!(count, tree.len());
}
