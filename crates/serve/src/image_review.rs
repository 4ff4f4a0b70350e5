//! Image reviews of Kubernetes, `imagepolicy.k8s.io/v1alpha1`: the API server asks about names alone.

use serde::{Deserialize, Serialize};

use crate::admission::Malformed;

const API_VERSION: &str = "imagepolicy.k8s.io/v1alpha1";
const KIND: &str = "ImageReview";

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReview {
    /// The names of the images.
    pub images: Vec<String>,
    /// The namespace of the pod.
    pub namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    api_version: String,
    kind: String,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    containers: Vec<Container>,
    #[serde(default)]
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct Container {
    image: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    api_version: &'static str,
    kind: &'static str,
    status: Status<'a>,
}

#[derive(Serialize)]
struct Status<'a> {
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl ImageReview {
    /// Reads a review of up to `most` images.
    ///
    /// # Errors
    ///
    /// Returns why it is none.
    pub fn read(body: &[u8], most: usize) -> Result<Self, Malformed> {
        let envelope: Envelope = serde_json::from_slice(body)
            .map_err(|error| Malformed(format!("no ImageReview: {error}")))?;
        if envelope.api_version != API_VERSION || envelope.kind != KIND {
            return Err(Malformed(format!("it is not an {KIND} of {API_VERSION}")));
        }
        let images: Vec<String> = envelope.spec.containers.into_iter().map(|it| it.image).collect();
        match images.len() {
            0 => Err(Malformed("the review names no image".to_owned())),
            count if count > most => {
                Err(Malformed(format!("there are more than {most} images (review_images)")))
            }
            _ => Ok(Self { images, namespace: envelope.spec.namespace }),
        }
    }
}

/// Writes the answer: allowed, or why not.
pub(crate) fn answer(denial: Option<&str>) -> Vec<u8> {
    let status = Status { allowed: denial.is_none(), reason: denial };
    // A value of plain texts and truths is always written.
    serde_json::to_vec(&Answer { api_version: API_VERSION, kind: KIND, status }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reviews_are_read_or_refused() {
        let text = r#"{"apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview", "spec": {
            "containers": [{"image": "a"}, {"image": "b"}], "annotations": {"x": "y"}, "namespace": "n"}}"#;
        let review = ImageReview::read(text.as_bytes(), 2).unwrap();
        assert_eq!(review.images, ["a", "b"]);
        assert_eq!(review.namespace.as_deref(), Some("n"));
        assert!(ImageReview::read(text.as_bytes(), 1).is_err());
        for (from, to) in [("v1alpha1", "v2"), ("\"b\"", "1"), ("ImageReview", "X"), ("spec", "s")]
        {
            assert!(ImageReview::read(text.replace(from, to).as_bytes(), 9).is_err(), "{from}");
        }
        assert_eq!(
            String::from_utf8(answer(Some("no"))).unwrap(),
            r#"{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","status":{"allowed":false,"reason":"no"}}"#
        );
    }
}
