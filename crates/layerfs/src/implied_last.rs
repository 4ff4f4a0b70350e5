//! The directories without an entry that a layer has made last, so that a directory in which they are to go more
//! than once is not gone through each time.

use std::collections::{HashMap, VecDeque};

use crate::arena::NodeId;

/// How many are known: more than that are looked for.
const KNOWN: usize = 1 << 10;

/// Directories without an entry, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct ImpliedLast {
    made: u64,
    last: VecDeque<NodeId>,
    /// By a directory that was cleared of them: how many had been made.
    cleared: HashMap<NodeId, u64>,
}

impl ImpliedLast {
    /// Notes that a directory was made.
    pub(crate) fn add(&mut self, node: NodeId) {
        self.made = self.made.saturating_add(1);
        if self.last.len() >= KNOWN {
            self.last.pop_front();
        }
        self.last.push_back(node);
    }

    /// Returns those that were made, anywhere, since `directory` was cleared; none where it never was, or they are
    /// too many. It counts as cleared from now on.
    pub(crate) fn since_cleared(&mut self, directory: NodeId) -> Option<Vec<NodeId>> {
        let before = self.cleared.insert(directory, self.made)?;
        let fresh = usize::try_from(self.made.saturating_sub(before)).ok()?;
        let old = self.last.len().checked_sub(fresh)?;
        Some(self.last.iter().skip(old).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_known_as_long_as_it_is_little() {
        let mut last = ImpliedLast::default();
        assert_eq!(last.since_cleared(NodeId::ROOT), None);
        assert_eq!(last.since_cleared(NodeId::ROOT), Some(Vec::new()));
        (0..3).for_each(|_| last.add(NodeId::ROOT));
        assert_eq!(last.since_cleared(NodeId::ROOT).map(|it| it.len()), Some(3));
        (0..KNOWN).for_each(|_| last.add(NodeId::ROOT));
        assert_eq!(last.since_cleared(NodeId::ROOT).map(|it| it.len()), Some(KNOWN));
        (0..=KNOWN).for_each(|_| last.add(NodeId::ROOT));
        assert_eq!(last.since_cleared(NodeId::ROOT), None);
    }
}
