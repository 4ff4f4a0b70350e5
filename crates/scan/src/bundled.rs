//! Which packages of languages came in packages of the system: those whose evidence one of these owns,
//! and has not been changed since.

use std::collections::{BTreeMap, BTreeSet};

use cutaway_analyze::{ContentDigest, Ecosystem, FileRecords, Package, Present, Severity};
use cutaway_report::{DiagnosticReport, OwnerReport};

use crate::digests::FileDigests;
use crate::evidence::Claim;
use crate::inventory::{Inventory, SystemPackages};
use crate::merged::Merged;
use crate::owned::Owners;
use crate::sight::Sight;

/// Whose the files of artefacts are.
#[derive(Debug)]
pub(crate) struct Bundles<'a> {
    merged: &'a Merged,
    packages: SystemPackages<'a>,
    owners: Owners<'a>,
    /// The layer that brought each package of the system.
    since: BTreeMap<(&'a Package, usize), usize>,
}

/// Whose a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    /// No package of the system records it.
    Nobodys,
    /// This one's.
    Owned(OwnerReport),
    /// This one's no more: it has other content.
    Changed(OwnerReport),
}

/// What is installed, by where it came from.
#[derive(Debug, Default)]
pub(crate) struct Sorted<'p, 'a> {
    /// By itself, or by the package manager of the system.
    pub(crate) packages: Vec<&'p Present<'a>>,
    /// In a package of the system.
    pub(crate) bundled: Vec<(&'p Present<'a>, OwnerReport)>,
    /// Files that were one's of a package of the system, and are not any more.
    pub(crate) changed: Vec<(&'a Sight, OwnerReport)>,
}

impl<'a> Bundles<'a> {
    pub(crate) fn new(
        merged: &'a Merged,
        inventory: &Inventory<'a>,
        records: &[&'a FileRecords],
        present: &[Present<'a>],
    ) -> Self {
        let packages = inventory.records();
        let owners = Owners::new(&packages, records);
        let since = present.iter().map(|it| ((it.package, it.database.path), it.layer)).collect();
        Self { merged, packages, owners, since }
    }

    /// Tells apart what is installed by itself and what came in packages of the system. What an artefact says
    /// of a package of the system that is in its database is left out.
    pub(crate) fn sort<'p>(
        &self,
        present: &'p [Present<'a>],
        inventory: &Inventory<'a>,
    ) -> Sorted<'p, 'a> {
        let mut sorted = Sorted::default();
        let known: BTreeSet<_> = self.packages.iter().map(|(package, _)| said(package)).collect();
        for it in present {
            let sight = inventory.sight(it.database).filter(|_| inventory.is_artifact(it.database));
            let Some(sight) = sight else {
                sorted.packages.push(it);
                continue;
            };
            if known.contains(&said(it.package)) {
                continue;
            }
            match self.whose(sight, inventory) {
                Whose::Owned(owner) => sorted.bundled.push((it, owner)),
                Whose::Nobodys => sorted.packages.push(it),
                Whose::Changed(owner) => {
                    sorted.changed.push((sight, owner));
                    sorted.packages.push(it);
                }
            }
        }
        sorted
    }

    /// Tells whose a file is.
    fn whose(&self, sight: &Sight, inventory: &Inventory<'_>) -> Whose {
        let layer = sight.layer();
        let claims = self.merged.claims.get(&sight.path).map(Vec::as_slice).unwrap_or_default();
        // None where not all of it was held.
        let digests = || self.merged.found(sight).into_iter().flat_map(|found| found.digests());
        let mut of_installed = claims.iter().filter_map(|claim| {
            let number = self.owners.of(claim.file, claim.owner)?;
            self.owners.is_installed(number).then_some((number, claim))
        });
        let all: Vec<(u32, &Claim)> = of_installed.by_ref().collect();
        let stated = || all.iter().filter(|(_, claim)| claim.digest.is_some());
        let sound = |(number, claim): &(u32, &Claim)| {
            let expected = claim.digest?;
            let found = digests().find_map(|it| same_algorithm(&it, &expected));
            Some(match found {
                Some(found) => found == expected,
                None => self.is_older(*number, layer, inventory),
            })
        };
        let chosen = match stated().next() {
            None => all.first().map(|it| (it, true)),
            Some(first) => {
                let right = stated().find(|it| sound(it) == Some(true));
                Some(right.map_or((first, false), |it| (it, true)))
            }
        };
        let Some(((number, _), is_sound)) = chosen else { return Whose::Nobodys };
        let Some(owner) = self.report(*number) else { return Whose::Nobodys };
        if is_sound { Whose::Owned(owner) } else { Whose::Changed(owner) }
    }

    /// Returns a warning for each kind of packages of the system of which no files are recorded.
    pub(crate) fn unknown(&self) -> Vec<DiagnosticReport> {
        let installed = (0_u32..).zip(&self.packages);
        let installed = installed.filter(|(number, _)| self.owners.is_installed(*number));
        let (mut kinds, mut listed) = (BTreeSet::new(), BTreeSet::new());
        for (number, (package, _)) in installed {
            kinds.insert(&package.ecosystem);
            if self.owners.is_listed(number) {
                listed.insert(&package.ecosystem);
            }
        }
        let unlisted = kinds.difference(&listed);
        unlisted.map(|kind: &&Ecosystem| DiagnosticReport {
            severity: Severity::Warning,
            code: "file-owners-unknown".into(),
            path: None,
            layer: None,
            message: format!("{kind}: no package has a list of its files, so that packages of languages in them count as installed beside them"),
        })
        .collect()
    }

    /// Returns whether a package of the system came no earlier than a file, whose content is not known.
    fn is_older(&self, number: u32, layer: usize, inventory: &Inventory<'_>) -> bool {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        let Some((package, path)) = self.packages.get(at) else { return false };
        let number = inventory.paths.binary_search(path).unwrap_or(usize::MAX);
        self.since.get(&(*package, number)).is_some_and(|since| layer <= *since)
    }

    fn report(&self, number: u32) -> Option<OwnerReport> {
        let (package, _) = self.packages.get(usize::try_from(number).ok()?)?;
        Some(OwnerReport {
            kind: package.ecosystem.clone(),
            name: package.name.clone(),
            version: package.version.clone(),
            arch: package.arch.clone(),
            vendor: package.vendor.clone(),
        })
    }
}

/// Returns what two records agree in that are of one package of the system.
fn said(package: &Package) -> (&Ecosystem, &str, &str) {
    (&package.ecosystem, &package.name, &package.version)
}

/// Returns a digest as one of the algorithm of another; none where it is of another one.
fn same_algorithm(found: &ContentDigest, expected: &ContentDigest) -> Option<ContentDigest> {
    match (found, expected) {
        (ContentDigest::Sha256(bytes), ContentDigest::Sha256Start(_)) => {
            bytes.first_chunk().map(|start| ContentDigest::Sha256Start(*start))
        }
        _ => (found.algorithm() == expected.algorithm()).then_some(*found),
    }
}

/// Returns the digests of a file by which it is compared.
pub(crate) fn digests_of(content: &[u8]) -> Vec<ContentDigest> {
    FileDigests::new(content).all().to_vec()
}
