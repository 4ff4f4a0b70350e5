//! An image as a daemon describes it.

use cutaway_model::source::{Form, Selector};
use cutaway_ref::Digest;
use serde::Deserialize;

use crate::Error;
use crate::error::quoted;

/// An image that a daemon has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The ID by which the daemon knows it.
    pub id: Digest,
    /// What the ID is the digest of.
    pub store: Store,
}

/// How a daemon keeps images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Layers unpacked; the ID is the digest of the config, and there is no manifest.
    Layers,
    /// Blobs as the registry had them, in containerd; the ID is the digest of the manifest or index.
    Content,
}

impl Found {
    /// Returns the form of the archive that holds the image under its ID.
    pub fn form(&self) -> Form {
        match self.store {
            Store::Layers => Form::Docker,
            Store::Content => Form::Oci,
        }
    }

    /// Returns what picks the image from the archive, so that no other is taken for it, whatever its
    /// name stands for by then.
    pub fn selector(&self) -> Selector {
        Selector::Digest(self.id.clone())
    }

    /// Reads a daemon's description; `daemon` names it in errors.
    pub(crate) fn parse(bytes: &[u8], daemon: &str) -> Result<Self, Error> {
        let answer = |rule: String| Error::Answer { daemon: daemon.to_owned(), rule };
        let wire: Wire = serde_json::from_slice(bytes).map_err(|error| {
            answer(format!(
                "a description of an image that is not JSON of its kind, at line {}, column {}",
                error.line(),
                error.column()
            ))
        })?;
        // Podman's own API leaves the algorithm out.
        let id = if wire.id.contains(':') { wire.id } else { format!("sha256:{}", wire.id) };
        let id: Digest = id
            .parse()
            .map_err(|_| answer(format!("the image ID \"{}\"", quoted(id.as_bytes()))))?;
        let is_content = wire.descriptor.is_some_and(|descriptor| descriptor.digest == id.as_str());
        let store = if is_content { Store::Content } else { Store::Layers };
        Ok(Self { id, store })
    }
}

#[derive(Debug, Deserialize)]
struct Wire {
    #[serde(rename = "Id")]
    id: String,
    /// Only stores that keep manifests have one.
    #[serde(rename = "Descriptor", default)]
    descriptor: Option<WireDescriptor>,
}

#[derive(Debug, Deserialize)]
struct WireDescriptor {
    #[serde(default)]
    digest: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions() {
        let hex = "a".repeat(64);
        for (text, store) in [
            (format!(r#"{{"Id":"sha256:{hex}","RepoTags":["a:1"]}}"#), Some(Store::Layers)),
            (format!(r#"{{"Id":"{hex}"}}"#), Some(Store::Layers)),
            (format!(r#"{{"Id":"sha256:{hex}","Descriptor":null}}"#), Some(Store::Layers)),
            (
                format!(
                    r#"{{"Id":"sha256:{hex}","Descriptor":{{"digest":"sha256:{hex}","size":5}}}}"#
                ),
                Some(Store::Content),
            ),
            (
                format!(r#"{{"Id":"sha256:{hex}","Descriptor":{{"digest":"sha256:bb"}}}}"#),
                Some(Store::Layers),
            ),
            (r#"{"Id":"x"}"#.into(), None),
            (r#"{"Id":"../../x"}"#.into(), None),
            ("{}".into(), None),
            ("[]".into(), None),
        ] {
            let found = Found::parse(text.as_bytes(), "it");
            assert_eq!(found.ok().map(|found| found.store), store, "{text}");
        }
    }
}
