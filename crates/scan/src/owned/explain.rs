//! Why a file is there, changed or gone, where something in the image tells.

use std::collections::{HashMap, HashSet};

use cutaway_analyze::{Exclusion, Origin, Trace, Unrecorded};
use cutaway_layerfs::{EntryPath, Kind, NodeId, Tree};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::claims::Claims;
use super::diagnostic::error;
use super::merged_files::MergedFiles;
use super::owners::Owners;
use super::recordings::Recordings;
use cutaway_report::DiagnosticReport;

/// Endings of names under which package managers leave a second version of a configuration file.
const LEFT_BESIDE: &[&str] = &[
    ".dpkg-dist",
    ".dpkg-old",
    ".dpkg-new",
    ".dpkg-bak",
    ".ucf-dist",
    ".ucf-old",
    ".apk-new",
    ".rpmnew",
    ".rpmsave",
    ".rpmorig",
    ".pacnew",
    ".pacsave",
    ".pacorig",
];

/// Finds explanations.
#[derive(Debug)]
pub(super) struct Explainer<'a> {
    top: &'a MergedFiles,
    tree: &'a Tree,
    claims: &'a Claims<'a>,
    /// By the path as the tree has it.
    origins: HashMap<EntryPath, &'a Origin>,
    patterns: GlobSet,
    table: Vec<&'static Unrecorded>,
    exclusions: Vec<&'a Exclusion>,
    /// The patterns of `exclusions`, in their order.
    excluding: GlobSet,
    /// How many exclusions are not looked at.
    unread: usize,
}

impl<'a> Explainer<'a> {
    pub(super) fn new(
        top: &'a MergedFiles,
        claims: &'a Claims<'a>,
        said: &Recordings<'a>,
        owners: &Owners<'_>,
        max_exclusions: usize,
    ) -> Self {
        let mut origins: HashMap<EntryPath, &'a Origin> = HashMap::new();
        for (number, files) in said.records.iter().enumerate() {
            for origin in files.origins() {
                let behind =
                    |owner| owners.of(number, owner).is_some_and(|it| owners.is_installed(it));
                if origin.owner.is_none_or(behind) {
                    let known = origins.entry(real(top, &origin.path)).or_insert(origin);
                    if origin.reason < known.reason {
                        *known = origin;
                    }
                }
            }
        }
        let mut patterns = GlobSetBuilder::new();
        let mut table: Vec<&'static Unrecorded> = Vec::new();
        let mut known: HashSet<&Unrecorded> = HashSet::new();
        for &entry in &said.unrecorded {
            let mut glob = GlobBuilder::new(entry.pattern);
            let glob = glob.literal_separator(true).empty_alternates(true).build();
            if let (true, Ok(glob)) = (known.insert(entry), glob) {
                patterns.add(glob);
                table.push(entry);
            }
        }
        let (mut exclusions, mut excluding, mut unread) = (Vec::new(), GlobSetBuilder::new(), 0);
        for exclusion in said.records.iter().flat_map(|files| files.exclusions()) {
            // fnmatch knows no braces.
            let pattern = exclusion.pattern.replace('{', "[{]").replace('}', "[}]");
            let glob = GlobBuilder::new(&pattern).literal_separator(false).build();
            match glob {
                Ok(glob) if exclusions.len() < max_exclusions => {
                    excluding.add(glob);
                    exclusions.push(exclusion);
                }
                Ok(_) => unread = usize::saturating_add(unread, 1),
                Err(_) => {}
            }
        }
        // Patterns that are too large together to be looked for at once are not looked for.
        let excluding = excluding.build().unwrap_or_else(|_| {
            unread = unread.saturating_add(exclusions.len());
            GlobSet::empty()
        });
        Self {
            top,
            tree: &top.tree,
            claims,
            origins,
            // A set of patterns that each were built can be built.
            patterns: patterns.build().unwrap_or_default(),
            table,
            exclusions,
            excluding,
            unread,
        }
    }

    /// Says what could not be looked at.
    pub(super) fn diagnostic(&self) -> Option<DiagnosticReport> {
        let message = format!(
            "patterns that leave files out go over the limit exclusions: {} were not looked at",
            self.unread
        );
        (self.unread > 0).then(|| error("exclusions-over-limit", message))
    }

    /// Says why a file is there that no package owns.
    pub(super) fn unowned(&self, id: NodeId, path: &EntryPath) -> Option<String> {
        let by_table = || {
            self.by_table(path, |trace| match trace {
                Trace::Unowned => true,
                Trace::Special => self.tree.node(id).kind() != Kind::File,
                Trace::LinkToOwned => self.leads_to_owned(id, path).is_some(),
                Trace::LinkTo(targets) => {
                    let led = self.leads_to_owned(id, path);
                    let leads = |target: &&str| self.top.resolve(target.as_bytes(), true) == led;
                    led.is_some() && targets.iter().any(leads)
                }
                Trace::Changed | Trace::Gone => false,
            })
        };
        self.origin(Some(id), path)
            .or_else(by_table)
            .or_else(|| self.bytecode(path))
            .or_else(|| self.left(path))
    }

    /// Says why a file was changed that a package owns.
    pub(super) fn changed(&self, id: NodeId, path: &EntryPath) -> Option<String> {
        self.origin(Some(id), path).or_else(|| self.by_table(path, |trace| trace == Trace::Changed))
    }

    /// Says why a file is gone that these packages record.
    pub(super) fn missing(
        &self,
        path: &EntryPath,
        of: &[u32],
        owners: &Owners<'_>,
    ) -> Option<String> {
        let kinds: Vec<_> =
            of.iter().filter_map(|&owner| Some(owners.get(owner)?.ecosystem)).collect();
        let text = path.to_string_lossy();
        // The last one decides.
        let matching = self.excluding.matches(&*text).into_iter().rev();
        let mut matching = matching.filter_map(|position| self.exclusions.get(position));
        let last = matching.find(|exclusion| kinds.contains(&&exclusion.ecosystem));
        last.filter(|exclusion| exclusion.excluded)
            .map(|exclusion| format!("left out by {}", exclusion.setting))
            .or_else(|| self.origin(None, path))
            .or_else(|| self.by_table(path, |trace| trace == Trace::Gone))
    }

    /// Explains a file by what is said of its origin.
    ///
    /// A script also names what it runs. So it explains no program, and of what packages own only what
    /// systems keep to be changed.
    fn origin(&self, id: Option<NodeId>, path: &EntryPath) -> Option<String> {
        let origin = self.origins.get(path)?;
        let holds = if origin.link {
            id.is_none_or(|id| self.tree.node(id).kind() == Kind::Symlink)
        } else {
            let program = id.is_some_and(|id| self.top.is_program(id));
            let owned = id.is_none_or(|id| self.claims.owns(id));
            let kept = [b"etc/".as_slice(), b"var/"];
            !program && (!owned || kept.iter().any(|it| path.as_bytes().starts_with(it)))
        };
        holds.then(|| origin.reason.to_string())
    }

    fn by_table(&self, path: &EntryPath, holds: impl Fn(Trace) -> bool) -> Option<String> {
        use std::os::unix::ffi::OsStrExt as _;
        let matches = self.patterns.matches(std::ffi::OsStr::from_bytes(path.as_bytes()));
        let entries = matches.into_iter().filter_map(|position| self.table.get(position));
        entries.filter(|entry| holds(entry.trace)).map(|entry| entry.reason.to_owned()).next()
    }

    /// Returns what a symbolic link leads to, where a package owns that.
    fn leads_to_owned(&self, id: NodeId, path: &EntryPath) -> Option<NodeId> {
        self.tree.node(id).link()?;
        let led = self.top.resolve(path.as_bytes(), true)?;
        self.claims.owns(led).then_some(led)
    }

    /// Explains Python's bytecode by a source that a package owns (PEP 3147).
    fn bytecode(&self, path: &EntryPath) -> Option<String> {
        let name = path.name();
        let stem = name.strip_suffix(b".pyc").or_else(|| name.strip_suffix(b".pyo"))?;
        let directory = path.directory();
        let source = if directory.name() == b"__pycache__" {
            let tag = [b".cpython-".as_slice(), b".pypy", b".graalpy"];
            let tag = |start: &usize| {
                let rest = stem.get(*start..).unwrap_or_default();
                tag.iter().any(|tag| rest.starts_with(tag))
            };
            let module = stem.get(..(0..stem.len()).rev().find(tag)?)?;
            directory.directory().join(&[[module, b".py"].concat()])
        } else {
            directory.join(&[[stem, b".py"].concat()])
        };
        self.owned(&source).then(|| "bytecode of a source that a package owns".to_owned())
    }

    /// Explains a second version of a file that a package owns.
    fn left(&self, path: &EntryPath) -> Option<String> {
        let name = path.name();
        let stem = LEFT_BESIDE.iter().find_map(|ending| name.strip_suffix(ending.as_bytes()))?;
        let beside = path.directory().join(&[stem]);
        self.owned(&beside)
            .then(|| "left beside a configuration file by the package manager".to_owned())
    }

    fn owned(&self, path: &EntryPath) -> bool {
        let node = self.top.resolve(path.as_bytes(), false);
        node.is_some_and(|node| self.claims.owns(node))
    }
}

/// Returns a path as the tree has it: links in its directory followed.
fn real(top: &MergedFiles, path: &EntryPath) -> EntryPath {
    match top.follow(path.as_bytes(), false) {
        Some(trace) => top.tree.path(trace.node).join(&trace.missing),
        None => path.clone(),
    }
}
