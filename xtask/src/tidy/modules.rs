//! What the files of a crate name: modules as syn reads them, without their tests.
//!
//! A path leads to the file that defines its item, also where modules between re-export it. Paths
//! inside the arguments of macros are not seen.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use crate::tidy::sources::Source;
pub(crate) use names::Names;

/// The files of one crate by the path of their module; the root is the empty path.
#[derive(Debug, Default)]
pub(crate) struct Modules(BTreeMap<Vec<String>, Names>);

/// Returns the modules of every crate whose sources are given, by the crate's folder.
pub(crate) fn all(sources: &[Source]) -> Result<BTreeMap<String, Modules>> {
    let mut crates: BTreeMap<String, Modules> = BTreeMap::new();
    for source in sources {
        let Some((folder, module)) = place(&source.path) else { continue };
        let file = syn::parse_file(&source.text).with_context(|| source.path.clone())?;
        let names = Names::of(&source.path, &module, &file);
        crates.entry(folder.to_owned()).or_default().0.insert(module, names);
    }
    Ok(crates)
}

/// The crate's folder and the module's path of a file below `src`; tests have none.
fn place(path: &str) -> Option<(&str, Vec<String>)> {
    let (folder, file) = path.split_once("/src/")?;
    let stem = file.strip_suffix(".rs")?;
    let tests = stem == "tests" || stem.ends_with("/tests") || stem.ends_with("_tests");
    if tests || stem.contains("/tests/") {
        return None;
    }
    let root = matches!(stem, "lib" | "main");
    Some((folder, if root { Vec::new() } else { stem.split('/').map(str::to_owned).collect() }))
}

impl Modules {
    /// Returns what each file names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Names> {
        self.0.values()
    }

    /// Returns every file with the other files of the crate that it names.
    pub(crate) fn edges(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        self.0
            .values()
            .map(|names| {
                let to = names
                    .paths
                    .iter()
                    .filter_map(|path| self.definer(path, &mut BTreeSet::new()))
                    .map(|to| to.file.as_str())
                    .filter(|to| *to != names.file)
                    .collect();
                (names.file.as_str(), to)
            })
            .collect()
    }

    /// The file that defines what an absolute path means, `None` for what is not of this crate.
    fn definer<'a>(
        &'a self,
        path: &[String],
        seen: &mut BTreeSet<Vec<String>>,
    ) -> Option<&'a Names> {
        if !seen.insert(path.to_vec()) {
            return None;
        }
        let module = (0..=path.len())
            .rev()
            .filter_map(|length| path.get(..length))
            .find(|module| self.0.contains_key(*module))?;
        let names = self.0.get(module)?;
        let Some(item) = path.get(module.len()) else { return Some(names) };
        if names.defines.contains(item) {
            return Some(names);
        }
        for (_, to) in names.imports.iter().filter(|(name, _)| name == item) {
            if let Some(definer) = self.definer(to, seen) {
                return Some(definer);
            }
        }
        for (_, to) in names.imports.iter().filter(|(name, _)| name == "*") {
            let mut through = to.clone();
            through.push(item.clone());
            if let Some(definer) = self.definer(&through, seen)
                && definer.defines.contains(item)
            {
                return Some(definer);
            }
        }
        // A module as a whole (`super::*`), or something that a macro defines.
        (item == "*").then_some(names)
    }
}
