//! Whether runtimes that read a layer in another way have something else at the path of a question.

use cutaway_layerfs::{EntryPath, Inode, Kind, OtherReading, Readings, Tree, Warning};

use super::Question;
use crate::Error;

impl Question {
    /// Notes what the walk of a layer, known or to be taken, has found odd.
    pub fn note(&mut self, warnings: &[Warning]) {
        let places: Vec<_> = warnings.iter().filter_map(|it| it.ambiguous_at().cloned()).collect();
        self.differs.set(self.differs.get() || !places.is_empty());
        self.unclear.extend(places);
    }

    /// Returns how other runtimes read the path, where they read it in another way or where that is not known;
    /// `found` is where the path leads.
    ///
    /// It is decided by all layers, which [`Question::answer`] asks for where one may be read otherwise.
    ///
    /// # Errors
    ///
    /// Returns an error when the layers go over a limit.
    pub fn difference(&self, found: &EntryPath) -> Result<Option<String>, Error> {
        if !self.differs.get() || self.first > 0 {
            return Ok(None);
        }
        let mut readings = Readings::new(self.limits);
        let mut places = Vec::new();
        for (layer, listing) in self.listings.iter().enumerate() {
            let number = u32::try_from(layer).unwrap_or(u32::MAX);
            let warnings = readings
                .apply(number, listing, None, None)
                .map_err(|source| Error::Overlay { layer, source })?;
            places.extend(warnings.into_iter().filter_map(|warning| {
                let (path, other) = (warning.path?, warning.other?);
                Some((layer, path, other, warning.message))
            }));
        }
        let asked = EntryPath::clean_at_root(&self.path).unwrap_or_default();
        let mut way = vec![asked.clone(), found.clone()];
        let tree = readings.tree();
        // Where it leads is known already, so that a loop says nothing new.
        let _ = tree.look(&self.path, self.follow, |directory, name| {
            way.extend(tree.child(directory, name).map(|node| tree.path(node)));
        });
        let is_at = |place: &EntryPath| way.iter().any(|at| place.is_above(at));
        let here = places.iter().filter(|(_, place, ..)| is_at(place));
        let read = self.at(readings.tree());
        if let Some(other) =
            readings.others().map(|tree| self.at(tree)).find(|other| *other != read)
        {
            let (read, other) = (described(read), described(other));
            let why = here.clone().chain(&places).next();
            let why = why.map_or_else(String::new, |(layer, path, _, message)| {
                format!(" (layer {layer}: {path}: {message})")
            });
            return Ok(Some(format!(
                "{asked}: runtimes read it in different ways: here it is {read}, to others {other}{why}"
            )));
        }
        let shared = |place: &EntryPath| tree.at(place).map(|node| tree.node(node).inode());
        let changed = places.iter().find(|(_, place, other, _)| {
            *other == OtherReading::Attributes && shared(place) == read.map(|(_, inode)| inode)
        });
        if let Some((layer, place, _, message)) = changed {
            return Ok(Some(format!("{asked}: layer {layer}: {place} {message}")));
        }
        let unknown = here.into_iter().find(|(_, _, other, _)| !readings.shows(*other));
        let unclear = self.unclear.iter().find(|place| is_at(place));
        let place = unknown.map(|(_, place, ..)| place).or(unclear);
        Ok(place.map(|place| {
            format!("{asked}: runtimes read {place} in different ways, so that it may be another file to some")
        }))
    }

    /// Returns what a tree has at the path.
    fn at(&self, tree: &Tree) -> Option<(Kind, Inode)> {
        let found = if self.follow { tree.resolve(&self.path) } else { tree.lookup(&self.path) };
        let node = tree.node(found.ok()??);
        let inode = node.inode();
        // Directories that no layer describes are alike, whatever made them.
        let layer = if node.is_implied() { 0 } else { inode.layer };
        Some((node.kind(), Inode { layer, ..inode }))
    }
}

fn described(at: Option<(Kind, Inode)>) -> String {
    let Some((kind, inode)) = at else { return "nothing".into() };
    let kind = match kind {
        Kind::File => "a file",
        Kind::Directory => "a directory",
        Kind::Symlink => "a link",
        _ => "a device or pipe",
    };
    match inode.entry {
        Inode::IMPLIED => kind.to_owned(),
        _ => format!("{kind} of layer {}", inode.layer),
    }
}
