//! One budget for what is held of an image, beyond what its entries and packages may take anyway.
//!
//! Memory may grow with the number of entries and packages, by so many bytes each. Whoever holds
//! something has an account, and pays for what goes beyond that. So the number of bytes that all pay is the
//! same for the same image, in whatever order its layers are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes of a listing that an entry may have without paying: common ones take about 40.
pub(crate) const LISTED_ENTRY: u64 = 60;
/// Bytes of a tree that an entry may have without paying: common ones take about 100.
pub(crate) const TREE_ENTRY: u64 = 140;
/// How many bytes an account takes from its budget at a time.
const STEP: u64 = 4096;

/// So many bytes that are held of an image together, the limit `held_bytes`. Clones share one budget.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    /// None without a limit.
    shared: Option<Arc<Shared>>,
}

#[derive(Debug)]
struct Shared {
    max: u64,
    spent: AtomicU64,
    overspent: AtomicBool,
}

/// What somebody has taken from a budget; given back when this is dropped.
#[derive(Debug, Default)]
pub struct Account {
    budget: Budget,
    taken: u64,
}

impl Budget {
    /// Returns a budget of `max` bytes.
    pub fn new(max: u64) -> Self {
        let (spent, overspent) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { shared: Some(Arc::new(Shared { max, spent, overspent })) }
    }

    /// Returns a budget without a limit, for bytes that one trusts.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Returns whether more was asked for than there is, which is remembered.
    pub fn is_overspent(&self) -> bool {
        self.shared.as_ref().is_some_and(|it| it.overspent.load(Ordering::Relaxed))
    }

    /// Returns the limit; none where there is none.
    pub fn max(&self) -> Option<u64> {
        self.shared.as_ref().map(|shared| shared.max)
    }

    /// Opens an account.
    pub fn account(&self) -> Account {
        Account { budget: self.clone(), taken: 0 }
    }

    fn take(&self, bytes: u64) -> bool {
        let Some(shared) = &self.shared else { return true };
        let add = |spent: u64| spent.checked_add(bytes).filter(|sum| *sum <= shared.max);
        let is_there = shared.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        if !is_there {
            shared.overspent.store(true, Ordering::Relaxed);
        }
        is_there
    }
}

impl Account {
    /// Opens another account of the same budget.
    pub(crate) fn beside(&self) -> Self {
        self.budget.account()
    }

    /// Takes so many bytes; returns whether they were there.
    #[must_use]
    pub fn pay(&mut self, bytes: u64) -> bool {
        let paid = bytes == 0 || self.budget.take(bytes);
        if paid {
            self.taken = self.taken.saturating_add(bytes);
        }
        paid
    }

    /// Pays for what is `held` beyond what is `allowed`, as far as it is not paid yet; returns whether it was
    /// there.
    #[must_use]
    pub fn hold(&mut self, held: u64, allowed: u64) -> bool {
        let owed = held.saturating_sub(allowed);
        let Some(more) = owed.checked_sub(self.taken).filter(|more| *more > 0) else { return true };
        self.pay(more.checked_next_multiple_of(STEP).unwrap_or(more))
    }

    /// Returns the limit of the budget.
    pub fn max(&self) -> u64 {
        self.budget.max().unwrap_or(u64::MAX)
    }
}

/// A copy holds as much again.
impl Clone for Account {
    fn clone(&self) -> Self {
        let mut account = self.budget.account();
        // Where that is not there, the budget remembers.
        let _: bool = account.pay(self.taken);
        account
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if let Some(shared) = &self.budget.shared {
            shared.spent.fetch_sub(self.taken, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_spend_together_and_accounts_give_back() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (budget.account(), budget.clone().account());
        assert!(one.pay(6) && other.pay(4) && !budget.is_overspent());
        drop(one);
        let mut third = budget.account();
        assert!(third.pay(6) && !third.pay(1));
        assert!(budget.is_overspent(), "what was asked for over the limit is remembered");
        assert!(!third.pay(u64::MAX) && Budget::unlimited().account().pay(u64::MAX));
        drop(third.clone());
        drop((third, other));
        assert!(budget.account().pay(10));
    }

    #[test]
    fn only_what_is_beyond_is_paid_and_once() {
        let budget = Budget::new(3 * STEP);
        let mut account = budget.account();
        assert!(account.hold(1000, 1000) && account.hold(u64::MAX, u64::MAX));
        assert_eq!(account.taken, 0);
        assert!(account.hold(1001, 1000) && account.hold(1000 + STEP, 1000));
        assert_eq!(account.taken, STEP);
        assert!(account.hold(5000, 10_000), "what was taken is kept for what comes");
        assert!(account.hold(1000 + 3 * STEP, 1000) && !account.hold(1001 + 3 * STEP, 1000));
    }
}
