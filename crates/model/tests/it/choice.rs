//! Which image of several: platforms of an index, names of a layout.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cutaway_fixtures::{DockerArchive, FixtureImage, FixtureIndex, Layout, image};
use cutaway_model::source::Selector;
use cutaway_model::{Blobs as _, Class, Descriptor, Error, Image, Limits, MediaType};
use cutaway_ref::Platform;
use serde_json::{Value, json};

use crate::support::{
    Memory, OnDisk, amd64, assert_error, block_on, descriptor, open_memory, sample,
};

fn built_for(platform: &str) -> FixtureImage {
    image(&format!("platform {platform}\nlayer plain\n  for 0644 \"{platform}\"\n"))
}

fn open_index(index: &FixtureIndex, platform: &str) -> Result<Image, Error> {
    let platform: Platform = platform.parse().unwrap();
    let root = descriptor(&index.manifest);
    let memory = Arc::new(Memory::of_index(index));
    block_on(cutaway_model::open(memory, root, None, &platform, &Limits::default()))
}

#[test]
fn the_child_that_fits_best() {
    let all = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "windows/amd64"];
    let index = FixtureIndex::new(all.map(built_for));
    for (wanted, found) in [
        ("linux/amd64", Some("linux/amd64")),
        ("linux/x86_64", Some("linux/amd64")),
        ("linux/amd64/v3", Some("linux/amd64")),
        ("linux/arm64", Some("linux/arm64/v8")),
        ("linux/arm/v8", Some("linux/arm/v7")),
        ("linux/arm", Some("linux/arm/v7")),
        ("linux/arm/v6", Some("linux/arm/v6")),
        ("linux/arm/v5", None),
        ("windows/amd64", Some("windows/amd64")),
        ("linux/s390x", None),
    ] {
        let opened = open_index(&index, wanted);
        match found {
            Some(found) => assert_eq!(opened.unwrap().id(), built_for(found).id(), "{wanted}"),
            None => {
                let what = format!("platform {wanted} is not in index sha256:");
                assert_error(opened, Class::Transport, &[&what, "linux/amd64"]);
            }
        }
    }
}

#[test]
fn attestations_are_never_chosen_nor_offered() {
    let attested = |platform: &str| {
        FixtureIndex::new([built_for("unknown/unknown"), built_for(platform)]).edit_manifest(
            |index| {
                index["manifests"][0]["annotations"] =
                    json!({"vnd.docker.reference.type": "attestation-manifest"});
            },
        )
    };
    let opened = open_index(&attested("linux/amd64"), "linux/amd64").unwrap();
    assert_eq!(opened.id(), built_for("linux/amd64").id());
    let Err(error) = open_index(&attested("linux/arm64"), "linux/amd64") else { panic!("chosen") };
    assert!(error.to_string().ends_with("which has linux/arm64"), "{error}");
}

#[test]
fn the_first_of_equals_and_the_only_without_a_platform() {
    let strip = |index: &mut Value, child: usize| {
        index["manifests"][child].as_object_mut().unwrap().remove("platform");
    };
    let equal = FixtureIndex::new([built_for("linux/amd64"), sample()]);
    assert_eq!(open_index(&equal, "linux/amd64").unwrap().id(), built_for("linux/amd64").id());
    let only = FixtureIndex::new([sample()]).edit_manifest(|index| strip(index, 0));
    assert_eq!(open_index(&only, "linux/amd64").unwrap().id(), sample().id());
    let both = |images: [FixtureImage; 2]| {
        FixtureIndex::new(images).edit_manifest(|index| {
            strip(index, 0);
            strip(index, 1);
        })
    };
    // The config of each decides, the first that fits is taken, and that is said.
    for two in [[sample(), built_for("linux/arm64")], [built_for("linux/arm64"), sample()]] {
        let opened = open_index(&both(two), "linux/amd64").unwrap();
        assert_eq!(opened.id(), sample().id());
        assert_eq!(opened.remarks()[0].code, "platform-not-named");
    }
    let neither = both([built_for("linux/arm64"), built_for("linux/s390x")]);
    let words = ["platform linux/amd64 is not in index", "one without a platform"];
    assert_error(open_index(&neither, "linux/amd64"), Class::Transport, &words);
    // One that names its platform goes before all that do not, and a lone one beside others is no certainty.
    let named = FixtureIndex::new([sample(), built_for("linux/amd64")])
        .edit_manifest(|index| strip(index, 0));
    let opened = open_index(&named, "linux/amd64").unwrap();
    assert_eq!(opened.id(), built_for("linux/amd64").id());
    assert!(opened.remarks().is_empty());
    let lone = FixtureIndex::new([sample(), built_for("linux/arm64")])
        .edit_manifest(|index| strip(index, 0));
    assert_eq!(open_index(&lone, "linux/amd64").unwrap().id(), sample().id());
    assert_error(open_index(&lone, "linux/s390x"), Class::Transport, &["linux/arm64"]);
    // Indexes without a platform are gone into, one after the other; an artifact is passed over.
    let inner = [built_for("linux/arm64"), sample()].map(|image| FixtureIndex::new([image]));
    let nested = FixtureIndex::nested([], inner);
    assert_eq!(open_index(&nested, "linux/amd64").unwrap().id(), sample().id());
    let called = |manifest: &mut Value| {
        manifest["config"]["mediaType"] = json!("application/vnd.example.config+json");
    };
    let artifact = sample().edit_config(|config| *config = json!({})).edit_manifest(called);
    let beside = both([artifact, sample()]);
    assert_eq!(open_index(&beside, "linux/amd64").unwrap().digest(), Some(sample().digest()));
    // What its config is called decides nothing.
    let odd = sample().edit_manifest(called);
    let beside = both([built_for("linux/arm64"), odd.clone()]);
    assert_eq!(open_index(&beside, "linux/amd64").unwrap().digest(), Some(odd.digest()));
    let empty = FixtureIndex::new([]);
    assert_error(open_index(&empty, "linux/amd64"), Class::Transport, &["which has nothing"]);
}

#[test]
fn a_large_index_costs_one_manifest() {
    let amd = built_for("linux/amd64");
    let fill = |count: usize| {
        let arm = built_for("linux/arm64");
        FixtureIndex::new([amd.clone()]).edit_manifest(|index| {
            let list = index["manifests"].as_array_mut().unwrap();
            list.splice(0..0, std::iter::repeat_n(arm.descriptor(), count));
        })
    };
    let mut limits = Limits::default();
    limits.manifest_bytes = 32 << 20;
    for (count, fits) in [(99_999, true), (100_000, false)] {
        let index = fill(count);
        let memory = Arc::new(Memory::of_index(&index));
        let root = descriptor(&index.manifest);
        let opened = block_on(cutaway_model::open(memory.clone(), root, None, &amd64(), &limits));
        if fits {
            assert_eq!(opened.unwrap().id(), amd.id());
            assert_eq!(memory.opened.load(Ordering::Relaxed), 3, "index, manifest and config");
        } else {
            let words = ["with 100001 entries", "index_entries of 100000"];
            assert_error(opened, Class::Malformed, &words);
        }
    }
}

#[test]
fn indexes_in_indexes_have_a_depth() {
    for (depth, fits) in [(8, true), (9, false), (500, false)] {
        let mut index = FixtureIndex::new([sample()]);
        for _ in 1..depth {
            index = FixtureIndex::nested([], [index]);
        }
        let opened = open_index(&index, "linux/amd64");
        if fits {
            assert_eq!(opened.unwrap().id(), sample().id());
        } else {
            assert_error(opened, Class::Malformed, &["over the limit index_depth of 8"]);
        }
    }
}

#[test]
fn an_index_that_lists_itself_ends() {
    // Digests forbid it, so only a place that lies about them can do it.
    #[derive(Debug)]
    struct Liar(Descriptor, Vec<u8>);
    #[async_trait::async_trait]
    impl cutaway_model::Blobs for Liar {
        async fn open(&self, _: &Descriptor) -> Result<cutaway_model::BlobStream, Error> {
            Ok(Box::new(std::io::Cursor::new(self.1.clone())))
        }
    }
    let mut memory = Memory::default();
    let mut own = memory.put(MediaType::OCI_INDEX, b"x");
    let text = json!({"manifests": [{"mediaType": MediaType::OCI_INDEX, "digest": own.digest.as_str(), "size": 1}]});
    own.size = text.to_string().len().try_into().unwrap();
    let liar = Arc::new(Liar(own.clone(), text.to_string().into_bytes()));
    assert_eq!(liar.0, own);
    let opened = block_on(cutaway_model::open(liar, own, None, &amd64(), &Limits::default()));
    assert_error(opened, Class::Malformed, &["its bytes were changed"]);
}

#[test]
fn guesses_at_a_platform_are_bounded() {
    let others = (0..40).map(|n| {
        let text = format!("platform linux/arm64\nlayer plain\n  n 0644 \"{n}\"\n");
        image(&text)
    });
    let index = FixtureIndex::new(others.chain([sample()])).edit_manifest(|index| {
        for child in index["manifests"].as_array_mut().unwrap() {
            child.as_object_mut().unwrap().remove("platform");
        }
    });
    let memory = Arc::new(Memory::of_index(&index));
    let root = descriptor(&index.manifest);
    let mut limits = Limits::default();
    let open = |limits: &Limits| {
        block_on(cutaway_model::open(memory.clone(), root.clone(), None, &amd64(), limits))
    };
    assert_error(open(&limits), Class::Transport, &["platform linux/amd64 is not in index"]);
    assert_eq!(memory.opened.load(Ordering::Relaxed), 1 + 2 * 16, "a manifest and a config each");
    limits.platform_guesses = 41;
    assert_eq!(open(&limits).unwrap().id(), sample().id());
}

#[test]
fn a_single_image_is_read_whatever_its_platform() {
    let arm = built_for("linux/arm64");
    let opened = open_memory(Memory::of(&arm), descriptor(&arm.manifest)).unwrap();
    assert_eq!(opened.config().platform.to_string(), "linux/arm64");
}

#[test]
fn names_in_a_layout() {
    let (one, two) = (built_for("linux/amd64"), sample());
    let layout = Layout::new().image("a/b:1", &one).image("2", &two);
    let disk = OnDisk::layout(&layout);
    for (selector, found) in
        [(":a/b:1", &one), (":1", &one), (":2", &two), (":docker.io/a/b:1", &one)]
    {
        assert_eq!(disk.open(selector).unwrap().id(), found.id(), "{selector}");
    }
    let words = ["holds several images; name one of", "\"a/b:1\" (sha256:", "\"2\" (sha256:"];
    assert_error(disk.open(""), Class::Usage, &words);
    assert_error(disk.open(":3"), Class::Transport, &["\"3\" is not in", "which has \"a/b:1\""]);
    let absent = format!("@{}", one.id());
    assert_error(disk.open(&absent), Class::Transport, &["is not in the index of"]);
    assert_error(disk.open("3"), Class::Usage, &["neither :TAG nor @DIGEST"]);
    assert_error(Selector::parse("@sha256:1"), Class::Usage, &["digest \"sha256:1\""]);
    let none = OnDisk::layout(&Layout::new());
    assert_error(none.open(""), Class::Malformed, &["holds no image: its index is empty"]);
}

#[test]
fn one_name_for_two_images_lists_their_digests() {
    let (one, two) = (built_for("linux/amd64"), sample());
    let layout = Layout::new().image("latest", &one).image("latest", &two);
    let disk = OnDisk::layout(&layout);
    let words = ["is ambiguous", "under that name", one.digest().as_str(), two.digest().as_str()];
    assert_error(disk.open(":latest"), Class::Usage, &words);
    assert_error(disk.open(""), Class::Usage, &words[2..]);
    let by_digest = disk.open(&format!("@{}", two.digest())).unwrap();
    assert_eq!(by_digest.id(), two.id());
    // The same image twice is no question.
    let same = OnDisk::layout(&Layout::new().image("a", &one).image("b", &one));
    assert_eq!(same.open("").unwrap().id(), one.id());
}

#[test]
fn platforms_side_by_side_are_one_image() {
    let platforms = ["linux/amd64", "linux/arm64"].map(built_for);
    let layout = Layout::new().image("1", &platforms[0]).image("1", &platforms[1]);
    let disk = OnDisk::layout(&layout);
    let path = disk.path().join("index.json");
    let mut index: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (at, image) in platforms.iter().enumerate() {
        index["manifests"][at]["platform"] = image.descriptor()["platform"].clone();
    }
    std::fs::write(&path, index.to_string()).unwrap();
    for (wanted, image) in [("linux/amd64", &platforms[0]), ("linux/arm64", &platforms[1])] {
        let opened = disk.open_for(":1", &wanted.parse().unwrap()).unwrap();
        assert_eq!(opened.id(), image.id(), "{wanted}");
    }
    let other = disk.open_for("", &"linux/s390x".parse().unwrap());
    let words = ["platform linux/s390x is not in", "which has linux/amd64, linux/arm64"];
    assert_error(other, Class::Transport, &words);
}

#[test]
fn names_in_a_docker_archive() {
    let (one, two) = (built_for("linux/amd64"), sample());
    let archive = DockerArchive::new()
        .image(&["alpine:3.18", "alpine:latest"], &one)
        .image(&["localhost:5000/app/x:1"], &two)
        .archive();
    let disk = OnDisk::archive(&archive).unwrap();
    for (selector, found) in [
        (":alpine:3.18", &one),
        (":3.18", &one),
        (":alpine", &one),
        (":latest", &one),
        (":docker.io/library/alpine:3.18", &one),
        (":index.docker.io/library/alpine:latest", &one),
        (":localhost:5000/app/x:1", &two),
        (&format!("@{}", two.id()), &two),
    ] {
        assert_eq!(disk.open(selector).unwrap().id(), found.id(), "{selector}");
    }
    let words =
        ["holds several images; name one of alpine:3.18, alpine:latest, localhost:5000/app/x:1"];
    assert_error(disk.open(""), Class::Usage, &words);
    assert_error(
        disk.open(":beta"),
        Class::Transport,
        &["\"beta\" is not in", "which has alpine:3.18"],
    );
    let absent = format!("@{}", one.digest());
    assert_error(disk.open(&absent), Class::Transport, &["named by the digest of their config"]);
    let untagged = DockerArchive::new().image(&[], &one).image(&[], &two).archive();
    let words = ["2 images without a tag"];
    assert_error(OnDisk::archive(&untagged).unwrap().open(""), Class::Usage, &words);
    let alone = DockerArchive::new().image(&[], &one).archive();
    assert_eq!(OnDisk::archive(&alone).unwrap().open("").unwrap().id(), one.id());
}

#[test]
fn a_digest_is_looked_up_in_nested_indexes() {
    let (one, two) = (built_for("linux/amd64"), built_for("linux/arm64"));
    let inner = FixtureIndex::new([one.clone(), two.clone()]);
    let outer = FixtureIndex::nested([], [inner.clone()]);
    let absent = FixtureIndex::new([sample()]);
    let layout =
        Layout::new().index("gone", &absent).index("all", &outer).without(&absent.manifest.digest);
    let disk = OnDisk::layout(&layout);
    // An image for another machine too: its digest says what is meant.
    for image in [&one, &two] {
        let opened = disk.open(&format!("@{}", image.digest())).unwrap();
        assert_eq!(opened.id(), image.id());
    }
    let limits = Limits::default();
    let find = |digest: &cutaway_ref::Digest| {
        let selector = Selector::Digest(digest.clone());
        let files = Arc::clone(&disk.files);
        let found = block_on(cutaway_model::source::find(files, &selector, &amd64(), &limits));
        found.map(|found| (found.blobs, found.descriptor))
    };
    let (blobs, found) = find(&inner.manifest.digest).unwrap();
    assert_eq!(found.media_type.as_str(), inner.manifest.media_type);
    assert_eq!(block_on(blobs.stat(&found)).unwrap(), Some(inner.manifest.size));
    assert_error(find(one.id()), Class::Transport, &["is not in the index of"]);
    let gone = Descriptor::new("x", absent.manifest.digest.clone(), 1);
    assert_error(block_on(blobs.stat(&gone)), Class::Malformed, &["is listed but missing"]);
    let all = cutaway_model::source::blobs(Arc::clone(&disk.files));
    let known = block_on(all.stat(&descriptor(&two.manifest))).unwrap();
    assert_eq!(known, Some(two.manifest.size));
    // A source that does not know sizes says so, and still whether the blob is there.
    let memory = Memory::of(&one);
    assert_eq!(block_on(memory.stat(&descriptor(&one.manifest))).unwrap(), None);
    assert_error(block_on(memory.stat(&gone)), Class::Malformed, &["is listed but missing"]);
}

/// Who names no variant gets the one child that there is for the machine, and is told.
#[test]
fn the_only_child_of_another_variant() {
    for (only, wanted, is_taken) in [
        ("linux/amd64/v3", "linux/amd64", true),
        ("linux/arm/v8", "linux/arm", true),
        ("linux/riscv64/rva23u64", "linux/riscv64", true),
        ("linux/arm/v7", "linux/arm/v6", false),
        ("linux/amd64/v3", "linux/amd64/v2", false),
    ] {
        let index = FixtureIndex::new([built_for("linux/s390x"), built_for(only)]);
        let opened = open_index(&index, wanted);
        assert_eq!(opened.is_ok(), is_taken, "{only} for {wanted}");
        if let Ok(image) = opened {
            assert_eq!(image.id(), built_for(only).id());
            assert_eq!(image.remarks()[0].code, "platform-variant");
        }
    }
    // Of two, neither is the one.
    let index = FixtureIndex::new([built_for("linux/amd64/v3"), built_for("linux/amd64/v4")]);
    assert!(open_index(&index, "linux/amd64").is_err());
}

/// What a cache of builds lists is no image, and nothing is called missing.
#[test]
fn an_index_of_layers_is_no_image() {
    let index = FixtureIndex::new([built_for("linux/amd64")]).edit_manifest(|index| {
        let entry = &mut index["manifests"][0];
        entry["mediaType"] = json!("application/vnd.buildkit.cacheconfig.v0");
        entry.as_object_mut().unwrap().remove("platform");
    });
    let opened = open_index(&index, "linux/amd64");
    assert_error(
        opened,
        Class::Malformed,
        &["lists no image", "application/vnd.buildkit.cacheconfig.v0"],
    );
}
