//! Our documents as the types of the `oci-spec` crate, and back.

use std::collections::HashMap;

use oci_spec::image as spec;

use crate::{Descriptor, Document, Error, Image, Limits, Manifest};

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
        let mut ours = Self::new(
            spec::MediaType::from(descriptor.media_type.as_str()),
            descriptor.size,
            digest,
        );
        if !descriptor.annotations.is_empty() {
            ours.set_annotations(Some(descriptor.annotations.clone().into_iter().collect()));
        }
        if !descriptor.urls.is_empty() {
            ours.set_urls(Some(descriptor.urls.clone()));
        }
        Ok(ours)
    }
}

impl TryFrom<&spec::Descriptor> for Descriptor {
    type Error = Error;

    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a digest outside the grammar.
    fn try_from(theirs: &spec::Descriptor) -> Result<Self, Error> {
        let digest = theirs.digest().to_string();
        let digest =
            digest.parse().map_err(|error| Error::malformed(&digest, format!("{error}")))?;
        let mut descriptor =
            Self::new(theirs.media_type().to_string().as_str(), digest, theirs.size());
        descriptor.annotations =
            theirs.annotations().clone().unwrap_or_default().into_iter().collect();
        descriptor.urls = theirs.urls().clone().unwrap_or_default();
        Ok(descriptor)
    }
}

impl TryFrom<&Manifest> for spec::ImageManifest {
    type Error = Error;

    /// # Errors
    ///
    /// As the conversion of a descriptor.
    fn try_from(manifest: &Manifest) -> Result<Self, Error> {
        let layers = manifest
            .layers
            .iter()
            .map(spec::Descriptor::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        let mut builder = spec::ImageManifestBuilder::default()
            .schema_version(2u32)
            .config(spec::Descriptor::try_from(&manifest.config)?)
            .layers(layers);
        if let Some(media_type) = &manifest.media_type {
            builder = builder.media_type(media_type.as_str());
        }
        if !manifest.annotations.is_empty() {
            let annotations: HashMap<_, _> = manifest.annotations.clone().into_iter().collect();
            builder = builder.annotations(annotations);
        }
        builder.build().map_err(|error| Error::malformed("manifest", error.to_string()))
    }
}

impl TryFrom<&spec::ImageManifest> for Manifest {
    type Error = Error;

    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for what our own parser refuses in the same document.
    fn try_from(theirs: &spec::ImageManifest) -> Result<Self, Error> {
        let what = "manifest from oci-spec";
        let text = theirs.to_string().map_err(|error| Error::malformed(what, error.to_string()))?;
        match Document::parse(text.as_bytes(), None, &Limits::default(), what)? {
            Document::Manifest(manifest) => Ok(manifest),
            Document::Index(_) => Err(Error::malformed(what, "is an index")),
        }
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
