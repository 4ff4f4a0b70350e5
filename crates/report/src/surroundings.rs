//! What stands around an image: the index that lists it, annotations, attestations and referrers.

use std::collections::BTreeMap;

use cutaway_model::{Descriptor, Document, Error, Index, Limits, MediaType, Stated};
use cutaway_ref::{Digest, Platform};
use serde::Serialize;
use serde_json::Value;

/// How builders mark the entries of an index that say something about another entry (BuildKit,
/// "Attestation storage").
const KIND: &str = "vnd.docker.reference.type";
/// Which entry that is.
const SUBJECT: &str = "vnd.docker.reference.digest";

/// What documents beside the image itself say about it.
#[derive(Debug, Default, Serialize)]
pub struct Surroundings {
    /// The index that the name stands for; none where it stands for the image itself.
    pub index: Option<IndexReport>,
    /// The annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// The manifest that this one says something about, such as the one that it signs.
    pub subject: Option<Digest>,
    /// What the index lists about this image, such as its provenance.
    pub attestations: Vec<AttestationReport>,
    /// What the registry or the layout lists as referring to it; none where it was not asked.
    pub referrers: Option<Vec<Value>>,
}

/// An index, and what it lists.
#[derive(Debug, Serialize)]
pub struct IndexReport {
    /// The digest.
    pub digest: Digest,
    /// The media type.
    pub media_type: MediaType,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// The images that it lists.
    pub platforms: Vec<ChildReport>,
}

/// An image of the index.
#[derive(Debug, Serialize)]
pub struct ChildReport {
    /// What it runs on, where the index says so.
    pub platform: Option<String>,
    /// The digest.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// The media type.
    pub media_type: MediaType,
    /// What an artifact is.
    pub artifact_type: Option<String>,
}

/// What an index lists about one of its images, such as its provenance.
#[derive(Debug, Serialize)]
pub struct AttestationReport {
    /// What it is, as the index calls it.
    pub kind: String,
    /// The digest.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
}

impl Surroundings {
    /// Takes what a manifest says alone.
    pub fn of_manifest(manifest: Option<&Stated>) -> Self {
        let manifest = manifest.map(|stated| &stated.manifest);
        Self {
            annotations: manifest.map(|manifest| manifest.annotations.clone()).unwrap_or_default(),
            subject: manifest.and_then(|manifest| Some(manifest.subject.as_ref()?.digest.clone())),
            ..Self::default()
        }
    }

    /// Takes what the document that the name stands for says.
    ///
    /// # Errors
    ///
    /// Returns why the document cannot be read.
    pub fn new(
        root: &Descriptor,
        raw: &[u8],
        manifest: Option<&Stated>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let mut all = Self::of_manifest(manifest);
        let what = format!("manifest {}", root.digest);
        let document = Document::parse(raw, Some(&root.media_type), limits, &what)?;
        if let Document::Index(index) = document {
            all.attestations =
                attestations(&index, manifest.map(|stated| &stated.descriptor.digest));
            let images =
                index.manifests.iter().filter(|entry| !entry.annotations.contains_key(KIND));
            all.index = Some(IndexReport {
                digest: root.digest.clone(),
                media_type: root.media_type.clone(),
                platforms: images.map(ChildReport::new).collect(),
                annotations: index.annotations,
            });
        }
        Ok(all)
    }

    /// Notes what refers to the image.
    pub fn referred_by(&mut self, entries: Vec<Value>) {
        self.referrers = Some(entries);
    }

    /// Returns lines for people: a label and a value each.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if let Some(index) = &self.index {
            lines.push(("index", index.digest.to_string()));
            let name =
                |child: &ChildReport| child.platform.clone().unwrap_or_else(|| "unknown".into());
            let platforms: Vec<String> = index.platforms.iter().map(name).collect();
            lines.push(("has", platforms.join(" ")));
        }
        let index = self.index.iter().flat_map(|index| &index.annotations);
        for (key, value) in index.chain(&self.annotations) {
            lines.push(("note", format!("{key}={value}")));
        }
        if let Some(subject) = &self.subject {
            lines.push(("about", subject.to_string()));
        }
        for attestation in &self.attestations {
            lines.push(("attested", format!("{} {}", attestation.kind, attestation.digest)));
        }
        for entry in self.referrers.iter().flatten() {
            let field = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            lines.push(("referrer", format!("{} {}", field("artifactType"), field("digest"))));
        }
        lines
    }
}

impl ChildReport {
    fn new(entry: &Descriptor) -> Self {
        Self {
            platform: entry.platform.as_ref().map(Platform::to_string),
            digest: entry.digest.clone(),
            size: entry.size,
            media_type: entry.media_type.clone(),
            artifact_type: entry.artifact_type.clone(),
        }
    }
}

fn attestations(index: &Index, image: Option<&Digest>) -> Vec<AttestationReport> {
    let about_it = |entry: &&Descriptor| {
        entry.annotations.get(SUBJECT).map(String::as_str) == image.map(Digest::as_str)
    };
    let entries = index.manifests.iter().filter(about_it);
    let attestations = entries.filter_map(|entry| {
        let kind = entry.annotations.get(KIND)?.clone();
        Some(AttestationReport { kind, digest: entry.digest.clone(), size: entry.size })
    });
    attestations.collect()
}
