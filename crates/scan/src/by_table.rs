//! What is read of a layer whose table of contents stands for it: files that analyzers take whole, known by
//! their paths. What would have to be looked into first, binaries and archives, is only counted.

use std::sync::{Arc, Mutex, PoisonError};

use cutaway_analyze::{Analyzers, Candidate, Matches, Want};
use cutaway_layerfs::{EntryPath, Kind, Meta};
use cutaway_read::Tables;

/// Returns what has layers read by their tables for these analyzers.
pub fn tables(analyzers: &Analyzers) -> Tables {
    let (analyzers, matches) = (analyzers.clone(), Mutex::new(Matches::default()));
    let likely = move |name: &[u8], meta: &Meta| {
        let Ok(path) = EntryPath::clean(name) else { return false };
        let mut matches = matches.lock().unwrap_or_else(PoisonError::into_inner);
        analyzers.matcher().find(path.as_bytes(), &mut matches);
        let candidate = Candidate::new(&path, meta.size, meta.mode);
        let takes = |it: &usize| wants(&analyzers, *it, &candidate) == Some(Wants::Whole);
        meta.kind == Kind::File && (matches.companion || matches.analyzers.iter().any(takes))
    };
    Tables { likely: Arc::new(likely) }
}

/// How much an analyzer wants of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// All of it.
    Whole,
    /// To look into it first.
    Look,
}

/// Returns how much an analyzer wants of a file; none where it wants nothing.
pub(crate) fn wants(
    analyzers: &Analyzers,
    position: usize,
    candidate: &Candidate<'_>,
) -> Option<Wants> {
    let member = analyzers.get(position)?;
    match member.analyzer().wants(candidate) {
        Want::No => None,
        Want::Whole { .. } if !member.interest().is_any() => Some(Wants::Whole),
        Want::Whole { .. } | Want::Sniff { .. } => Some(Wants::Look),
    }
}
