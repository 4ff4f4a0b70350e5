//! What an inspection shows, from a registry, a layout and archives alike.

use cutaway_fixtures::ImageBuilder;
use cutaway_fixtures::registry::FakeRegistry;

use super::*;

/// An image with everything that an inspection shows.
fn rich() -> FixtureImage {
    let layer = |text: &str| {
        LayerBuilder::new(Compression::GZIP).file("a", text).created_by(format!("RUN {text}"))
    };
    ImageBuilder::new()
        .layer(layer("first"))
        .empty_step("ENV A=b")
        .layer(layer("second"))
        .empty_step("CMD [\"sh\"]")
        .run_config("Env", value!(["A=b"]))
        .run_config("Cmd", value!(["sh"]))
        .run_config("User", value!("nobody"))
        .run_config("WorkingDir", value!("/srv"))
        .run_config("ExposedPorts", value!({"80/tcp": {}}))
        .run_config("Labels", value!({"l": "v"}))
        .annotation("org.example.note", "of the manifest")
        .build()
}

/// What a table has room for of a digest.
fn short(encoded: &str) -> &str {
    encoded.split_at(12).0
}

/// A manifest that says something about another one.
fn about(image: &FixtureImage, kind: &str) -> FixtureImage {
    documents::helm().edit_manifest(|manifest| {
        manifest["subject"] = image.manifest.descriptor();
        manifest["artifactType"] = kind.into();
    })
}

fn around(image: &FixtureImage) -> FixtureIndex {
    let arm = cutaway_fixtures::image("platform linux/arm64\nlayer plain\n  arm 0644 \"1\"\n");
    let digest = image.digest().to_string();
    FixtureIndex::new([image.clone(), arm]).edit_manifest(|index| {
        index["annotations"] = value!({"org.example.all": "of the index"});
        index["manifests"].as_array_mut().unwrap().push(value!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 7,
            "digest": format!("sha256:{}", "b".repeat(64)),
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest},
        }));
    })
}

#[track_caller]
fn is_whole(row: &str, shown: &Value, table: &str, image: &FixtureImage, verified: bool) {
    let status = if verified { "verified" } else { "claimed" };
    let layers = shown["layers"].as_array().unwrap();
    let chains = cutaway_model::chain_ids(
        &image
            .layers
            .iter()
            .map(|layer| cutaway_model::DiffId(layer.diff_id.clone()))
            .collect::<Vec<_>>(),
    );
    for ((layer, fixture), chain) in layers.iter().zip(&image.layers).zip(chains) {
        assert_eq!(layer["digest"], fixture.blob.digest.as_str(), "{row}");
        assert_eq!(layer["diff_id"], fixture.diff_id.as_str(), "{row}");
        assert_eq!(layer["chain_id"], chain.as_str(), "{row}");
        assert_eq!(layer["size"], fixture.blob.bytes.len(), "{row}");
        let unpacked = if verified { value!(fixture.tar.len()) } else { Value::Null };
        assert_eq!(layer["uncompressed_size"], unpacked, "{row}");
        assert_eq!(layer["created_by"], fixture.created_by.as_str(), "{row}");
        assert_eq!(layer["status"], status, "{row}");
        assert!(table.contains(short(fixture.blob.digest.encoded())), "{row}: {table}");
        assert!(table.contains(short(chain.encoded())), "{row}: {table}");
    }
    let history: Vec<_> =
        shown["history"].as_array().unwrap().iter().map(|step| step["layer"].clone()).collect();
    assert_eq!(history, [value!(0), Value::Null, value!(1), Value::Null], "{row}");
    assert_eq!(shown["index"]["platforms"][1]["platform"], "linux/arm64", "{row}");
    assert_eq!(shown["attestations"][0]["kind"], "attestation-manifest", "{row}");
    assert_eq!(shown["annotations"]["org.example.note"], "of the manifest", "{row}");
    assert_eq!(shown["config"]["Labels"]["l"], "v", "{row}");
    let lines: Vec<&str> = table.lines().collect();
    let position = |text: &str| {
        lines
            .iter()
            .position(|line| line.contains(text))
            .unwrap_or_else(|| panic!("{row}: {text} is not in {table}"))
    };
    let steps = ["RUN first", "ENV A=b", "RUN second", "CMD [\"sh\"]"].map(|step| {
        lines
            .iter()
            .rposition(|line| line.ends_with(step))
            .unwrap_or_else(|| panic!("{row}: {table}"))
    });
    assert!(steps.is_sorted(), "{row}: {table}");
    for text in [
        "digest ",
        "id ",
        "linux/amd64",
        "runs ",
        "/srv",
        "nobody",
        "80/tcp",
        "l=v",
        "A=b",
        "index ",
        "linux/amd64 linux/arm64",
        "org.example.note=of the manifest",
        "org.example.all=of the index",
        "attested",
        status,
    ] {
        position(text);
    }
}

#[test]
fn of_one_image_from_every_source() {
    let image = rich();
    let index = around(&image);
    let layout = Layout::new().index("1", &index);
    let archive = layout.archive(&ArchiveShape::default());
    let zipped = compress(&archive, Compression::ZSTD);
    let sources = [
        ("a layout", Shape::layout(&layout)),
        ("an archive", Shape::archive(&archive)),
        ("a compressed archive", Shape::archive(&zipped)),
    ];
    let amd = "--platform linux/amd64";
    for (row, shape) in &sources {
        for verify in [false, true] {
            let options = if verify { format!("{amd} --verify") } else { amd.to_owned() };
            let shown = shape.json(row, &format!("inspect {{}} {options}"));
            let table = stdout(&shape.run(&format!("inspect {{}} {options}")));
            // What passes once is read in any case.
            is_whole(row, &shown, &table, &image, verify || *row == "a compressed archive");
        }
    }
    let row = "a registry";
    with_registry(|registry| {
        for blob in image.blobs().chain(index.images[1].blobs()) {
            registry.blob(blob.bytes.to_vec());
        }
        for (tag, blob) in
            [("1", &index.manifest), ("amd", &image.manifest), ("arm", &index.images[1].manifest)]
        {
            registry.manifest(tag, &blob.media_type, blob.bytes.to_vec());
        }
        let name = format!("{}/x/app:1", registry.host());
        for verify in [false, true] {
            let mut words = vec!["inspect", &*name, "--platform", "linux/amd64"];
            words.extend(verify.then_some("--verify"));
            let table = stdout(&run(&words));
            words.extend(["--format", "json"]);
            let output = run(&words);
            assert_eq!(status(&output), 0, "{row}: {}", stderr(&output));
            let shown = crate::support::document(&output);
            is_whole(row, &shown, &table, &image, verify);
        }
        let layer = &image.layers[0].blob.digest;
        assert_eq!(registry.count(layer.as_str()), 2, "{row}: layers are read to verify them only");
    });
}

#[test]
fn of_a_docker_archive_fills_in_what_a_plain_tar_says() {
    let row = "layers that are stored as their tar";
    let image = rich();
    let archive = DockerArchive::new().image(&["app:1"], &image).archive();
    let shape = Shape::archive(&archive);
    let output = run_with(&["inspect", "-", "--format", "json"], &archive);
    let passed: Value = crate::support::document(&output);
    for (shown, status) in [
        (shape.json(row, "inspect {}"), "claimed"),
        (shape.json(row, "inspect {} --verify"), "verified"),
        (passed, "verified"),
    ] {
        assert_eq!(
            (&shown["image"]["digest"], &shown["image"]["id"]),
            (&Value::Null, &value!(image.id().as_str()))
        );
        for (layer, fixture) in shown["layers"].as_array().unwrap().iter().zip(&image.layers) {
            assert_eq!(layer["digest"], fixture.diff_id.as_str(), "{row}");
            assert_eq!(layer["size"], fixture.tar.len(), "{row}");
            assert_eq!(layer["uncompressed_size"], fixture.tar.len(), "{row}");
            assert_eq!(layer["status"], status, "{row}");
        }
    }
    let row = "layers that are stored compressed";
    let stored = DockerArchive::new().image(&["app:1"], &image).layer_names(LayerNames::Stored);
    let shown = Shape::archive(&stored.archive()).json(row, "inspect {}");
    assert_eq!(shown["layers"][0]["digest"], Value::Null, "{row}: nothing claims one");
    assert_eq!(shown["layers"][0]["uncompressed_size"], Value::Null, "{row}");
    assert_eq!(shown["layers"][0]["size"], image.layers[0].blob.bytes.len(), "{row}");
}

#[test]
fn lists_what_refers_to_an_image() {
    let image = rich();
    let kinds = ["a/signature", "a/sbom"];
    let [signature, sbom] = kinds.map(|kind| about(&image, kind));
    let entry = |image: &FixtureImage, kind: &str| {
        let mut entry = image.manifest.descriptor();
        entry["artifactType"] = kind.into();
        entry
    };
    let list = value!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry(&signature, kinds[0]), entry(&sbom, kinds[1])]});
    let check = |row: &str, shown: &Value, table: &str| {
        let found = shown["referrers"].as_array().unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|entry| {
                (entry["artifactType"].as_str().unwrap(), entry["digest"].as_str().unwrap())
            })
            .collect();
        assert_eq!(
            found,
            [(kinds[0], signature.digest().as_str()), (kinds[1], sbom.digest().as_str())],
            "{row}"
        );
        for kind in kinds {
            assert!(table.contains(&format!("referrer  {kind} sha256:")), "{row}: {table}");
        }
    };
    let base = || Layout::new().image("1", &image);
    let listed = base().image("", &signature).image("", &sbom);
    let tag = format!("sha256-{}", image.digest().encoded());
    let tagged = base().index(
        &tag,
        &FixtureIndex::new([signature.clone(), sbom.clone()])
            .edit_manifest(|index| *index = list.clone()),
    );
    for (row, layout) in [("subjects in a layout", listed), ("the tag of a layout", tagged)] {
        let archive = layout.archive(&ArchiveShape::default());
        for shape in [
            Shape::layout(&layout),
            Shape::archive(&archive),
            Shape::archive(&compress(&archive, Compression::GZIP)),
        ] {
            let shown = shape.json(row, "inspect {}:1 --referrers");
            check(row, &shown, &stdout(&shape.run("inspect {}:1 --referrers")));
            assert_eq!(
                shape.json(row, "inspect {}:1")["referrers"],
                Value::Null,
                "{row}: not asked"
            );
        }
    }
    for (row, fallback) in
        [("the list of a registry", false), ("the tag of a registry without lists", true)]
    {
        with_registry(|registry| {
            image.blobs().for_each(|blob| drop(registry.blob(blob.bytes.to_vec())));
            registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.to_vec());
            if fallback {
                registry.manifest(
                    &tag,
                    "application/vnd.oci.image.index.v1+json",
                    list.to_string(),
                );
            } else {
                registry.page(
                    &format!("/v2/x/app/referrers/{}", image.digest()),
                    &list.to_string(),
                    &[],
                );
            }
            let name = format!("{}/x/app:1", registry.host());
            let output = run(&["inspect", &name, "--referrers", "--format", "json"]);
            assert_eq!(status(&output), 0, "{row}: {}", stderr(&output));
            let shown = crate::support::document(&output);
            check(row, &shown, &stdout(&run(&["inspect", &name, "--referrers"])));
        });
    }
}

fn with_registry(test: impl FnOnce(&FakeRegistry)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let registry = runtime.block_on(FakeRegistry::start());
    test(&registry);
}
