//! Laying the layers over each other, and the report of what is visible then.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use cutaway_analyze::{
    Analyzer, Distro, FileRecords, Findings, Kind, Package, Selection, Severity, State, Unrecorded,
    timeline,
};
use cutaway_files::Measured;
use cutaway_layerfs::{Changes, EntryPath, Inode, Tree};
use cutaway_model::{DiffId, Image, Remark};
use cutaway_ref::Platform;

use crate::databases::{Database, Unreadable, Visible, visible};
use crate::layer::Facts;
use crate::owned::{self, Said, Top};
use crate::second::{Key, key};
use crate::skip::Skip;
use crate::story;
use crate::{Error, Limits, Options};
use cutaway_report::purl;
use cutaway_report::{
    DiagnosticReport, DistroReport, ImageReport, KeyReport, LayerReport, PackageReport,
    PlatformReport, RemovedReport, Report, Schema, Subject,
};

/// The layers of an image, laid over each other: what the report is made of.
#[derive(Debug, Default)]
pub(crate) struct Laid {
    /// The databases that are visible after each layer.
    pub(crate) states: Vec<Visible>,
    /// What is read at the top alone: the files in which packages say what files they have.
    pub(crate) records: Visible,
    /// What was found in each file that an analyzer read.
    pub(crate) findings: HashMap<Key, Findings>,
    /// Whether the report is to tell what each layer did to each package.
    pub(crate) history: bool,
    /// The position of the lowest layer in its image.
    pub(crate) first: usize,
    /// What the layers make together, where files are compared.
    merged: Option<Arc<Top>>,
    measured: Vec<Measured>,
    unreadable: Vec<Unreadable>,
    diagnostics: Vec<DiagnosticReport>,
    skipped: BTreeMap<String, u64>,
}

impl Laid {
    /// Applies the layers, oldest first; each listing is gone as soon as it is applied.
    pub(crate) fn new(
        layers: impl IntoIterator<Item = Facts>,
        analyzers: &[&'static dyn Analyzer],
        skip: &Skip,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let mut laid = Self::default();
        let mut tree = Tree::new(limits.layerfs);
        let compares = analyzers.iter().any(|analyzer| analyzer.reads_files());
        let (mut changes, mut digests) = (Changes::default(), Vec::new());
        laid.skipped.extend(skip.patterns().iter().map(|pattern| (pattern.clone(), 0)));
        for (index, facts) in layers.into_iter().enumerate() {
            let layer = u32::try_from(index).unwrap_or(u32::MAX);
            if !skip.is_empty() {
                for entry in facts.listing.iter() {
                    for pattern in skip.matching(entry.path().as_bytes()) {
                        let count = laid.skipped.entry(pattern.to_owned()).or_default();
                        *count = count.saturating_add(1);
                    }
                }
            }
            let applied = if compares {
                digests.push(facts.digests);
                tree.apply_noting(layer, &facts.listing, &mut changes)
            } else {
                tree.apply(layer, &facts.listing)
            };
            let applied = applied
                .map_err(|source| Error::Layer { what: format!("layer {index}"), source })?;
            let warnings = facts.warnings.into_iter().chain(applied);
            laid.diagnostics.extend(warnings.map(|warning| DiagnosticReport {
                severity: Severity::Warning,
                code: warning.code.into(),
                path: warning.path.map(|path| path.to_string_lossy().into_owned()),
                layer: Some(index),
                message: warning.message,
            }));
            for file in facts.findings {
                let inode = |entry| Inode { layer, entry };
                laid.findings.insert(
                    (file.analyzer, inode(file.entry), file.companion.map(inode)),
                    file.findings,
                );
            }
            let of_packages = |analyzer: &dyn Analyzer| !analyzer.reads_files();
            let (databases, unreadable) =
                visible(&tree, analyzers, of_packages, skip, laid.states.last());
            laid.states.push(databases);
            laid.unreadable = unreadable;
            laid.measured.push(facts.measured);
        }
        if compares {
            let (records, unreadable) =
                visible(&tree, analyzers, |analyzer| analyzer.reads_files(), skip, None);
            laid.records = records;
            laid.unreadable.extend(unreadable);
            changes.sort();
            laid.merged = Some(Arc::new(Top {
                tree,
                changes,
                digests,
                skip: skip.clone(),
                link_bytes: limits.layerfs.link_bytes.into(),
            }));
        }
        Ok(laid)
    }

    /// Makes the report.
    pub(crate) fn report(self, image: &Image, subject: &Subject, options: &Options) -> Report {
        let distro = self.distro();
        let release = distro.as_ref().map(|(distro, _)| distro);
        let mut diagnostics = self.diagnostics(image, options);
        let mut paths: Vec<&EntryPath> = self.all().map(|database| &database.path).collect();
        paths.sort();
        paths.dedup();
        let states: Vec<State<'_>> =
            self.states.iter().map(|state| self.state(state, options, &paths)).collect();
        let told = timeline(&states);
        let licenses = self.licenses();
        let package = |package: &Package, database: usize, layer| {
            let database = paths
                .get(database)
                .map(|path| path.to_string_lossy().into_owned())
                .unwrap_or_default();
            let mut report = package_report(package, release, database, layer);
            if report.licenses.is_empty() && package.kind == Kind::Deb {
                report.licenses = licenses
                    .get(package.name.as_str())
                    .map(|known| known.to_vec())
                    .unwrap_or_default();
            }
            report
        };
        let mut packages: Vec<_> =
            told.present.iter().map(|p| package(p.package, p.database, p.layer)).collect();
        let mut removed: Vec<_> = told
            .removed
            .iter()
            .map(|r| RemovedReport {
                package: package(r.package, r.database, r.layer),
                hidden_by: r.hidden_by,
            })
            .collect();
        packages.sort();
        removed.sort();
        let files = self.merged.as_ref().map(|top| {
            let records = states.last().map(|state| state.records.as_slice()).unwrap_or_default();
            let packages = records
                .iter()
                .filter_map(|&(package, database)| Some((package, *paths.get(database)?)));
            let said = Said {
                records: self.file_records(options),
                packages: packages.collect(),
                unrecorded: self.unrecorded(options),
            };
            let (files, said) = owned::compare(top, &said, options.limits.exclusions);
            diagnostics.extend(said);
            files
        });
        if !packages.is_empty() && distro.is_none() {
            diagnostics.push(note(
                "no-distribution",
                "packages were found, but no release file names a distribution",
            ));
        }
        if packages.is_empty() && distro.is_some() {
            diagnostics.push(note(
                "no-packages",
                "a release file names the distribution, but no package was found",
            ));
        }
        diagnostics.sort();
        diagnostics.dedup();
        let complete = !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        Report {
            schema: Schema::Scan1,
            image: image_report(image, subject),
            distro: distro.map(|(distro, database)| distro_report(distro, &database)),
            layers: self.layer_reports(image),
            packages,
            removed,
            keys: self.keys(),
            diagnostics,
            complete,
            history: self.history.then(|| {
                story::report(&states, &paths, image.layers().get(self.first..).unwrap_or_default())
            }),
            files,
        }
    }

    /// Returns the databases of every state, and the files that say what files packages have.
    pub(crate) fn every_state(&self) -> impl Iterator<Item = &Visible> {
        self.states.iter().chain([&self.records])
    }

    /// Returns what is said of files: all that completes each other, the first of what excludes each other.
    fn file_records(&self, options: &Options) -> Vec<&FileRecords> {
        let lists = options.analyzers.iter().zip(&self.records);
        let chosen = lists.flat_map(|(analyzer, databases)| {
            let records =
                databases.iter().filter_map(|database| Some(&self.found(database)?.files));
            let most = match analyzer.selection() {
                Selection::Union => usize::MAX,
                Selection::First => 1,
            };
            records.filter(|records| !records.is_empty()).take(most)
        });
        chosen.collect()
    }

    /// Returns what programs write on a system with the databases of the top.
    fn unrecorded(&self, options: &Options) -> Vec<&'static Unrecorded> {
        let analyzers = options.analyzers.iter().enumerate();
        let present = analyzers.filter(|(position, analyzer)| {
            let lists = [self.states.last(), Some(&self.records)];
            let mut of = lists.into_iter().flatten().filter_map(|lists| lists.get(*position));
            analyzer.locations().is_empty() || of.any(|databases| !databases.is_empty())
        });
        present.flat_map(|(_, analyzer)| analyzer.unrecorded()).collect()
    }

    /// Returns every database of every state; those that several states share come several times.
    fn all(&self) -> impl Iterator<Item = &Database> {
        self.states.iter().flatten().flat_map(|databases| databases.iter())
    }

    /// Returns the databases that are visible at the top.
    fn top(&self) -> impl Iterator<Item = &Database> {
        self.states.last().into_iter().flatten().flat_map(|databases| databases.iter())
    }

    /// Returns the licences of packages whose database has none, by the name of the package; the newest layer's word is the last.
    fn licenses(&self) -> HashMap<&str, &[String]> {
        let about = self
            .all()
            .filter_map(|database| Some((database.about.as_deref()?, self.found(database)?)));
        about.map(|(package, findings)| (package, findings.licenses.as_slice())).collect()
    }

    /// Returns the findings of a database; none where it could not be read, which its diagnostics then say.
    fn found(&self, database: &Database) -> Option<&Findings> {
        self.findings.get(&key(database))
    }

    /// Returns the distribution of the top: the first release file, in the analyzers' order, that names one.
    fn distro(&self) -> Option<(Distro, Database)> {
        self.top()
            .find_map(|database| Some((self.found(database)?.distro.clone()?, database.clone())))
    }

    /// Returns the records of the databases of one state, as the selection of each analyzer has it.
    fn state<'a>(
        &'a self,
        databases: &'a Visible,
        options: &Options,
        paths: &[&EntryPath],
    ) -> State<'a> {
        let mut state = State::default();
        for (position, analyzer) in options.analyzers.iter().enumerate() {
            let of_analyzer =
                databases.get(position).into_iter().flat_map(|databases| databases.iter());
            let read = of_analyzer.filter_map(|database| Some((database, self.found(database)?)));
            match analyzer.selection() {
                Selection::Union => {
                    let mut seen = BTreeSet::new();
                    for (database, findings) in read {
                        state.incomplete |= findings.incomplete();
                        let number = paths.binary_search(&&database.path).unwrap_or_default();
                        let fresh = findings
                            .packages
                            .iter()
                            .filter(|p| !seen.contains(&(&p.name, &p.arch)));
                        state.records.extend(fresh.map(|package| (package, number)));
                        seen.extend(findings.packages.iter().map(|p| (&p.name, &p.arch)));
                    }
                }
                Selection::First => {
                    let mut read: Vec<_> = read.collect();
                    read.sort_by_key(|(_, findings)| findings.packages.is_empty());
                    if let Some((database, findings)) = read.first() {
                        state.incomplete |= findings.incomplete();
                        let number = paths.binary_search(&&database.path).unwrap_or_default();
                        state
                            .records
                            .extend(findings.packages.iter().map(|package| (package, number)));
                    }
                }
            }
        }
        state
    }

    fn keys(&self) -> Vec<KeyReport> {
        let mut keys: Vec<_> = self
            .top()
            .flat_map(|database| {
                self.found(database)
                    .into_iter()
                    .flat_map(move |f| f.keys.iter().map(move |k| (k, database)))
            })
            .map(|(key, database)| KeyReport {
                name: key.name.clone(),
                version: key.version.clone(),
                summary: key.summary.clone(),
                database: database.path.to_string_lossy().into_owned(),
                layer: position(database.file),
            })
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Collects what databases of any state, the layers and the request give to say.
    fn diagnostics(&self, image: &Image, options: &Options) -> Vec<DiagnosticReport> {
        let mut diagnostics = self.diagnostics.clone();
        let mut told = HashSet::new();
        let every = self.every_state().flatten().flat_map(|databases| databases.iter());
        for database in every.filter(|database| told.insert(key(database))) {
            let said = self
                .found(database)
                .map(|findings| findings.diagnostics.as_slice())
                .unwrap_or_default();
            diagnostics.extend(said.iter().map(|diagnostic| DiagnosticReport {
                severity: diagnostic.severity,
                code: diagnostic.code.into(),
                path: Some(database.path.to_string_lossy().into_owned()),
                layer: Some(position(database.file)),
                message: diagnostic.message.clone(),
            }));
        }
        diagnostics.extend(self.unreadable.iter().map(|place| DiagnosticReport {
            severity: if place.harmless { Severity::Warning } else { Severity::Error },
            code: "database-unreadable".into(),
            path: Some(place.path.to_owned()),
            layer: None,
            message: format!("nothing can be read there: {}", place.reason),
        }));
        diagnostics.extend(self.skipped.iter().map(|(pattern, count)| DiagnosticReport {
            severity: Severity::Warning,
            code: "skipped".into(),
            path: Some(pattern.clone()),
            layer: None,
            message: format!("{count} entries were left out of analysis, as asked"),
        }));
        diagnostics.extend(self.disagreements(options));
        diagnostics.extend(self.other_distributions());
        diagnostics.extend(self.odd_ratios());
        let layers = image.layers().iter().skip(self.first).zip(&self.measured);
        let of_layers =
            layers.flat_map(|(layer, found)| layer.remarks(found.compression, found.padding));
        diagnostics.extend(image.remarks().iter().cloned().chain(of_layers).map(remark));
        let built_for = &image.config().platform;
        if !built_for.os.is_empty() && built_for.distance(&options.platform).is_none() {
            let message =
                format!("the image is built for {built_for}, not for {}", options.platform);
            diagnostics.push(note("other-platform", &message));
        }
        if image.digest().is_none() {
            let message = "the source carries no manifest: its digest in a registry is not known, \
                           and digests and sizes of layers are those of the bytes that were read";
            diagnostics.push(note("no-manifest", message));
        }
        if image.layers().is_empty() {
            diagnostics.push(note("no-layers", "the image has no layers"));
        }
        diagnostics
    }

    /// Returns a warning for each release file of the top that names another distribution than the one chosen.
    ///
    /// What the chosen one calls itself like is no other, and neither is Red Hat, whose release file
    /// its descendants carry for compatibility.
    fn other_distributions(&self) -> Vec<DiagnosticReport> {
        let Some((chosen, from)) = self.distro() else { return Vec::new() };
        let others = self.top().filter_map(|database| {
            let named = self.found(database)?.distro.as_ref()?;
            let other =
                named.id != chosen.id && named.id != "rhel" && !chosen.id_like.contains(&named.id);
            other.then_some((database, named))
        });
        others
            .map(|(database, named)| DiagnosticReport {
                severity: Severity::Warning,
                code: "distributions-disagree".into(),
                path: Some(database.path.to_string_lossy().into_owned()),
                layer: Some(position(database.file)),
                message: format!(
                    "names the distribution {}, {} names {}, which was taken",
                    named.id.escape_debug(),
                    from.path,
                    chosen.id.escape_debug()
                ),
            })
            .collect()
    }

    /// Returns a warning for each large layer that unpacks to more than a thousand times its stored bytes.
    fn odd_ratios(&self) -> Vec<DiagnosticReport> {
        const RATIO: u64 = 1000;
        const LARGE: u64 = 64 << 20;
        let layers =
            self.measured.iter().enumerate().filter(|(_, Measured { stored, unpacked, .. })| {
                unpacked.size > LARGE && unpacked.size > stored.size.saturating_mul(RATIO)
            });
        layers
            .map(|(index, Measured { stored, unpacked, .. })| DiagnosticReport {
                severity: Severity::Warning,
                code: "compression-ratio".into(),
                path: None,
                layer: index.checked_add(self.first),
                message: format!(
                    "{} stored bytes unpack to {}, as those of a bomb do",
                    stored.size, unpacked.size
                ),
            })
            .collect()
    }

    /// Returns a warning for each database of the top that another one replaces and that says something else.
    fn disagreements(&self, options: &Options) -> Vec<DiagnosticReport> {
        let records = |database: &Database| -> BTreeSet<(String, String)> {
            let packages = self
                .found(database)
                .map(|findings| findings.packages.as_slice())
                .unwrap_or_default();
            packages.iter().map(|p| (p.name.clone(), p.version.clone())).collect()
        };
        let mut warnings = Vec::new();
        for (number, analyzer) in options.analyzers.iter().enumerate() {
            if analyzer.selection() != Selection::First {
                continue;
            }
            let mut with_records =
                self.top().filter(|d| d.analyzer == number && !records(d).is_empty());
            let Some(chosen) = with_records.next() else { continue };
            let chosen_records = records(chosen);
            warnings.extend(with_records.filter(|other| records(other) != chosen_records).map(
                |other| DiagnosticReport {
                    severity: Severity::Warning,
                    code: "databases-disagree".into(),
                    path: Some(other.path.to_string_lossy().into_owned()),
                    layer: Some(position(other.file)),
                    message: format!(
                        "lists other packages than {}, which was taken for the database",
                        chosen.path
                    ),
                },
            ));
        }
        warnings
    }

    fn layer_reports(&self, image: &Image) -> Vec<LayerReport> {
        let layers = image.layers().iter().skip(self.first).zip(&self.measured);
        layers
            .map(|(layer, Measured { stored, unpacked, .. })| LayerReport {
                index: layer.index(),
                digest: stored.digest.clone(),
                diff_id: unpacked.diff_id.clone(),
                chain_id: layer.chain_id().clone(),
                media_type: layer.media_type().cloned(),
                size: stored.size,
                uncompressed_size: unpacked.size,
                created_by: layer.history().map(|step| step.created_by.clone()),
                // Where nothing was stated, nothing could be verified.
                verified: !image.is_computed() && DiffId::eq(layer.diff_id(), &unpacked.diff_id),
            })
            .collect()
    }
}

fn package_report(
    package: &Package,
    distro: Option<&Distro>,
    database: String,
    layer: usize,
) -> PackageReport {
    PackageReport {
        kind: package.kind,
        name: package.name.clone(),
        version: package.version.clone(),
        epoch: package.epoch,
        release: package.release.clone(),
        arch: package.arch.clone(),
        source: package.source.clone(),
        licenses: package.licenses.clone(),
        vendor: package.vendor.clone(),
        state: package.state.clone(),
        purl: purl(package, distro),
        database,
        layer,
    }
}

fn distro_report(distro: Distro, database: &Database) -> DistroReport {
    DistroReport {
        id: distro.id,
        version_id: distro.version_id,
        codename: distro.codename,
        pretty_name: distro.pretty_name,
        id_like: distro.id_like,
        path: database.path.to_string_lossy().into_owned(),
        layer: position(database.file),
    }
}

fn image_report(image: &Image, subject: &Subject) -> ImageReport {
    let Platform { os, architecture, variant, .. } = image.config().platform.clone();
    let known = |word: String| Some(word).filter(|word| !word.is_empty());
    ImageReport {
        name: subject.name.clone(),
        source: subject.source,
        digest: image.digest().cloned(),
        id: Some(image.id().clone()).filter(|_| !image.is_computed()),
        media_type: image.media_type().cloned(),
        platform: PlatformReport { os: known(os), architecture: known(architecture), variant },
    }
}

fn position(inode: Inode) -> usize {
    usize::try_from(inode.layer).unwrap_or(usize::MAX)
}

fn remark(remark: Remark) -> DiagnosticReport {
    DiagnosticReport::from(remark)
}

fn note(code: &'static str, message: &str) -> DiagnosticReport {
    DiagnosticReport {
        severity: Severity::Warning,
        code: code.into(),
        path: None,
        layer: None,
        message: message.to_owned(),
    }
}
