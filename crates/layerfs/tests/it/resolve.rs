//! Following paths as a container would.

use cutaway_layerfs::{Limits, Loop, Tree};

use crate::stack::{merge, tar, walk};

#[test]
fn follows_links_inside_the_root() {
    let stack = "usr/lib/ usr/lib/os-release=x etc/os-release→../usr/lib/os-release lib→usr/lib up→../../.. \
        abs→/usr/lib/ dir→lib file=1 tofile→file dangling→no/where slash→usr/";
    let merged = merge(stack).unwrap();
    for (path, found) in [
        ("", Some("")),
        ("/", Some("")),
        ("usr/lib", Some("usr/lib")),
        ("//usr/./lib//", Some("usr/lib")),
        ("etc/os-release", Some("usr/lib/os-release")),
        ("lib/os-release", Some("usr/lib/os-release")),
        ("dir/os-release", Some("usr/lib/os-release")),
        ("abs/os-release", Some("usr/lib/os-release")),
        ("slash/lib", Some("usr/lib")),
        ("up/file", Some("file")),
        ("../../file", Some("file")),
        ("lib/../file", None),
        ("lib/../lib/os-release", Some("usr/lib/os-release")),
        ("tofile", Some("file")),
        ("tofile/x", None),
        ("file/..", None),
        ("file/../file", None),
        ("no/../file", None),
        ("dangling", None),
        ("nothing", None),
    ] {
        let node = merged.tree.resolve(path.as_bytes()).unwrap();
        let real = node.map(|node| merged.tree.path(node).to_string_lossy().into_owned());
        assert_eq!(real.as_deref(), found, "{path}");
    }
    for (path, found) in [
        ("etc/os-release", Some("etc/os-release")),
        ("dir", Some("dir")),
        ("dir/", Some("dir")),
        ("dir/os-release", Some("usr/lib/os-release")),
        ("dangling", Some("dangling")),
    ] {
        let node = merged.tree.lookup(path.as_bytes()).unwrap();
        let real = node.map(|node| merged.tree.path(node).to_string_lossy().into_owned());
        assert_eq!(real.as_deref(), found, "{path}");
    }
}

#[test]
fn loops_end() {
    let merged = merge("a→b b→a self→self d/ d/up→../d/up x/ x/ok").unwrap();
    for path in ["a", "a/x", "self", "d/up/y"] {
        assert_eq!(merged.tree.resolve(path.as_bytes()), Err(Loop { max: 40 }), "{path}");
    }
    assert!(merged.tree.lookup(b"a").unwrap().is_some());
    assert!(merged.tree.resolve(b"x/ok").unwrap().is_some());
    let text = merged.tree.resolve(b"a").unwrap_err().to_string();
    assert_eq!(text, "too many levels of symbolic links (limit symlink_hops = 40)");
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let chain = |links: u32| (0..links).map(|n| format!("l{n}→l{} ", n + 1)).collect::<String>();
    let found =
        |links: u32| merge(&format!("{} l{links}=end", chain(links))).unwrap().tree.resolve(b"l0");
    assert!(found(40).unwrap().is_some());
    assert_eq!(found(41), Err(Loop { max: 40 }));
    let mut tree = Tree::new(Limits { symlink_hops: 2, ..Limits::default() });
    tree.apply(0, &walk(&tar(&format!("{} l3=end", chain(3)))).unwrap().0.listing).unwrap();
    assert!(tree.resolve(b"l1").unwrap().is_some());
    assert_eq!(tree.resolve(b"l0"), Err(Loop { max: 2 }));
}
