//! The `index.json` of a layout that is written or added to (image-layout.md).

use cutaway_model::{Descriptor, ImageName, MediaType};
use serde_json::{Map, Value, json};

/// The file that says in which version of the format the others are.
pub(crate) const OCI_LAYOUT: &[u8] = b"{\"imageLayoutVersion\":\"1.0.0\"}";

/// The annotation for the tag, and the one for the full name.
const TAG: &str = "org.opencontainers.image.ref.name";
const NAME: &str = "io.containerd.image.name";

/// Returns an index without images.
pub(crate) fn empty() -> Map<String, Value> {
    let mut index = Map::new();
    index.insert("schemaVersion".into(), json!(2));
    index.insert("mediaType".into(), json!(MediaType::OCI_INDEX));
    index.insert("manifests".into(), json!([]));
    index
}

/// Returns where a blob lies in a layout.
pub(crate) fn path(blob: &Descriptor) -> String {
    format!("blobs/{}/{}", blob.digest.algorithm_name(), blob.digest.encoded())
}

/// Returns the bytes of an index.
pub(crate) fn serialised(index: &Map<String, Value>) -> Vec<u8> {
    Value::Object(index.clone()).to_string().into_bytes()
}

/// Adds an image; an entry of the same name, or of the same content and no name, is replaced.
pub(crate) fn add(index: &mut Map<String, Value>, root: &Descriptor, name: &ImageName) {
    let entry = entry(root, name);
    let manifests = index.entry("manifests").or_insert_with(|| json!([]));
    if !manifests.is_array() {
        *manifests = json!([]);
    }
    let Some(manifests) = manifests.as_array_mut() else { return };
    manifests.retain(|old| !replaces(&entry, old));
    manifests.push(entry);
}

fn replaces(new: &Value, old: &Value) -> bool {
    let annotation = |value: &Value, key: &str| {
        value.get("annotations").and_then(|all| all.get(key)).cloned().unwrap_or(Value::Null)
    };
    let (new_name, old_name) = (annotation(new, NAME), annotation(old, NAME));
    let (new_tag, old_tag) = (annotation(new, TAG), annotation(old, TAG));
    if new_name.is_null() && new_tag.is_null() {
        return old_name.is_null() && old_tag.is_null() && new.get("digest") == old.get("digest");
    }
    new_name == old_name && new_tag == old_tag
}

fn entry(root: &Descriptor, name: &ImageName) -> Value {
    let Descriptor { media_type, digest, size, platform, artifact_type, .. } = root;
    let mut entry = json!({ "mediaType": media_type, "digest": digest, "size": size });
    let mut annotations = Map::new();
    for (key, value) in [(NAME, &name.full), (TAG, &name.tag)] {
        if let Some(value) = value {
            annotations.insert(key.to_owned(), json!(value));
        }
    }
    let Some(fields) = entry.as_object_mut() else { return entry };
    if !annotations.is_empty() {
        fields.insert("annotations".into(), Value::Object(annotations));
    }
    if let Some(platform) = platform {
        let mut described = json!({ "architecture": platform.architecture, "os": platform.os });
        if let (Some(variant), Some(described)) = (&platform.variant, described.as_object_mut()) {
            described.insert("variant".into(), json!(variant));
        }
        fields.insert("platform".into(), described);
    }
    if let Some(kind) = artifact_type {
        fields.insert("artifactType".into(), json!(kind));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_others_stay() {
        let entry = |digest: &str, name: Option<&str>, tag: Option<&str>| json!({"digest": digest, "annotations": {NAME: name, TAG: tag}});
        for (new, old, same) in [
            (entry("a", Some("x:1"), Some("1")), entry("b", Some("x:1"), Some("1")), true),
            (entry("a", Some("x:1"), Some("1")), entry("a", Some("y:1"), Some("1")), false),
            (entry("a", None, Some("1")), entry("b", None, Some("1")), true),
            (entry("a", None, None), json!({"digest": "a"}), true),
            (entry("a", None, None), json!({"digest": "b"}), false),
            (entry("a", None, None), entry("a", Some("x"), None), false),
        ] {
            assert_eq!(replaces(&new, &old), same, "{new} {old}");
        }
    }
}
