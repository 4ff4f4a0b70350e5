//! Descriptors: the typed, sized, digested pointers of OCI documents (descriptor.md).

use std::collections::BTreeMap;
use std::fmt;

use cutaway_ref::{Digest, Platform};
use cutaway_tar::Escaped;
use serde::{Deserialize, Serialize};

/// What a descriptor says about the bytes that it points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// What kind of bytes they are.
    pub media_type: MediaType,
    /// The digest of the bytes.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
    /// Other places that may hold them.
    pub urls: Vec<String>,
    /// Free text by key.
    pub annotations: BTreeMap<String, String>,
    /// The bytes themselves, where the document carries them; not yet verified.
    pub data: Option<Vec<u8>>,
    /// The platform, where an index names one.
    pub platform: Option<Platform>,
    /// The type of an artifact, where one is named.
    pub artifact_type: Option<String>,
}

impl Descriptor {
    /// Makes a descriptor of the three fields that each has.
    pub fn new(media_type: impl Into<MediaType>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            urls: Vec::new(),
            annotations: BTreeMap::new(),
            data: None,
            platform: None,
            artifact_type: None,
        }
    }
}

/// The digest of a layer's uncompressed tar, which is another thing than the digest of its stored bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiffId(pub Digest);

impl fmt::Display for DiffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DiffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DiffId({})", self.0)
    }
}

/// A media type as a document spells it. Unknown ones are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(pub String);

impl MediaType {
    /// An OCI image manifest.
    pub const OCI_MANIFEST: &'static str = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI image index.
    pub const OCI_INDEX: &'static str = "application/vnd.oci.image.index.v1+json";
    /// An OCI image config.
    pub const OCI_CONFIG: &'static str = "application/vnd.oci.image.config.v1+json";
    /// An uncompressed OCI layer.
    pub const OCI_LAYER: &'static str = "application/vnd.oci.image.layer.v1.tar";
    /// A gzip-compressed OCI layer.
    pub const OCI_LAYER_GZIP: &'static str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// A zstd-compressed OCI layer.
    pub const OCI_LAYER_ZSTD: &'static str = "application/vnd.oci.image.layer.v1.tar+zstd";
    /// A Docker image manifest, version 2, schema 2.
    pub const DOCKER_MANIFEST: &'static str =
        "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker manifest list.
    pub const DOCKER_LIST: &'static str =
        "application/vnd.docker.distribution.manifest.list.v2+json";
    /// A Docker image config.
    pub const DOCKER_CONFIG: &'static str = "application/vnd.docker.container.image.v1+json";
    /// An image manifest of Docker's schema 1 without signatures.
    pub const DOCKER_V1: &'static str = "application/vnd.docker.distribution.manifest.v1+json";
    /// An image manifest of Docker's schema 1 with signatures.
    pub const DOCKER_SIGNED_V1: &'static str =
        "application/vnd.docker.distribution.manifest.v1+prettyjws";
    /// A gzip-compressed Docker layer.
    pub const DOCKER_LAYER: &'static str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether this is an image manifest, OCI's or Docker's.
    pub fn is_manifest(&self) -> bool {
        matches!(self.as_str(), Self::OCI_MANIFEST | Self::DOCKER_MANIFEST)
    }

    /// Returns whether this is an image manifest of Docker's schema 1, whose layers have no digests that can
    /// be checked.
    pub fn is_schema_1(&self) -> bool {
        matches!(self.as_str(), Self::DOCKER_V1 | Self::DOCKER_SIGNED_V1)
    }

    /// Returns whether this is an index of images, OCI's or Docker's.
    pub fn is_index(&self) -> bool {
        matches!(self.as_str(), Self::OCI_INDEX | Self::DOCKER_LIST)
    }

    /// Returns whether an entry of an index that is called so may be an image or an index: it is, or nothing says
    /// what else it is. Layers and configs are not.
    pub fn may_be_document(&self) -> bool {
        let kind = self.as_str();
        let is_part =
            [".layer.", "rootfs.diff", "config", ".tar"].iter().any(|part| kind.contains(part));
        self.is_manifest() || self.is_index() || self.is_schema_1() || !is_part
    }

    /// Returns whether a layer that is called so may be copied: those of other owners are only pointed to.
    pub fn is_distributable(&self) -> bool {
        let kind = self.as_str();
        !(kind.contains("nondistributable") || kind.contains(".foreign."))
    }

    /// Returns whether a layer that is called so is encrypted (ocicrypt; `+enc` is its older spelling).
    pub fn is_encrypted(&self) -> bool {
        ["+encrypted", "+enc"].iter().any(|ending| self.as_str().ends_with(ending))
    }

    /// Returns whether this is what layers of files are called: those of images, compressed or not. A layer
    /// without a type is one, too.
    pub fn is_file_system(&self) -> bool {
        self.0.is_empty() || crate::Compression::promised(self).is_some()
    }

    /// Returns whether this says no more than that there are bytes, or how they are packed: what they are is for
    /// them to tell.
    pub fn says_nothing(&self) -> bool {
        const ANY: [&str; 8] = [
            "application/octet-stream",
            "binary/octet-stream",
            "application/gzip",
            "application/x-gzip",
            "application/zstd",
            "application/tar",
            "application/x-tar",
            "application/x-gtar",
        ];
        let base = self.as_str().split(';').next().unwrap_or_default().trim_end();
        let base = base.split('+').next().unwrap_or_default();
        ANY.iter().any(|any| base.eq_ignore_ascii_case(any))
    }

    /// Returns whether this is the config of an image that can be run, OCI's or Docker's.
    pub fn is_config(&self) -> bool {
        matches!(self.as_str(), Self::OCI_CONFIG | Self::DOCKER_CONFIG)
    }
}

impl From<&str> for MediaType {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped::new(&self.0))
    }
}
