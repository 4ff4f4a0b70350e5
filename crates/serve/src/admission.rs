//! Admission reviews of Kubernetes, `admission.k8s.io/v1`: what is asked, and how it is answered.
//!
//! Nothing here judges or waits: a review is read from bytes, and an answer is written to bytes.

mod answer;
mod kinds;
mod pods;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use answer::{Denial, Pin, Response, answer};
pub use pods::{Named, Places};

const API_VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";
/// The annotation of a pod that a kubelet reports to the API server, and runs whatever that says.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Why a review is none, one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(crate) String);

/// What a review asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// What the answer has to repeat.
    pub uid: String,
    /// The namespace of the object.
    pub namespace: Option<String>,
    /// What is to be done.
    pub asks: Asks,
}

/// What a review asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// No image: deletions, status, objects that end.
    Nothing,
    /// Whether these images may run.
    Images {
        /// The images, and where they stand.
        places: Places,
        /// Whether the object is a pod, whose images can be pinned.
        is_pod: bool,
        /// Whether the pod runs already, whatever is said.
        is_mirror: bool,
    },
    /// The images cannot be known, and why: that is no pass.
    Unknown(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    api_version: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    uid: String,
    #[serde(borrow)]
    kind: GroupKind<'a>,
    #[serde(default, borrow)]
    sub_resource: Cow<'a, str>,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(default)]
    user_info: Option<User>,
    #[serde(default, borrow)]
    object: Option<&'a RawValue>,
    #[serde(default, borrow)]
    old_object: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct GroupKind<'a> {
    #[serde(default, borrow)]
    group: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    username: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    annotations: Option<BTreeMap<String, String>>,
    deletion_timestamp: Option<String>,
}

impl Review {
    /// Reads a review. `most` is how many images it may have.
    ///
    /// # Errors
    ///
    /// Returns why it is none, or of another version. Where it is one and its object is not as it has to
    /// be, that is no error: it asks for something that is not known.
    pub fn read(body: &[u8], most: usize) -> Result<Self, Malformed> {
        let envelope: Envelope<'_> = serde_json::from_slice(body)
            .map_err(|error| Malformed(format!("no AdmissionReview: {error}")))?;
        if envelope.api_version != API_VERSION || envelope.kind != KIND {
            return Err(Malformed(format!("it is not an {KIND} of {API_VERSION}")));
        }
        let request =
            envelope.request.ok_or_else(|| Malformed("the review has no request".to_owned()))?;
        if request.uid.is_empty() || request.uid.len() > 256 {
            return Err(Malformed("the request has no uid, or none that is one".to_owned()));
        }
        let asks = request.asks(most).unwrap_or_else(Asks::Unknown);
        Ok(Self { uid: request.uid, namespace: request.namespace, asks })
    }
}

impl Request<'_> {
    fn asks(&self, most: usize) -> Result<Asks, String> {
        if self.operation == "DELETE" || self.sub_resource == "status" {
            return Ok(Asks::Nothing);
        }
        let object = self.object.ok_or("the request has no object")?;
        let path = kinds::path(&self.kind.group, &self.kind.kind).ok_or_else(|| {
            format!("where a {} has its images is not known", crate::text::cut(&self.kind.kind, 64))
        })?;
        let mut places = Places::read(object.get(), path, most)?;
        if let Some(old) = self.old_object.filter(|_| self.operation == "UPDATE") {
            let before = metadata(old.get())?;
            // What is being deleted starts nothing any more; who ends it must not be kept from it.
            if before.deletion_timestamp.is_some() {
                return Ok(Asks::Nothing);
            }
            places.leave_out(&Places::read(old.get(), path, most)?);
        }
        let is_pod = path.is_empty();
        let by_node = self.user_info.as_ref().and_then(|user| user.username.as_deref());
        let by_node = by_node.is_some_and(|name| name.starts_with("system:node:"));
        let is_mirror = is_pod
            && by_node
            && metadata(object.get())?.annotations.is_some_and(|it| it.contains_key(MIRROR));
        Ok(match places.images.is_empty() {
            true => Asks::Nothing,
            false => Asks::Images { places, is_pod, is_mirror },
        })
    }
}

fn metadata(object: &str) -> Result<Metadata, String> {
    let object: Object = serde_json::from_str(object)
        .map_err(|error| format!("the object's metadata cannot be read: {error}"))?;
    Ok(object.metadata.unwrap_or_default())
}

#[cfg(test)]
mod tests;
