//! What a report is about.

use cutaway_model::source::Form;
use serde::{Deserialize, Serialize};

/// What is read, as the report names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The name by which it was asked for.
    pub name: String,
    /// Where it lies.
    pub source: SourceKind,
}

/// The kind of place where an image lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SourceKind {
    /// A registry.
    Registry,
    /// An OCI layout directory.
    Oci,
    /// An OCI layout in a tar.
    OciArchive,
    /// A tar as `docker save` writes it.
    DockerArchive,
    /// A Docker daemon.
    Docker,
    /// A Podman service.
    Podman,
    /// A containerd daemon.
    Containerd,
    /// A software bill of materials, which names packages and has no files.
    Sbom,
}

impl SourceKind {
    /// Returns the kind of an archive in this form.
    pub fn of_archive(form: Form) -> Self {
        match form {
            Form::Oci => Self::OciArchive,
            Form::Docker => Self::DockerArchive,
        }
    }
}
