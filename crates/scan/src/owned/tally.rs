//! What could not be compared, counted.

use std::collections::BTreeMap;

use cutaway_analyze::Severity;
use cutaway_layerfs::EntryPath;
use cutaway_report::DiagnosticReport;

use super::diagnostic::error;
use super::judge::{Judgement, Verdict};
use super::owners::{Owners, some};

/// What could not be compared.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How many files were not hashed, and the first of them.
    unhashed: (u64, Option<String>),
    /// By package: how many of its files have a digest, and how many have none.
    digests: BTreeMap<u32, (u64, u64)>,
}

impl Tally {
    pub(super) fn count(&mut self, judgement: &Judgement, path: &EntryPath) {
        if judgement.verdict == Verdict::Unhashed {
            let (count, first) = &mut self.unhashed;
            *count = count.saturating_add(1);
            first.get_or_insert_with(|| path.to_string());
        }
        for &(owner, digested) in &judgement.digested {
            let (with, without) = self.digests.entry(owner).or_default();
            let counter = if digested { with } else { without };
            *counter = counter.saturating_add(1);
        }
    }

    pub(super) fn diagnostics(&self, owners: &Owners<'_>) -> Vec<DiagnosticReport> {
        let mut diagnostics = Vec::new();
        if let (count, Some(first)) = &self.unhashed {
            diagnostics.push(error(
                "file-not-hashed",
                format!(
                    "{count} files were not compared, such as {first}: their holes are over the limit hole_bytes, or the archive would have to be read a second time for digests of this algorithm"
                ),
            ));
        }
        let named = |numbers: &mut dyn Iterator<Item = u32>| {
            let names: Vec<&str> = numbers.filter_map(|it| Some(owners.get(it)?.name)).collect();
            (names.len(), some(names))
        };
        let (none, partly): (Vec<_>, Vec<_>) = self
            .digests
            .iter()
            .filter(|(_, (_, without))| *without > 0)
            .partition(|(_, (with, _))| *with == 0);
        if !none.is_empty() {
            let (count, names) = named(&mut none.iter().map(|(owner, _)| **owner));
            let message =
                format!("{count} packages record no digest of any of their files: {names}");
            diagnostics.push(error("file-digests-missing", message));
        }
        if !partly.is_empty() {
            let files: u64 = partly.iter().map(|(_, (_, without))| without).sum();
            let (count, names) = named(&mut partly.iter().map(|(owner, _)| **owner));
            let message =
                format!("{files} files of {count} packages have no recorded digest: {names}");
            let severity = Severity::Warning;
            diagnostics
                .push(DiagnosticReport { severity, ..error("file-digests-missing", message) });
        }
        diagnostics
    }
}
