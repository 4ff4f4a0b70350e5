//! Which records of one name count: those of journals have replaced others.

use std::collections::BTreeMap;

use cutaway_analyze::{Change, Few, Listed};

use super::{Key, Record};

/// The records of one name that count.
#[derive(Debug, Default)]
pub(super) struct Counting<'a> {
    by_arch: Few<Option<&'a str>, Few<Key, Record<'a>>>,
    /// Those of them that are instances of a package, by architecture.
    instances: Few<(Option<&'a str>, Key), Record<'a>>,
}

/// Which records count no more, and which count since.
#[derive(Debug, Default)]
pub(super) struct Moved<'a> {
    ended: BTreeMap<Key, Record<'a>>,
    begun: BTreeMap<Key, Record<'a>>,
}

impl<'a> Counting<'a> {
    /// Takes records in order; where none replaces another, all count that say that a package is there.
    pub(super) fn of<'s>(
        records: impl Iterator<Item = (&'s Key, &'s Record<'a>)>,
        replacing: bool,
    ) -> Self
    where
        'a: 's,
    {
        let (mut counting, mut moved) = (Self::default(), Moved::default());
        for (key, record) in records {
            if replacing {
                counting.take(*key, *record, &mut moved);
            } else if !record.is_gone() {
                counting.put(*key, *record);
            }
        }
        counting
    }

    /// Takes the record that comes after all that there are.
    ///
    /// Where one instance is installed, it is replaced whatever its architecture, unless it and the new one
    /// may be installed beside each other; else the one of the same architecture is. So does dpkg
    /// (`parse_find_pkg_slot`).
    pub(super) fn take(&mut self, key: Key, record: Record<'a>, moved: &mut Moved<'a>) {
        if record.journal {
            if let Some((arch, key, single)) = self.single(record) {
                self.remove(arch, key);
                moved.end(key, single);
            }
            let same = self.by_arch.remove(&record.arch());
            for (&key, &same) in same.iter().flat_map(Few::iter) {
                self.instances.remove(&(record.arch(), key));
                moved.end(key, same);
            }
        }
        if !record.is_gone() {
            self.put(key, record);
            moved.begin(key, record);
        }
    }

    /// Returns the only instance, where a record replaces it whatever its architecture.
    fn single(&self, record: Record<'a>) -> Option<(Option<&'a str>, Key, Record<'a>)> {
        let mut instances = self.instances.iter();
        let (&(arch, key), &single) = instances.next().filter(|_| instances.next().is_none())?;
        let both = single.package.coinstallable && record.package.coinstallable;
        (!both).then_some((arch, key, single))
    }

    fn put(&mut self, key: Key, record: Record<'a>) {
        let arch = record.arch();
        if let Some(same) = self.by_arch.get_mut(&arch) {
            same.insert(key, record);
        } else {
            let mut same = Few::default();
            same.insert(key, record);
            self.by_arch.insert(arch, same);
        }
        if record.is_instance() {
            self.instances.insert((arch, key), record);
        }
    }

    fn remove(&mut self, arch: Option<&'a str>, key: Key) {
        self.instances.remove(&(arch, key));
        if let Some(same) = self.by_arch.get_mut(&arch) {
            same.remove(&key);
            if same.is_empty() {
                self.by_arch.remove(&arch);
            }
        }
    }

    fn iter(&self) -> impl Iterator<Item = (Key, Record<'a>)> {
        self.by_arch.iter().flat_map(|(_, same)| same.iter()).map(|(key, record)| (*key, *record))
    }
}

impl<'a> Moved<'a> {
    /// Returns what changed where all records count that say that a package is there.
    pub(super) fn whole(ended: &[(Key, Record<'a>)], begun: &[(Key, Record<'a>)]) -> Self {
        let there = |records: &[(Key, Record<'a>)]| {
            records.iter().copied().filter(|(_, record)| !record.is_gone()).collect()
        };
        Self { ended: there(ended), begun: there(begun) }
    }

    /// Returns what is different between two states.
    pub(super) fn between(before: &Counting<'a>, now: &Counting<'a>) -> Self {
        let mut ended: BTreeMap<_, _> = before.iter().collect();
        let mut begun = BTreeMap::new();
        for (key, record) in now.iter() {
            if ended.remove(&key).is_none() {
                begun.insert(key, record);
            }
        }
        Self { ended, begun }
    }

    pub(super) fn len(&self) -> u64 {
        let len = self.ended.len().saturating_add(self.begun.len());
        u64::try_from(len).unwrap_or(u64::MAX)
    }

    pub(super) fn list(self, change: &mut Change<'a>) {
        let listed = |((database, at), record): (Key, Record<'a>)| Listed {
            package: record.package,
            database,
            at,
        };
        change.ended.extend(self.ended.into_iter().map(listed));
        change.begun.extend(self.begun.into_iter().map(listed));
    }

    fn begin(&mut self, key: Key, record: Record<'a>) {
        self.begun.insert(key, record);
    }

    fn end(&mut self, key: Key, record: Record<'a>) {
        if self.begun.remove(&key).is_none() {
            self.ended.insert(key, record);
        }
    }
}

impl<'a> Record<'a> {
    fn arch(&self) -> Option<&'a str> {
        self.package.arch.as_deref()
    }

    /// Returns whether the package is gone, as a journal may say.
    fn is_gone(&self) -> bool {
        self.journal && (self.package.version.is_empty() || !self.is_instance())
    }

    fn is_instance(&self) -> bool {
        self.package.state != "not-installed"
    }
}
