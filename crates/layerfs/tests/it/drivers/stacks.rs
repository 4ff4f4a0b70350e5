//! Random and hand-made stacks of layers, in the notation of the stacks.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Stacks that are about the root, or that some runtime refuses: each an image of its own.
pub(crate) const SINGLE: &[&str] = &[
    "a=1 d/ d/x=1 | b=2 d/y=2",
    "a=1 d/ d/x=1 | .wh..wh..opq b=2",
    "a=1 | .wh..wh..opq b=2 | a=3 .wh..wh..opq",
    ".wh..wh..opq a=1 | b=1",
    "a/b/x=1 .wh..wh..opq c=1 | z=1",
    "a=1 .wh.a b=1 | c=1",
    "a=1 | a=2 .wh.a",
    "d/ d/x=1 | .wh.d d/y=2",
    "d/ d/x=1 | d/y=2 .wh.d",
    "d/ d/x=1 | .wh.d d/.wh.x",
    "d/ d/x=1 | .wh.d .wh.d",
    "a=1 | h⇒a",
    "d/ d/x=1 | d=f d/ d/y=2",
    "d/ d/x=1 | d@0,0 d/ d/y=2",
    "f=1 | f/x=2",
    "a=1 | a=2 g:a",
    "a=1 b=1 | g:.wh.a c=1",
    "a=1 d/ d/x=1 | .wh.a g:a",
    "a=1 d/x=1 | d/y=1 g:d",
    "a=1 | g:new/dir/file b=1",
    "a=1 | g:pax_global_header b=1",
    "a=1 | g:/tmp/GlobalHead.7.1 b=1",
    "tmp/ a=1 | g:/tmp/GlobalHead.7.1 b=1",
    "a=1 d/x=1 | ../a=2 d/../../d/.wh.x",
    "a→b b→a | a/x=1",
    "d/ d/x=1 l→/d | l/y=2",
    "d/ d/x=1 l→../../d | l/.wh.x",
];

/// Hand-made stacks that share an image.
const SHARED: &[&str] = &[
    "d/ d/x=1 | .wh.d d/ d/y=2",
    "d/a/b=1 | d/.wh.a d/a/ d/a/c=2",
    "d/ d/x=1 l→d | l/y=2",
    "d/ d/x=1 l→d | l/.wh.x",
    "d/ d/x=1 l→d | l/.wh..wh..opq",
    "d/ d/x=1 l→d | l/ l/y=2",
    "d/ d/x=1 | l→d d/ l/y=2",
    "d/ d/x=1 d/y=1 | d/z=1 d/.wh..wh..opq",
    "d/ d/e/ d/e/x=1 | d/e/y=2 d/.wh..wh..opq",
    "d/ d/x=1 | .wh.d | d/ d/y=1",
    "d/ d/x=1 | d=2 | d/ d/y=1",
    "a=1 | a@0,0",
    "a@0,0 b=1",
    "b@1,3 | c@1,5",
    "a=1 | x/.wh.y/a=1",
    "a=1 b⇒a | b=2 c⇒b",
    "a=1 c⇒a b⇒a | b=1",
    "a=1 l→a c⇒l",
    "a=1 b=1 c⇒b a⇒c",
    "a=1 | .wh.a | a=3",
    "d/ d/x=1 | d→e e/ e/y=2",
    "l→no/where | l/x=1",
];

/// One entry of a layer: few names, so that entries meet.
pub(crate) fn entry() -> impl Strategy<Value = String> {
    let path = || prop_oneof![2 => "[abc]", 4 => "[abc]/[abc]", 2 => "[abc]/[abc]/[abc]"];
    let target = || prop_oneof![4 => "(\\./)?[abc](/[abc]){0,1}", 1 => "[abc]/\\.\\./[abc]"];
    let marker = |path: String, name: &str| match path.rsplit_once('/') {
        Some((parent, last)) => format!("{parent}/{}", name.replace('*', last)),
        None => name.replace('*', &path),
    };
    prop_oneof![
        6 => (path(), 0..9).prop_map(|(path, content)| format!("{path}={content}")),
        5 => path().prop_map(|path| format!("{path}/")),
        2 => (path(), target()).prop_map(|(path, target)| format!("{path}→{target}")),
        1 => (path(), path()).prop_map(|(path, target)| format!("{path}⇒{target}")),
        3 => path().prop_map(move |path| marker(path, ".wh.*")),
        1 => path().prop_map(|path| format!("{path}/.wh..wh..opq")),
        1 => path().prop_map(|path| format!("{path}@0,0")),
        1 => path().prop_map(|path| format!("g:{path}")),
        1 => path().prop_map(move |path| format!("g:{}", marker(path, ".wh.*"))),
    ]
}

/// Returns `count` stacks, the hand-made ones first.
pub(crate) fn stacks(count: usize, seed: u64) -> Vec<String> {
    let bytes: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let layers = prop::collection::vec(prop::collection::vec(entry(), 1..6), 2..5);
    let mut stacks: Vec<String> = SHARED.iter().map(|&stack| stack.to_owned()).collect();
    while stacks.len() < count {
        let layers = layers.new_tree(&mut runner).unwrap().current();
        let layers: Vec<String> = layers.iter().map(|layer| once(layer).join(" ")).collect();
        stacks.push(layers.join(" | "));
    }
    stacks.truncate(count);
    stacks
}

/// Leaves out what has a name that an entry before it has: Docker and Podman refuse such layers.
fn once(layer: &[String]) -> Vec<&str> {
    let name = |entry: &str| -> String {
        let entry = entry.strip_prefix("g:").unwrap_or(entry);
        entry.split(['=', '@', '→', '⇒']).next().unwrap_or_default().to_owned()
    };
    let mut seen = std::collections::HashSet::new();
    let fresh =
        layer.iter().filter(|entry| seen.insert(name(entry).trim_end_matches('/').to_owned()));
    fresh.map(String::as_str).collect()
}
