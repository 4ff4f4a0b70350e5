//! What dnf (until version 4) did and why: `var/lib/dnf/history.sqlite`.
//!
//! The last thing that was done with a package says why it is there, and which repository it came from: of
//! transactions that ended, without what only says that something took its place. A package that dnf did not
//! install is not in it. Format: libdnf's `transaction/private` and, for what counts,
//! `Swdb::resolveRPMTransactionItemReason`.

use std::collections::{BTreeMap, BTreeSet};

use cutaway_analyze::{
    Analyzer, AnalyzerId, Companion, Database, Ecosystem, File, Findings, InstallReason, Interest,
    NamedReason, Outcome, Reasons,
};

use crate::reporter::Reporter;
use crate::sqlite::{Row, rows};

/// SQLite's write-ahead log, which dnf writes.
const COMPANIONS: &[Companion] = &[Companion::new("-wal")];
/// A transaction, or a part of one, that was done.
const DONE: i64 = 1;
/// Actions: what was downgraded, obsoleted and upgraded, whose place another one took.
const REPLACED: [i64; 3] = [3, 5, 7];
/// The action of a removal.
const REMOVE: i64 = 8;

/// The reader of dnf's history.
#[derive(Debug)]
pub(crate) struct DnfHistory;

/// What was done with a package.
#[derive(Debug, Clone, Copy)]
struct Done {
    transaction: i64,
    item: i64,
    repository: Option<i64>,
    action: i64,
    reason: i64,
}

impl Analyzer for DnfHistory {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dnf-history", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["var/lib/dnf/history.sqlite"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let (content, log) = (file.start(), file.companion(0).unwrap_or_default());
        if content.is_empty() && log.is_empty() {
            return Outcome::Done;
        }
        let mut broken = None;
        let mut table = |name, show: &mut dyn FnMut(Row<'_>)| {
            rows(content, log, name, |row| match row {
                Ok(row) => show(row),
                Err(error) => broken = broken.take().or(Some(error)),
            });
        };
        let mut ended = BTreeSet::new();
        table("trans", &mut |row| {
            if row.number(8) == Some(DONE) {
                ended.insert(row.id);
            }
        });
        let mut repositories = BTreeMap::new();
        table("repo", &mut |row| repositories.extend(row.text(1).map(|name| (row.id, name))));
        let mut done: Vec<Done> = Vec::new();
        table("trans_item", &mut |row| done.extend(Done::read(&row, &ended)));
        done.sort_by_key(|it| it.transaction);
        let last: BTreeMap<i64, Done> = done.into_iter().map(|it| (it.item, it)).collect();
        let mut packages: BTreeMap<(String, String), Done> = BTreeMap::new();
        table("rpm", &mut |row| {
            let (item, name, arch) = (row.number(0), row.text(1), row.text(5));
            let done = item.and_then(|item| last.get(&item));
            let (Some(done), Some(name), Some(arch)) = (done, name, arch) else { return };
            // Each version is an item of its own.
            let known = packages.entry((name, arch)).or_insert(*done);
            if known.transaction < done.transaction {
                *known = *done;
            }
        });
        if let Some(error) = broken {
            reporter.warning("dnf-history-unreadable", error);
        }
        let named = packages.into_iter().filter(|(_, done)| done.action != REMOVE);
        let named = named.map(|((name, arch), done)| NamedReason {
            name,
            arch: Some(arch),
            reason: done.why(),
            repository: done.repository.and_then(|id| repositories.get(&id)).cloned(),
        });
        let named: Vec<NamedReason> = named.collect();
        let reasons = Reasons { ecosystem: Ecosystem::RPM, others: None, named };
        reporter.findings().set_reasons(reasons);
        reporter.finish();
        Outcome::Done
    }
}

impl Database for DnfHistory {
    fn companions(&self) -> &[Companion] {
        COMPANIONS
    }
}

impl Done {
    /// Reads a row of `trans_item`; none where it counts for nothing.
    fn read(row: &Row<'_>, ended: &BTreeSet<i64>) -> Option<Self> {
        let (transaction, item) = (row.number(1)?, row.number(2)?);
        let (repository, action, reason) = (row.number(3), row.number(4)?, row.number(5)?);
        let counts = ended.contains(&transaction) && !REPLACED.contains(&action);
        counts.then_some(Self { transaction, item, repository, action, reason })
    }

    /// Returns what a reason means: a dependency, somebody, a weak dependency, a group.
    fn why(self) -> Option<InstallReason> {
        match self.reason {
            1 | 4 => Some(InstallReason::Dependency),
            2 | 5 => Some(InstallReason::Explicit),
            _ => None,
        }
    }
}
