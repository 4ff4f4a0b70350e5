//! A document in one form, whatever its spelling: for the hash of a policy.

use serde_json::{Map, Value as Json};

use crate::yaml::{Node, Value};

/// Returns a document as JSON, its keys sorted.
pub(crate) fn canonical(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(scalar) => Json::String(scalar.text.clone()),
        Value::List(items) => Json::Array(items.iter().map(canonical).collect()),
        Value::Map(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
            let entries = sorted.into_iter().map(|(key, node)| (key.text.clone(), canonical(node)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}
