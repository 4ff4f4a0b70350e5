//! Trees, drawn with lines.

use std::rc::Rc;

use cutaway_files::{Branch, Deed, View, branches};
use cutaway_layerfs::{EntryPath, Kind, Meta, NodeId};

use super::view::Output;
use crate::failure::Failure;

/// A node that is still to be drawn.
struct Ahead {
    node: NodeId,
    /// The lines of the directories above it.
    prefix: Rc<str>,
    last: bool,
    depth: usize,
}

/// Draws what is visible below a node, with the layer that put each name there.
pub(crate) fn merged(
    output: &mut Output,
    view: &View,
    root: NodeId,
    depth: usize,
) -> Result<(), Failure> {
    let tree = view.tree();
    output.text("/")?;
    output.path(&tree.path(root))?;
    output.text("\n")?;
    let mut ahead: Vec<Ahead> = Vec::new();
    let descend = |ahead: &mut Vec<Ahead>, node, prefix: &Rc<str>, level: usize| {
        let children = tree.children(node);
        let count = children.len();
        let of_children = children.into_iter().enumerate().rev().map(|(number, node)| Ahead {
            node,
            prefix: Rc::clone(prefix),
            last: number.saturating_add(1) == count,
            depth: level,
        });
        ahead.extend(of_children);
    };
    descend(&mut ahead, root, &Rc::from(""), 1);
    while let Some(next) = ahead.pop() {
        if next.depth > depth {
            continue;
        }
        let node = tree.node(next.node);
        let meta = view.meta(node.inode());
        let branch = if next.last { "└── " } else { "├── " };
        output.text(&output.style.dim(&format!("{}{branch}", next.prefix)))?;
        name(output, node.name(), &meta)?;
        let layer = format!("  [{}]", node.placed_by());
        output.text(&output.style.dim(&layer))?;
        output.text("\n")?;
        if node.kind() == Kind::Directory {
            let more = if next.last { "    " } else { "│   " };
            let prefix = Rc::from(format!("{}{more}", next.prefix));
            descend(&mut ahead, next.node, &prefix, next.depth.saturating_add(1));
        }
    }
    Ok(())
}

/// Draws what one layer did, as a tree of the paths that it touched.
pub(crate) fn of_layer(
    output: &mut Output,
    deeds: Vec<(EntryPath, Deed)>,
    depth: usize,
) -> Result<(), Failure> {
    for Branch { lines, path, deed } in branches(deeds) {
        if path.components().count() > depth {
            continue;
        }
        output.text(&output.style.dim(&lines))?;
        let shown = super::escape(&String::from_utf8_lossy(path.name()));
        let shown = match deed {
            Some(Deed::Added) => output.style.green(&format!("+ {shown}")),
            Some(Deed::Changed) => output.style.yellow(&format!("~ {shown}")),
            Some(Deed::Removed) => output.style.red(&format!("- {shown}")),
            None => shown,
        };
        output.text(&shown)?;
        output.text("\n")?;
    }
    Ok(())
}

fn name(output: &mut Output, name: &[u8], meta: &Meta) -> Result<(), Failure> {
    let shown = super::escape(&String::from_utf8_lossy(name));
    let style = output.style;
    let dressed = match meta.kind {
        Kind::Directory => style.blue(&shown),
        Kind::Symlink => style.cyan(&shown),
        Kind::File if meta.mode & 0o6000 != 0 => style.red(&shown),
        Kind::File if meta.mode & 0o111 != 0 => style.green(&shown),
        Kind::File => shown,
        _ => style.yellow(&shown),
    };
    output.text(&dressed)?;
    if let Some(link) = &meta.link {
        let link = super::escape(&String::from_utf8_lossy(link));
        output.text(&format!(" -> {link}"))?;
    }
    Ok(())
}
