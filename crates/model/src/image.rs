//! One image: its documents, verified, and its layers with digest and diffID paired by position.

use std::sync::Arc;

use cutaway_ref::Digest;

use crate::layer::Origin;
use crate::{
    Blobs, Config, Descriptor, DiffId, Error, Layer, Limits, Manifest, MediaType, Remark, chain_ids,
};

/// An image. Having one means that its manifest and config were read and verified, and agree.
#[derive(Debug, Clone)]
pub struct Image {
    manifest: Option<Stated>,
    id: Digest,
    config: Config,
    raw_config: Vec<u8>,
    layers: Vec<Layer>,
    computed: bool,
    remarks: Vec<Remark>,
}

/// A manifest with its bytes.
#[derive(Debug, Clone)]
pub struct Stated {
    /// What names it.
    pub descriptor: Descriptor,
    /// Its bytes as they are stored.
    pub raw: Vec<u8>,
    /// What they say.
    pub manifest: Manifest,
}

impl Image {
    /// Returns the manifest; `None` from archives and daemons that carry none.
    pub fn manifest(&self) -> Option<&Stated> {
        self.manifest.as_ref()
    }

    /// Returns the digest of the manifest, where there is one.
    pub fn digest(&self) -> Option<&Digest> {
        self.manifest.as_ref().map(|stated| &stated.descriptor.digest)
    }

    /// Returns the image ID, which is the digest of the config; see [`Image::is_computed`].
    pub fn id(&self) -> &Digest {
        &self.id
    }

    /// Returns whether the form of the source states neither an image ID nor diffIDs, so that config and
    /// diffIDs were computed from what is stored. There is nothing then that its bytes could contradict.
    pub fn is_computed(&self) -> bool {
        self.computed
    }

    /// Returns what is odd about the image and the place where it lies.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Returns the media type of the manifest, where there is one.
    pub fn media_type(&self) -> Option<&MediaType> {
        let stated = self.manifest.as_ref()?;
        stated.manifest.media_type.as_ref().or(Some(&stated.descriptor.media_type))
    }

    /// Returns what the config says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the bytes of the config as they are stored.
    pub fn raw_config(&self) -> &[u8] {
        &self.raw_config
    }

    /// Returns the layers, oldest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Checks that its layers are those of a file system that can be read, as far as their types tell.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] with the type of a layer that is encrypted, and where none of the layers is
    /// one of files, as in signatures, attestations and models.
    pub fn check_files(&self) -> Result<(), Error> {
        let kinds = || self.layers.iter().filter_map(|layer| Some((layer, layer.media_type()?)));
        if let Some((layer, kind)) = kinds().find(|(_, kind)| kind.is_encrypted()) {
            let rule = format!("is of type {kind}: encrypted, and not read without its key");
            return Err(Error::malformed(layer.what(), rule));
        }
        let is_one = |layer: &Layer| layer.media_type().is_none_or(MediaType::is_file_system);
        match kinds().next() {
            Some((layer, kind)) if !self.layers.iter().any(is_one) => {
                let rule = format!(
                    "is of type {kind}, and no layer is one of files: there is no file system"
                );
                Err(Error::malformed(layer.what(), rule))
            }
            _ => Ok(()),
        }
    }

    /// Returns the layers that may turn out to be files although [`Image::check_files`] does not take them for that:
    /// their types say nothing, and nothing is encrypted.
    pub fn unnamed_layers(&self) -> impl Iterator<Item = &Layer> {
        let kinds = || self.layers.iter().filter_map(Layer::media_type);
        let says_nothing = |layer: &&Layer| layer.media_type().is_some_and(MediaType::says_nothing);
        let is_open = !kinds().any(MediaType::is_encrypted);
        self.layers.iter().filter(says_nothing).filter(move |_| is_open)
    }

    /// Returns the first layer whose stored bytes have `digest`.
    pub fn layer_by_digest(&self, digest: &Digest) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.digest() == Some(digest))
    }

    /// Returns the first layer whose uncompressed tar has `diff_id`.
    pub fn layer_by_diff_id(&self, diff_id: &DiffId) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.diff_id() == diff_id)
    }

    /// Makes the image of a manifest whose config was read and verified.
    pub(crate) fn from_manifest(
        blobs: &Arc<dyn Blobs>,
        descriptor: Descriptor,
        raw: Vec<u8>,
        manifest: Manifest,
        raw_config: Vec<u8>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let what = format!("config {}", manifest.config.digest);
        let config = Config::parse(&raw_config, &what)?;
        let origins = manifest
            .layers
            .iter()
            .filter(|_| !is_artifact(&manifest, &config))
            .map(|layer| Origin::Blob { blobs: Arc::clone(blobs), descriptor: layer.clone() });
        let kind = Some(&manifest.config.media_type).filter(|kind| !kind.is_config());
        let layers = pair(origins.collect(), &config, kind, limits, &what)?;
        let id = manifest.config.digest.clone();
        Ok(Self {
            manifest: Some(Stated { descriptor, raw, manifest }),
            id,
            config,
            raw_config,
            layers,
            computed: false,
            remarks: Vec::new(),
        })
    }

    /// Makes the image of a config and of layers that no manifest describes.
    pub(crate) fn from_config(
        raw_config: Vec<u8>,
        origins: Vec<Origin>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let id = Digest::sha256(&raw_config);
        let what = format!("config {id}");
        let config = Config::parse(&raw_config, &what)?;
        let layers = pair(origins, &config, None, limits, &what)?;
        let remarks = Vec::new();
        Ok(Self { manifest: None, id, config, raw_config, layers, computed: false, remarks })
    }

    /// Says that the config was put together from what is stored.
    pub(crate) fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    pub(crate) fn add_remarks(&mut self, remarks: impl IntoIterator<Item = Remark>) {
        self.remarks.extend(remarks);
    }

    /// Names the manifest that describes this image, for an archive that carries one beside its own form.
    pub(crate) fn with_manifest(mut self, stated: Stated) -> Self {
        self.manifest = Some(stated);
        self
    }
}

/// Returns whether a manifest carries something else than a file system: no diffIDs, and no layer but empty stand-ins.
fn is_artifact(manifest: &Manifest, config: &Config) -> bool {
    const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    !manifest.config.media_type.is_config()
        && config.diff_ids.is_empty()
        && manifest.layers.iter().all(|layer| layer.media_type.as_str() == EMPTY || layer.size <= 2)
}

/// Pairs stored layers with diffIDs: by position, once, here. `kind` is the type of a config that is not an image's.
fn pair(
    origins: Vec<Origin>,
    config: &Config,
    kind: Option<&MediaType>,
    limits: &Limits,
    what: &str,
) -> Result<Vec<Layer>, Error> {
    let (stored, unpacked) = (origins.len(), config.diff_ids.len());
    if stored != unpacked {
        let rule = match kind {
            Some(kind) if unpacked == 0 => format!(
                "is of type {kind} and has no diffIDs for its {stored} layers: an artifact, not an image"
            ),
            _ if unpacked == 0 => {
                format!("has no diffIDs (rootfs.diff_ids), but the image has {stored} layers")
            }
            _ => format!("lists {unpacked} diffIDs, but the image has {stored} layers"),
        };
        return Err(Error::malformed(what, rule));
    }
    if !u64::try_from(stored).is_ok_and(|stored| stored <= limits.layer_count()) {
        return Err(Error::Limit {
            what: format!("image with {stored} layers"),
            limit: "layers",
            max: limits.layer_count(),
        });
    }
    let chain_ids = chain_ids(&config.diff_ids);
    let history = config.history_of_layers(stored);
    let pairs = origins.into_iter().zip(&config.diff_ids).zip(chain_ids).zip(history).enumerate();
    Ok(pairs
        .map(|(index, (((origin, diff_id), chain_id), history))| {
            Layer::new(index, stored, origin, diff_id.clone(), chain_id, history.cloned())
        })
        .collect())
}
