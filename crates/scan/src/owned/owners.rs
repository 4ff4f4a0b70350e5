//! Which package each record is about, and of which packages nothing is recorded.

use std::collections::{BTreeMap, HashMap};

use cutaway_analyze::{Ecosystem, FileRecords, Package, PackageRef};
use cutaway_layerfs::EntryPath;

use super::diagnostic::error;
use cutaway_report::DiagnosticReport;
use cutaway_tar::Escaped;

/// The packages of the top, and who of them each record is about.
#[derive(Debug)]
pub(crate) struct Owners<'a> {
    packages: Vec<Owner<'a>>,
    /// The package of each owner of each file of records; none where it is of no package that is there.
    of: Vec<Vec<Option<u32>>>,
}

/// A package that may own files.
#[derive(Debug)]
pub(super) struct Owner<'a> {
    pub(super) ecosystem: &'a Ecosystem,
    pub(super) name: &'a str,
    /// Whether its files are there; those of others, such as configuration files of a removed
    /// package, are owned but not compared.
    pub(super) installed: bool,
    /// Whether its list of files was found.
    listed: bool,
}

impl<'a> Owners<'a> {
    pub(crate) fn new(top: &[(&'a Package, &'a EntryPath)], records: &[&'a FileRecords]) -> Self {
        let mut by_name: HashMap<(&Ecosystem, &str), Vec<u32>> = HashMap::new();
        let mut by_database: HashMap<&EntryPath, u32> = HashMap::new();
        let mut packages: Vec<Owner<'a>> = Vec::with_capacity(top.len());
        for (number, (package, database)) in (0_u32..).zip(top) {
            by_name.entry((&package.ecosystem, &package.name)).or_default().push(number);
            by_database.entry(database).or_insert(number);
            packages.push(Owner {
                ecosystem: &package.ecosystem,
                name: &package.name,
                installed: package.is_installed(),
                listed: false,
            });
        }
        let find = |ecosystem, package: &PackageRef| match package {
            PackageRef::Database(path) => by_database.get(path).copied(),
            PackageRef::Named { name, arch } => {
                let named = by_name.get(&(ecosystem, name.as_str()))?;
                let fits = |number: &&u32| {
                    let package = usize::try_from(**number).ok().and_then(|at| top.get(at));
                    arch.is_none() || package.is_some_and(|(package, _)| package.arch == *arch)
                };
                let is_installed = |number: &&u32| {
                    let package = usize::try_from(**number).ok().and_then(|at| packages.get(at));
                    package.is_some_and(|package| package.installed)
                };
                let fitting = || named.iter().filter(fits);
                fitting().find(is_installed).or_else(|| fitting().next()).copied()
            }
        };
        let of: Vec<Vec<Option<u32>>> = records
            .iter()
            .map(|files| files.owners().iter().map(|it| find(&it.ecosystem, &it.package)).collect())
            .collect();
        for (files, of) in records.iter().zip(&of) {
            let lists = files.owners().iter().zip(of).filter(|(owner, _)| owner.lists);
            for number in lists.filter_map(|(_, number)| *number) {
                if let Some(owner) = packages.get_mut(index(number)) {
                    owner.listed = true;
                }
            }
        }
        Self { packages, of }
    }

    /// Returns the package that an owner in a file of records is.
    pub(crate) fn of(&self, file: usize, owner: u32) -> Option<u32> {
        *self.of.get(file)?.get(index(owner))?
    }

    /// Returns a package.
    pub(super) fn get(&self, number: u32) -> Option<&Owner<'a>> {
        self.packages.get(index(number))
    }

    /// Returns whether a package is installed.
    pub(crate) fn is_installed(&self, number: u32) -> bool {
        self.get(number).is_some_and(|owner| owner.installed)
    }

    /// Returns whether a list of the files of a package was found.
    pub(crate) fn is_listed(&self, number: u32) -> bool {
        self.get(number).is_some_and(|owner| owner.listed)
    }

    /// Returns the names of packages, sorted, each once.
    pub(super) fn names(&self, numbers: &[u32]) -> Vec<String> {
        let names = numbers.iter().filter_map(|&number| self.get(number));
        let mut names: Vec<String> = names.map(|owner| owner.name.to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Says of which packages no files are recorded.
    pub(super) fn diagnostics(&self) -> Vec<DiagnosticReport> {
        let mut unlisted: BTreeMap<&Ecosystem, Vec<&str>> = BTreeMap::new();
        for owner in self.packages.iter().filter(|owner| owner.installed && !owner.listed) {
            unlisted.entry(owner.ecosystem).or_default().push(owner.name);
        }
        let mut diagnostics = Vec::new();
        for (ecosystem, names) in unlisted {
            let message = format!(
                "{} installed {} {} no list of files: {}",
                names.len(),
                if names.len() == 1 { "package" } else { "packages" },
                if names.len() == 1 { "has" } else { "have" },
                some(names)
            );
            diagnostics.push(error("file-list-missing", format!("{ecosystem}: {message}")));
        }
        diagnostics
    }
}

/// Returns the first few names.
pub(super) fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > 3 { ", …" } else { "" };
    names.truncate(3);
    let shown: Vec<String> =
        names.iter().map(|name| name.chars().take(64).collect::<String>()).collect();
    format!("{}{more}", Escaped::new(&shown.join(", ")))
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
