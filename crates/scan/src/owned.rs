//! Files against what their packages record: which nobody owns, which were changed, which are gone.
//!
//! The top of the image decides: a recorded path is followed through the links that the tree has, as
//! the package manager itself would follow it, and what is there is compared with what was recorded.

mod claims;
mod explain;
mod judge;
mod list;
mod owners;
mod recorded;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_analyze::{ContentDigest, FileRecords, Package, Severity, Unrecorded};
use cutaway_layerfs::{Changes, End, EntryPath, Kind, NodeId, Trace, Tree};

use crate::digests::{Digests, FileDigests};
use crate::skip::Skip;
use claims::{Claims, Place};
use cutaway_report::{DiagnosticReport, FilesReport};
use explain::Explainer;
use judge::{Judgement, Verdict};
use list::{Builder, Files};
use owners::{Owners, some};

/// What the layers make together.
#[derive(Debug)]
pub(crate) struct Top {
    /// What is visible.
    pub(crate) tree: Tree,
    /// What was, sorted.
    pub(crate) changes: Changes,
    /// The digests of the files of each layer.
    pub(crate) digests: Vec<Arc<Digests>>,
    /// What is left out.
    pub(crate) skip: Skip,
    /// The position of the lowest layer in its image.
    pub(crate) first: usize,
    /// How many bytes of link targets may still be followed.
    pub(crate) link_bytes: AtomicU64,
}

/// What packages and their managers say.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    /// What each database says of files, in the order of the analyzers and of their preference.
    pub(crate) records: Vec<&'a FileRecords>,
    /// Every package of the top, with its database.
    pub(crate) packages: Vec<(&'a Package, &'a EntryPath)>,
    /// What programs write that no package records.
    pub(crate) unrecorded: Vec<&'static Unrecorded>,
}

/// Compares the files of the top with what is said of them; looks at so many patterns of what is left out.
pub(crate) fn compare(
    top: &Arc<Top>,
    said: &Said<'_>,
    exclusions: usize,
) -> (FilesReport, Vec<DiagnosticReport>) {
    let owners = Owners::new(&said.packages, &said.records);
    let claims = Claims::new(top, &said.records, &owners);
    let explainer = Explainer::new(top, &claims, said, &owners, exclusions);
    let (mut modified, mut missing) = (Builder::new(top, &owners), Builder::new(top, &owners));
    let mut tally = Tally::default();
    claims.for_each_group(|group| {
        let Some(path) = top.place(&claims, group.place) else { return };
        let Some(judgement) = judge::judge(top, &claims, &owners, &group) else { return };
        tally.count(&judgement, &path);
        let Judgement { verdict, owners: of, config, recorded, .. } = judgement;
        match verdict {
            Verdict::Sound | Verdict::Unhashed => {}
            Verdict::Changed(node) => {
                let reason = explainer.changed(node, &path);
                modified.push(Ok(node), of, config, recorded, reason);
            }
            Verdict::Missing => {
                let reason = explainer.missing(&path, &of, &owners);
                missing.push(Err(path), of, config, recorded, reason);
            }
        }
    });
    let report = FilesReport {
        unowned: Files::unowned(top, &claims, &explainer),
        modified: modified.finish(),
        missing: missing.finish(),
        unowned_directories: unowned_directories(top, &claims),
    };
    let mut diagnostics = tally.diagnostics(&owners);
    if top.is_spent() {
        let message = "recorded paths lead over more bytes of links than the limit link_bytes";
        diagnostics.push(error("recorded-paths-over-limit", message.to_owned()));
    }
    diagnostics.extend(owners.diagnostics());
    diagnostics.extend(explainer.diagnostic());
    (report, diagnostics)
}

/// Returns the directories in which no package owns anything, without those within them.
fn unowned_directories(top: &Top, claims: &Claims<'_>) -> Vec<String> {
    let tree = &top.tree;
    let mut with_owned = HashSet::from([tree.root()]);
    for mut node in claims.owned() {
        // As soon as one directory is known, so are all above it.
        while with_owned.insert(node) {
            node = tree.parent(node);
        }
    }
    let mut ahead = vec![tree.root()];
    let mut found = Vec::new();
    while let Some(node) = ahead.pop() {
        let below = tree.children(node).into_iter();
        for child in below.filter(|&child| tree.node(child).kind() == Kind::Directory) {
            if with_owned.contains(&child) {
                ahead.push(child);
            } else {
                found.push(tree.path(child).to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

impl Top {
    /// Returns where a path leads; none where that is a loop, or where too much was followed already.
    ///
    /// A few links of great length would otherwise cost every record behind them dearly.
    fn follow(&self, path: &[u8], follow_last: bool) -> Option<Trace> {
        /// What it costs to find a loop, about.
        const LOOP: u64 = 1 << 20;
        if self.is_spent() {
            return None;
        }
        let trace = self.tree.trace(path, follow_last).ok();
        let cost = trace.as_ref().map_or(LOOP, |trace| trace.link_bytes);
        let left = self.link_bytes.load(Ordering::Relaxed).saturating_sub(cost);
        self.link_bytes.store(left, Ordering::Relaxed);
        trace
    }

    /// Returns what a path leads to.
    fn resolve(&self, path: &[u8], follow_last: bool) -> Option<NodeId> {
        let trace = self.follow(path, follow_last)?;
        (trace.missing.is_empty() && !trace.strays).then_some(trace.node)
    }

    /// Returns whether no more links are followed.
    fn is_spent(&self) -> bool {
        self.link_bytes.load(Ordering::Relaxed) == 0
    }

    /// Returns the digests of a regular file.
    fn digests_of(&self, id: NodeId) -> Option<&FileDigests> {
        let node = self.tree.node(id);
        let inode = node.inode();
        let layer = self.digests.get(position(inode.layer))?;
        layer.of(inode.entry).filter(|_| node.kind() == Kind::File)
    }

    /// Returns whether a node is a file that programs run: one that may be executed, or a library.
    fn is_program(&self, id: NodeId) -> bool {
        let node = self.tree.node(id);
        let inode = node.inode();
        let executable = self
            .digests
            .get(position(inode.layer))
            .is_some_and(|layer| layer.is_executable(inode.entry));
        let library = node.name().windows(3).any(|part| part == b".so");
        node.kind() == Kind::File && (executable || library)
    }

    /// Says what is at a node: of a file the digest as `recorded` has it, of a link the target.
    fn found(&self, id: NodeId, recorded: Option<&ContentDigest>) -> Option<String> {
        let node = self.tree.node(id);
        Some(match node.kind() {
            Kind::File => {
                let digests = self.digests_of(id)?;
                recorded.map_or_else(|| digests.sha256(), |like| digests.like(like)).to_string()
            }
            Kind::Symlink => link_text(node.link().unwrap_or_default()),
            Kind::Directory => "directory".to_owned(),
            Kind::CharDevice | Kind::BlockDevice => "device".to_owned(),
            Kind::Fifo => "pipe".to_owned(),
            Kind::HardLink | Kind::Other(_) => "other".to_owned(),
        })
    }

    /// Returns the path of a place; none where it is left out.
    fn place(&self, claims: &Claims<'_>, place: Place) -> Option<EntryPath> {
        let path = match place {
            Place::Node(node) => self.tree.path(node),
            Place::Missing(number) => claims.missing(number)?.clone(),
        };
        (!self.skip.matches(path.as_bytes())).then_some(path)
    }

    /// Returns the layer that left nothing at a path; none where no layer ever had anything there.
    fn hidden_by(&self, path: &EntryPath) -> Option<usize> {
        let last = self.changes.of(path).iter().max_by_key(|superseded| superseded.ended_by)?;
        (last.end == End::Hidden).then(|| position(last.ended_by).saturating_add(self.first))
    }
}

/// What could not be compared.
#[derive(Debug, Default)]
struct Tally {
    /// How many files were not hashed, and the first of them.
    unhashed: (u64, Option<String>),
    /// By package: how many of its files have a digest, and how many have none.
    digests: BTreeMap<u32, (u64, u64)>,
}

impl Tally {
    fn count(&mut self, judgement: &Judgement, path: &EntryPath) {
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

    fn diagnostics(&self, owners: &Owners<'_>) -> Vec<DiagnosticReport> {
        let mut diagnostics = Vec::new();
        if let (count, Some(first)) = &self.unhashed {
            diagnostics.push(error(
                "file-not-hashed",
                format!(
                    "{count} files were not compared: their holes are over the limit hole_bytes, such as {first}"
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

fn error(code: &'static str, message: String) -> DiagnosticReport {
    DiagnosticReport {
        severity: Severity::Error,
        code: code.into(),
        path: None,
        layer: None,
        message,
    }
}

fn link_text(target: &[u8]) -> String {
    format!("link:{}", String::from_utf8_lossy(target))
}

fn position(layer: u32) -> usize {
    usize::try_from(layer).unwrap_or(usize::MAX)
}
