//! The versions of paths, and what the steps of a build did.

use std::collections::BTreeMap;

use cutaway_files::{Deed, Span, Story, View};
use cutaway_layerfs::End;
use cutaway_model::{Image, Layer};
use cutaway_report::{Event, FileEntry, Report};
use serde::Serialize;

/// A version of a path as programs read it.
#[derive(Debug, Serialize)]
pub(crate) struct Version {
    #[serde(flatten)]
    entry: FileEntry,
    visible: bool,
    replaced_by: Option<usize>,
    hidden_by: Option<usize>,
}

impl Version {
    pub(crate) fn new(view: &View, span: &Span) -> Self {
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

/// Says what became of a version.
pub(crate) fn fate(span: &Span) -> String {
    let layer = span.version.placed_by;
    match span.ended {
        None => format!("layer {layer}"),
        Some((by, End::Replaced)) => format!("layer {layer}, replaced by layer {by}"),
        Some((by, End::Hidden)) => format!("layer {layer}, hidden by layer {by}"),
    }
}

/// What a layer did to the files of an image.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Files {
    pub(crate) added: Vec<String>,
    pub(crate) changed: Vec<String>,
    pub(crate) removed: Vec<String>,
}

/// How many files a layer added, changed and removed.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(crate) struct Counts {
    pub(crate) added: u64,
    pub(crate) changed: u64,
    pub(crate) removed: u64,
}

/// Goes through all that the layers did; `keep` says whether the paths are kept.
pub(crate) fn deeds(view: &View, keep: bool) -> BTreeMap<usize, (Counts, Files)> {
    let mut layers: BTreeMap<usize, (Counts, Files)> = BTreeMap::new();
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
pub(crate) struct Packages {
    pub(crate) installed: Vec<Package>,
    pub(crate) upgraded: Vec<Package>,
    pub(crate) removed: Vec<Package>,
    pub(crate) hidden: Vec<Package>,
}

/// A package that came or went.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Package {
    kind: String,
    pub(crate) name: String,
    arch: Option<String>,
    pub(crate) version: String,
    pub(crate) from: Option<String>,
}

/// Sorts the stories of a report by layer.
pub(crate) fn packages(report: &Report) -> BTreeMap<usize, Packages> {
    let mut layers: BTreeMap<usize, Packages> = BTreeMap::new();
    for story in report.history.iter().flatten() {
        for event in &story.events {
            let layer = layers.entry(event.layer).or_default();
            let list = match event.event {
                Event::Installed => &mut layer.installed,
                Event::Upgraded => &mut layer.upgraded,
                Event::Removed => &mut layer.removed,
                Event::Hidden => &mut layer.hidden,
            };
            list.push(Package {
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
pub(crate) struct Step<'a> {
    pub(crate) layer: Option<usize>,
    created: Option<&'a str>,
    pub(crate) created_by: Option<&'a str>,
    comment: Option<&'a str>,
    diff_id: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) files: Option<Counts>,
    pub(crate) paths: Option<Files>,
    pub(crate) packages: Option<Packages>,
}

/// Returns the steps of a build: those of the history, or one a layer where the two do not match.
pub(crate) fn steps<'a>(
    image: &'a Image,
    view: &View,
    report: &Report,
    keep: bool,
) -> Vec<Step<'a>> {
    let mut deeds = deeds(view, keep);
    let mut packages = packages(report);
    let mut of_layer = |layer: &'a Layer| {
        let index = layer.index();
        let (counts, files) = deeds.remove(&index).unwrap_or_default();
        let stored = view.layer(index).map(|files| files.measured.stored.size);
        let step = layer.history();
        Step {
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
        Some(Step {
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
pub(crate) fn versions(view: &View, story: &Story) -> Vec<Version> {
    story.spans.iter().map(|span| Version::new(view, span)).collect()
}

fn position(layer: u32) -> usize {
    usize::try_from(layer).unwrap_or(usize::MAX)
}
