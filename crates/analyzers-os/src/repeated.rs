//! Records that stand twice in one database, which no package manager writes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use cutaway_analyze::{Findings, Package};

use crate::reporter::quote;

/// How many names a message has.
const SHOWN: usize = 3;

/// What was seen of one database: a record that says the same as an earlier one counts once.
///
/// Each record costs a few words, whatever it holds.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    hasher: RandomState,
    /// By the hash of a record: its position among the packages.
    records: HashMap<u64, usize>,
    /// By the hash of an identity: whether it was told already.
    identities: HashMap<u64, bool>,
    /// How many packages have more than one record, and some of their names.
    number: usize,
    names: Vec<String>,
}

impl Repeated {
    /// Adds a package, unless an equal record is there.
    pub(crate) fn add(&mut self, package: Package, findings: &mut Findings) {
        let identity = self.hasher.hash_one(package.identity());
        let record = self.hasher.hash_one((identity, &package.version, &package.state));
        let told = self.identities.get(&identity).copied();
        if told == Some(false) {
            self.number = self.number.saturating_add(1);
            if self.names.len() < SHOWN {
                self.names.push(quote(package.name.as_bytes()));
            }
        }
        self.identities.insert(identity, told.is_some());
        let same = self.records.get(&record).and_then(|&at| findings.packages().get(at));
        if same.is_some_and(|same| same.is_repeated_by(&package)) {
            return;
        }
        self.records.insert(record, findings.packages().len());
        findings.package(package);
    }

    /// Returns what is to be said, where a package has more than one record for one architecture.
    pub(crate) fn message(&self) -> Option<String> {
        let (number, names) = (self.number, self.names.join(", "));
        (number > 0).then(|| {
            format!(
                "{number} packages have more than one record for one architecture, such as {names}"
            )
        })
    }
}
