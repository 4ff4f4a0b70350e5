//! A document as JSON: in one form for the hash of a policy, and with its types for settings.

use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::yaml::{self, Node, Scalar, Value};

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

/// Reads settings: YAML or JSON, refused where a policy would be refused for its YAML. What stands
/// without quotes and is `true`, `false` or a whole number is that; all else is text.
///
/// # Errors
///
/// Returns what is wrong with the YAML, with its line and column.
pub fn settings(source: &str) -> Result<Json, Error> {
    Ok(typed(&yaml::read(source)?))
}

fn typed(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(Scalar { text, plain: true }) if text == "true" => Json::Bool(true),
        Value::Scalar(Scalar { text, plain: true }) if text == "false" => Json::Bool(false),
        Value::Scalar(Scalar { text, plain }) => match text.parse::<u64>() {
            Ok(number) if *plain => Json::from(number),
            _ => Json::String(text.clone()),
        },
        Value::List(items) => Json::Array(items.iter().map(typed).collect()),
        Value::Map(entries) => Json::Object(
            entries.iter().map(|(key, node)| (key.text.clone(), typed(node))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_types() {
        let read = settings("a: [1, \"1\", true, \"true\", x]\nb: {c: 127.0.0.1:0}\n").unwrap();
        let expected =
            serde_json::json!({"a": [1, "1", true, "true", "x"], "b": {"c": "127.0.0.1:0"}});
        assert_eq!(read, expected);
        assert_eq!(
            settings("a: 1\na: 2\n").unwrap_err().to_string(),
            "2:1: the key \"a\" stands twice"
        );
    }
}
