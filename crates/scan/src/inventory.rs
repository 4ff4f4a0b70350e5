//! From what is visible after each layer to what the timeline is told: the records of the databases
//! that each layer brought or ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cutaway_analyze::{
    Analyzers, Change, DatabaseRef, Findings, Listed, Member, Package, Place, Role, Selection,
};
use cutaway_layerfs::{Account, Budget, EntryPath};
use cutaway_read::Error as ReadError;

use crate::journal::{Journal, Source};
use crate::merged::Merged;
use crate::sight::{Rank, Sight};

/// What the databases of all layers say.
#[derive(Debug)]
pub(crate) struct Inventory<'a> {
    merged: &'a Merged,
    /// What each layer changed.
    pub(crate) changes: Vec<Change<'a>>,
    /// Every sight; its position is the version of its database.
    sights: Vec<&'a Sight>,
    /// By version: the step that ended it.
    ended: Vec<Option<usize>>,
    /// The paths of all databases, sorted; the position is the number of the path.
    pub(crate) paths: Vec<&'a EntryPath>,
    ranks: Vec<&'a Rank>,
    /// A package with more records than a journal replaces, where there is one.
    pub(crate) crowded: Option<&'a str>,
    /// What is visible at the top, in the order of preference.
    pub(crate) top: Vec<&'a Sight>,
    /// The positions of the readers of artefacts.
    artifacts: BTreeSet<usize>,
    /// For what is listed more than once.
    account: Account,
}

/// Packages of the top, each with its database.
pub(crate) type SystemPackages<'a> = Vec<(&'a Package, &'a EntryPath)>;

/// What one analyzer has in view.
#[derive(Debug, Default)]
struct InView<'a> {
    /// Versions, in the order of preference.
    now: BTreeMap<Rank, usize>,
    /// Of databases that exclude each other: the one that counts.
    chosen: Option<usize>,
    /// What replaces what, since a journal was seen.
    journal: Option<Journal<'a>>,
}

impl<'a> Inventory<'a> {
    /// Follows the databases of all layers; what is noted of their journals is paid from the budget.
    ///
    /// # Errors
    ///
    /// Returns an error where that is more than there is.
    pub(crate) fn new(
        merged: &'a Merged,
        analyzers: &Analyzers,
        budget: &Budget,
    ) -> Result<Self, ReadError> {
        let sights: Vec<&Sight> =
            merged.steps.iter().flat_map(|step| &step.begun).map(|it| &**it).collect();
        let mut paths: Vec<&EntryPath> = sights.iter().map(|sight| &sight.path).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut ranks: Vec<&Rank> = sights.iter().map(|sight| &sight.rank).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let ended = vec![None; sights.len()];
        let changes = Vec::new();
        let mut told = Self {
            merged,
            changes,
            sights,
            ended,
            paths,
            ranks,
            crowded: None,
            top: Vec::new(),
            artifacts: analyzers.of_role(Role::Artifact).map(|(position, _)| position).collect(),
            account: budget.account(),
        };
        told.follow(analyzers, budget.account())?;
        Ok(told)
    }

    /// Returns the path of a database.
    pub(crate) fn path(&self, database: DatabaseRef) -> String {
        self.path_of(database.path)
    }

    /// Returns whether a record is that of an artefact, and no package manager's.
    pub(crate) fn is_artifact(&self, database: DatabaseRef) -> bool {
        self.sight(database).is_some_and(|sight| self.artifacts.contains(&sight.analyzer))
    }

    /// Returns the file that a record stands in.
    pub(crate) fn sight(&self, database: DatabaseRef) -> Option<&'a Sight> {
        self.sights.get(database.version).copied()
    }

    /// Returns the path of a number.
    pub(crate) fn path_of(&self, number: usize) -> String {
        let path = self.paths.get(number).map(|path| path.to_string_lossy().into_owned());
        path.unwrap_or_default()
    }

    /// Returns the records of packages of the system that count at the top, each with its database.
    pub(crate) fn records(&self) -> SystemPackages<'a> {
        let mut visible: BTreeMap<_, &'a Package> = BTreeMap::new();
        let key = |listed: &Listed<'a>| (listed.database, listed.at);
        for change in &self.changes {
            for listed in &change.ended {
                visible.remove(&key(listed));
            }
            let of_system = change.begun.iter().filter(|it| !self.is_artifact(it.database));
            visible.extend(of_system.map(|listed| (key(listed), listed.package)));
        }
        let path = |database: DatabaseRef| self.paths.get(database.path).copied();
        let records = visible.into_iter();
        records.filter_map(|((database, _), package)| Some((package, path(database)?))).collect()
    }

    /// Returns the licences of packages whose database has none, by the name of the package; the
    /// newest layer's word is the last.
    pub(crate) fn licenses(&self) -> HashMap<&'a str, &'a [String]> {
        let mut about: Vec<(usize, &'a Sight, &'a str)> = self
            .sights
            .iter()
            .zip(&self.ended)
            .filter_map(|(sight, ended)| {
                Some((ended.unwrap_or(usize::MAX), *sight, sight.about.as_deref()?))
            })
            .collect();
        about.sort_by(|a, b| (a.0, &a.1.rank).cmp(&(b.0, &b.1.rank)));
        let merged = self.merged;
        let known = about
            .into_iter()
            .filter_map(|(_, sight, package)| Some((package, merged.found(sight)?.licenses())));
        known.collect()
    }

    /// Pays for what is noted meanwhile from an account of its own.
    fn follow(&mut self, analyzers: &Analyzers, mut account: Account) -> Result<(), ReadError> {
        let mut in_view: Vec<InView<'a>> =
            analyzers.members().iter().map(|_| InView::default()).collect();
        let mut next = 0_usize;
        let mut incomplete = 0_usize;
        for (number, step) in self.merged.steps.iter().enumerate() {
            let mut change = Change::default();
            let mut touched: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
            for sight in &step.ended {
                let Some(view) = in_view.get_mut(sight.analyzer) else { continue };
                let Some(version) = view.now.remove(&sight.rank) else { continue };
                if let Some(ended) = self.ended.get_mut(version) {
                    *ended = Some(number);
                }
                touched.entry(sight.analyzer).or_default().0.push(version);
            }
            for sight in &step.begun {
                let version = next;
                next = next.saturating_add(1);
                let Some(view) = in_view.get_mut(sight.analyzer) else { continue };
                view.now.insert(sight.rank.clone(), version);
                touched.entry(sight.analyzer).or_default().1.push(version);
            }
            for (analyzer, (mut ended, mut begun)) in touched {
                let (Some(member), Some(view)) =
                    (analyzers.get(analyzer), in_view.get_mut(analyzer))
                else {
                    continue;
                };
                if member.selection() == Selection::First {
                    let chosen = self.choose(view);
                    if chosen == view.chosen {
                        continue;
                    }
                    (ended, begun) =
                        (view.chosen.into_iter().collect(), chosen.into_iter().collect());
                    view.chosen = chosen;
                }
                for &version in &ended {
                    incomplete = incomplete.saturating_sub(self.incomplete(version));
                }
                for &version in &begun {
                    incomplete = incomplete.saturating_add(self.incomplete(version));
                }
                let of = |versions: &[usize]| -> Vec<Source<'a>> {
                    versions.iter().filter_map(|&it| self.source(it, member)).collect()
                };
                let (gone, come) = (of(&ended), of(&begun));
                if view.journal.is_none() && come.iter().any(|source| source.journal) {
                    let mut journal = Journal::default();
                    let still = view.now.values().filter(|it| begun.binary_search(it).is_err());
                    let before: Vec<usize> = still.copied().chain(ended).collect();
                    of(&before).iter().for_each(|source| journal.add(source));
                    view.journal = Some(journal);
                }
                match &mut view.journal {
                    Some(journal) => {
                        journal.turn(&gone, &come, &mut change);
                        let noted = account.hold(journal.noted(), 0);
                        if !noted || !self.account.hold(journal.listed(), 0) {
                            return Err(ReadError::held(account.max()));
                        }
                    }
                    None => {
                        gone.iter().for_each(|source| source.list(&mut change.ended));
                        come.iter().for_each(|source| source.list(&mut change.begun));
                    }
                }
            }
            change.incomplete = incomplete > 0;
            self.changes.push(change);
        }
        let journals = in_view.iter().filter_map(|view| view.journal.as_ref());
        self.crowded = journals.filter_map(|journal| journal.crowded.first().copied()).next();
        let top = in_view.iter().flat_map(|view| view.now.values());
        self.top = top.filter_map(|version| self.sights.get(*version).copied()).collect();
        Ok(())
    }

    /// Returns the first database that has records, or else the first that could be read.
    fn choose(&self, view: &InView<'a>) -> Option<usize> {
        let read = || view.now.values().copied().filter(|version| self.found(*version).is_some());
        let has_records =
            |version: &usize| self.found(*version).is_some_and(|it| !it.packages().is_empty());
        read().find(has_records).or_else(|| read().next())
    }

    fn found(&self, version: usize) -> Option<&'a Findings> {
        self.merged.found(self.sights.get(version)?)
    }

    fn incomplete(&self, version: usize) -> usize {
        usize::from(self.found(version).is_some_and(Findings::incomplete))
    }

    fn source(&self, version: usize, member: &Member) -> Option<Source<'a>> {
        let (sight, found) = (self.sights.get(version)?, self.found(version)?);
        let database = DatabaseRef {
            rank: self.ranks.binary_search(&&sight.rank).unwrap_or_default(),
            version,
            path: self.paths.binary_search(&&sight.path).unwrap_or_default(),
        };
        let journal = is_journal(member, sight);
        Some(Source { database, journal, packages: found.packages() })
    }
}

/// Returns whether a file is one of a journal.
pub(crate) fn is_journal(member: &Member, sight: &Sight) -> bool {
    member.interest().places().get(sight.rank.place).is_some_and(Place::is_journal)
}

/// Returns the sights of databases whose analyzer has a role, in the order of preference.
pub(crate) fn of_role<'s, 'a: 's>(
    sights: &'s [&'a Sight],
    analyzers: &'s Analyzers,
    role: Role,
) -> impl Iterator<Item = &'a Sight> + 's {
    sights.iter().copied().filter(move |sight| {
        analyzers.get(sight.analyzer).is_some_and(|member| member.role() == role)
    })
}
