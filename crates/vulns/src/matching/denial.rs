//! What a database says has no flaw, has none: a record may say so of one name or architecture while another row
//! says otherwise.

use std::collections::BTreeSet;

use crate::matching::candidate::Candidate;

/// Takes the flaws from a package that a row says no version of it has.
pub(super) fn apply(candidates: &mut [Candidate]) {
    let denials = candidates.iter().filter(|it| it.denies);
    let denied: BTreeSet<u64> = denials.flat_map(|it| it.advisory.flaws.clone()).collect();
    for candidate in candidates {
        candidate.advisory.flaws.retain(|flaw| !denied.contains(flaw));
    }
}
