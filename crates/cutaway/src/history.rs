//! The versions of paths, and what the steps of a build did.

use std::collections::BTreeMap;

use cutaway_files::{Deed, Span, Story, View};
use cutaway_layerfs::End;
use cutaway_model::{Image, Layer};
use cutaway_report::{Event, FileEntry, Report};
use serde::Serialize;

/// A version of a path as programs read it.
#[derive(Debug, Serialize)]
pub struct FileVersion {
    /// The file.
    #[serde(flatten)]
    pub entry: FileEntry,
    /// Whether it is what the image shows.
    pub visible: bool,
    /// The layer that put another version in its place.
    pub replaced_by: Option<usize>,
    /// The layer that hid it.
    pub hidden_by: Option<usize>,
}

impl FileVersion {
    /// Returns a version of a path of `view`.
    pub fn new(view: &View, span: &Span) -> Self {
        let version = &span.version;
        let meta = view.meta(version.inode);
        let entry = FileEntry::new(&version.path, &meta, position(version.placed_by));
        let by = |end| {
            let ended = span.ended.filter(|(_, how)| *how == end);
            ended.map(|(layer, _)| position(layer))
        };
        let (replaced_by, hidden_by) = (by(End::Replaced), by(End::Hidden));
        Self { entry, visible: span.ended.is_none(), replaced_by, hidden_by }
    }
}

/// What a layer did to the files of an image.
#[derive(Debug, Default, Serialize)]
pub struct LayerChanges {
    /// What was not there before.
    pub added: Vec<String>,
    /// What was there in another version.
    pub changed: Vec<String>,
    /// What is not there afterwards.
    pub removed: Vec<String>,
}

/// How many files a layer added, changed and removed.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct ChangeCounts {
    /// What was not there before.
    pub added: u64,
    /// What was there in another version.
    pub changed: u64,
    /// What is not there afterwards.
    pub removed: u64,
}

/// Goes through all that the layers did; `keep` says whether the paths are kept.
pub fn deeds(view: &View, keep: bool) -> BTreeMap<usize, (ChangeCounts, LayerChanges)> {
    let mut layers: BTreeMap<usize, (ChangeCounts, LayerChanges)> = BTreeMap::new();
    for story in view.stories() {
        for event in view.events(&story) {
            let (counts, files) = layers.entry(event.layer).or_default();
            let (count, paths) = match event.deed {
                Deed::Added => (&mut counts.added, &mut files.added),
                Deed::Changed => (&mut counts.changed, &mut files.changed),
                Deed::Removed => (&mut counts.removed, &mut files.removed),
            };
            *count = count.saturating_add(1);
            if keep {
                paths.push(event.path.to_string_lossy().into_owned());
            }
        }
    }
    layers
}

/// What a layer did to the packages of an image.
#[derive(Debug, Default, Serialize)]
pub struct LayerPackages {
    /// Packages that came.
    pub installed: Vec<PackageChange>,
    /// Packages of which another version was there.
    pub upgraded: Vec<PackageChange>,
    /// What is not there afterwards.
    pub removed: Vec<PackageChange>,
    /// Packages whose database a layer hid.
    pub hidden: Vec<PackageChange>,
}

/// A package that came or went.
#[derive(Debug, Clone, Serialize)]
pub struct PackageChange {
    /// The ecosystem.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The architecture, where records have one.
    pub arch: Option<String>,
    /// The version.
    pub version: String,
    /// The version before.
    pub from: Option<String>,
}

/// Sorts the stories of a report by layer.
fn packages(report: &Report) -> BTreeMap<usize, LayerPackages> {
    let mut layers: BTreeMap<usize, LayerPackages> = BTreeMap::new();
    for story in report.history.iter().flatten() {
        for event in &story.events {
            let layer = layers.entry(event.layer).or_default();
            let list = match event.event {
                Event::Installed => &mut layer.installed,
                Event::Upgraded => &mut layer.upgraded,
                Event::Removed => &mut layer.removed,
                Event::Hidden => &mut layer.hidden,
            };
            list.push(PackageChange {
                kind: story.kind.to_string(),
                name: story.name.clone(),
                arch: story.arch.clone(),
                version: event.version.clone(),
                from: event.from.clone(),
            });
        }
    }
    layers
}

/// One step of a build.
#[derive(Debug, Serialize)]
pub struct HistoryStep<'a> {
    /// The layer that it made, from 0 on; none of a step without one.
    pub layer: Option<usize>,
    /// When it was made.
    pub created: Option<&'a str>,
    /// What made it.
    pub created_by: Option<&'a str>,
    /// What its maker notes.
    pub comment: Option<&'a str>,
    /// The diffID of the layer.
    pub diff_id: Option<String>,
    /// The stored bytes of the layer.
    pub size: Option<u64>,
    /// How many files it added, changed and removed.
    pub files: Option<ChangeCounts>,
    /// Which ones, where they were asked for.
    pub paths: Option<LayerChanges>,
    /// What it did to packages.
    pub packages: Option<LayerPackages>,
}

/// Returns the steps of a build: those of the history, or one a layer where the two do not match.
pub fn steps<'a>(
    image: &'a Image,
    view: &View,
    report: &Report,
    keep: bool,
) -> Vec<HistoryStep<'a>> {
    let mut deeds = deeds(view, keep);
    let mut packages = packages(report);
    let mut of_layer = |layer: &'a Layer| {
        let index = layer.index();
        let (counts, files) = deeds.remove(&index).unwrap_or_default();
        let stored = view.layer(index).map(|files| files.measured.stored.size);
        let step = layer.history();
        HistoryStep {
            layer: Some(index),
            created: step.and_then(|step| step.created.as_deref()),
            created_by: step.map(|step| step.created_by.as_str()),
            comment: step.map(|step| step.comment.as_str()).filter(|text| !text.is_empty()),
            diff_id: Some(layer.diff_id().to_string()),
            size: stored.or(layer.size()),
            files: Some(counts),
            paths: keep.then_some(files),
            packages: Some(packages.remove(&index).unwrap_or_default()),
        }
    };
    if image.layers().iter().any(|layer| layer.history().is_none()) {
        return image.layers().iter().map(of_layer).collect();
    }
    let mut layers = image.layers().iter();
    let steps = image.config().history.iter().filter_map(|step| {
        if !step.empty_layer {
            return layers.next().map(&mut of_layer);
        }
        Some(HistoryStep {
            layer: None,
            created: step.created.as_deref(),
            created_by: Some(&step.created_by),
            comment: Some(step.comment.as_str()).filter(|text| !text.is_empty()),
            diff_id: None,
            size: None,
            files: None,
            paths: None,
            packages: None,
        })
    });
    steps.collect()
}

/// Returns the versions of a path.
pub fn versions(view: &View, story: &Story) -> Vec<FileVersion> {
    story.spans.iter().map(|span| FileVersion::new(view, span)).collect()
}

fn position(layer: u32) -> usize {
    usize::try_from(layer).unwrap_or(usize::MAX)
}
