//! Our documents as the types of the `oci-spec` crate, and back.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_ref::Platform;
use oci_spec::image as spec;

use crate::{Descriptor, Error, Image, Index, Manifest, MediaType};

impl TryFrom<&Descriptor> for spec::Descriptor {
    type Error = Error;

    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a digest that oci-spec does not take.
    fn try_from(descriptor: &Descriptor) -> Result<Self, Error> {
        let digest =
            descriptor.digest.as_str().parse::<spec::Digest>().map_err(|error| {
                Error::malformed(descriptor.digest.to_string(), error.to_string())
            })?;
        let mut theirs = Self::new(
            spec::MediaType::from(descriptor.media_type.as_str()),
            descriptor.size,
            digest,
        );
        theirs.set_annotations(annotations(&descriptor.annotations));
        theirs.set_urls(Some(descriptor.urls.clone()).filter(|urls| !urls.is_empty()));
        theirs.set_data(descriptor.data.as_ref().map(|data| STANDARD.encode(data)));
        theirs.set_platform(descriptor.platform.as_ref().map(platform));
        theirs.set_artifact_type(descriptor.artifact_type.as_deref().map(Into::into));
        Ok(theirs)
    }
}

impl TryFrom<&spec::Descriptor> for Descriptor {
    type Error = Error;

    /// Leaves out `data` that is no base64, as the parser of documents does: the bytes can be had elsewhere.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a digest outside the grammar.
    fn try_from(theirs: &spec::Descriptor) -> Result<Self, Error> {
        let digest = theirs.digest().to_string();
        let digest =
            digest.parse().map_err(|error| Error::malformed(&digest, format!("{error}")))?;
        Ok(Self {
            media_type: MediaType(theirs.media_type().to_string()),
            digest,
            size: theirs.size(),
            urls: theirs.urls().clone().unwrap_or_default(),
            annotations: theirs.annotations().clone().unwrap_or_default().into_iter().collect(),
            data: theirs.data().as_ref().and_then(|data| STANDARD.decode(data).ok()),
            platform: theirs.platform().as_ref().map(|platform| Platform {
                os: platform.os().to_string(),
                architecture: platform.architecture().to_string(),
                variant: platform.variant().clone(),
                os_version: platform.os_version().clone(),
            }),
            artifact_type: theirs.artifact_type().as_ref().map(ToString::to_string),
        })
    }
}

impl TryFrom<&Manifest> for spec::ImageManifest {
    type Error = Error;

    /// # Errors
    ///
    /// As the conversion of a descriptor.
    fn try_from(manifest: &Manifest) -> Result<Self, Error> {
        let mut theirs = spec::ImageManifestBuilder::default()
            .schema_version(spec::SCHEMA_VERSION)
            .config(spec::Descriptor::try_from(&manifest.config)?)
            .layers(theirs_of(&manifest.layers)?)
            .build()
            .map_err(|error| Error::malformed("manifest", error.to_string()))?;
        theirs.set_media_type(manifest.media_type.as_ref().map(|kind| kind.as_str().into()));
        theirs.set_annotations(annotations(&manifest.annotations));
        theirs.set_subject(manifest.subject.as_ref().map(spec::Descriptor::try_from).transpose()?);
        theirs.set_artifact_type(manifest.artifact_type.as_deref().map(Into::into));
        Ok(theirs)
    }
}

impl TryFrom<&spec::ImageManifest> for Manifest {
    type Error = Error;

    /// # Errors
    ///
    /// As the conversion of a descriptor.
    fn try_from(theirs: &spec::ImageManifest) -> Result<Self, Error> {
        Ok(Self {
            media_type: theirs.media_type().as_ref().map(|kind| MediaType(kind.to_string())),
            config: Descriptor::try_from(theirs.config())?,
            layers: ours_of(theirs.layers())?,
            annotations: theirs.annotations().clone().unwrap_or_default().into_iter().collect(),
            subject: theirs.subject().as_ref().map(Descriptor::try_from).transpose()?,
            artifact_type: theirs.artifact_type().as_ref().map(ToString::to_string),
        })
    }
}

impl TryFrom<&Index> for spec::ImageIndex {
    type Error = Error;

    /// # Errors
    ///
    /// As the conversion of a descriptor.
    fn try_from(index: &Index) -> Result<Self, Error> {
        let mut theirs = spec::ImageIndexBuilder::default()
            .schema_version(spec::SCHEMA_VERSION)
            .manifests(theirs_of(&index.manifests)?)
            .build()
            .map_err(|error| Error::malformed("index", error.to_string()))?;
        theirs.set_media_type(index.media_type.as_ref().map(|kind| kind.as_str().into()));
        theirs.set_annotations(annotations(&index.annotations));
        theirs.set_subject(index.subject.as_ref().map(spec::Descriptor::try_from).transpose()?);
        theirs.set_artifact_type(index.artifact_type.as_deref().map(Into::into));
        Ok(theirs)
    }
}

impl TryFrom<&spec::ImageIndex> for Index {
    type Error = Error;

    /// # Errors
    ///
    /// As the conversion of a descriptor.
    fn try_from(theirs: &spec::ImageIndex) -> Result<Self, Error> {
        Ok(Self {
            media_type: theirs.media_type().as_ref().map(|kind| MediaType(kind.to_string())),
            manifests: ours_of(theirs.manifests())?,
            annotations: theirs.annotations().clone().unwrap_or_default().into_iter().collect(),
            subject: theirs.subject().as_ref().map(Descriptor::try_from).transpose()?,
            artifact_type: theirs.artifact_type().as_ref().map(ToString::to_string),
        })
    }
}

impl TryFrom<&Image> for spec::ImageConfiguration {
    type Error = Error;

    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a config that oci-spec cannot parse, such as one without a rootfs.
    fn try_from(image: &Image) -> Result<Self, Error> {
        Self::from_reader(image.raw_config())
            .map_err(|error| Error::malformed(format!("config {}", image.id()), error.to_string()))
    }
}

fn theirs_of(descriptors: &[Descriptor]) -> Result<Vec<spec::Descriptor>, Error> {
    descriptors.iter().map(spec::Descriptor::try_from).collect()
}

fn ours_of(descriptors: &[spec::Descriptor]) -> Result<Vec<Descriptor>, Error> {
    descriptors.iter().map(Descriptor::try_from).collect()
}

fn annotations(ours: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    Some(ours.clone().into_iter().collect()).filter(|all: &HashMap<_, _>| !all.is_empty())
}

fn platform(ours: &Platform) -> spec::Platform {
    let mut theirs = spec::Platform::default();
    theirs.set_os(ours.os.as_str().into());
    theirs.set_architecture(ours.architecture.as_str().into());
    theirs.set_variant(ours.variant.clone());
    theirs.set_os_version(ours.os_version.clone());
    theirs
}
