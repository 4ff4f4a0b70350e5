//! What a document is about: the image's name, its tag, and its package URL (type `oci`).

use cutaway_ref::{Defaults, Reference};
use cutaway_report::{Report, SourceKind, percent_encode};

/// The image by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Registry and repository; of what has none, how it was asked for.
    pub(crate) name: String,
    /// The digest of the manifest, else the image ID.
    pub(crate) version: Option<String>,
    /// The package URL, where a repository and a digest are known.
    pub(crate) purl: Option<String>,
}

impl Subject {
    /// Reads the name of a report's image.
    pub(crate) fn of(report: &Report) -> Self {
        let image = &report.image;
        let version = image.digest.as_ref().or(image.id.as_ref()).map(ToString::to_string);
        let Some(reference) = reference(&image.name, image.source) else {
            return Self { name: image.name.clone(), version, purl: None };
        };
        let name = format!("{}/{}", reference.registry(), reference.repository());
        let purl = image.digest.as_ref().map(|digest| {
            let last = reference.repository().rsplit('/').next().unwrap_or_default();
            let mut purl = format!("pkg:oci/{}@{}", last.to_lowercase(), encoded(digest.as_str()));
            let arch = image.platform.architecture.as_deref();
            let qualifiers =
                [("arch", arch), ("repository_url", Some(name.as_str())), ("tag", reference.tag())];
            let known = qualifiers.into_iter().filter_map(|(key, value)| Some((key, value?)));
            for (position, (key, value)) in known.filter(|(_, it)| !it.is_empty()).enumerate() {
                purl.push(if position == 0 { '?' } else { '&' });
                purl.push_str(&format!("{key}={}", encoded(value)));
            }
            purl
        });
        Self { name, version, purl }
    }
}

/// Returns the reference that a name is, where it is one of a registry.
fn reference(name: &str, source: SourceKind) -> Option<Reference> {
    let text = match source {
        SourceKind::Registry => name,
        SourceKind::Docker | SourceKind::Podman | SourceKind::Containerd => {
            name.split_once(':').map_or(name, |(_, rest)| rest)
        }
        _ => return None,
    };
    Reference::parse(text, &Defaults::default()).ok()
}

/// Encodes what a package URL cannot have as it is.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    percent_encode(text, b"", &mut encoded);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn names() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let of = |name: &str, source, with_digest: bool| {
            let mut report = sample::report();
            report.image.name = name.into();
            report.image.source = source;
            report.image.digest = with_digest.then(|| digest.parse().unwrap());
            let subject = Subject::of(&report);
            (subject.name, subject.purl)
        };
        let hex = "ab".repeat(32);
        assert_eq!(
            of("docker.io/library/alpine:3.20", SourceKind::Registry, true),
            (
                "docker.io/library/alpine".into(),
                Some(format!(
                    "pkg:oci/alpine@sha256%3A{hex}?arch=amd64&repository_url=docker.io%2Flibrary%2Falpine&tag=3.20"
                ))
            )
        );
        assert_eq!(
            of("localhost:5000/A/b", SourceKind::Registry, true).1,
            None,
            "no reference has capital letters"
        );
        assert_eq!(
            of("docker:alpine", SourceKind::Docker, false),
            ("docker.io/library/alpine".into(), None)
        );
        assert_eq!(of("oci:/a/b:1", SourceKind::Oci, true), ("oci:/a/b:1".into(), None));
    }
}
