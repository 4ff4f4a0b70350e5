//! The members of an archive that were read as layers while they passed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cutaway_model::{DiffId, Error as ModelError, Stored};
use cutaway_ref::Digest;
use cutaway_tar::len64;

use crate::{Error, Reading};

/// A member by its name, and how many were read as layers before it.
pub(crate) type Occurrence = (String, u64);

/// Why a member could not be read as a layer, and whether it is no tar although it is all that its name says.
pub(crate) type Refused = (Error, bool);

/// What came of a member that was read as a layer.
pub(crate) type Outcome<T> = Result<Arc<Reading<T>>, Error>;

/// Members that were read as layers, by name; those of equal bytes once.
pub(crate) struct Read<T> {
    place: String,
    /// The last member of each name: one replaces those before it, whichever of them is read first.
    last: HashMap<String, u64>,
    begun: u64,
    pub(crate) members: HashMap<String, Outcome<T>>,
    same: HashMap<(Digest, DiffId), Arc<Reading<T>>>,
    failed: u64,
    /// Members that are all that their names say, and no tars.
    pub(crate) no_tars: HashSet<String>,
    max: u64,
    /// The entries of all that is kept.
    entries: u64,
    max_entries: u64,
}

impl<T> Read<T> {
    pub(crate) fn new(place: &str, limits: &crate::Limits) -> Self {
        Self {
            place: place.to_owned(),
            last: HashMap::new(),
            begun: 0,
            members: HashMap::new(),
            same: HashMap::new(),
            failed: 0,
            no_tars: HashSet::new(),
            max: limits.archive_layers,
            entries: 0,
            max_entries: limits.layerfs.tar.entries,
        }
    }

    /// Forgets what came of members of a name: another one follows.
    pub(crate) fn replace(&mut self, name: &str) {
        self.members.remove(name);
        self.no_tars.remove(name);
        self.last.remove(name);
    }

    /// Begins with a member.
    pub(crate) fn begin(&mut self, name: String) -> Occurrence {
        self.begun = self.begun.saturating_add(1);
        self.last.insert(name.clone(), self.begun);
        (name, self.begun)
    }

    /// Keeps what came of a member, unless another one has replaced it.
    pub(crate) fn keep(
        &mut self,
        (name, number): Occurrence,
        read: Result<Reading<T>, Refused>,
    ) -> Result<(), ModelError> {
        let is_last = self.last.get(&name) == Some(&number);
        let outcome = match read {
            Ok(reading) => {
                let Stored { digest, .. } = &reading.measured.stored;
                let key = (digest.clone(), reading.measured.unpacked.diff_id.clone());
                let kept = self.same.entry(key).or_insert_with(|| {
                    let fresh = u64::from(reading.listing.len());
                    self.entries = self.entries.saturating_add(fresh);
                    Arc::new(reading)
                });
                Ok(Arc::clone(kept))
            }
            // What is over depends on all that is held, whichever member it was.
            Err((Error::Model(error @ ModelError::Limit { limit: "held_bytes", .. }), _)) => {
                return Err(error);
            }
            Err((error, is_no_tar)) => {
                if is_no_tar && is_last {
                    self.no_tars.insert(name.clone());
                }
                self.failed = self.failed.saturating_add(1);
                Err(error)
            }
        };
        let distinct = len64(self.same.len());
        let distinct = distinct.saturating_add(self.failed);
        for (found, limit, max) in
            [(distinct, "archive_layers", self.max), (self.entries, "entries", self.max_entries)]
        {
            if found > max {
                let what = format!("members of {} that may be layers", self.place);
                return Err(ModelError::Limit { what, limit, max });
            }
        }
        if is_last {
            self.members.insert(name, outcome);
        }
        Ok(())
    }

    /// Returns what came of a member, which an image may list more than once.
    pub(crate) fn outcome(&mut self, name: &str) -> Option<Outcome<T>> {
        match self.members.get(name)? {
            Ok(reading) => Some(Ok(Arc::clone(reading))),
            // The first failure ends the reading, so nobody asks again.
            Err(_) => self.members.remove(name),
        }
    }

    /// Returns the first failure in the order of the names, so that the same archive fails in the same way.
    pub(crate) fn none_failed(&mut self) -> Result<(), Error> {
        let failed = self.members.iter().filter(|(_, outcome)| outcome.is_err());
        let first = failed.map(|(name, _)| name).min().cloned();
        let outcome = first.and_then(|name| self.members.remove(&name));
        outcome.map_or(Ok(()), |outcome| outcome.map(drop))
    }

    /// Returns the members that were read to their end, in any order.
    pub(crate) fn sound(&self) -> impl Iterator<Item = (&String, &Arc<Reading<T>>)> {
        self.members.iter().filter_map(|(name, outcome)| Some((name, outcome.as_ref().ok()?)))
    }
}
