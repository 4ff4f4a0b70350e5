//! What an inspection says, for programs and for people.

use std::fmt::Write as _;

use cutaway_analyze::Severity;
use cutaway_model::{
    Claim, Config, Descriptor, DiffId, History, Image, Measured, MediaType, Outline, Remark, Run,
    Stated, Stored,
};
use cutaway_ref::Digest;
use cutaway_report::{DiagnosticReport, SourceKind, Subject};
use serde::Serialize;

use super::surroundings::Surroundings;
use super::table::escape;
use super::{Column, Style, Table};
use crate::units::bytes;

/// The form `cutaway.inspect/1`.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    schema: &'static str,
    name: String,
    source: SourceKind,
    digest: Option<Digest>,
    /// The digest of the config; none where the form has no config, and of what is no image.
    id: Option<Digest>,
    media_type: Option<MediaType>,
    artifact_type: Option<String>,
    platform: Platform,
    created: Option<String>,
    author: Option<String>,
    config: Option<Run>,
    layers: Vec<Layer>,
    history: Vec<Step>,
    #[serde(flatten)]
    surroundings: Surroundings,
    diagnostics: Vec<DiagnosticReport>,
}

#[derive(Debug, Default, Serialize)]
struct Platform {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

#[derive(Debug, Serialize)]
struct Layer {
    index: usize,
    digest: Option<Digest>,
    diff_id: Option<DiffId>,
    chain_id: Option<Digest>,
    media_type: Option<MediaType>,
    size: Option<u64>,
    uncompressed_size: Option<u64>,
    created_by: Option<String>,
    /// The name that the manifest gives the blob of an artifact.
    title: Option<String>,
    /// What an archive says that the layer was pulled as.
    pulled_as: Option<PulledAs>,
    /// `verified` where the bytes were read, `claimed` where only the documents were, `computed` where
    /// nothing is stated that the bytes could be held to.
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct PulledAs {
    digest: Digest,
    size: u64,
    media_type: MediaType,
    status: &'static str,
}

/// A step of the build, and the layer that it made.
#[derive(Debug, Serialize)]
struct Step {
    #[serde(flatten)]
    step: History,
    /// None of a step without a layer, and of all where any pairing would be a guess.
    layer: Option<usize>,
}

/// Marks the names of files in artifacts (OCI image specification, annotations.md).
const TITLE: &str = "org.opencontainers.image.title";

impl Inspection {
    /// Takes what the documents of an image claim and, where layers were read, what they were found to be.
    ///
    /// `plain` says of each layer that was not read whether it is stored as its tar.
    pub(crate) fn of_image(
        image: &Image,
        subject: Subject,
        measured: &[Measured],
        plain: &[bool],
        surroundings: Surroundings,
    ) -> Self {
        let is_plain = |index: usize| plain.get(index).copied().unwrap_or_default();
        let status = |read: bool| match (image.is_computed(), read) {
            (true, _) => "computed",
            (false, true) => "verified",
            (false, false) => "claimed",
        };
        let layers = image.layers().iter().map(|layer| {
            let found = measured.get(layer.index());
            let plain = is_plain(layer.index());
            let named = || layer.member().and_then(|name| Claim::of_member(name).digest);
            let of_tar = || plain.then(|| layer.diff_id().0.clone());
            let digest = found.map(|found| found.stored.digest.clone());
            Layer {
                index: layer.index(),
                digest: digest.or_else(|| layer.digest().cloned()).or_else(of_tar).or_else(named),
                diff_id: Some(layer.diff_id().clone()),
                chain_id: Some(layer.chain_id().clone()),
                media_type: layer.media_type().cloned(),
                size: found.map(|found| found.stored.size).or(layer.size()),
                uncompressed_size: found
                    .map(|found| found.unpacked.size)
                    .or(layer.size().filter(|_| plain)),
                created_by: layer.history().map(|step| step.created_by.clone()),
                title: None,
                pulled_as: layer.claimed_source().map(PulledAs::new),
                status: status(found.is_some()),
            }
        });
        let layers: Vec<Layer> = layers.collect();
        let odd = image.layers().iter().zip(measured);
        let odd = odd.flat_map(|(layer, found)| layer.remarks(found.compression, found.padding));
        let remarks: Vec<Remark> = image.remarks().iter().cloned().chain(odd).collect();
        let inspection =
            Self::new(subject, image.manifest(), Some(image.config()), layers, surroundings);
        let id = Some(image.id().clone()).filter(|_| !image.is_computed());
        Self { id, ..inspection }.with_remarks(remarks)
    }

    /// Takes what documents claim that make no image; `stored` is what their blobs were found to be.
    pub(crate) fn of_outline(
        outline: &Outline,
        subject: Subject,
        stored: &[Stored],
        surroundings: Surroundings,
    ) -> Self {
        let layers = outline.rows.iter().enumerate().map(|(index, row)| Layer {
            index,
            digest: row.blob.as_ref().map(|blob| blob.digest.clone()),
            diff_id: row.diff_id.clone(),
            chain_id: row.chain_id.clone(),
            media_type: row.blob.as_ref().map(|blob| blob.media_type.clone()),
            size: row.size,
            uncompressed_size: row.size.filter(|_| row.diff_id.is_some() && row.is_as_stored()),
            created_by: row.history.as_ref().map(|step| step.created_by.clone()),
            title: row.blob.as_ref().and_then(|blob| blob.annotations.get(TITLE).cloned()),
            pulled_as: None,
            status: if stored.get(index).is_some() { "verified" } else { "claimed" },
        });
        let (manifest, config) = (outline.manifest.as_ref(), outline.config.as_ref());
        let inspection = Self::new(subject, manifest, config, layers.collect(), surroundings);
        let id = config.map(|_| outline.id.clone());
        Self { id, ..inspection }.with_remarks(outline.remarks.clone())
    }

    fn new(
        subject: Subject,
        manifest: Option<&Stated>,
        config: Option<&Config>,
        layers: Vec<Layer>,
        surroundings: Surroundings,
    ) -> Self {
        let known = |word: &String| Some(word.clone()).filter(|word| !word.is_empty());
        let platform = config.map(|config| &config.platform);
        let media_type = manifest.map(|stated| {
            stated.manifest.media_type.as_ref().unwrap_or(&stated.descriptor.media_type).clone()
        });
        Self {
            schema: "cutaway.inspect/1",
            name: subject.name,
            source: subject.source,
            digest: manifest.map(|stated| stated.descriptor.digest.clone()),
            id: None,
            media_type,
            artifact_type: manifest.and_then(|stated| artifact_type(stated, config.is_some())),
            platform: platform.map_or_else(Platform::default, |platform| Platform {
                os: known(&platform.os),
                architecture: known(&platform.architecture),
                variant: platform.variant.clone(),
            }),
            created: config.and_then(|config| config.created.clone()),
            author: config.and_then(|config| config.author.clone()),
            config: config.map(|config| config.run.clone()),
            history: config.map(|config| steps(config, layers.len())).unwrap_or_default(),
            layers,
            surroundings,
            diagnostics: Vec::new(),
        }
    }

    /// Adds what is odd about the image or its place.
    pub(crate) fn with_remarks(mut self, remarks: Vec<Remark>) -> Self {
        self.diagnostics.extend(remarks.into_iter().map(|remark| {
            let contradicts = matches!(remark.code, "layer-count" | "config-unreadable");
            let severity = if contradicts { Severity::Error } else { Severity::Warning };
            DiagnosticReport { severity, ..DiagnosticReport::from(remark) }
        }));
        self.diagnostics.sort();
        self
    }
}

impl PulledAs {
    fn new(claimed: &Descriptor) -> Self {
        Self {
            digest: claimed.digest.clone(),
            size: claimed.size,
            media_type: claimed.media_type.clone(),
            status: "claimed",
        }
    }
}

/// Returns the type of an artifact: the one that is named, or that of its config.
fn artifact_type(stated: &Stated, is_image: bool) -> Option<String> {
    let named = stated.manifest.artifact_type.clone().filter(|kind| !kind.is_empty());
    named.or_else(|| (!is_image).then(|| stated.manifest.config.media_type.0.clone()))
}

/// Returns the steps of the build, each with the layer that it made, where there is one layer to each.
fn steps(config: &Config, layers: usize) -> Vec<Step> {
    let making = config.history.iter().filter(|step| !step.empty_layer).count();
    let mut next = 0usize..;
    let steps = config.history.iter().map(|step| {
        let layer = if step.empty_layer || making != layers { None } else { next.next() };
        Step { step: step.clone(), layer }
    });
    steps.collect()
}

/// Returns the inspection as text: the image, then one row a layer, and one a step without a layer.
pub(crate) fn table(inspection: &Inspection, style: Style) -> String {
    let mut text = String::new();
    heading(inspection, style, &mut text);
    let short = |digest: Option<&Digest>| {
        digest.map_or_else(
            || "-".to_owned(),
            |digest| digest.encoded().chars().take(12).collect::<String>(),
        )
    };
    let size = |size: Option<u64>| size.map_or_else(|| "-".to_owned(), bytes);
    let mut table = Table::new(&[
        Column::Right("LAYER"),
        Column::Left("DIGEST"),
        Column::Left("DIFFID"),
        Column::Left("CHAINID"),
        Column::Right("STORED"),
        Column::Right("UNPACKED"),
        Column::Left("STATUS"),
        Column::Flexible("CREATED BY"),
    ]);
    let row = |layer: &Layer| {
        let kind = layer.media_type.as_ref().map(ToString::to_string);
        let made = layer.created_by.clone().or_else(|| layer.title.clone());
        [
            layer.index.to_string(),
            short(layer.digest.as_ref()),
            short(layer.diff_id.as_ref().map(|DiffId(digest)| digest)),
            short(layer.chain_id.as_ref()),
            size(layer.size),
            size(layer.uncompressed_size),
            layer.status.to_owned(),
            made.or(kind.filter(|_| layer.diff_id.is_none())).unwrap_or_else(|| "unknown".into()),
        ]
    };
    let aligned = inspection.history.iter().filter(|step| step.layer.is_some()).count()
        == inspection.layers.len();
    if aligned {
        for Step { step, layer } in &inspection.history {
            match layer.and_then(|index| inspection.layers.get(index)) {
                Some(layer) => table.row(row(layer)),
                None => {
                    let cells = ["-", "-", "-", "-", "-", "-", "empty", &step.created_by];
                    table.row(cells.map(str::to_owned));
                }
            }
        }
    } else {
        inspection.layers.iter().for_each(|layer| table.row(row(layer)));
    }
    text.push('\n');
    if inspection.layers.is_empty() {
        text.push_str("no layers\n");
    } else {
        table.render(style, &mut text);
    }
    for layer in &inspection.layers {
        if let Some(pulled) = &layer.pulled_as {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "layer {} was pulled as {} ({}, {})",
                layer.index,
                pulled.digest,
                bytes(pulled.size),
                pulled.status
            );
        }
    }
    super::scan::diagnostics(&inspection.diagnostics, style, &mut text);
    text
}

fn heading(inspection: &Inspection, style: Style, text: &mut String) {
    let platform = &inspection.platform;
    let platform: Vec<&str> = [&platform.os, &platform.architecture, &platform.variant]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let nothing = Run::default();
    let run = inspection.config.as_ref().unwrap_or(&nothing);
    let command: Vec<&str> = run.entrypoint.iter().chain(&run.cmd).map(String::as_str).collect();
    let or = |digest: Option<&Digest>, none: &str| {
        digest.map_or_else(|| none.to_owned(), ToString::to_string)
    };
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}  {value}", style.dim(&format!("{label:<8}")));
        }
    };
    line("image", &style.bold(&escape(&inspection.name)));
    line("digest", &or(inspection.digest.as_ref(), "none in this archive"));
    line("id", &or(inspection.id.as_ref(), "none: this is no image, or of a form without one"));
    line("artifact", &escape(inspection.artifact_type.as_deref().unwrap_or_default()));
    line("platform", &escape(&platform.join("/")));
    line("created", &escape(inspection.created.as_deref().unwrap_or_default()));
    line("author", &escape(inspection.author.as_deref().unwrap_or_default()));
    line("runs", &escape(&command.join(" ")));
    line("in", &escape(&run.working_dir));
    line("user", &escape(&run.user));
    line("ports", &escape(&run.exposed_ports.join(" ")));
    line("volumes", &escape(&run.volumes.join(" ")));
    for variable in &run.env {
        line("env", &escape(variable));
    }
    for (key, value) in &run.labels {
        line("label", &escape(&format!("{key}={value}")));
    }
    for (label, value) in inspection.surroundings.lines() {
        line(label, &escape(&value));
    }
}
