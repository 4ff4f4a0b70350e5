//! The other reading: a layer as overlay drivers unpack it, alone, and laid over the lower layers.
//!
//! A driver makes a whiteout a device of the name that it hides and an opaque marker an attribute of its
//! directory, both lost where the layer later puts something else there. Links of lower layers are not
//! seen while it unpacks. An opaque marker at the root counts for nothing. A global header does nothing, or
//! all that any runtime makes of it: directories on the way come, what has its name goes, a marker hides.

use cutaway_tar::{Kind, len64};

use crate::apply::{Application, Rule};
use crate::arena::{Content, NodeId};
use crate::blocks::{Full, Text};
use crate::listing::{Listing, MarkKind, WhiteoutKind};
use crate::marker::Marker;
use crate::resolve::Place;
use crate::tree::Tree;
use crate::{EntryPath, Error, Inode};

/// What stands for a whiteout, and as a child for the opaqueness of its directory: no entry is of this kind.
const WHITEOUT: Kind = Kind::Other(b'w');
/// What stands for a name that a global header takes away, and is nothing that can be linked to.
pub(crate) const GONE: Kind = Kind::Other(b'g');
/// No entry has this name, and no directory.
const OPAQUE: &[u8] = b"/";

/// What drivers make of global headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Globals {
    Ignored,
    Obeyed,
}

impl Tree {
    /// Lays a layer over the tree as overlay drivers do, over nothing as containerd does; one that they
    /// refuse as it is read everywhere. What it takes is paid for as that of any tree.
    pub(crate) fn lay_as_drivers(
        &mut self,
        layer: u32,
        listing: &Listing,
        globals: Globals,
    ) -> Result<(), Error> {
        let mut upper = Self::new(self.limits);
        upper.expect(listing);
        self.expect(listing);
        let rule = if self.awaits_lowest() { Rule::Lowest } else { Rule::Alone };
        let mut application = Application::new(&mut upper, layer, listing, rule);
        application.obeys_globals = globals == Globals::Obeyed;
        application.run()?;
        match (application.refused, rule) {
            (true, _) => {
                let mut application = Application::new(self, layer, listing, Rule::InPlace);
                application.obeys_globals = globals == Globals::Obeyed;
                application.run()
            }
            (false, Rule::Alone) => self.lay_over(&upper, layer),
            (false, _) => {
                *self = upper;
                Ok(())
            }
        }
    }

    /// Lays what a driver has unpacked over the tree.
    fn lay_over(&mut self, upper: &Self, layer: u32) -> Result<(), Error> {
        let mut ahead = vec![(NodeId::ROOT, NodeId::ROOT)];
        while let Some((from, to)) = ahead.pop() {
            if upper.arena.child(from, OPAQUE).is_some() {
                self.arena.clear(to);
            }
            for child in upper.arena.children(from) {
                let (kind, name) = (upper.arena.kind(child), upper.arena.name(child));
                let below = self.arena.child(to, name);
                if name == OPAQUE {
                    continue;
                }
                if [WHITEOUT, GONE].contains(&kind) {
                    below.into_iter().for_each(|below| self.arena.remove(below));
                    continue;
                }
                let both = kind == Kind::Directory
                    && below.is_some_and(|below| self.arena.kind(below) == Kind::Directory);
                let laid = match below.filter(|_| both) {
                    Some(below) => {
                        self.renew(below, upper, child);
                        below
                    }
                    None => {
                        below.into_iter().for_each(|below| self.arena.remove(below));
                        let copied = self.copy(to, upper, child, layer).map_err(|Full| {
                            let path = upper.path(child);
                            crate::apply::over(
                                "tree_bytes",
                                self.limits.tree_bytes,
                                path.as_bytes(),
                            )
                        })?;
                        self.hold()?;
                        copied
                    }
                };
                if kind == Kind::Directory {
                    ahead.push((child, laid));
                }
            }
        }
        Ok(())
    }

    /// Gives a directory the entry that the upper one has; none where it has none.
    fn renew(&mut self, below: NodeId, upper: &Self, child: NodeId) {
        let entry = upper.arena.get(child).filter(|it| it.content.entry != Inode::IMPLIED);
        if let (Some(entry), Some(data)) = (entry, self.arena.get_mut(below)) {
            data.content = entry.content;
            data.placed_by = entry.placed_by;
            data.explicit = true;
        }
    }

    fn copy(
        &mut self,
        to: NodeId,
        upper: &Self,
        child: NodeId,
        layer: u32,
    ) -> Result<NodeId, Full> {
        let data = upper.arena.get(child).ok_or(Full)?;
        if len64(self.arena.text_len()) >= self.limits.tree_bytes {
            return Err(Full);
        }
        let link = match data.content.kind {
            Kind::Symlink => self.arena.add_text(upper.arena.link(child))?,
            _ => Text::default(),
        };
        let content = Content { link, ..data.content };
        self.arena.insert(to, upper.arena.name(child), data.explicit, layer, content)
    }
}

impl Application<'_> {
    /// Does what a driver does about a marker or a global header.
    pub(crate) fn mark_of_driver(&mut self, kind: MarkKind, path: &EntryPath) -> Result<(), Error> {
        let name = path.name();
        match kind {
            MarkKind::Whiteout => self.mark_whiteout(path, name, false),
            MarkKind::Opaque => self.mark_opaque(&path.join(&[b".wh..wh..opq"])),
            MarkKind::Global if !self.obeys_globals => Ok(()),
            MarkKind::Global => match Marker::of(path) {
                Marker::Opaque => self.mark_opaque(path),
                Marker::Whiteout(name) => self.mark_whiteout(path, name, true),
                Marker::None => self.mark_gone(path),
                Marker::Bare => Ok(()),
            },
        }
    }

    /// Hides a name beside `path`. Where the layer has put something there, drivers refuse it, but for the
    /// name of a global header, with which some take it away.
    fn mark_whiteout(&mut self, path: &EntryPath, name: &[u8], global: bool) -> Result<(), Error> {
        let Some(directory) = self.directory_of(path)? else { return Ok(()) };
        let there = self.tree.arena.child(directory, name);
        match (there, self.rule) {
            (Some(there), Rule::Lowest) => self.remove(there),
            (Some(_), _) if !global => {
                self.refused = true;
                Ok(())
            }
            (None, Rule::Lowest) => Ok(()),
            _ => self.put(WHITEOUT, directory, path.as_bytes(), name),
        }
    }

    /// Hides all that lies beside `path`; at the root, drivers ignore it.
    fn mark_opaque(&mut self, path: &EntryPath) -> Result<(), Error> {
        let Some(directory) = self.directory_of(path)? else { return Ok(()) };
        match self.rule {
            Rule::Lowest => self.clear_implied(directory),
            _ if directory == NodeId::ROOT => Ok(()),
            _ => self.put(WHITEOUT, directory, path.as_bytes(), OPAQUE),
        }
    }

    /// Does what runtimes make of a global header that unpack in place.
    pub(crate) fn obey_in_place(&mut self, path: &EntryPath) -> Result<(), Error> {
        let Some(directory) = self.directory_of(path)? else { return Ok(()) };
        match Marker::of(path) {
            Marker::Opaque => self.hide_one(WhiteoutKind::Opaque, &path.directory()),
            Marker::Whiteout(name) => self.hide_one(WhiteoutKind::Entry, &path.with_name(name)),
            Marker::None => match self.tree.arena.child(directory, path.name()) {
                Some(there) => self.remove(there),
                None => Ok(()),
            },
            Marker::Bare => Ok(()),
        }
    }

    /// Takes away what has the name of a global header: what the layer put there, or what lower layers have;
    /// a whiteout goes, and what it hides comes back.
    fn mark_gone(&mut self, path: &EntryPath) -> Result<(), Error> {
        let Some(directory) = self.directory_of(path)? else { return Ok(()) };
        let there = self.tree.arena.child(directory, path.name());
        if let Some(there) = there {
            let whiteout = self.tree.arena.kind(there) == WHITEOUT;
            self.remove(there)?;
            if whiteout || self.rule == Rule::Lowest {
                return Ok(());
            }
        }
        match self.rule {
            Rule::Lowest => Ok(()),
            _ => self.put(GONE, directory, path.as_bytes(), path.name()),
        }
    }

    /// Returns the directory that `path` lies in, made where it does not exist.
    fn directory_of(&mut self, path: &EntryPath) -> Result<Option<NodeId>, Error> {
        let Some(place) = self.follow(path.parent(), path.as_bytes())? else { return Ok(None) };
        self.make_directories(place, path.as_bytes()).map(Some)
    }

    /// Puts a whiteout in the place of whatever the layer has there.
    pub(crate) fn white_out(
        &mut self,
        place: Place,
        path: &[u8],
        name: &[u8],
    ) -> Result<(), Error> {
        let directory = self.make_directories(place, path)?;
        self.put(WHITEOUT, directory, path, name)
    }

    fn put(
        &mut self,
        kind: Kind,
        directory: NodeId,
        path: &[u8],
        name: &[u8],
    ) -> Result<(), Error> {
        if let Some(there) = self.tree.arena.child(directory, name) {
            self.remove(there)?;
        }
        let content = Content { kind, ..self.implied() };
        self.insert(directory, name, true, content, path).map(drop)
    }

    /// Removes what has no entry of its own below a directory, with all that lies in it.
    fn clear_implied(&mut self, directory: NodeId) -> Result<(), Error> {
        if let Some(fresh) = self.implied_last.since_cleared(directory) {
            for node in fresh {
                let arena = &self.tree.arena;
                // What was taken away may have made room for another one.
                let is_there = arena.child(arena.parent(node), arena.name(node)) == Some(node);
                let is_implied = arena.get(node).is_some_and(|data| !data.explicit);
                if is_there && is_implied && node != directory && arena.is_above(directory, node) {
                    self.remove(node)?;
                }
            }
            return Ok(());
        }
        let mut ahead = vec![directory];
        while let Some(node) = ahead.pop() {
            let children: Vec<NodeId> = self.tree.arena.children(node).collect();
            for child in children {
                if self.tree.arena.get(child).is_some_and(|data| data.explicit) {
                    ahead.push(child);
                } else {
                    self.remove(child)?;
                }
            }
        }
        Ok(())
    }
}
