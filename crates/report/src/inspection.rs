//! An inspection: what the documents of an image say, as a value.

use cutaway_analyze::Severity;
use cutaway_model::{
    Claim, Config, Descriptor, DiffId, History, Image, Measured, MediaType, Outline, Remark, Run,
    Stated, Stored,
};
use cutaway_ref::Digest;
use serde::Serialize;

use crate::surroundings::Surroundings;
use crate::{DiagnosticReport, ImageReport, PlatformReport, Subject};

/// What the documents of an image say, and what its layers were found to be: the form `cutaway.inspect/1`.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The form: `cutaway.inspect/1`.
    pub schema: &'static str,
    /// Which image it is; of what is no image the ID is none.
    pub image: ImageReport,
    /// What an artifact is; none of an image.
    pub artifact_type: Option<String>,
    /// When it was made, as the config says.
    pub created: Option<String>,
    /// Who made it, as the config says.
    pub author: Option<String>,
    /// How it runs; none of what is no image.
    pub config: Option<Run>,
    /// Its layers, or the blobs of an artifact, the oldest first.
    pub layers: Vec<InspectedLayer>,
    /// The steps of its build.
    pub history: Vec<BuildStep>,
    /// What stands around it.
    #[serde(flatten)]
    pub surroundings: Surroundings,
    /// What is odd about it, sorted.
    pub diagnostics: Vec<DiagnosticReport>,
}

/// A layer of an image, or a blob of an artifact.
#[derive(Debug, Serialize)]
pub struct InspectedLayer {
    /// The position, from 0 on.
    pub index: usize,
    /// The digest of its manifest or of its blob; none in a form without.
    pub digest: Option<Digest>,
    /// The digest of its tar, where there is one.
    pub diff_id: Option<DiffId>,
    /// The chainID, where there is a diffID.
    pub chain_id: Option<Digest>,
    /// The media type, where one is stated.
    pub media_type: Option<MediaType>,
    /// Its stored bytes, where they are known.
    pub size: Option<u64>,
    /// The bytes of its tar, where they are known.
    pub uncompressed_size: Option<u64>,
    /// The step that made it.
    pub created_by: Option<String>,
    /// The name that the manifest gives the blob of an artifact.
    pub title: Option<String>,
    /// What an archive says that the layer was pulled as.
    pub pulled_as: Option<PulledAs>,
    /// `verified` where the bytes were read, `claimed` where only the documents were, `computed` where
    /// nothing is stated that the bytes could be held to.
    pub status: &'static str,
}

/// What an archive says that a layer was pulled as.
#[derive(Debug, Serialize)]
pub struct PulledAs {
    /// The digest of its manifest or of its blob; none in a form without.
    pub digest: Digest,
    /// Its stored bytes, where they are known.
    pub size: u64,
    /// The media type, where one is stated.
    pub media_type: MediaType,
    /// Always `claimed`: the bytes were not seen.
    pub status: &'static str,
}

/// A step of the build, and the layer that it made.
#[derive(Debug, Serialize)]
pub struct BuildStep {
    /// The step, as the config has it.
    #[serde(flatten)]
    pub step: History,
    /// None of a step without a layer, and of all where any pairing would be a guess.
    pub layer: Option<usize>,
}

/// Marks the names of files in artifacts (OCI image specification, annotations.md).
const TITLE: &str = "org.opencontainers.image.title";

impl Inspection {
    /// Takes what the documents of an image claim and, where layers were read, what they were found to be.
    ///
    /// `plain` says of each layer that was not read whether it is stored as its tar.
    pub fn of_image(
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
            InspectedLayer {
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
        let layers: Vec<InspectedLayer> = layers.collect();
        let odd = image.layers().iter().zip(measured);
        let odd = odd.flat_map(|(layer, found)| layer.remarks(found.compression, found.padding));
        let remarks: Vec<Remark> = image.remarks().iter().cloned().chain(odd).collect();
        let id = Some(image.id().clone()).filter(|_| !image.is_computed());
        let (manifest, config) = (image.manifest(), Some(image.config()));
        Self::new((subject, id), manifest, config, layers, surroundings).with_remarks(remarks)
    }

    /// Takes what documents claim that make no image; `stored` is what their blobs were found to be.
    pub fn of_outline(
        outline: &Outline,
        subject: Subject,
        stored: &[Stored],
        surroundings: Surroundings,
    ) -> Self {
        let layers = outline.rows.iter().enumerate().map(|(index, row)| InspectedLayer {
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
        let id = config.map(|_| outline.id.clone());
        let inspection = Self::new((subject, id), manifest, config, layers.collect(), surroundings);
        inspection.with_remarks(outline.remarks.clone())
    }

    fn new(
        (subject, id): (Subject, Option<Digest>),
        manifest: Option<&Stated>,
        config: Option<&Config>,
        layers: Vec<InspectedLayer>,
        surroundings: Surroundings,
    ) -> Self {
        let media_type = manifest.map(|stated| {
            stated.manifest.media_type.as_ref().unwrap_or(&stated.descriptor.media_type).clone()
        });
        Self {
            schema: "cutaway.inspect/1",
            image: ImageReport {
                digest: manifest.map(|stated| stated.descriptor.digest.clone()),
                id,
                media_type,
                platform: config
                    .map(|config| PlatformReport::new(&config.platform))
                    .unwrap_or_default(),
                ..ImageReport::unknown(subject)
            },
            artifact_type: manifest.and_then(|stated| artifact_type(stated, config.is_some())),
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
    pub fn with_remarks(mut self, remarks: Vec<Remark>) -> Self {
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
fn steps(config: &Config, layers: usize) -> Vec<BuildStep> {
    let making = config.history.iter().filter(|step| !step.empty_layer).count();
    let mut next = 0usize..;
    let steps = config.history.iter().map(|step| {
        let layer = if step.empty_layer || making != layers { None } else { next.next() };
        BuildStep { step: step.clone(), layer }
    });
    steps.collect()
}
