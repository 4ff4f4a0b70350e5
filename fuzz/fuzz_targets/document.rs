//! Manifests, indexes and configs: any bytes give a document or an error on one line.

#![no_main]

use cutaway_model::{Config, Document, Limits, MediaType, chain_ids};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    for media_type in [None, Some(MediaType::OCI_MANIFEST), Some(MediaType::DOCKER_LIST)] {
        let media_type = media_type.map(MediaType::from);
        match Document::parse(data, media_type.as_ref(), &limits, "document") {
            // What was parsed says the same to oci-spec, or is refused there.
            Ok(Document::Manifest(manifest)) => {
                if let Ok(theirs) = oci_spec::image::ImageManifest::try_from(&manifest) {
                    assert_eq!(theirs.layers().len(), manifest.layers.len());
                }
            }
            Ok(Document::Index(_)) => {}
            Err(error) => assert_one_line(&error),
        }
    }
    match Config::parse(data, "config") {
        Ok(config) => {
            assert_eq!(chain_ids(&config.diff_ids).len(), config.diff_ids.len());
            let layers = config.diff_ids.len();
            assert_eq!(config.history_of_layers(layers).len(), layers);
        }
        Err(error) => assert_one_line(&error),
    }
});

fn assert_one_line(error: &cutaway_model::Error) {
    let text = error.to_string();
    assert!(text.len() <= 1024 && !text.chars().any(char::is_control), "{text:?}");
}
