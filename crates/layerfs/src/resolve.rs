//! Following a path through a merged tree, symbolic links included, without ever leaving it.

use cutaway_tar::{Kind, len64};

use crate::arena::{Arena, NodeId};

/// A path that leads over more symbolic links than are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many levels of symbolic links (limit symlink_hops = {max})")]
pub struct Loop {
    /// How many links are followed, the limit `symlink_hops`.
    pub max: u64,
}

/// A [`Loop`], and what it cost to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Circle {
    pub(crate) max_hops: u64,
    /// How many bytes of link targets were followed.
    pub(crate) link_bytes: u64,
}

impl From<Circle> for Loop {
    fn from(circle: Circle) -> Self {
        Self { max: circle.max_hops }
    }
}

/// What to do about the last component when it is a symbolic link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    Follow,
    Keep,
}

/// Where a path led: to a node, and from there on to names that do not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) node: NodeId,
    pub(crate) missing: Vec<Box<[u8]>>,
    /// How many bytes of link targets were followed.
    pub(crate) link_bytes: u64,
    /// Whether it got there in a way that the kernel refuses, such as `..` after what is no
    /// directory.
    pub(crate) strays: bool,
    /// How many symbolic links were followed.
    pub(crate) links: u64,
    /// The lowest layer that one of these links is from; none without links.
    pub(crate) lowest_link: Option<u32>,
    /// Whether it went through a directory that exists only because of what lies in it.
    pub(crate) implied: bool,
}

impl Place {
    /// Returns the node, if there is one where an unpacker would look for it.
    pub(crate) fn unpacked(self) -> Option<NodeId> {
        self.missing.is_empty().then_some(self.node)
    }

    /// Returns the node, if the whole path exists as the kernel sees it.
    pub(crate) fn existing(self) -> Option<NodeId> {
        (self.missing.is_empty() && !self.strays).then_some(self.node)
    }
}

/// Follows a path from the root. Absolute link targets begin at the root, and `..` stays within it.
///
/// A path may go on where nothing exists: that is where unpacking it would create directories, and
/// `..` then takes back the name before it, as in the library that the unpackers share
/// (`filepath-securejoin`).
pub(crate) fn follow(
    arena: &Arena,
    path: &[u8],
    last: Last,
    max_hops: u64,
) -> Result<Place, Circle> {
    follow_telling(arena, path, last, max_hops, |_, _| {})
}

/// Follows a path as [`follow`] does, and tells of each name that was looked up, and in which directory.
pub(crate) fn follow_telling(
    arena: &Arena,
    path: &[u8],
    last: Last,
    max_hops: u64,
    mut looked_up: impl FnMut(NodeId, &[u8]),
) -> Result<Place, Circle> {
    let mut place = Place {
        node: NodeId::ROOT,
        missing: Vec::new(),
        link_bytes: 0,
        strays: false,
        links: 0,
        lowest_link: None,
        implied: false,
    };
    // What is left of the path and of each link target on the way, the innermost last.
    let mut todo = vec![path];
    while let Some(rest) = todo.last_mut() {
        let Some(component) = next_component(rest) else {
            todo.pop();
            continue;
        };
        while todo.last().is_some_and(|rest| rest.iter().all(|&byte| byte == b'/')) {
            todo.pop();
        }
        match component {
            b"." => continue,
            b".." => {
                if place.missing.pop().is_some() {
                    place.strays = true;
                } else {
                    place.strays |= arena.kind(place.node) != Kind::Directory;
                    place.node = arena.parent(place.node);
                }
                continue;
            }
            _ => {}
        }
        let child = if place.missing.is_empty() {
            looked_up(place.node, component);
            arena.child(place.node, component)
        } else {
            None
        };
        let Some(child) = child else {
            place.missing.push(component.into());
            continue;
        };
        if arena.kind(child) != Kind::Symlink || (last == Last::Keep && todo.is_empty()) {
            place.node = child;
            place.implied |= arena.is_implied(child);
            continue;
        }
        place.links = place.links.saturating_add(1);
        let from = arena.get(child).map(|link| link.placed_by);
        place.lowest_link = place.lowest_link.map_or(from, |lowest| from.map(|it| it.min(lowest)));
        if place.links > max_hops {
            return Err(Circle { max_hops, link_bytes: place.link_bytes });
        }
        let target = arena.link(child);
        place.link_bytes = place.link_bytes.saturating_add(len64(target.len()));
        // A link to nowhere at all: the kernel finds nothing there.
        place.strays |= target.is_empty();
        if target.first() == Some(&b'/') {
            place.node = NodeId::ROOT;
        }
        todo.push(target);
    }
    Ok(place)
}

/// Splits the first component off a path.
fn next_component<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let start = rest.iter().position(|&byte| byte != b'/')?;
    let path = rest.get(start..)?;
    let end = path.iter().position(|&byte| byte == b'/').unwrap_or(path.len());
    let (component, after) = path.split_at_checked(end)?;
    *rest = after;
    Some(component)
}

/// Splits a clean path into its directory and its last component.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => {
            let (parent, name) = path.split_at_checked(slash).unwrap_or_default();
            (parent, name.get(1..).unwrap_or_default())
        }
        None => (&[], path),
    }
}
