//! What a builder holds of records and rows until all are there.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_report::{FlawSeverity, Tenths, parse_time};

use crate::osv::{Advisory, Skipped};

/// A record.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) serial: u32,
    pub(super) modified: Option<Time>,
    pub(super) withdrawn: bool,
    pub(super) severity: FlawSeverity,
    pub(super) score: Option<Tenths>,
    pub(super) modules: Box<[String]>,
    pub(super) aliases: Box<[String]>,
    pub(super) covers: Box<[String]>,
    pub(super) ecosystems: Box<[Name]>,
    /// What of it was passed over, which is nothing of most.
    pub(super) skipped: Option<Box<Skipped>>,
    /// The checksum of its JSON, which decides where times do not.
    sum: u64,
}

/// A row: its bytes, and what they are about.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowPlace {
    pub(super) ecosystem: Name,
    pub(super) package: Name,
    pub(super) serial: u32,
    pub(super) length: u32,
    pub(super) start: usize,
}

/// A time that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time {
    /// Since 1970.
    pub(super) seconds: i64,
    nanoseconds: u32,
}

/// A name that is held once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(u32);

/// Names, each held once.
#[derive(Debug, Default)]
pub(super) struct Names {
    places: HashMap<Arc<str>, Name>,
    names: Vec<Arc<str>>,
}

impl Held {
    pub(super) fn new(advisory: &Advisory, sum: u64) -> Self {
        Self {
            serial: 0,
            modified: advisory.modified.as_deref().and_then(Time::of),
            withdrawn: advisory.withdrawn,
            severity: advisory.severity,
            score: advisory.score,
            modules: advisory.modules.clone().into(),
            aliases: advisory.aliases.clone().into(),
            covers: advisory.covers.clone().into(),
            ecosystems: Box::default(),
            skipped: Some(advisory.skipped)
                .filter(|skipped| *skipped != Skipped::default())
                .map(Box::new),
            sum,
        }
    }

    /// Tells whether it is the one that counts, of two with one id.
    pub(super) fn replaces(&self, known: &Self) -> bool {
        (self.modified, self.sum) > (known.modified, known.sum)
    }
}

impl Time {
    pub(super) fn of(text: &str) -> Option<Self> {
        let seconds = parse_time(text).ok()?;
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        let digits: String = fraction.chars().take_while(char::is_ascii_digit).take(9).collect();
        let nanoseconds = format!("{digits:0<9}").parse().unwrap_or_default();
        Some(Self { seconds, nanoseconds })
    }
}

impl Name {
    pub(super) fn at(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Names {
    pub(super) fn of(&mut self, name: &str) -> Name {
        if let Some(known) = self.places.get(name) {
            return *known;
        }
        let name: Arc<str> = name.into();
        let place = Name(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(Arc::clone(&name));
        self.places.insert(name, place);
        place
    }

    pub(super) fn name(&self, name: Name) -> &str {
        self.names.get(name.at()).map_or("", |name| name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Returns the place of each name in the order of all.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_unstable_by_key(|at| self.names.get(*at));
        let mut ranks = vec![0; order.len()];
        for (rank, at) in order.into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(at) {
                *place = u32::try_from(rank).unwrap_or(u32::MAX);
            }
        }
        ranks
    }
}
