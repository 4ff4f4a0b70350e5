//! No circle of more than two files: a reader may take a crate apart file by file.
//!
//! Two files that name each other are a pair, such as a module and its part; three or more in a
//! ring have no first one to read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Returns one line for every ring of three or more files, by the shortest way around it.
pub(crate) fn check(edges: &Edges<'_>) -> Vec<String> {
    let mut rings = BTreeSet::new();
    for (from, to) in edges.iter().flat_map(|(from, to)| to.iter().map(move |to| (*from, *to))) {
        if let Some(ring) = way_back(edges, to, from) {
            rings.insert(from_the_least(ring));
        }
    }
    rings.into_iter().map(|ring| format!("a circle of files: {}", ring.join(" → "))).collect()
}

/// The shortest way from one file to another over at least one more.
fn way_back<'a>(edges: &Edges<'a>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut came: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for next in edges.get(at).into_iter().flatten() {
            // The step straight back is the pair that is allowed.
            if (at == from && *next == to) || *next == from || came.contains_key(next) {
                continue;
            }
            came.insert(next, at);
            if *next == to {
                let mut way = vec![*next];
                while let Some(before) = way.last().and_then(|last| came.get(last)) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            open.push_back(next);
        }
    }
    None
}

/// The same ring, begun at the file whose name comes first.
fn from_the_least(mut ring: Vec<&str>) -> Vec<&str> {
    let least = ring.iter().enumerate().min_by_key(|(_, name)| **name);
    let first = least.map_or(0, |(position, _)| position);
    ring.rotate_left(first);
    ring
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::modules;
    use crate::tidy::sources::Source;

    fn rings(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(path, text)| Source {
                path: format!("crates/x/src/{path}.rs"),
                text: (*text).into(),
            })
            .collect();
        let crates = modules::all(&sources).unwrap();
        check(&crates["crates/x"].edges())
    }

    #[test]
    fn rings_of_three_are_found_and_pairs_are_not() {
        for (files, count) in [
            (&[("a", "use crate::b::B; struct A;"), ("b", "use crate::a::A; struct B;")][..], 0),
            (
                &[
                    ("a", "use crate::b::B; struct A;"),
                    ("b", "use crate::c::C; struct B;"),
                    ("c", "struct C;"),
                ],
                0,
            ),
            (
                &[
                    ("a", "use crate::b::B; struct A;"),
                    ("b", "fn f() { crate::c::g() }\nstruct B;"),
                    ("c", "use crate::a::{A}; fn g() {}"),
                ],
                1,
            ),
            // A module and its two parts, which both ask it: pairs only.
            (
                &[
                    ("m", "mod p; mod q; use p::P; pub use q::Q; struct M;"),
                    ("m/p", "use super::M; struct P;"),
                    ("m/q", "use super::M; struct Q;"),
                ],
                0,
            ),
            // A re-export at the root is what it stands for.
            (
                &[
                    ("lib", "mod a; mod b; mod c; pub use a::A; pub use b::B;"),
                    ("a", "use crate::B; pub struct A;"),
                    ("b", "pub struct B;"),
                    ("c", "use crate::A;"),
                ],
                0,
            ),
            (
                &[
                    ("lib", "mod a; mod b; mod c; pub use a::*; pub use b::B; pub use c::C;"),
                    ("a", "use crate::B; pub struct A;"),
                    ("b", "use crate::C; pub struct B;"),
                    ("c", "use crate::A; pub struct C;"),
                ],
                1,
            ),
            // Tests may name whom they like.
            (
                &[
                    ("a", "use crate::b::B; struct A;"),
                    ("b", "use crate::c::C; struct B;"),
                    ("c", "struct C; #[cfg(test)] mod tests { use super::*; use crate::a::A; }"),
                ],
                0,
            ),
        ] {
            assert_eq!(rings(files).len(), count, "{files:?}: {:?}", rings(files));
        }
    }

    #[test]
    fn a_ring_is_told_once_and_from_its_first_file() {
        let files = [
            ("b", "use crate::c::C; struct B;"),
            ("c", "use crate::a::A; struct C;"),
            ("a", "use crate::b::B; struct A;"),
        ];
        let expected =
            "a circle of files: crates/x/src/a.rs → crates/x/src/b.rs → crates/x/src/c.rs";
        assert_eq!(rings(&files), [expected]);
    }
}
