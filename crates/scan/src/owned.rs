//! Files against what their packages record: which nobody owns, which were changed, which are gone.
//!
//! The top of the image decides: a recorded path is followed through the links that the tree has, as
//! the package manager itself would follow it, and what is there is compared with what was recorded.

mod claims;
mod diagnostic;
mod explain;
mod judge;
mod list;
mod merged_files;
mod owners;
mod recorded;
mod recordings;
mod tally;

use std::collections::HashSet;
use std::sync::Arc;

use cutaway_layerfs::{Budget, Kind};
use cutaway_read::Error;
use cutaway_report::{DiagnosticReport, FilesReport};

use claims::Claims;
use diagnostic::error;
use explain::Explainer;
use judge::{Judgement, Verdict};
use list::{Builder, Files};
use tally::Tally;

pub(crate) use merged_files::MergedFiles;
pub(crate) use owners::Owners;
pub(crate) use recordings::Recordings;

/// Compares the files of the top with what is said of them; looks at so many patterns of what is left out.
///
/// # Errors
///
/// Returns an error where that would take more than can be paid from `budget`.
pub(crate) fn compare(
    top: &Arc<MergedFiles>,
    said: &Recordings<'_>,
    exclusions: usize,
    budget: &Budget,
) -> Result<(FilesReport, Vec<DiagnosticReport>), Error> {
    let owners = Owners::new(&said.packages, &said.records);
    let account = budget.account();
    let max = account.max();
    let claims = Claims::new(top, &said.records, &owners, account);
    let claims = claims.ok_or_else(|| Error::held(max))?;
    let explainer = Explainer::new(top, &claims, said, &owners, exclusions);
    let (mut modified, mut missing) = (Builder::new(top, &owners), Builder::new(top, &owners));
    let mut tally = Tally::default();
    claims.for_each_group(|group| {
        let Some(path) = claims.path(top, group.place) else { return };
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
    let unowned = Files::unowned(top, &claims, &explainer);
    let unowned_directories = unowned_directories(top, &claims);
    let unread = explainer.diagnostic();
    // Lists hold what they need. Sorting them takes as much as the claims did.
    drop(explainer);
    drop(claims);
    let (modified, missing) = (modified.finish(), missing.finish());
    let report = FilesReport { unowned, modified, missing, unowned_directories };
    let mut diagnostics = tally.diagnostics(&owners);
    if top.is_spent() {
        let message = "recorded paths lead over more bytes of links than the limit link_bytes";
        diagnostics.push(error("recorded-paths-over-limit", message.to_owned()));
    }
    diagnostics.extend(owners.diagnostics());
    diagnostics.extend(unread);
    Ok((report, diagnostics))
}

/// Returns the directories in which no package owns anything, without those within them.
fn unowned_directories(top: &MergedFiles, claims: &Claims<'_>) -> Vec<String> {
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
