//! Random stacks of layers, merged by the tree and by the naive model.

use cutaway_layerfs::Kind;
use proptest::prelude::*;

use crate::naive;
use crate::stack::{Merged, merge_layers};

/// One entry of a layer.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    File(String),
    Dir(String),
    Symlink(String, String),
    HardLink(String, String),
    Whiteout(String),
    Opaque(String),
}

/// Layers in the notation of the stacks; content tells where it is from.
pub(crate) fn notation(layers: &[Vec<Op>]) -> Vec<String> {
    let layer = |(layer, ops): (usize, &Vec<Op>)| {
        let entry = |(at, op): (usize, &Op)| match op {
            Op::File(path) => format!("{path}={layer}.{at}"),
            Op::Dir(path) => format!("{path}/"),
            Op::Symlink(path, target) => format!("{path}→{target}"),
            Op::HardLink(path, target) => format!("{path}⇒{target}"),
            Op::Whiteout(path) => match path.rsplit_once('/') {
                Some((parent, name)) => format!("{parent}/.wh.{name}"),
                None => format!(".wh.{path}"),
            },
            Op::Opaque(path) if path.is_empty() => ".wh..wh..opq".to_owned(),
            Op::Opaque(path) => format!("{path}/.wh..wh..opq"),
        };
        ops.iter().enumerate().map(entry).collect::<Vec<_>>().join(" ")
    };
    layers.iter().enumerate().map(layer).collect()
}

/// Few names, so that entries meet.
fn path() -> impl Strategy<Value = String> {
    prop_oneof![2 => "[abc]", 3 => "[abc]/[abc]", 2 => "[abc]/[abc]/[abc]", 1 => "[abc]/[abc]/[abc]/[abc]"]
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![4 => "(/|\\.\\./|\\./)?[abc](/[abc]){0,2}", 1 => "[abc]/\\.\\./[abc]", 1 => "\\.\\.|/|\\."]
}

pub(crate) fn stack() -> impl Strategy<Value = Vec<Vec<Op>>> {
    let op = prop_oneof![
        5 => path().prop_map(Op::File),
        4 => path().prop_map(Op::Dir),
        3 => (path(), target()).prop_map(|(path, target)| Op::Symlink(path, target)),
        3 => (path(), path()).prop_map(|(path, target)| Op::HardLink(path, target)),
        3 => path().prop_map(Op::Whiteout),
        1 => prop_oneof![4 => path(), 1 => Just(String::new())].prop_map(Op::Opaque),
    ];
    prop::collection::vec(prop::collection::vec(op, 0..8), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn naive_model_agrees(layers in stack()) {
        let naive = naive::merge(&layers);
        let merged = merge_layers(&notation(&layers)).unwrap();
        prop_assert_eq!(merged.lines(), naive::lines(&naive));
        resolves_as_naive(&merged, &naive);
    }
}

/// Every path of two components leads to the same place, where it leads anywhere.
fn resolves_as_naive(merged: &Merged, naive: &naive::Files) {
    for first in ["a", "b", "c"] {
        for second in ["a", "b", "c", ".."] {
            let path = format!("{first}/{second}");
            let found = merged.tree.resolve(path.as_bytes());
            let wanted = naive::real(naive, &path, &mut 0);
            assert_eq!(found.is_err(), wanted.is_none(), "{path}");
            if let (Ok(Some(node)), Some(wanted)) = (found, wanted) {
                assert_eq!(merged.tree.path(node).to_string_lossy(), wanted);
                assert_ne!(merged.tree.node(node).kind(), Kind::Symlink);
            }
        }
    }
}
