//! A reference taken apart, as programs read it: `cutaway.ref-parse/1`.

use cutaway_ref::{Digest, Reference, is_loopback_host};
use serde::Serialize;

/// The parts of a reference.
#[derive(Debug, Serialize)]
pub struct ReferenceParts<'a> {
    /// What this is, and which version of it.
    pub schema: &'static str,
    /// The registry.
    pub registry: &'a str,
    /// The repository in it.
    pub repository: &'a str,
    /// The tag; none where only a digest names the image.
    pub tag: Option<&'a str>,
    /// The digest.
    pub digest: Option<&'a Digest>,
    /// The whole reference.
    pub name: String,
    /// How the registry is spoken to: `http` on this machine, though HTTPS is tried first all the same.
    pub scheme: &'static str,
    /// What names the image: `digest` or `tag`.
    pub kind: &'static str,
}

impl<'a> From<&'a Reference> for ReferenceParts<'a> {
    fn from(reference: &'a Reference) -> Self {
        Self {
            schema: "cutaway.ref-parse/1",
            registry: reference.registry(),
            repository: reference.repository(),
            tag: reference.tag(),
            digest: reference.digest(),
            name: reference.to_string(),
            scheme: if is_loopback_host(reference.registry()) { "http" } else { "https" },
            kind: if reference.digest().is_some() { "digest" } else { "tag" },
        }
    }
}
