//! The JSON form of descriptors.

use std::collections::BTreeMap;

use base64::Engine as _;
use cutaway_ref::{Digest, Platform};
use serde::{Deserialize, Deserializer};

use crate::json::{Known, OtherKeys, null_as_empty, strict_option, texts};
use crate::{Descriptor, MediaType};

const KNOWN: &[&str] =
    &["mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"];

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "mediaType", default, deserialize_with = "null_as_empty")]
    media_type: String,
    digest: Digest,
    size: u64,
    #[serde(default, deserialize_with = "null_as_empty")]
    urls: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default, deserialize_with = "strict_option")]
    platform: Option<PlatformWire>,
    #[serde(rename = "artifactType", default)]
    artifact_type: Option<String>,
    #[serde(flatten)]
    other: OtherKeys,
}

/// The platform of a child; a key in another case would make another child the one that fits.
#[derive(Deserialize)]
struct PlatformWire {
    #[serde(default, deserialize_with = "null_as_empty")]
    os: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
    #[serde(rename = "os.version", default)]
    os_version: Option<String>,
}

impl Known for PlatformWire {
    const KEYS: &[&str] = &["os", "architecture", "variant", "os.version"];
}

impl From<PlatformWire> for Platform {
    fn from(wire: PlatformWire) -> Self {
        let PlatformWire { os, architecture, variant, os_version } = wire;
        Self { os, architecture, variant, os_version }
    }
}

/// Reads the JSON form; `data` that is no base64 is left out, since the bytes can be had elsewhere.
impl<'de> Deserialize<'de> for Descriptor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        wire.other.refuse_variants_of(KNOWN).map_err(serde::de::Error::custom)?;
        Ok(Self {
            media_type: MediaType(wire.media_type),
            digest: wire.digest,
            size: wire.size,
            urls: wire.urls,
            annotations: wire.annotations,
            data: wire
                .data
                .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok()),
            platform: wire.platform.map(Platform::from),
            artifact_type: wire.artifact_type,
        })
    }
}
