//! The layers of an image, laid over each other: what of them is visible after each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cutaway_analyze::{Analyzers, FileRecords, Findings, LayerFacts, Role, Selection, Severity};
use cutaway_layerfs::{Budget, Changes, EntryPath, Inode, Kind, Listing, Readings, Tree, Warning};
use cutaway_model::Measured;
use cutaway_read::Error as ReadError;
use cutaway_report::DiagnosticReport;
use cutaway_tar::len64;

use crate::Error;
use crate::ambiguity::{self, Ambiguities};
use crate::digests::Digests;
use crate::evidence::{self, Claims};
use crate::owned::MergedFiles;
use crate::sight::{FileKey, Sight, Unreadable};
use crate::skip::Skip;
use crate::visible::{Step, View, Visibility};

/// The layers of an image, laid over each other: what the report is made of.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// What each layer changed of the files that are visible.
    pub(crate) steps: Vec<Step>,
    /// What is read at the top alone: the files in which packages say what files they have, for comparing them
    /// or for telling whose they are.
    pub(crate) records: Vec<Arc<Sight>>,
    /// What was found in each file that an analyzer read.
    pub(crate) findings: HashMap<FileKey, Findings>,
    /// What the layers make together, where files are compared.
    pub(crate) top: Option<Arc<MergedFiles>>,
    /// What packages of the system record of the files of artefacts.
    pub(crate) claims: Claims,
    pub(crate) measured: Vec<Measured>,
    /// Of each layer that was read by its table of contents, how many files were not looked into.
    pub(crate) by_table: Vec<Option<u64>>,
    pub(crate) unreadable: Vec<Unreadable>,
    /// What is odd about the layers.
    pub(crate) warnings: Vec<DiagnosticReport>,
    /// Which of the warnings are about a path that runtimes read in different ways.
    ambiguous: Ambiguities,
    /// How many entries each pattern left out.
    pub(crate) skipped: BTreeMap<String, u64>,
}

/// What has to be known to lay layers over each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) analyzers: &'a Analyzers,
    pub(crate) skip: &'a Skip,
    /// The limits of layers and trees.
    pub(crate) of_layers: cutaway_layerfs::Limits,
    /// What all that is held of them is paid from.
    pub(crate) budget: &'a Budget,
    /// The position of the lowest layer in its image.
    pub(crate) first: usize,
}

/// What is held of a file that is seen, and how many times its path is, while it is followed from layer
/// to layer.
const SIGHT: u64 = 1000;
const PATHS_OF_SIGHT: usize = 4;

impl Merged {
    /// Applies the facts of layers, lowest first, with the digests of their files where these are
    /// compared; each listing is gone as soon as it is applied.
    pub(crate) fn new(
        layers: impl IntoIterator<Item = (LayerFacts, Arc<Digests>)>,
        rules: Rules<'_>,
    ) -> Result<Self, Error> {
        let Rules { analyzers, skip, of_layers, budget, first } = rules;
        let mut merged = Self::default();
        let mut readings = Readings::above(first, of_layers);
        let mut account = budget.account();
        let compares = analyzers.read_records();
        let (mut changes, mut digests) = (Changes::default(), Vec::new());
        let mut analysed = BTreeMap::new();
        merged.skipped.extend(skip.patterns().iter().map(|pattern| (pattern.clone(), 0)));
        let seen = analyzers.members().iter().enumerate();
        let seen = seen.filter(|(_, member)| !member.role().is_of_files());
        let seen = seen.map(|(position, _)| position);
        let view = View { tree: readings.tree(), analyzers, skip };
        let (mut visibility, _) = Visibility::new(view, seen);
        for (index, (facts, layer_digests)) in layers.into_iter().enumerate() {
            let layer = u32::try_from(index).unwrap_or(u32::MAX);
            let number = first.saturating_add(index);
            let LayerFacts { measured, listing, warnings, findings } = facts;
            merged.count_skipped(&listing, skip);
            let noting = compares.then_some(&mut changes);
            let applied = readings.apply(layer, &listing, Some(&mut visibility.watch), noting);
            let applied =
                applied.map_err(|source| ReadError::of_layer(format!("layer {number}"), source))?;
            merged.warn(number, warnings.into_iter().chain(applied));
            let mut names = Vec::new();
            for (id, files) in findings {
                let known = analyzers.members().iter().position(|member| *member.id() == id);
                let Some(analyzer) = known else { continue };
                let by_name = analyzers.get(analyzer).is_some_and(|member| {
                    member.interest().is_any() || !member.interest().names().is_empty()
                });
                for file in files {
                    if let Some(entry) = listing.get(file.entry) {
                        analysed.insert(entry.path().clone(), ());
                        if by_name {
                            names.push((analyzer, entry.path().clone()));
                        }
                    }
                    let inode = |entry| Inode { layer, entry };
                    let companions = file.companions.iter().map(|it| it.map(inode)).collect();
                    let key = FileKey { analyzer, file: inode(file.entry), companions };
                    merged.findings.insert(key, file.findings);
                }
            }
            merged.add_links(readings.tree(), &listing, analyzers, &mut names);
            let view = View { tree: readings.tree(), analyzers, skip };
            let mut step = visibility.after_layer(view, names);
            for link in step.links.drain(..) {
                if !account.pay(len64(link.as_bytes().len())) {
                    return Err(ReadError::held(account.max()).into());
                }
                analysed.insert(link, ());
            }
            for sight in &step.begun {
                let path = sight.path.as_bytes().len().saturating_mul(PATHS_OF_SIGHT);
                if !account.pay(SIGHT.saturating_add(len64(path))) {
                    return Err(ReadError::held(account.max()).into());
                }
            }
            merged.steps.push(step);
            merged.measured.push(measured);
            if compares {
                digests.push(layer_digests);
            }
        }
        merged.unreadable.extend(visibility.unreadable().cloned());
        let seen = merged.steps.iter().flat_map(|step| &step.begun);
        analysed.extend(seen.map(|sight| (sight.path.clone(), ())));
        merged.judge_ambiguous(&readings, &analysed, (analyzers, skip, first));
        drop((visibility, analysed));
        let tree = readings.into_tree();
        let records = analyzers.members().iter().enumerate();
        let records = records.filter(|(_, member)| member.role().is_of_files());
        let view = View { tree: &tree, analyzers, skip };
        let (visibility, step) = Visibility::new(view, records.map(|(position, _)| position));
        merged.records = step.begun;
        merged.claims = merged.claims(&tree, analyzers, of_layers.link_bytes);
        if compares {
            merged.unreadable.extend(visibility.unreadable().cloned());
            changes.sort();
            let link_bytes = of_layers.link_bytes.into();
            let skip = skip.clone();
            merged.top = Some(Arc::new(MergedFiles {
                tree,
                changes,
                digests,
                wide: BTreeMap::new(),
                skip,
                first,
                link_bytes,
            }));
        }
        Ok(merged)
    }

    /// Returns what is recorded of the files of artefacts that are visible at the top.
    fn claims(&self, tree: &Tree, analyzers: &Analyzers, link_bytes: u64) -> Claims {
        let mut evidence = BTreeSet::new();
        for step in &self.steps {
            for sight in &step.ended {
                evidence.remove(&sight.path);
            }
            let begun = step.begun.iter().filter(|sight| {
                let member = analyzers.get(sight.analyzer);
                let is_artifact = member.is_some_and(|it| it.role() == Role::Artifact);
                is_artifact && self.found(sight).is_some_and(|it| !it.packages().is_empty())
            });
            evidence.extend(begun.map(|sight| &sight.path));
        }
        let records = self.file_records(analyzers);
        evidence::claims(tree, evidence.into_iter(), &records, link_bytes)
    }

    /// Returns what is said of files: all that completes each other, the first of what excludes each other.
    pub(crate) fn file_records(&self, analyzers: &Analyzers) -> Vec<&FileRecords> {
        let mut chosen = Vec::new();
        let readers = analyzers.members().iter().enumerate();
        for (position, member) in readers.filter(|(_, member)| member.role().is_of_files()) {
            let of_analyzer = self.records.iter().filter(|sight| sight.analyzer == position);
            let records = of_analyzer.filter_map(|sight| Some(&self.found(sight)?.files));
            let most = match member.selection() {
                Selection::Union => usize::MAX,
                Selection::First => 1,
            };
            chosen.extend(records.filter(|records| !records.is_empty()).take(most));
        }
        chosen
    }

    /// Returns every sight of every state, and of the files that say what files packages have.
    pub(crate) fn every(&self) -> impl Iterator<Item = &Sight> {
        self.steps.iter().flat_map(|step| &step.begun).map(|sight| &**sight).chain(self.of_files())
    }

    /// Returns the sights of files that say what files packages have.
    pub(crate) fn of_files(&self) -> impl Iterator<Item = &Sight> {
        self.records.iter().map(|sight| &**sight)
    }

    /// Returns the findings of a file; none where it could not be read, which its diagnostics then say.
    pub(crate) fn found(&self, sight: &Sight) -> Option<&Findings> {
        self.findings.get(&sight.key())
    }

    fn warn(&mut self, number: usize, warnings: impl IntoIterator<Item = Warning>) {
        for warning in warnings {
            self.ambiguous.add(self.warnings.len(), &warning);
            self.warnings.push(DiagnosticReport {
                severity: severity(&warning.code),
                code: warning.code.into(),
                path: warning.path.map(|path| path.to_string_lossy().into_owned()),
                layer: Some(number),
                message: warning.message,
            });
        }
    }

    /// Makes it an error that runtimes read a layer in different ways, where that concerns a file that an
    /// analyzer took.
    fn judge_ambiguous(
        &mut self,
        readings: &Readings,
        analysed: &BTreeMap<EntryPath, ()>,
        (analyzers, skip, first): (&Analyzers, &Skip, usize),
    ) {
        if self.ambiguous.is_empty() {
            return;
        }
        let taken = self.findings.keys().map(|key| key.file).collect();
        let differences = ambiguity::differences(readings, &taken, analyzers, skip);
        let judged = self.ambiguous.judge(readings, &differences, analysed);
        for number in judged.errors {
            if let Some(warning) = self.warnings.get_mut(number) {
                warning.severity = Severity::Error;
            }
        }
        self.warnings.extend(judged.untold.into_iter().map(|(path, layer)| DiagnosticReport {
            severity: Severity::Error,
            code: Warning::AMBIGUOUS.into(),
            path: Some(path.to_string_lossy().into_owned()),
            layer: usize::try_from(layer).ok().map(|layer| layer.saturating_add(first)),
            message: "is another file, or none, in one of the readings of a layer above or at this one".into(),
        }));
    }

    fn count_skipped(&mut self, listing: &Listing, skip: &Skip) {
        if skip.is_empty() {
            return;
        }
        let skipped = &mut self.skipped;
        listing.for_each(|path, _| {
            for pattern in skip.matching(path) {
                if let Some(count) = skipped.get_mut(pattern) {
                    *count = count.saturating_add(1);
                }
            }
        });
    }

    /// Adds the names that hard links of a layer give to files that analyzers have read by their names.
    fn add_links(
        &self,
        tree: &Tree,
        listing: &Listing,
        analyzers: &Analyzers,
        names: &mut Vec<(usize, EntryPath)>,
    ) {
        let by_name: Vec<usize> = analyzers
            .members()
            .iter()
            .enumerate()
            .filter(|(_, it)| it.interest().is_any() || !it.interest().names().is_empty())
            .map(|(position, _)| position)
            .collect();
        if by_name.is_empty() {
            return;
        }
        listing.for_each(|path, kind| {
            if kind != Kind::HardLink {
                return;
            }
            let (Ok(Some(node)), Ok(path)) = (tree.lookup(path), EntryPath::clean(path)) else {
                return;
            };
            let file = tree.node(node).inode();
            for &analyzer in &by_name {
                let key = FileKey { analyzer, file, companions: Vec::new() };
                if self.findings.contains_key(&key) {
                    names.push((analyzer, path.clone()));
                }
            }
        });
    }
}

/// Returns how much a warning of a layer weighs. A table of contents that is not what the layer holds is there
/// to show some runtimes another image than others, and so may be one that nobody could compare.
fn severity(code: &str) -> Severity {
    match code {
        "toc-mismatch" | "toc-unread" => Severity::Error,
        _ => Severity::Warning,
    }
}
