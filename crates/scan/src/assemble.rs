//! The report of layers that lie over each other: a pure function of what was found in them.

use std::collections::BTreeSet;

use cutaway_analyze::{
    Analyzers, Distro, Ecosystem, Identity, Package, Present, Role, Severity, Unrecorded,
    native_architectures, timeline,
};
use cutaway_model::{DiffId, Image, Measured};
use cutaway_report::{
    BundledReport, DistroReport, ImageReport, KeyReport, LayerReport, PackageReport, RemovedReport,
    Report, Schema, Subject, SupportEnd, purl,
};
use cutaway_tar::len64;

use crate::bundled::{Bundles, Sorted};
use crate::diagnostics;
use crate::inventory::{Inventory, of_role};
use crate::merged::Merged;
use crate::owned::{self, Recordings};
use crate::reasons::Why;
use crate::sight::Sight;
use crate::{Options, story};

/// Which report is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) image: &'a Image,
    pub(crate) subject: &'a Subject,
    /// The position of the lowest layer that was read.
    pub(crate) first: usize,
    /// Whether the report tells what each layer did to each package.
    pub(crate) history: bool,
}

/// What a row of a report takes beside what its package says: its name as a package URL, the path of its
/// database, and what became of it.
const ROW: usize = 500;

/// Makes the report of an image.
///
/// # Errors
///
/// Returns an error where its packages take more than the budget allows.
pub(crate) fn report(
    merged: &Merged,
    task: Task<'_>,
    options: &Options,
) -> Result<Report, cutaway_read::Error> {
    let Task { image, subject, first, history } = task;
    let analyzers = &options.analyzers;
    let inventory = Inventory::new(merged, analyzers, &options.read.budget)?;
    let distro = distro(merged, &inventory, analyzers);
    let release = distro.as_ref().map(|(distro, _)| *distro);
    let native = native_architectures(&image.config().platform.architecture);
    let told = timeline(&inventory.changes, &native);
    let mut account = options.read.budget.account();
    let of_removed = told.removed.iter().map(|it| it.package);
    for package in told.present.iter().map(|it| it.package).chain(of_removed) {
        if !account.pay(len64(package.weight_of_row().saturating_add(ROW))) {
            return Err(cutaway_read::Error::held(account.max()));
        }
    }
    let licenses = inventory.licenses();
    let said = inventory.top.iter().filter_map(|sight| merged.found(sight)?.reasons());
    let why = Why::new(said, told.present.iter().map(|it| it.package));
    let package = |package: &Package, database, layer: usize| {
        let database = inventory.path(database);
        let mut report = package_report(package, release, database, layer.saturating_add(first));
        if report.licenses.is_empty() && package.ecosystem == Ecosystem::DEB {
            let known = licenses.get(package.name.as_str());
            report.licenses = known.map(|known| known.to_vec()).unwrap_or_default();
        }
        report
    };
    let bundles = Bundles::new(merged, &inventory, &merged.file_records(analyzers), &told.present);
    let Sorted { packages: present, bundled: owned, changed } =
        bundles.sort(&told.present, &inventory);
    let of_system = present.iter().filter(|it| !inventory.is_artifact(it.database)).count();
    let of_others = present.len().saturating_add(owned.len()).saturating_sub(of_system);
    let row = |it: &Present<'_>| {
        let mut report = package(it.package, it.database, it.layer);
        why.of(it.package).put(&mut report);
        report
    };
    let mut packages: Vec<_> = present.iter().copied().map(row).collect();
    let mut bundled: Vec<_> =
        owned.into_iter().map(|(it, owner)| BundledReport { package: row(it), owner }).collect();
    bundled.sort();
    let mut removed: Vec<_> = told
        .removed
        .iter()
        .map(|it| RemovedReport {
            package: package(it.package, it.database, it.layer),
            hidden_by: it.hidden_by.saturating_add(first),
        })
        .collect();
    packages.sort();
    removed.sort();
    let mut diagnostics = diagnostics::all(merged, &inventory, task, options);
    let mut files = None;
    if let Some(top) = &merged.top {
        let recordings = Recordings {
            records: merged.file_records(analyzers),
            packages: inventory.records(),
            unrecorded: unrecorded(merged, &inventory, analyzers),
        };
        let (exclusions, budget) = (options.limits.exclusions, &options.read.budget);
        let (compared, said) = owned::compare(top, &recordings, exclusions, budget)?;
        diagnostics.extend(said);
        files = Some(compared);
    }
    diagnostics
        .extend(changed.iter().map(|(sight, owner)| diagnostics::changed(sight, first, owner)));
    if of_others > 0 && analyzers.of_role(Role::Owners).next().is_some() {
        diagnostics.extend(bundles.unknown());
    }
    let count = packages.len().saturating_add(bundled.len());
    diagnostics.extend(diagnostics::of_counts(count, of_system, distro.is_some()));
    diagnostics.sort();
    diagnostics.dedup();
    let complete = !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let layers = image.layers().get(first..).unwrap_or_default();
    Ok(Report {
        schema: Schema::Scan1,
        image: ImageReport::new(image, subject),
        created: image.config().created.clone(),
        distro: distro.map(|(distro, sight)| distro_report(distro, sight, first)),
        layers: layer_reports(merged, image, first),
        packages,
        removed,
        bundled,
        keys: keys(merged, &inventory, first),
        diagnostics,
        complete,
        vulnerabilities: None,
        database: None,
        history: history.then(|| {
            let untold = brought_along(&told.present, &present);
            story::report(&inventory, &native, layers, first, &untold)
        }),
        files,
    })
}

/// Returns those of `all` that are not among `listed`: what packages of the system brought along is part
/// of the story of these.
fn brought_along<'a>(all: &[Present<'a>], listed: &[&Present<'a>]) -> BTreeSet<Identity<'a>> {
    let listed: BTreeSet<_> = listed.iter().map(|it| it.package.identity()).collect();
    let all = all.iter().map(|it| it.package.identity());
    all.filter(|identity| !listed.contains(identity)).collect()
}

/// Returns the distribution of the top: the first release file, in the order of preference, that names one.
fn distro<'a>(
    merged: &'a Merged,
    inventory: &Inventory<'a>,
    analyzers: &Analyzers,
) -> Option<(&'a Distro, &'a Sight)> {
    let mut releases = of_role(&inventory.top, analyzers, Role::Release);
    releases.find_map(|sight| Some((merged.found(sight)?.distro()?, sight)))
}

/// Returns what programs write on a system with the databases of the top.
fn unrecorded(
    merged: &Merged,
    inventory: &Inventory<'_>,
    analyzers: &Analyzers,
) -> Vec<&'static Unrecorded> {
    let seen = inventory.top.iter().copied().chain(merged.of_files());
    let seen: std::collections::HashSet<usize> = seen.map(|sight| sight.analyzer).collect();
    let members = analyzers.members().iter().enumerate();
    let present = members.filter(|(at, member)| member.interest().is_empty() || seen.contains(at));
    present.flat_map(|(_, member)| member.unrecorded()).collect()
}

/// Returns the keys of all databases; one that several have counts once, as the first of them has it.
fn keys(merged: &Merged, inventory: &Inventory<'_>, first: usize) -> Vec<KeyReport> {
    let mut keys: Vec<KeyReport> = Vec::new();
    let mut known = BTreeSet::new();
    for sight in &inventory.top {
        let found = merged.found(sight).map(|found| found.keys()).unwrap_or_default();
        let new = found.iter().filter(|key| known.insert((&key.name, &key.version)));
        keys.extend(new.map(|key| KeyReport {
            name: key.name.clone(),
            version: key.version.clone(),
            summary: key.summary.clone(),
            database: sight.path.to_string_lossy().into_owned(),
            layer: sight.layer().saturating_add(first),
        }));
    }
    keys.sort();
    keys
}

fn layer_reports(merged: &Merged, image: &Image, first: usize) -> Vec<LayerReport> {
    let layers = image.layers().iter().skip(first).zip(&merged.measured);
    layers
        .zip(&merged.by_table)
        .map(|((layer, Measured { stored, unpacked, .. }), by_table)| LayerReport {
            index: layer.index(),
            digest: stored.digest.clone(),
            diff_id: unpacked.diff_id.clone(),
            chain_id: layer.chain_id().clone(),
            media_type: layer.media_type().cloned(),
            size: stored.size,
            uncompressed_size: unpacked.size,
            created_by: layer.history().map(|step| step.created_by.clone()),
            // Where nothing was stated, nothing could be verified.
            verified: by_table.is_none()
                && !image.is_computed()
                && DiffId::eq(layer.diff_id(), &unpacked.diff_id),
        })
        .collect()
}

fn package_report(
    package: &Package,
    distro: Option<&Distro>,
    database: String,
    layer: usize,
) -> PackageReport {
    PackageReport {
        kind: package.ecosystem.clone(),
        namespace: package.namespace.clone(),
        name: package.name.clone(),
        version: package.version.clone(),
        epoch: package.epoch,
        release: package.release.clone(),
        arch: package.arch.clone(),
        source: package.source.clone(),
        licenses: package.licenses.clone(),
        vendor: package.vendor.clone(),
        state: package.state.clone(),
        place: package.place.clone(),
        purl: purl(package, distro),
        database,
        layer,
        install_reason: package.install_reason,
        details: package.details.clone(),
    }
}

fn distro_report(distro: &Distro, sight: &Sight, first: usize) -> DistroReport {
    let Distro {
        id,
        version_id,
        codename,
        pretty_name,
        id_like,
        cpe,
        home_url,
        bug_report_url,
        support_end,
        stated: _,
    } = distro.clone();
    let (version, title) = (version_id.as_deref(), pretty_name.as_deref());
    DistroReport {
        eol: SupportEnd::eol(&id, version, title, support_end.as_deref()),
        cpe,
        home_url,
        bug_report_url,
        id,
        version_id,
        codename,
        pretty_name,
        id_like,
        path: sight.path.to_string_lossy().into_owned(),
        layer: sight.layer().saturating_add(first),
    }
}
