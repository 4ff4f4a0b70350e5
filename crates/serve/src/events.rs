//! What registries tell of: the envelope of distribution, and that of Harbor, plain or as a cloud event.
//!
//! A stranger's text says which repository and which digest; where the registry is asked for them is a
//! setting of ours, and no address in the text is ever looked at.

use cutaway::names::Digest;
use serde::Deserialize;

use crate::admission::Malformed;

/// An image that was pushed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pushed {
    /// The repository, without the registry.
    pub repository: String,
    /// The tag, where one was told.
    pub tag: Option<String>,
    /// The digest of the manifest or index.
    pub digest: Digest,
}

/// What a notification says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The images that were pushed.
    pub pushed: Vec<Pushed>,
    /// How many events are about something else, or name no image.
    pub ignored: usize,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Notification {
    Distribution { events: Vec<Event> },
    Harbor { r#type: String, event_data: Data },
    Cloud { r#type: String, data: Data },
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    action: String,
    #[serde(default)]
    target: Target,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Target {
    media_type: String,
    digest: String,
    repository: String,
    tag: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    resources: Vec<Resource>,
    repository: Repository,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    digest: String,
    tag: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    repo_full_name: String,
}

impl Told {
    /// Reads a notification.
    ///
    /// # Errors
    ///
    /// Returns that it has none of the known forms.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let notification: Notification = serde_json::from_slice(body)
            .map_err(|_| Malformed("no notification of a known form".to_owned()))?;
        let mut told = Self::default();
        match notification {
            Notification::Distribution { events } => {
                for Event { action, target } in events {
                    let is_manifest = target.media_type.contains("manifest")
                        || target.media_type.contains("index");
                    let wanted = action == "push" && is_manifest;
                    told.take(wanted, target.repository, target.tag, &target.digest);
                }
            }
            Notification::Harbor { r#type, event_data } => {
                told.harbor(r#type == "PUSH_ARTIFACT", event_data);
            }
            Notification::Cloud { r#type, data } => {
                told.harbor(r#type == "harbor.artifact.pushed", data);
            }
        }
        Ok(told)
    }

    fn harbor(&mut self, wanted: bool, data: Data) {
        for Resource { digest, tag } in data.resources {
            self.take(wanted, data.repository.repo_full_name.clone(), tag, &digest);
        }
    }

    fn take(&mut self, wanted: bool, repository: String, tag: Option<String>, digest: &str) {
        match digest.parse() {
            Ok(digest) if wanted && !repository.is_empty() => {
                let tag = tag.filter(|tag| !tag.is_empty());
                self.pushed.push(Pushed { repository, tag, digest });
            }
            _ => self.ignored = self.ignored.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_of_three_forms() {
        let digest = Digest::sha256(b"x");
        let distribution = format!(
            r#"{{"events": [
                {{"id": "1", "action": "push", "target": {{"mediaType": "application/octet-stream",
                    "digest": "{digest}", "repository": "a/b"}}}},
                {{"action": "push", "target": {{"repository": "a/b", "tag": "1", "digest": "{digest}",
                    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                    "url": "http://169.254.169.254/"}}}},
                {{"action": "pull", "target": {{"repository": "a/b", "digest": "{digest}",
                    "mediaType": "application/vnd.oci.image.index.v1+json"}}}},
                {{"action": "delete", "target": {{"repository": "a/b", "digest": "{digest}"}}}}]}}"#
        );
        let data = format!(
            r#"{{"resources": [{{"digest": "{digest}", "tag": "1", "resource_url": "x"}}],
                "repository": {{"name": "b", "repo_full_name": "a/b"}}}}"#
        );
        let harbor = format!(r#"{{"type": "PUSH_ARTIFACT", "event_data": {data}}}"#);
        let cloud = format!(
            r#"{{"specversion": "1.0", "type": "harbor.artifact.pushed", "data": {data}}}"#
        );
        let pushed = Pushed { repository: "a/b".into(), tag: Some("1".into()), digest };
        for (text, ignored) in [(&distribution, 3), (&harbor, 0), (&cloud, 0)] {
            let told = Told::read(text.as_bytes()).unwrap();
            assert_eq!(told, Told { pushed: vec![pushed.clone()], ignored }, "{text}");
        }
        let deleted = harbor.replace("PUSH_ARTIFACT", "DELETE_ARTIFACT");
        assert_eq!(Told::read(deleted.as_bytes()).unwrap().ignored, 1);
        for text in ["", "{}", "[]", r#"{"events": 1}"#] {
            assert!(Told::read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
