//! What all findings of a run are paid from, and the records that they share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use cutaway_layerfs::Account;

use crate::Package;

/// What findings are paid from: the budget of all that is held of an image, the limit `held_bytes`. Records
/// that are the same are held once, since every layer that changes a database has most of them again.
///
/// Clones share one budget and its records.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    held: cutaway_layerfs::Budget,
    /// None without a limit.
    records: Option<Arc<Mutex<HashSet<Arc<Package>>>>>,
}

impl Budget {
    /// Returns a budget of `max` bytes.
    pub fn new(max: u64) -> Self {
        cutaway_layerfs::Budget::new(max).into()
    }

    /// Returns a budget without a limit, for bytes that one trusts.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Returns whether more was asked for than there is.
    pub fn is_overspent(&self) -> bool {
        self.held.is_overspent()
    }

    /// Returns the limit; none where there is none.
    pub fn max(&self) -> Option<u64> {
        self.held.max()
    }

    /// Returns what all that is held of the image is paid from.
    pub fn held(&self) -> &cutaway_layerfs::Budget {
        &self.held
    }

    pub(crate) fn account(&self) -> Account {
        self.held.account()
    }

    /// Returns the record that is held already and says the same; where there is none, none.
    pub(crate) fn known(&self, package: &Package) -> Option<Arc<Package>> {
        let records = self.records.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        records.get(package).cloned()
    }

    /// Has a record held, for others that say the same.
    pub(crate) fn keep(&self, package: &Arc<Package>) {
        if let Some(records) = &self.records {
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            records.insert(Arc::clone(package));
        }
    }
}

impl From<cutaway_layerfs::Budget> for Budget {
    fn from(held: cutaway_layerfs::Budget) -> Self {
        Self { held, records: Some(Arc::default()) }
    }
}
