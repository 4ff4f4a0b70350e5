//! What belongs to an index: in which order, how deep, how much.

use cutaway_model::{Class, Descriptor, Documents, Error, Limits, MediaType, Part, closure};
use serde_json::{Value, json};

use crate::support::{Memory, assert_error, block_on};

fn value(descriptor: &Descriptor) -> Value {
    json!({"mediaType": descriptor.media_type, "digest": descriptor.digest, "size": descriptor.size})
}

fn index(memory: &mut Memory, children: &[&Descriptor]) -> Descriptor {
    let children: Vec<Value> = children.iter().map(|child| value(child)).collect();
    let text = json!({"schemaVersion": 2, "manifests": children}).to_string();
    memory.put(MediaType::OCI_INDEX, text.as_bytes())
}

fn manifest(memory: &mut Memory, layers: &[&str]) -> (Descriptor, Vec<Descriptor>) {
    let config = memory.put(MediaType::OCI_CONFIG, format!("config of {layers:?}").as_bytes());
    let mut parts = vec![config.clone()];
    parts.extend(layers.iter().map(|text| memory.put(MediaType::OCI_LAYER, text.as_bytes())));
    let layers: Vec<Value> = parts.iter().skip(1).map(value).collect();
    let text = json!({"schemaVersion": 2, "config": value(&config), "layers": layers}).to_string();
    (memory.put(MediaType::OCI_MANIFEST, text.as_bytes()), parts)
}

/// Puts `depth` indexes around an image.
fn nested(memory: &mut Memory, depth: usize) -> Descriptor {
    let (image, _) = manifest(memory, &["a"]);
    (0..depth).fold(image, |inner, _| index(memory, &[&inner]))
}

fn digests(parts: &[Part]) -> Vec<String> {
    parts.iter().map(|part| part.descriptor.digest.to_string()).collect()
}

fn walked(memory: &Memory, root: &Descriptor, limits: &Limits) -> Vec<Result<(), Error>> {
    block_on(async {
        let mut documents = Documents::new(memory, root.clone(), limits);
        let mut all = Vec::new();
        while let Some(reached) = documents.next().await {
            all.push(reached.read.map(drop));
        }
        assert!(documents.next().await.is_none());
        all
    })
}

#[test]
fn children_come_before_parents_and_each_once() {
    let mut memory = Memory::default();
    let (one, parts_of_one) = manifest(&mut memory, &["a", "b"]);
    let (two, parts_of_two) = manifest(&mut memory, &["b", "c"]);
    let note = memory.put("application/vnd.example.note", b"note");
    let inner = index(&mut memory, &[&two, &note]);
    let root = index(&mut memory, &[&one, &inner, &one]);
    let parts = block_on(closure(&memory, root.clone(), &Limits::default())).unwrap();
    let wanted: Vec<&Descriptor> = parts_of_one
        .iter()
        .chain([&note, &parts_of_two[0], &parts_of_two[2], &one, &two, &inner, &root])
        .collect();
    // What is listed by an index of a higher level comes first: the children of the root, then deeper ones.
    let wanted: Vec<String> = wanted.iter().map(|blob| blob.digest.to_string()).collect();
    assert_eq!(digests(&parts), wanted);
    for part in &parts {
        let bytes = &memory.blobs[part.descriptor.digest.as_str()];
        let is_document = [&one, &two, &inner, &root].iter().any(|is| **is == part.descriptor);
        assert_eq!(part.document.as_ref(), is_document.then_some(bytes));
    }
}

#[test]
fn a_child_of_two_levels_comes_before_both() {
    let mut memory = Memory::default();
    let (shared, _) = manifest(&mut memory, &["a"]);
    let inner = index(&mut memory, &[&shared]);
    let outer = index(&mut memory, &[&shared, &inner]);
    let root = index(&mut memory, &[&shared, &outer, &inner]);
    let parts = block_on(closure(&memory, root.clone(), &Limits::default())).unwrap();
    let documents: Vec<String> = digests(&parts).split_off(parts.len() - 4);
    let wanted = [&shared, &inner, &outer, &root].map(|document| document.digest.to_string());
    assert_eq!(documents, wanted);
}

#[test]
fn layers_of_other_owners_are_pointed_to() {
    let mut memory = Memory::default();
    let config = memory.put(MediaType::OCI_CONFIG, b"{}");
    let kinds = [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        MediaType::OCI_LAYER,
    ];
    let layers: Vec<Value> =
        kinds.iter().map(|kind| value(&memory.put(kind, kind.as_bytes()))).collect();
    let text = json!({"config": value(&config), "layers": layers}).to_string();
    let root = memory.put(MediaType::OCI_MANIFEST, text.as_bytes());
    let parts = block_on(closure(&memory, root, &Limits::default())).unwrap();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[1].descriptor.media_type.as_str(), MediaType::OCI_LAYER);
}

#[test]
fn what_is_too_deep_or_too_much_is_said() {
    let limited = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    let mut memory = Memory::default();
    let deep = nested(&mut memory, 9);
    let within = nested(&mut memory, 8);
    let lists: Vec<Descriptor> = ["a", "b"]
        .into_iter()
        .map(|text| {
            let image = manifest(&mut memory, &[text]).0;
            index(&mut memory, &[&image])
        })
        .collect();
    let wide = index(&mut memory, &lists.iter().collect::<Vec<_>>());
    let default = Limits::default();
    let three = limited(|limits| limits.index_entries = 3);
    let four = limited(|limits| limits.index_entries = 4);
    let few = limited(|limits| limits.closure_bytes = 100);
    for (root, limits, documents, says) in [
        (&within, &default, 9, ""),
        (&deep, &default, 9, "index_depth of 8"),
        (&wide, &four, 5, ""),
        (&wide, &three, 4, "index_entries of 3"),
        (&wide, &few, 1, "closure_bytes of 100"),
    ] {
        let all = walked(&memory, root, limits);
        let read = all.iter().filter(|read| read.is_ok()).count();
        assert_eq!(read, documents, "{says} {all:?}");
        let closed = block_on(closure(&memory, root.clone(), limits));
        if says.is_empty() {
            assert_eq!((all.len(), closed.is_ok()), (documents, true));
        } else {
            assert_error(closed, Class::Malformed, &[says]);
            assert_error(all.into_iter().next_back().unwrap(), Class::Malformed, &[says]);
        }
    }
}

#[test]
fn one_broken_document_does_not_hide_the_others() {
    let mut memory = Memory::default();
    let (one, _) = manifest(&mut memory, &["a"]);
    let (gone, _) = manifest(&mut memory, &["b"]);
    let broken = memory.put(MediaType::OCI_MANIFEST, b"{}");
    let root = index(&mut memory, &[&gone, &broken, &one]);
    memory.blobs.remove(gone.digest.as_str());
    let all = walked(&memory, &root, &Limits::default());
    let fine: Vec<bool> = all.iter().map(Result::is_ok).collect();
    assert_eq!(fine, [true, false, false, true]);
    let closed = block_on(closure(&memory, root, &Limits::default()));
    assert_error(closed, Class::Malformed, &["is listed but missing"]);
}

/// However many indexes list however many others, what waits to be read is bounded.
#[test]
fn nothing_grows_with_what_indexes_list() {
    let mut memory = Memory::default();
    let limits = Limits::default();
    let filler = "x".repeat(3 << 20);
    let list = |memory: &mut Memory, number: usize| {
        let child = manifest(memory, &[&number.to_string()]).0;
        let text = json!({"manifests": [value(&child)], "annotations": {"filler": filler}});
        memory.put(MediaType::OCI_INDEX, text.to_string().as_bytes())
    };
    let lists: Vec<Descriptor> = (0..30).map(|number| list(&mut memory, number)).collect();
    let root = index(&mut memory, &lists.iter().collect::<Vec<_>>());
    let all = walked(&memory, &root, &limits);
    // The children of 21 indexes of 3 MiB are read, those of the others are not.
    assert_eq!(all.iter().filter(|read| read.is_ok()).count(), 1 + 30 + 21);
    let last = all.into_iter().next_back().unwrap();
    assert_error(last, Class::Malformed, &["closure_bytes of 67108864"]);
}
