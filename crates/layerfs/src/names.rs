//! Names within names, each with something that is known of it: what a tree has beside children and order.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use crate::blocks::{Items, Text, Texts};

/// A name among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NameId(u32);

impl NameId {
    /// The name in which all others are.
    pub(crate) const ROOT: Self = Self(0);

    fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// All names, of which none is ever removed.
#[derive(Debug)]
pub(crate) struct Names<T> {
    items: Items<Item<T>>,
    texts: Texts,
    index: HashTable<NameId>,
    /// Seeded anew each time, so that nobody can choose names that collide.
    hasher: RandomState,
}

#[derive(Debug)]
struct Item<T> {
    parent: NameId,
    name: Text,
    value: T,
}

impl<T> Names<T> {
    /// Returns nothing but the root.
    pub(crate) fn new(root: T) -> Self {
        let root = Item { parent: NameId::ROOT, name: Text::default(), value: root };
        Self {
            items: Items::new(root),
            texts: Texts::default(),
            index: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// Returns how many names there are, the root included.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns how many bytes the names have.
    pub(crate) fn text_len(&self) -> usize {
        self.texts.len()
    }

    /// Returns the bytes of memory that the names take.
    pub(crate) fn memory(&self) -> usize {
        [self.items.memory(), self.texts.memory(), self.index.allocation_size()]
            .into_iter()
            .fold(0, usize::saturating_add)
    }

    pub(crate) fn get(&self, id: NameId) -> Option<&T> {
        self.items.get(id.index()).map(|item| &item.value)
    }

    pub(crate) fn get_mut(&mut self, id: NameId) -> Option<&mut T> {
        self.items.get_mut(id.index()).map(|item| &mut item.value)
    }

    /// Returns the name within another one.
    pub(crate) fn child(&self, parent: NameId, name: &[u8]) -> Option<NameId> {
        let is_it = |&id: &NameId| {
            let item = self.items.get(id.index());
            item.is_some_and(|item| item.parent == parent && self.texts.get(item.name) == name)
        };
        self.index.find(self.hasher.hash_one((parent, name)), is_it).copied()
    }

    /// Adds a name within another one, which has none of that name; none where there is no room.
    pub(crate) fn insert(&mut self, parent: NameId, name: &[u8], value: T) -> Option<NameId> {
        let hash = self.hasher.hash_one((parent, name));
        let id = NameId(u32::try_from(self.items.len()).ok()?);
        let text = self.texts.push(name).ok()?;
        self.items.push(Item { parent, name: text, value });
        let Self { items, texts, index, hasher } = self;
        index.insert_unique(hash, id, |&id| {
            // Growing the table hashes every name in it anew.
            let item = items.get(id.index());
            item.map_or(0, |item| hasher.hash_one((item.parent, texts.get(item.name))))
        });
        Some(id)
    }
}
