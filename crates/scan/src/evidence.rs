//! What packages of the system record of the files that say of packages of languages.

use std::collections::{HashMap, HashSet};

use cutaway_analyze::{ContentDigest, Diversion, FileRecords, FileRole};
use cutaway_layerfs::{EntryPath, NodeId, Tree};

/// How many records of one file are looked at; a file has one, or two of one package.
const MOST: usize = 16;

/// A record of a file, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The position of what records it among all that does.
    pub(crate) file: usize,
    /// The position of the package there.
    pub(crate) owner: u32,
    /// What the content is to be.
    pub(crate) digest: Option<ContentDigest>,
}

/// By path: what is recorded of it.
pub(crate) type Claims = HashMap<EntryPath, Vec<Claim>>;

/// Returns what is recorded of the files of `evidence`. Recorded paths are followed through links as the tree
/// has them, over at most so many bytes of links; none but those that end in the name of a file of evidence.
pub(crate) fn claims<'e>(
    tree: &Tree,
    evidence: impl Iterator<Item = &'e EntryPath>,
    records: &[&FileRecords],
    mut link_bytes: u64,
) -> Claims {
    let mut names: HashSet<&[u8]> = HashSet::new();
    let mut nodes: HashMap<NodeId, &EntryPath> = HashMap::new();
    for path in evidence {
        if let Some(node) = tree.at(path) {
            names.insert(last(path.as_bytes()));
            nodes.insert(node, path);
        }
    }
    let mut claims = Claims::new();
    if nodes.is_empty() {
        return claims;
    }
    let diversions: HashMap<&[u8], &Diversion> = records
        .iter()
        .flat_map(|files| files.diversions())
        .map(|diversion| (diversion.from.as_bytes(), diversion))
        .collect();
    for (file, files) in records.iter().enumerate() {
        files.for_each(|_, record| {
            let is_file = !matches!(record.role, FileRole::Directory | FileRole::Link);
            let path = diversions.get(record.path).map_or(record.path, |it| it.to.as_bytes());
            if !is_file || !names.contains(last(path)) || link_bytes == 0 {
                return;
            }
            let Ok(trace) = tree.trace(path, false) else { return };
            link_bytes = link_bytes.saturating_sub(trace.link_bytes);
            let is_there = trace.missing.is_empty() && !trace.strays;
            let Some(path) = nodes.get(&trace.node).filter(|_| is_there) else { return };
            let of_path = claims.entry((*path).clone()).or_default();
            if of_path.len() < MOST {
                of_path.push(Claim { file, owner: record.owner, digest: record.digest });
            }
        });
    }
    claims
}

fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
