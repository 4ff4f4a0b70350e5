//! Manifests and indexes as documents (manifest.md, image-index.md, and Docker's schema 2).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::json::{self, OtherKeys, present, texts};
use crate::{Descriptor, Error, Limits, MediaType};

/// A document that a reference can point to.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is taken apart at once"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// An image manifest.
    Manifest(Manifest),
    /// An index of images.
    Index(Index),
}

/// The manifest of one image: its config and its layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The media type that the document itself states.
    pub media_type: Option<MediaType>,
    /// The config, whose digest is the image ID.
    pub config: Descriptor,
    /// The layers, oldest first.
    pub layers: Vec<Descriptor>,
    /// Free text by key.
    pub annotations: BTreeMap<String, String>,
    /// The manifest that this one says something about, such as a signature's.
    pub subject: Option<Descriptor>,
    /// The type of an artifact, where one is named.
    pub artifact_type: Option<String>,
}

/// A list of images, usually one for each platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The media type that the document itself states.
    pub media_type: Option<MediaType>,
    /// The entries, in the order of the document.
    pub manifests: Vec<Descriptor>,
    /// Free text by key.
    pub annotations: BTreeMap<String, String>,
    /// The manifest or index that this one says something about.
    pub subject: Option<Descriptor>,
    /// The type of an artifact, where one is named.
    pub artifact_type: Option<String>,
}

/// Why a manifest of schema 1 is not read.
pub(crate) const SCHEMA_1: &str =
    "is a manifest of Docker's schema 1, which carries no digests that can be checked";

const KNOWN: &[&str] = &[
    "schemaVersion",
    "mediaType",
    "config",
    "layers",
    "manifests",
    "annotations",
    "subject",
    "artifactType",
    "fsLayers",
];

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "schemaVersion", default)]
    schema_version: Option<u64>,
    #[serde(rename = "mediaType", default)]
    media_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default, deserialize_with = "present")]
    layers: Option<Vec<Descriptor>>,
    #[serde(default, deserialize_with = "present")]
    manifests: Option<Vec<Option<Descriptor>>>,
    #[serde(default, deserialize_with = "texts")]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    subject: Option<Descriptor>,
    #[serde(rename = "artifactType", default)]
    artifact_type: Option<String>,
    #[serde(rename = "fsLayers", default)]
    fs_layers: Option<serde::de::IgnoredAny>,
    #[serde(flatten)]
    other: OtherKeys,
}

impl Document {
    /// Parses a manifest or an index; `what` names it in errors.
    ///
    /// `media_type` is what its descriptor or the registry calls it. A document may leave its own
    /// media type out; one that calls itself an index where the descriptor says manifest, or the
    /// reverse, is refused.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for what is no JSON of this form, for a document that is both
    /// manifest and index, for known keys in two spellings, for Docker's schema 1, and
    /// [`Error::Limit`] for too many layers or entries.
    pub fn parse(
        bytes: &[u8],
        media_type: Option<&MediaType>,
        limits: &Limits,
        what: &str,
    ) -> Result<Self, Error> {
        let wire: Wire = json::parse(bytes, what)?;
        let refuse = |rule: String| Err(Error::malformed(what, rule));
        if let Err(rule) = wire.other.refuse_variants_of(KNOWN) {
            return refuse(rule);
        }
        if wire.fs_layers.is_some() || wire.schema_version == Some(1) {
            return refuse(SCHEMA_1.into());
        }
        if wire.manifests.is_some() && (wire.config.is_some() || wire.layers.is_some()) {
            return refuse("is ambiguous: it has \"manifests\" as an index and \"config\" or \"layers\" as a manifest".into());
        }
        let stated = wire.media_type.map(MediaType);
        if let (Some(stated), Some(claimed)) = (&stated, media_type)
            && ((stated.is_index() && claimed.is_manifest())
                || (stated.is_manifest() && claimed.is_index()))
        {
            return refuse(format!("calls itself {stated} but is listed or served as {claimed}"));
        }
        let called = stated.as_ref().or(media_type);
        if let Some(manifests) = wire.manifests {
            // A null among them names nothing; the others count.
            let manifests: Vec<Descriptor> = manifests.into_iter().flatten().collect();
            if called.is_some_and(MediaType::is_manifest) {
                return refuse("is called a manifest and has the \"manifests\" of an index".into());
            }
            within(manifests.len(), limits.index_entries, "index_entries", what)?;
            return Ok(Self::Index(Index {
                media_type: stated,
                manifests,
                annotations: wire.annotations,
                subject: wire.subject,
                artifact_type: wire.artifact_type,
            }));
        }
        let Some(config) = wire.config else {
            return refuse(
                "is neither a manifest (no \"config\") nor an index (no \"manifests\")".into(),
            );
        };
        if called.is_some_and(MediaType::is_index) {
            return refuse("is called an index and has the \"config\" of a manifest".into());
        }
        let layers = wire.layers.unwrap_or_default();
        within(layers.len(), limits.layer_count(), "layers", what)?;
        Ok(Self::Manifest(Manifest {
            media_type: stated,
            config,
            layers,
            annotations: wire.annotations,
            subject: wire.subject,
            artifact_type: wire.artifact_type,
        }))
    }
}

fn within(count: usize, max: u64, limit: &'static str, what: &str) -> Result<(), Error> {
    if u64::try_from(count).is_ok_and(|count| count <= max) {
        return Ok(());
    }
    Err(Error::Limit { what: format!("{what} with {count} entries"), limit, max })
}
