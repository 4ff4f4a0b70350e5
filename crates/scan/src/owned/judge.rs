//! One place against what packages say of it.

use cutaway_analyze::{FileRecord, FileRole};
use cutaway_layerfs::{Kind, NodeId};

use super::claims::{Claims, Group, Place};
use super::merged_files::MergedFiles;
use super::owners::Owners;
use super::recorded::Recorded;
use crate::digests::FileDigests;

/// What becomes of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is as it was recorded, as far as that was recorded.
    Sound,
    /// It is something else, or has other content.
    Changed(NodeId),
    /// Nothing is there.
    Missing,
    /// Its content was not hashed.
    Unhashed,
}

/// A verdict, and what it is about.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// The installed packages that own the place.
    pub(super) owners: Vec<u32>,
    /// Whether one of them has it as a configuration file.
    pub(super) config: bool,
    /// What was recorded.
    pub(super) recorded: Option<Recorded>,
    /// Of a regular file: which packages record its content, and which do not.
    pub(super) digested: Vec<(u32, bool)>,
}

/// Whether a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Yes,
    Unknown,
    No,
}

/// Judges a place; none where no installed package says anything of it.
pub(super) fn judge(
    top: &MergedFiles,
    claims: &Claims<'_>,
    owners: &Owners<'_>,
    group: &Group<'_>,
) -> Option<Judgement> {
    let said: Vec<(u32, FileRecord<'_>)> = group
        .claims
        .iter()
        .filter(|claim| owners.is_installed(claim.owner))
        .filter_map(|claim| Some((claim.owner, claims.record(claim)?)))
        .collect();
    if said.is_empty() {
        return None;
    }
    let by_owner = by_owner(&said);
    let mut owners: Vec<u32> = by_owner.iter().map(|(owner, _)| *owner).collect();
    owners.dedup();
    let mut judgement = Judgement {
        verdict: Verdict::Sound,
        owners,
        config: said.iter().any(|(_, record)| record.traits.config),
        recorded: said.iter().find_map(|(_, record)| Recorded::new(record)),
        digested: Vec::new(),
    };
    match group.place {
        Place::Missing(_) => {
            let needed = |of: &[&(u32, FileRecord<'_>)]| {
                !of.iter().any(|(_, record)| record.traits.optional)
            };
            if by_owner.chunk_by(|a, b| a.0 == b.0).any(needed) {
                judgement.verdict = Verdict::Missing;
            }
        }
        Place::Node(node) => present(top, node, &said, &by_owner, &mut judgement),
    }
    Some(judgement)
}

/// Judges what is there. Several packages may own it; it is sound when it is as one of them says.
fn present<'r>(
    top: &MergedFiles,
    node: NodeId,
    said: &[(u32, FileRecord<'r>)],
    by_owner: &[&(u32, FileRecord<'r>)],
    judgement: &mut Judgement,
) {
    let expecting = said.iter().filter(|(_, record)| {
        record.digest.is_some() || record.link.is_some() || record.role != FileRole::Any
    });
    let best = expecting
        .map(|(_, record)| (holds(top, node, record), record))
        .min_by_key(|(holds, _)| *holds);
    match best {
        Some((Holds::No, record)) => {
            judgement.verdict = Verdict::Changed(node);
            judgement.recorded = Recorded::new(record);
        }
        Some((Holds::Unknown, _)) => judgement.verdict = Verdict::Unhashed,
        Some((Holds::Yes, _)) | None => {}
    }
    if top.tree.node(node).kind() == Kind::File {
        for of_owner in by_owner.chunk_by(|a, b| a.0 == b.0) {
            let excused = of_owner.iter().any(|(_, record)| {
                let traits = record.traits;
                traits.config || traits.volatile || traits.optional
            });
            if let (Some((owner, _)), false) = (of_owner.first(), excused) {
                let digested = of_owner.iter().any(|(_, record)| record.digest.is_some());
                judgement.digested.push((*owner, digested));
            }
        }
    }
}

/// Sorts what is said by who says it, so that one look is enough however many say something.
fn by_owner<'s, 'r>(said: &'s [(u32, FileRecord<'r>)]) -> Vec<&'s (u32, FileRecord<'r>)> {
    let mut sorted: Vec<_> = said.iter().collect();
    sorted.sort_by_key(|(owner, _)| *owner);
    sorted
}

/// Returns whether what is at a node is what a record says.
fn holds(top: &MergedFiles, id: NodeId, record: &FileRecord<'_>) -> Holds {
    let node = top.tree.node(id);
    let yes = |holds| if holds { Holds::Yes } else { Holds::No };
    match record.role {
        FileRole::Directory => {
            let path = top.tree.path(id);
            let led = top.resolve(path.as_bytes(), true);
            yes(led.is_some_and(|led| top.tree.node(led).kind() == Kind::Directory))
        }
        FileRole::FileOrLink if node.kind() == Kind::File => content(top, id, record),
        FileRole::Link | FileRole::FileOrLink => yes(node.link().is_some_and(|target| {
            record.link.is_none_or(|recorded| recorded == target)
                && record
                    .digest
                    .is_none_or(|digest| FileDigests::new(target).like(&digest) == Some(digest))
        })),
        FileRole::Special => {
            yes(matches!(node.kind(), Kind::CharDevice | Kind::BlockDevice | Kind::Fifo))
        }
        FileRole::File if node.kind() != Kind::File => Holds::No,
        FileRole::File => content(top, id, record),
        // People may put a link in the place of a configuration file.
        FileRole::Any => {
            let path = top.tree.path(id);
            match top.resolve(path.as_bytes(), true) {
                Some(led) if top.tree.node(led).kind() == Kind::File => content(top, led, record),
                _ => Holds::No,
            }
        }
    }
}

/// Returns whether a regular file has the content that a record says.
fn content(top: &MergedFiles, id: NodeId, record: &FileRecord<'_>) -> Holds {
    let Some(digest) = record.digest.filter(|_| !record.traits.volatile) else { return Holds::Yes };
    match top.digest_like(id, &digest) {
        Some(found) if found == digest => Holds::Yes,
        Some(_) => Holds::No,
        None => Holds::Unknown,
    }
}
