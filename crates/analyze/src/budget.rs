//! One budget for what all findings of a run hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many bytes that findings may hold together, the limit `findings_bytes`.
///
/// Clones share one budget. It is only ever spent: what runs out for one order of the layers runs
/// out for every order, so the answer does not depend on timing.
#[derive(Debug, Clone)]
pub struct Budget {
    /// None without a limit.
    shared: Option<Arc<Shared>>,
}

#[derive(Debug)]
struct Shared {
    max: u64,
    spent: AtomicU64,
}

impl Budget {
    /// Returns a budget of `max` bytes.
    pub fn new(max: u64) -> Self {
        Self { shared: Some(Arc::new(Shared { max, spent: AtomicU64::new(0) })) }
    }

    /// Returns a budget without a limit, for bytes that one trusts.
    pub fn unlimited() -> Self {
        Self { shared: None }
    }

    /// Returns whether more was asked for than there is.
    pub fn is_overspent(&self) -> bool {
        self.shared.as_ref().is_some_and(|it| it.spent.load(Ordering::Relaxed) > it.max)
    }

    /// Returns the limit; none where there is none.
    pub fn max(&self) -> Option<u64> {
        self.shared.as_ref().map(|shared| shared.max)
    }

    /// Spends so many bytes; returns whether they were there.
    pub(crate) fn spend(&self, bytes: u64) -> bool {
        let Some(shared) = &self.shared else { return true };
        let add = |spent: u64| Some(spent.saturating_add(bytes));
        let before = shared.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        before.unwrap_or(u64::MAX).saturating_add(bytes) <= shared.max
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::unlimited()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_spend_together() {
        let budget = Budget::new(10);
        let other = budget.clone();
        assert!(budget.spend(6) && other.spend(4) && !budget.is_overspent());
        assert!(!other.spend(1));
        assert!(budget.is_overspent(), "what was asked for over the limit is remembered");
        assert!(!budget.spend(u64::MAX) && budget.is_overspent());
        assert!(Budget::unlimited().spend(u64::MAX));
    }
}
