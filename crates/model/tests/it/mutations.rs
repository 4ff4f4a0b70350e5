//! Documents of real images with bytes and values changed: an answer or an error, never a panic.

use std::sync::LazyLock;

use cutaway_fixtures::{ArchiveShape, DockerArchive, FixtureIndex, Layout};
use cutaway_model::{Class, Config, Document, Limits};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{OnDisk, amd64, open_files, pass, read_all, sample};

static DOCUMENTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let index = FixtureIndex::new([sample()]);
    let corpus = crate::corpus::configs();
    [
        sample().manifest.bytes.to_vec(),
        sample().config.bytes.to_vec(),
        index.manifest.bytes.to_vec(),
    ]
    .into_iter()
    .chain(corpus)
    .collect()
});

/// Parses in every way there is, and checks the errors.
fn parse(bytes: &[u8]) -> bool {
    let document = Document::parse(bytes, None, &Limits::default(), "document");
    let config = Config::parse(bytes, "config");
    for error in [document.as_ref().err(), config.as_ref().err()].into_iter().flatten() {
        let text = error.to_string();
        assert_eq!(error.class(), Class::Malformed);
        assert!(text.len() <= 1024 && !text.chars().any(char::is_control), "{text:?}");
    }
    document.is_ok() || config.is_ok()
}

/// Returns every place of a document, as JSON pointers.
fn places(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                places_below(
                    value,
                    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    places,
                );
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                places_below(value, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
}

fn places_below(value: &Value, at: String, found: &mut Vec<String>) {
    found.push(at.clone());
    places(value, at, found);
}

#[test]
fn every_value_of_every_document_replaced() {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\n"),
        json!([]),
        json!([null]),
        json!({}),
        json!({"a": {}}),
        json!("x".repeat(10_000)),
    ];
    for bytes in DOCUMENTS.iter() {
        assert!(parse(bytes));
        let document: Value = serde_json::from_slice(bytes).unwrap();
        let mut found = Vec::new();
        places(&document, String::new(), &mut found);
        for place in found {
            for value in &values {
                let mut changed = document.clone();
                *changed.pointer_mut(&place).unwrap() = value.clone();
                parse(changed.to_string().as_bytes());
            }
        }
    }
}

#[test]
fn every_cut_of_every_document() {
    for bytes in DOCUMENTS.iter() {
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert!(!parse(cut), "a document without its end is none: {length}");
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, Edit)>> {
    let edit = prop_oneof![
        any::<u8>().prop_map(Edit::Set),
        Just(Edit::Remove),
        prop::collection::vec(any::<u8>(), 1..4).prop_map(Edit::Insert),
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            "\"",
            ",",
            ":",
            "null",
            "\\u0000",
            "\\ud800",
            "1e999",
            "layers",
            "Layers",
            "manifests",
            "\"size\":",
            "-",
            "\u{17f}",
            "sha256:",
        ])
        .prop_map(|text| Edit::Insert(text.as_bytes().to_vec())),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), edit), 1..6)
}

#[derive(Debug, Clone)]
enum Edit {
    Set(u8),
    Remove,
    Insert(Vec<u8>),
}

fn apply(bytes: &mut Vec<u8>, edits: &[(prop::sample::Index, Edit)]) {
    for (index, edit) in edits {
        if bytes.is_empty() {
            return;
        }
        let at = index.index(bytes.len());
        match edit {
            Edit::Set(byte) => bytes[at] = *byte,
            Edit::Remove => drop(bytes.remove(at)),
            Edit::Insert(text) => drop(bytes.splice(at..at, text.iter().copied())),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_of_documents(which in any::<prop::sample::Index>(), edits in edits()) {
        let mut bytes = DOCUMENTS[which.index(DOCUMENTS.len())].clone();
        apply(&mut bytes, &edits);
        parse(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// A changed archive is refused, or is the image that it was: all of it is covered by a digest
    /// or says nothing of the image.
    #[test]
    fn bytes_of_archives(docker in any::<bool>(), edits in edits()) {
        let image = sample();
        let mut archive = if docker {
            DockerArchive::new().image(&["a:1"], &image).archive()
        } else {
            Layout::new().image("t", &image).archive(&ArchiveShape::default())
        };
        apply(&mut archive, &edits);
        let file = read_all(OnDisk::archive(&archive).and_then(|disk| disk.open("")));
        let stream = pass(&archive, 3000).and_then(|passed| open_files(&passed.files, "", &amd64()));
        for opened in [file, stream] {
            match opened {
                Ok(opened) => prop_assert!(docker || opened.digest() == Some(image.digest())),
                Err(error) => {
                    let text = error.to_string();
                    prop_assert!(text.len() <= 1024 && !text.chars().any(char::is_control), "{:?}", text);
                }
            }
        }
    }
}
