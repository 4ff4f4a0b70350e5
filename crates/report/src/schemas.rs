//! The JSON Schemas of all that is written as JSON (draft 2020-12).

/// The schema of one kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentSchema {
    /// Its name: what stands between `cutaway.` and `/1` in the document's `schema`. A list of
    /// referrers is an index as OCI has it, and names none.
    pub name: &'static str,
    /// The schema, as JSON.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($name:literal),* $(,)?) => {
        &[$(DocumentSchema { name: $name, text: include_str!(concat!("../schemas/", $name, ".json")) }),*]
    };
}

/// Returns the schemas, sorted by name.
pub fn schemas() -> &'static [DocumentSchema] {
    schemas![
        "auth-explain",
        "cache-info",
        "cache-prune",
        "cache-verify",
        "catalog",
        "db-info",
        "diff",
        "du",
        "find",
        "fleet",
        "history",
        "inspect",
        "limits",
        "ls",
        "match",
        "ref-parse",
        "referrers",
        "sbom-check",
        "scan",
        "stat",
        "tags",
        "tree",
        "tree-by-layer",
        "validate",
        "verdict",
    ]
}

/// Returns the schema of this name.
pub fn schema(name: &str) -> Option<DocumentSchema> {
    schemas().iter().find(|schema| schema.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_those_of_the_folder_and_name_their_document() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas")).unwrap();
        let mut files: Vec<String> = folder
            .map(|file| file.unwrap().file_name().into_string().unwrap().replace(".json", ""))
            .collect();
        files.sort();
        assert_eq!(schemas().iter().map(|schema| schema.name).collect::<Vec<_>>(), files);
        for DocumentSchema { name, text } in schemas() {
            let schema: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
            if *name != "referrers" {
                let stated = &schema["properties"]["schema"]["const"];
                assert_eq!(stated, &format!("cutaway.{name}/1"));
            }
        }
    }
}
