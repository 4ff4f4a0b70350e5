//! Where runtimes read a layer in different ways, found while it is applied.
//!
//! Overlay drivers unpack a layer alone and lay it over the lower ones; umoci unpacks it in their
//! place. Both come to the same but for the marks that are told here. What is read is what umoci
//! reads; a warning names each path at or below which the others may see something else.

use crate::apply::{Application, Rule};
use crate::arena::{Content, NodeId};
use crate::marker::Marker;
use crate::record::Record;
use crate::resolve::{Circle, Last, Place, follow};
use crate::warning::OtherReading;
use crate::{EntryPath, Error, Kind};

impl Application<'_> {
    /// Tells of an opaque marker at the root, which overlay drivers ignore.
    pub(crate) fn doubt_opaque(&mut self, directory: NodeId) {
        let has_lower = || self.tree.arena.children(directory).any(|child| !self.is_upper(child));
        if directory == NodeId::ROOT && (has_lower() || self.tree.is_above_others) {
            let message = || {
                "an opaque marker at the root hides all of the lower layers; overlay drivers ignore it"
                    .into()
            };
            self.doubt(EntryPath::root(), OtherReading::Known, message);
        }
    }

    /// Tells of a directory that is reached through a symbolic link of a lower layer: overlay drivers
    /// put a directory in the place of the link.
    pub(crate) fn doubt_links(&mut self, directory: &[u8], place: &Place) {
        if place.lowest_link.is_none_or(|layer| layer >= self.layer) {
            return;
        }
        let Ok(named) = EntryPath::clean(directory) else { return };
        let real = self.tree.path(place.node).join(&place.missing);
        let message = || {
            format!(
                "is a link of a lower layer to {real}, where this is put; overlay drivers put a directory in its place"
            )
        };
        self.doubt(named.clone(), OtherReading::Known, message);
        let message = || {
            format!(
                "is where a link of a lower layer at {named} leads; overlay drivers put nothing here"
            )
        };
        self.doubt(real, OtherReading::Known, message);
    }

    /// Tells of a directory whose way goes in circles: overlay drivers do not see the links of lower layers, and
    /// make it.
    pub(crate) fn doubt_circle(&mut self, directory: &[u8]) {
        let Ok(named) = EntryPath::clean(directory) else { return };
        let message = || {
            "is reached through links that go in circles, so that what lies here is skipped; overlay drivers put a directory in their place".into()
        };
        self.doubt(named, OtherReading::Known, message);
    }

    /// Tells of a global header that some unpackers take for an entry, so that what has its name goes,
    /// or for a marker; of one that has no effect yet, [`Self::doubt_globals`] tells where it gets one.
    pub(crate) fn doubt_global(&mut self, path: EntryPath) -> Result<(), Error> {
        match self.effect_of_global(&path) {
            Some(at) => self.tell_of_global(at, &path),
            None => {
                self.globals.push(path);
                Ok(())
            }
        }
    }

    /// Tells of global headers whose names came up in the layer after them.
    pub(crate) fn doubt_globals(&mut self) -> Result<(), Error> {
        for path in std::mem::take(&mut self.globals) {
            if let Some(at) = self.effect_of_global(&path) {
                self.tell_of_global(at, &path)?;
            }
        }
        Ok(())
    }

    /// Returns where a global header would change something, had it been an entry: the place of what
    /// would go or come.
    fn effect_of_global(&self, path: &EntryPath) -> Option<EntryPath> {
        let hidden = match Marker::of(path) {
            Marker::None => None,
            Marker::Bare => return Some(path.clone()),
            Marker::Opaque => return Some(path.directory()),
            Marker::Whiteout(name) => Some(name),
        };
        let directory = match self.plain_directory(path) {
            Ok(directory) => directory,
            Err(odd) => return Some(odd),
        };
        let name = hidden.unwrap_or(path.name());
        let met = self.tree.arena.child(directory, name).is_some()
            || self.whited_out.contains(&(directory, name.into()));
        (met || hidden.is_some()).then(|| path.with_name(name))
    }

    /// Returns the directory of a path, or the first step of the way to it that is no directory.
    fn plain_directory(&self, path: &EntryPath) -> Result<NodeId, EntryPath> {
        let mut node = NodeId::ROOT;
        let mut names = Vec::new();
        let directory = path.directory();
        for name in directory.components() {
            names.push(name);
            match self.tree.arena.child(node, name) {
                Some(child) if self.tree.arena.kind(child) == Kind::Directory => node = child,
                _ => return Err(EntryPath::from_components(&names)),
            }
        }
        Ok(node)
    }

    /// Tells of a global header at the place of its effect, and where its way has links, at the directory that
    /// they lead to.
    fn tell_of_global(&mut self, at: EntryPath, path: &EntryPath) -> Result<(), Error> {
        let message = || {
            format!(
                "is changed by a global header named {path}, which is ignored, in runtimes that take it for an entry or a marker"
            )
        };
        self.doubt(at, OtherReading::Global, message);
        let hops = self.tree.limits.symlink_hops;
        let led = follow(&self.tree.arena, path.parent(), Last::Follow, hops);
        let (Ok(Place { link_bytes, .. }) | Err(Circle { link_bytes, .. })) = led;
        self.spend(link_bytes, path.as_bytes())?;
        if let Some(place) = led.ok().filter(|place| place.links > 0) {
            let real = self.tree.path(place.node).join(&place.missing);
            self.doubt(real, OtherReading::Global, message);
        }
        Ok(())
    }

    /// Tells of a character device 0:0, which overlay drivers take for a whiteout, as it is read here.
    pub(crate) fn doubt_device(&mut self, path: &EntryPath) {
        let message = || {
            "is a device 0:0, which hides what has its name, as in overlay drivers; others make the device"
                .into()
        };
        self.doubt(path.clone(), OtherReading::Known, message);
    }

    /// Tells of a directory of a lower layer that an opaque marker hides after the layer had a marker in it:
    /// overlay drivers have made it by then, and keep it.
    pub(crate) fn doubt_marked(&mut self, directory: NodeId) {
        let path = self.tree.path(directory);
        let message = || {
            "holds a marker, and is hidden by an opaque marker above it afterwards; overlay drivers keep the directory".into()
        };
        self.doubt(path, OtherReading::Known, message);
    }

    /// Tells of a hard link to a name that the layer has whited out: to overlay drivers that is a device by
    /// then, and so is each name of it, which hides what has that name.
    pub(crate) fn doubt_shared_whiteout(&mut self, path: &[u8], target: &Place) {
        let [name] = target.missing.as_slice() else { return };
        if self.whited_out.is_empty() || !self.whited_out.contains(&(target.node, name.clone())) {
            return;
        }
        let Ok(path) = EntryPath::clean(path) else { return };
        let message = || {
            "is a hard link to what its layer has whited out, and skipped; to overlay drivers it is a whiteout, too".into()
        };
        self.doubt(path, OtherReading::Known, message);
    }

    /// Tells of a hard link whose header has another mode or owner than the file that it shares, which runtimes
    /// but umoci then give the file; to a symbolic link they give the owner alone.
    pub(crate) fn doubt_attributes(&mut self, path: &[u8], record: Record<'_>, shared: Content) {
        if self.rule != Rule::InPlace || shared.layer != self.layer {
            return;
        }
        let (own, file) =
            (self.listing.attributes_of(record), self.listing.attributes(shared.entry));
        let (Some((mode, uid, gid)), Some((of_file, owner, group))) = (own, file) else { return };
        let same_mode = (mode ^ of_file) & 0o7777 == 0 || shared.kind == Kind::Symlink;
        let Ok(path) = EntryPath::clean(path) else { return };
        if same_mode && (uid, gid) == (owner, group) {
            return;
        }
        self.warnings.push_attributes(path, || {
            format!(
                "is a hard link with mode {mode:04o} and owner {uid}:{gid} to a file with {of_file:04o} and {owner}:{group}, which it keeps; runtimes but umoci change the file"
            )
        });
    }

    /// Tells of a marker that hides what its own layer has put there: in the lowest layer containerd
    /// removes it, in others overlay drivers refuse the layer.
    pub(crate) fn doubt_late_marker(&mut self, path: &EntryPath) {
        if self.is_lowest {
            let message =
                || "stands before its whiteout in the lowest layer; containerd removes it".into();
            self.doubt(path.clone(), OtherReading::Known, message);
        }
        self.refuse(path.as_bytes(), "a whiteout stands beside what the layer puts there");
    }

    /// Tells of a directory without an entry before an opaque marker: drivers that unpack in place
    /// remove it with what the layer has put there.
    pub(crate) fn doubt_implied(&mut self, node: NodeId) {
        let own = self.tree.arena.get(node);
        if own.is_none_or(|data| data.explicit && data.placed_by == self.layer) {
            return;
        }
        let path = self.tree.path(node);
        let message = || {
            "has no entry before an opaque marker above it; drivers that unpack in place remove it"
                .into()
        };
        self.doubt(path, OtherReading::Unknown, message);
    }

    /// Tells of a marker in what is no directory, or not there: drivers make it one.
    pub(crate) fn doubt_missing(&mut self, place: &Place) {
        let path = self.tree.path(place.node);
        let path = match place.missing.first() {
            Some(_) if self.tree.is_above_others => return,
            Some(first) => path.join(&[first]),
            None if self.tree.arena.kind(place.node) == Kind::Directory => return,
            None => path,
        };
        let message = || {
            "is no directory, but holds a marker, which counts for nothing; runtimes but umoci make the directory"
                .into()
        };
        self.doubt(path, OtherReading::Known, message);
    }

    fn doubt(&mut self, path: EntryPath, other: OtherReading, message: impl FnOnce() -> String) {
        if self.rule == Rule::InPlace {
            self.warnings.push_ambiguous(path, other, message);
        }
    }

    /// Remembers that the layer takes a directory of a lower one away, for an entry that may come.
    pub(crate) fn vacate(&mut self, node: NodeId) {
        let arena = &self.tree.arena;
        if arena.kind(node) == Kind::Directory {
            self.vacated.insert((arena.parent(node), arena.name(node).into()));
        }
    }

    /// Tells of a directory in the place of one that the same layer has taken away: overlay drivers
    /// have forgotten that by then, and show what the lower one holds.
    pub(crate) fn doubt_directory(&mut self, directory: NodeId, name: &[u8]) {
        if self.vacated.is_empty() || !self.vacated.contains(&(directory, name.into())) {
            return;
        }
        let path = self.tree.path(directory).join(&[name]);
        let message = || {
            "is taken away and made again as a directory in one layer; overlay drivers show what lower layers have in it"
                .into()
        };
        self.doubt(path, OtherReading::Known, message);
    }
}
