//! Which ids mean the same flaw.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use crate::Enrichment;
use crate::db::build::held::Held;
use crate::db::code::Writer;
use crate::db::index::Table;
use crate::db::record;
use crate::db::spool::{Entries, Spool};

/// The flaws of all records, each by the id that most people know.
#[derive(Debug)]
pub(super) struct Flaws<'a> {
    /// Canonical id → all other ids.
    all: BTreeMap<&'a str, Vec<&'a str>>,
    /// Id → place of its flaw among all.
    places: HashMap<&'a str, u64>,
}

/// Classes of ids, joined while records are read.
#[derive(Default)]
struct Classes<'a> {
    parents: Vec<usize>,
    ids: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Flaws<'a> {
    pub(super) fn new(records: &'a BTreeMap<String, Held>) -> Self {
        let mut classes = Classes::default();
        for (id, held) in records.iter().filter(|(_, held)| !held.withdrawn) {
            if held.covers.is_empty() {
                held.aliases.iter().for_each(|alias| classes.join(id, alias));
                classes.place(id);
            }
            for covered in &held.covers {
                classes.place(covered);
            }
            // Several ids of one flaw: one CVE at most, and what others call it.
            let of_one = held.covers.iter().filter(|id| id.starts_with("CVE-")).count() <= 1;
            if let Some((first, rest)) = held.covers.split_first().filter(|_| of_one) {
                rest.iter().for_each(|other| classes.join(first, other));
                held.aliases.iter().for_each(|alias| classes.join(first, alias));
            }
        }
        classes.finish()
    }

    /// Returns the places of the flaws that a record is about.
    pub(super) fn of(&self, id: &str, held: &Held) -> Vec<u64> {
        let place = |id: &str| self.places.get(id).copied();
        let mut places: Vec<u64> = match held.covers.is_empty() {
            true => place(id).into_iter().collect(),
            false => held.covers.iter().filter_map(|id| place(id)).collect(),
        };
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Returns those that some records are about.
    pub(super) fn among(&self, records: &[(&String, &Held)]) -> Self {
        let mut used = BTreeSet::new();
        records.iter().for_each(|(id, held)| used.extend(self.of(id, held)));
        let all = (0_u64..).zip(&self.all).filter(|(place, _)| used.contains(place));
        Self::numbered(all.map(|(_, (id, others))| (*id, others.clone())).collect())
    }

    fn numbered(all: BTreeMap<&'a str, Vec<&'a str>>) -> Self {
        let mut places = HashMap::new();
        for (place, (first, rest)) in (0_u64..).zip(&all) {
            places.insert(*first, place);
            places.extend(rest.iter().map(|id| (*id, place)));
        }
        Self { all, places }
    }

    pub(super) fn write<W: Write>(
        &self,
        known: &Enrichment,
        spool: &mut Spool<W>,
    ) -> io::Result<Table> {
        let mut entries = Entries::default();
        for (id, others) in &self.all {
            let ids = || std::iter::once(*id).chain(others.iter().copied());
            let kev = ids().find_map(|id| known.kev.get(id));
            let epss = ids().filter_map(|id| known.epss.get(id)).max();
            let mut out = Writer::default();
            record::write_flaw(others, kev, epss, &mut out);
            entries.push(id, &out.bytes, spool)?;
        }
        entries.finish(spool)
    }
}

impl<'a> Classes<'a> {
    fn place(&mut self, id: &'a str) -> usize {
        if let Some(known) = self.places.get(id) {
            return *known;
        }
        let place = self.ids.len();
        self.ids.push(id);
        self.parents.push(place);
        self.places.insert(id, place);
        place
    }

    fn root(&mut self, mut at: usize) -> usize {
        while let Some(parent) = self.parents.get(at).copied().filter(|parent| *parent != at) {
            // Halves the way for whoever comes next.
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(place) = self.parents.get_mut(at) {
                *place = above;
            }
            at = above;
        }
        at
    }

    fn join(&mut self, a: &'a str, b: &'a str) {
        let (a, b) = (self.place(a), self.place(b));
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.parents.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }

    fn finish(mut self) -> Flaws<'a> {
        let count = self.ids.len();
        let mut members: Vec<(usize, u8, &'a str)> = Vec::with_capacity(count);
        for at in 0..count {
            let root = self.root(at);
            members.extend(self.ids.get(at).map(|id| (root, rank(id), *id)));
        }
        // Of each class the one by which it is called comes first.
        members.sort_unstable();
        let mut all = BTreeMap::new();
        for class in members.chunk_by(|(a, ..), (b, ..)| a == b) {
            let Some(((.., first), rest)) = class.split_first() else { continue };
            let mut rest: Vec<&str> = rest.iter().map(|(.., id)| *id).collect();
            rest.sort_unstable();
            all.insert(*first, rest);
        }
        Flaws::numbered(all)
    }
}

/// By which of its ids a flaw is called.
fn rank(id: &str) -> u8 {
    match id {
        id if id.starts_with("CVE-") => 0,
        id if id.starts_with("GHSA-") => 1,
        _ => 2,
    }
}
