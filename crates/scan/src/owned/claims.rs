//! Every record of a file at the place where the tree has it.

use std::collections::{HashMap, HashSet};

use cutaway_analyze::{Diversion, FileRecord, FileRecords};
use cutaway_layerfs::{Account, EntryPath, NodeId};
use cutaway_tar::len64;

use super::merged_files::MergedFiles;
use super::owners::Owners;

/// The records of all packages, sorted by place.
#[derive(Debug)]
pub(super) struct Claims<'a> {
    records: Vec<&'a FileRecords>,
    /// Sorted.
    all: Vec<Claim>,
    owned: HashSet<NodeId>,
    missing: Vec<EntryPath>,
    /// Pays for all this, and for the rows of what is missing.
    account: Account,
}

/// What a claim takes, and how many bytes of them each name of the tree may have.
const CLAIM: u64 = 32;
const OF_NAME: u64 = 64;
/// What a missing path takes, here and on a list, beside its text, and how often that is held.
const MISSING: usize = 300;
const TEXTS: usize = 3;

/// A record at its place. Which record it is stays where it was read; here is only where that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    place: Place,
    supplement: bool,
    /// The package, among all of the top.
    pub(super) owner: u32,
    file: u32,
    at: usize,
}

/// Where a recorded path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// To something.
    Node(NodeId),
    /// To nothing: the number of the path.
    Missing(u32),
}

/// What all packages say about one place.
#[derive(Debug)]
pub(super) struct Group<'c> {
    pub(super) place: Place,
    /// The records that make a package own the place, and then those that complete one of these.
    pub(super) claims: Vec<&'c Claim>,
}

impl<'a> Claims<'a> {
    /// Places all records; none where what that takes is more than can be paid.
    pub(super) fn new(
        top: &MergedFiles,
        records: &[&'a FileRecords],
        owners: &Owners<'_>,
        mut account: Account,
    ) -> Option<Self> {
        let diversions: HashMap<&[u8], &Diversion> = records
            .iter()
            .flat_map(|files| files.diversions())
            .map(|diversion| (diversion.from.as_bytes(), diversion))
            .collect();
        let count = records.iter().map(|files| files.len()).sum();
        let mut held = len64(count).saturating_mul(CLAIM);
        let allowed = len64(top.tree.len()).saturating_mul(OF_NAME);
        if !account.hold(held, allowed) {
            return None;
        }
        let mut claims = Self {
            records: records.to_vec(),
            all: Vec::with_capacity(count),
            owned: HashSet::new(),
            missing: Vec::new(),
            account,
        };
        let mut is_paid = true;
        let mut numbers: HashMap<EntryPath, u32> = HashMap::new();
        for (number, files) in records.iter().enumerate() {
            files.for_each(|at, record| {
                let Some(owner) = owners.of(number, record.owner).filter(|_| is_paid) else {
                    return;
                };
                let name = owners.get(owner).map(|owner| owner.name);
                let diverted = diversions
                    .get(record.path)
                    .filter(|diversion| diversion.except.as_deref() != name);
                let path = diverted.map_or(record.path, |diversion| diversion.to.as_bytes());
                let missing = claims.missing.len();
                let place = claims.place(top, path, &mut numbers);
                for path in claims.missing.get(missing..).unwrap_or_default() {
                    let texts = path.as_bytes().len().saturating_mul(TEXTS);
                    held = held.saturating_add(len64(texts.saturating_add(MISSING)));
                    is_paid = claims.account.hold(held, allowed);
                }
                let supplement = record.traits.supplement;
                if let (Place::Node(node), false) = (place, supplement) {
                    claims.owned.insert(node);
                }
                let file = u32::try_from(number).unwrap_or(u32::MAX);
                claims.all.push(Claim { place, supplement, owner, file, at });
            });
        }
        claims.all.sort_unstable();
        is_paid.then_some(claims)
    }

    /// Returns the path of a place; none where it is left out.
    pub(super) fn path(&self, top: &MergedFiles, place: Place) -> Option<EntryPath> {
        let path = match place {
            Place::Node(node) => top.tree.path(node),
            Place::Missing(number) => self.missing(number)?.clone(),
        };
        (!top.skip.matches(path.as_bytes())).then_some(path)
    }

    fn place(
        &mut self,
        top: &MergedFiles,
        path: &[u8],
        numbers: &mut HashMap<EntryPath, u32>,
    ) -> Place {
        let path = match top.follow(path, false) {
            Some(trace) if trace.missing.is_empty() && !trace.strays => {
                return Place::Node(trace.node);
            }
            Some(trace) if !trace.strays => top.tree.path(trace.node).join(&trace.missing),
            // A way that leads nowhere is best called as it is recorded.
            Some(_) | None => EntryPath::clean(path).unwrap_or_default(),
        };
        let next = u32::try_from(self.missing.len()).unwrap_or(u32::MAX);
        let number = *numbers.entry(path).or_insert_with_key(|path| {
            self.missing.push(path.clone());
            next
        });
        Place::Missing(number)
    }

    /// Returns whether a package owns a node.
    pub(super) fn owns(&self, node: NodeId) -> bool {
        self.owned.contains(&node)
    }

    /// Returns every node that a package owns, in no order.
    pub(super) fn owned(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.owned.iter().copied()
    }

    /// Returns the path of a place where nothing is.
    pub(super) fn missing(&self, number: u32) -> Option<&EntryPath> {
        self.missing.get(usize::try_from(number).ok()?)
    }

    /// Returns the record of a claim, without its path.
    pub(super) fn record(&self, claim: &Claim) -> Option<FileRecord<'a>> {
        let files: &'a FileRecords = self.records.get(usize::try_from(claim.file).ok()?)?;
        files.at(claim.at)
    }

    /// Shows what is said about each place that a package owns.
    pub(super) fn for_each_group<'c>(&'c self, mut show: impl FnMut(Group<'c>)) {
        for group in self.all.chunk_by(|a, b| a.place == b.place) {
            // Those that are no supplements come first.
            let own = group.iter().take_while(|claim| !claim.supplement);
            let mut claims: Vec<&Claim> = own.collect();
            let supplements = group.iter().filter(|claim| claim.supplement);
            // Within a place claims are sorted by their owners.
            let completes =
                |claim: &&Claim| claims.binary_search_by_key(&claim.owner, |own| own.owner).is_ok();
            let supplements: Vec<&Claim> = supplements.filter(completes).collect();
            claims.extend(supplements);
            if let Some(first) = claims.first() {
                show(Group { place: first.place, claims });
            }
        }
    }
}
