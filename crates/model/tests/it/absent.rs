//! Children of an index that are not there.

use std::sync::Arc;

use cutaway_fixtures::{FixtureIndex, image};
use cutaway_model::{Class, Error, Image, Limits};
use cutaway_ref::Platform;
use serde_json::json;

use crate::support::{Memory, assert_error, block_on, descriptor};

fn open_index(index: &FixtureIndex) -> Result<Image, Error> {
    let root = descriptor(&index.manifest);
    let memory = Arc::new(Memory::of_index(index));
    let platform = Platform::linux("amd64");
    block_on(cutaway_model::open(memory, root, None, &platform, &Limits::default()))
}

/// One that is lost does not lose another one that fits as well.
#[test]
fn another_child_that_fits_is_taken() {
    let there = image("platform linux/amd64\nlayer plain\n  a 0644 \"a\"\n");
    let gone = format!("sha256:{}", "1".repeat(64));
    for (place, platform) in [(0, "amd64"), (1, "amd64"), (0, "386")] {
        let index = FixtureIndex::new([there.clone()]).edit_manifest(|index| {
            let mut lost = index["manifests"][0].clone();
            lost["digest"] = json!(gone);
            lost["platform"]["architecture"] = json!(platform);
            index["manifests"].as_array_mut().unwrap().insert(place, lost);
        });
        let opened = open_index(&index).unwrap();
        assert_eq!(opened.id(), there.id());
        let codes: Vec<_> = opened.remarks().iter().map(|remark| remark.code).collect();
        let told = (place, platform) == (0, "amd64");
        assert_eq!(codes, if told { vec!["child-absent"] } else { vec![] }, "{place} {platform}");
    }
    let lost = FixtureIndex::new([there]).edit_manifest(|index| {
        index["manifests"][0]["digest"] = json!(gone);
        let again = index["manifests"][0].clone();
        index["manifests"].as_array_mut().unwrap().push(again);
    });
    let says = format!("index entry {gone} (linux/amd64) missing");
    assert_error(open_index(&lost), Class::Malformed, &[&says]);
}
