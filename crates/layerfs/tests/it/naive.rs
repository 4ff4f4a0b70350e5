//! The overlay once more, as simple as can be: whole paths in a sorted map, everything by search.

use std::collections::{BTreeMap, BTreeSet};

use crate::models::Op;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Dir,
    File(String),
    Link(String),
}

pub(crate) type Files = BTreeMap<String, Item>;

pub(crate) fn merge(layers: &[Vec<Op>]) -> Files {
    let mut files = Files::new();
    for (layer, ops) in layers.iter().enumerate() {
        // What the layer has put there, and all directories above.
        let mut upper = BTreeSet::new();
        for (at, op) in ops.iter().enumerate() {
            let (path, new) = match op {
                Op::Whiteout(path) => {
                    let Some(path) = real_parent(&files, path) else { continue };
                    let hidden = |other: &str| other == path || is_below(other, &path);
                    files.retain(|other, _| upper.contains(other) || !hidden(other));
                    continue;
                }
                Op::Opaque(path) => {
                    let Some(path) = real(&files, path, &mut 0) else { continue };
                    files.retain(|other, _| upper.contains(other) || !is_below(other, &path));
                    continue;
                }
                Op::File(path) => (path, Item::File(format!("{layer}.{at}"))),
                Op::Dir(path) => (path, Item::Dir),
                Op::Symlink(path, target) => (path, Item::Link(target.clone())),
                Op::HardLink(path, target) => {
                    let found = item(&files, target);
                    let over = real_parent(&files, path).unwrap_or_default();
                    let itself = found
                        .as_ref()
                        .is_some_and(|(target, _)| over == *target || is_below(target, &over));
                    let item = found.map(|(_, item)| item);
                    let Some(item) = item.filter(|item| *item != Item::Dir && !itself) else {
                        continue;
                    };
                    (path, item)
                }
            };
            let Some(path) = real_parent(&files, path) else { continue };
            for (slash, _) in path.match_indices('/') {
                if files.get(&path[..slash]) != Some(&Item::Dir) {
                    files.insert(path[..slash].to_owned(), Item::Dir);
                }
            }
            upper.extend(path.match_indices('/').map(|(slash, _)| path[..slash].to_owned()));
            upper.insert(path.clone());
            if new != Item::Dir || files.get(&path) != Some(&Item::Dir) {
                remove(&mut files, &path);
                files.insert(path, new);
            }
        }
    }
    files
}

fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn remove(files: &mut Files, path: &str) {
    files.retain(|other, _| other != path && !is_below(other, path));
}

fn item(files: &Files, path: &str) -> Option<(String, Item)> {
    let path = real_parent(files, path)?;
    let item = files.get(&path)?.clone();
    Some((path, item))
}

/// The path with its directory free of links.
fn real_parent(files: &Files, path: &str) -> Option<String> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = real(files, parent, &mut 0)?;
    Some(if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") })
}

/// The path free of links; none where it is a loop.
pub(crate) fn real(files: &Files, path: &str, hops: &mut u32) -> Option<String> {
    let mut at = String::new();
    for component in path.split('/') {
        let next = match component {
            "" | "." => continue,
            ".." => {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            name if at.is_empty() => name.to_owned(),
            name => format!("{at}/{name}"),
        };
        at = match files.get(&next) {
            Some(Item::Link(target)) => {
                *hops += 1;
                if *hops > 40 {
                    return None;
                }
                let from = if target.starts_with('/') { String::new() } else { at };
                real(files, &format!("{from}/{target}"), hops)?
            }
            _ => next,
        };
    }
    Some(at)
}

/// In the notation of the stacks.
pub(crate) fn lines(files: &Files) -> BTreeMap<String, String> {
    let line = |(path, item): (&String, &Item)| {
        let line = match item {
            Item::Dir => format!("{path}/"),
            Item::File(content) => format!("{path}={content}"),
            Item::Link(target) => format!("{path}→{target}"),
        };
        (path.clone(), line)
    };
    files.iter().map(line).collect()
}
