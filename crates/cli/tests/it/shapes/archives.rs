//! Archives: what packers write, and what nobody should.

use super::*;

#[test]
fn without_a_manifest() {
    let row = "manifest.json absent: a tar of docker save before 1.10";
    let wanted = alpine();
    let v1 = |image: &FixtureImage, tag: &str| {
        DockerArchive::new().image(&[tag], image).layer_names(LayerNames::V1)
    };
    let archive = v1(&wanted, "old/app:1.0").archive();
    let shape = Shape::archive(&archive);
    for argument in [
        "{}",
        "docker-archive:{}",
        "{}:1.0",
        "{}:old/app:1.0",
        "docker-archive:{}:docker.io/old/app:1.0",
    ] {
        let report = shape.json(row, &format!("scan {argument}"));
        assert_eq!(names(&report), ["b", "c"], "{row}");
        assert_eq!(codes(&report), ["docker-v1"], "{row}");
        for key in ["id", "digest", "media_type"] {
            assert_eq!(report["image"][key], Value::Null, "{row}: {key}");
        }
        assert_eq!(report["image"]["platform"]["os"], "linux");
        assert_eq!(report["removed"][0]["name"], "a");
        for (layer, fixture) in report["layers"].as_array().unwrap().iter().zip(&wanted.layers) {
            assert_eq!(layer["diff_id"], fixture.diff_id.as_str(), "{row}");
            assert_eq!(layer["created_by"], format!("/bin/sh -c {}", fixture.created_by));
            assert_eq!(layer["verified"], false, "{row}: nothing is stated to verify it by");
        }
    }
    for line in ["inspect {}", "inspect {} --verify"] {
        let shown = shape.json(row, line);
        assert_eq!(
            (&shown["image"]["id"], &shown["image"]["digest"]),
            (&Value::Null, &Value::Null),
            "{row}"
        );
        assert_eq!(shown["layers"][1]["status"], "computed", "{row}");
        assert_eq!(shown["layers"][1]["diff_id"], wanted.layers[1].diff_id.as_str());
        assert_eq!(shown["diagnostics"][0]["code"], "docker-v1", "{row}");
    }
    let table = stdout(&shape.run("inspect {}"));
    assert!(table.contains("computed") && table.contains("no image ID"), "{row}: {table}");
    assert!(stdout(&shape.run("ls {} etc")).contains("etc/os-release"), "{row}");
    assert_eq!(status(&shape.run("export {} /dev/null")), 0, "{row}");
    // The same as it passes, in front of its documents and behind them, compressed or not.
    for order in [MemberOrder::DocumentsFirst, MemberOrder::DocumentsLast] {
        for compression in [Compression::Plain, Compression::GZIP] {
            let whole = ArchiveShape { order, compression, ..ArchiveShape::default() };
            let passing = v1(&wanted, "app:1").shape(whole).archive();
            let output = run_with(&["scan", "-", "--format", "json"], &passing);
            let report: Value = crate::support::document(&output);
            assert_eq!(names(&report), ["b", "c"], "{row}: {order:?} {compression:?}");
            assert_eq!(report["layers"][0]["diff_id"], wanted.layers[0].diff_id.as_str());
        }
    }
    let two = v1(&wanted, "app:1").image(&["app:2"], &evil()).archive();
    let two = Shape::archive(&two);
    two.is_refused(row, 2, &["holds several images; name one of app:1, app:2"]);
    assert_eq!(names(&two.json(row, "scan {}:2")), ["evil"], "{row}");
    two.fails(row, "scan {}:3", 3, &["\"3\" is not in", "which has app:1, app:2"]);

    // What is wrong in such a tar is said by name.
    let id = |fill: &str| fill.repeat(64);
    let layer = |id: &str, parent: &str| {
        let json = value!({"id": id, "parent": parent}).to_string();
        let tar = wanted.layers[0].tar.to_vec();
        [Entry::file(format!("{id}/json"), json), Entry::file(format!("{id}/layer.tar"), tar)]
    };
    let top = |id: &str| Entry::file("repositories", value!({"app": {"1": id}}).to_string());
    let [a, b] = [id("a"), id("b")];
    for (row, entries, words) in [
        ("parents in a cycle", [layer(&a, &b), layer(&b, &a)].concat(), ["cycle", "parents"]),
        ("a parent that is not there", layer(&a, &b).to_vec(), [&*b, "is listed but missing"]),
        ("a parent outside", layer(&a, "../../etc").to_vec(), ["../../etc", "64 hexadecimal"]),
        ("no layer.tar", vec![layer(&a, "")[0].clone()], ["layer.tar", "is listed but missing"]),
        (
            "a layer that is text",
            vec![layer(&a, "")[0].clone(), Entry::file(format!("{a}/layer.tar"), "text")],
            ["layer 0 of 1", ""],
        ),
    ] {
        let shape = Shape::members(&[entries, vec![top(&a)]].concat());
        shape.fails(row, "scan {}", 4, &words);
    }
    let row = "neither manifest.json nor anything else";
    let shape = Shape::members(&[Entry::file("a", "a")]);
    shape.is_refused(row, 4, &["neither index.json (OCI) nor manifest.json (docker save)"]);
}

#[test]
fn of_docker_save() {
    let with = |manifest: &str| {
        let mut entries = sound();
        entries.pop();
        entries.push(Entry::file("manifest.json", manifest));
        Shape::members(&entries)
    };
    with("null").is_refused("a null manifest", 4, &["manifest.json in", "is no JSON document"]);
    with("[]").is_refused("an empty manifest", 4, &["holds no image: its manifest.json is empty"]);

    let row = "several images and no tag: an error with the tags, which resolve in every form";
    let archive = DockerArchive::new()
        .image(&["app:1", "app:latest"], &alpine())
        .image(&["localhost:5000/team/evil:2"], &evil());
    let shape = Shape::archive(&archive.archive());
    let words = ["name one of app:1, app:latest, localhost:5000/team/evil:2"];
    shape.is_refused(row, 2, &words);
    for tag in ["1", "app", "app:1", "latest", "docker.io/library/app:1"] {
        shape.is_alpine(row, &format!("{{}}:{tag}"), &[]);
        shape.is_alpine(row, &format!("docker-archive:{{}}:{tag}"), &[]);
    }
    let report = shape.json(row, "scan {}:localhost:5000/team/evil:2");
    assert_eq!(names(&report), ["evil"], "{row}");
    shape.fails(row, "scan {}:9", 3, &["\"9\" is not in", "which has app:1"]);

    let row = "layers that are links to members, and a manifest called ./manifest.json (H7)";
    let link = |at: &str, to: &str| {
        let mut entries = docker(&["l/0.tar", "1.tar"]);
        entries.push(Entry::symlink(at, to));
        entries
    };
    for order in [false, true] {
        let mut entries = link("l/0.tar", "../0.tar");
        if order {
            entries.reverse();
        }
        for entry in &mut entries {
            entry.path.splice(0..0, *b"./");
        }
        Shape::members(&entries).is_alpine(row, "{}", &[]);
    }
    let cycle = Shape::members(&link("l/0.tar", "0.tar"));
    cycle.is_refused("a link to itself (H7)", 4, &["l/0.tar", "is a link in a cycle"]);
    let outside = Shape::members(&link("l/0.tar", "/etc/hostname"));
    outside.is_refused("a link outside (H7)", 4, &["layer 0 of 2 l/0.tar is listed but missing"]);
    let mut long = link("l/0.tar", "1");
    long.extend((1..10).map(|n| Entry::symlink(format!("l/{n}"), (n + 1).to_string())));
    let long = Shape::members(&long);
    long.is_refused("links over more than eight hops (H7)", 4, &["member_links = 8"]);

    let row = "a config called by another digest than its own (H9)";
    let named = format!("{}.json", evil().id().encoded());
    let mut entries = sound();
    entries[0].path = named.clone().into_bytes();
    let text = value!([{"Config": named, "RepoTags": ["app:1"], "Layers": ["0.tar", "1.tar"]}]);
    entries[3] = Entry::file("manifest.json", text.to_string());
    let shape = Shape::members(&entries);
    let report = shape.is_alpine(row, "{}", &["image-id-recomputed"]);
    assert_eq!(report["diagnostics"][0]["severity"], "warning", "{row}");
    assert_eq!(report["complete"], true, "{row}");
    assert_eq!(codes(&shape.json(row, "inspect {}")), ["image-id-recomputed"], "{row}");
    let output = run_with(&["scan", "-"], &tarball(&entries));
    assert!(stdout(&output).contains("the image ID was recomputed"), "{row}: {}", stdout(&output));

    let row = "layers of one archive compressed differently";
    let mixed = DockerArchive::new().image(&["app:1"], &alpine()).layer_names(LayerNames::Stored);
    let report = Shape::archive(&mixed.archive()).is_alpine(row, "{}", &[]);
    for (layer, fixture) in report["layers"].as_array().unwrap().iter().zip(&alpine().layers) {
        assert_eq!(layer["digest"], fixture.blob.digest.as_str(), "{row}");
    }
}

#[test]
fn claims_of_what_a_layer_was_pulled_as() {
    let row = "LayerSources names a gzip blob, the layer is stored as its tar";
    let image = alpine();
    let text = value!([{
        "Config": "config.json", "RepoTags": null, "Layers": ["0.tar", "1.tar"],
        "LayerSources": {
            image.layers[0].diff_id.as_str(): image.layers[0].blob.descriptor(),
            image.layers[1].diff_id.as_str(): {"digest": "no digest"},
        },
    }]);
    let mut entries = sound();
    entries[3] = Entry::file("manifest.json", text.to_string());
    let shape = Shape::members(&entries);
    let (layer, blob) = (&image.layers[0], &image.layers[0].blob);
    for (line, status) in [("inspect {}", "claimed"), ("inspect {} --verify", "verified")] {
        let shown = shape.json(row, line);
        let row_of_layer = &shown["layers"][0];
        assert_eq!(row_of_layer["status"], status, "{row}");
        assert_eq!(row_of_layer["diff_id"], layer.diff_id.as_str(), "{row}");
        assert_eq!(
            row_of_layer["pulled_as"],
            value!({"digest": blob.digest.as_str(), "size": blob.size, "media_type": blob.media_type, "status": "claimed"}),
            "{row}"
        );
        // The stored bytes are the tar, so its digest and size are known without unpacking.
        assert_eq!(row_of_layer["digest"], layer.diff_id.as_str(), "{row}");
        assert_eq!(row_of_layer["size"], layer.tar.len(), "{row}");
        assert_eq!(row_of_layer["uncompressed_size"], layer.tar.len(), "{row}");
        assert_eq!(shown["layers"][1]["pulled_as"], Value::Null, "{row}: what is no descriptor");
    }
    let table = stdout(&shape.run("inspect {}"));
    assert!(table.contains(&format!("layer 0 was pulled as {}", blob.digest)), "{row}: {table}");
    shape.is_alpine(row, "{}", &[]);
}

#[test]
fn both_a_layout_and_of_docker_save() {
    let both =
        |layout: &Layout, entries: Vec<Entry>| Shape::members(&[members(layout), entries].concat());
    let row = "Docker 25: blobs, index.json and oci-layout around manifest.json";
    let wanted = alpine();
    let docker25 =
        DockerArchive::new().image(&["app:1"], &wanted).layer_names(LayerNames::Docker25);
    let shape = Shape::archive(&docker25.archive());
    for argument in ["{}", "{}:1", "oci-archive:{}", "docker-archive:{}", "docker-archive:{}:app:1"]
    {
        let report = shape.is_alpine(row, argument, &[]);
        assert_eq!(report["image"]["digest"], wanted.digest().as_str(), "{row}: {argument}");
    }

    let row =
        "RepoTags null, manifests null, a manifest and a docker-v1 json that nobody refers to";
    let mut entries = sound();
    let text = value!([{"Config": "config.json", "RepoTags": null, "Layers": ["0.tar", "1.tar"]}]);
    entries[3] = Entry::file("manifest.json", text.to_string());
    let stray = wanted.manifest.digest.encoded();
    entries.extend([
        Entry::file("index.json", r#"{"schemaVersion":2,"manifests":null}"#),
        Entry::file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#),
        Entry::file(format!("blobs/sha256/{stray}"), wanted.manifest.bytes.to_vec()),
        Entry::file(format!("blobs/sha256/{}", "0".repeat(64)), r#"{"id":"0","os":"linux"}"#),
    ]);
    let report = Shape::members(&entries).is_alpine(row, "{}", &[]);
    assert_eq!(report["image"]["digest"], Value::Null, "{row}");
    assert_eq!(report["image"]["source"], "docker-archive", "{row}");

    let row = "a manifest that agrees with config and layers is offered, at whatever depth";
    let arm = image("platform linux/arm64\nlayer plain\n  arm 0644 \"1\"\n");
    let platforms = FixtureIndex::new([arm, wanted.clone()]);
    let nested = FixtureIndex::nested([], [platforms.clone()]);
    for layout in [
        Layout::new().image("1", &wanted),
        Layout::new().index("1", &platforms),
        Layout::new().index("1", &nested),
    ] {
        let shape = both(&layout, sound());
        for argument in ["{}", "{}:1", "docker-archive:{}"] {
            let report = shape.is_alpine(row, &format!("{argument} --platform linux/amd64"), &[]);
            assert_eq!(report["image"]["digest"], wanted.digest().as_str(), "{row}: {argument}");
        }
    }

    let row = "several platforms in one document, one of them in the other: no contradiction";
    let shape = both(&Layout::new().index("1", &platforms), sound());
    let report = shape.json(row, "scan {} --platform linux/arm64");
    assert_eq!(report["image"]["platform"]["architecture"], "arm64", "{row}");

    let row = "index.json and manifest.json name different images";
    let words = ["is ambiguous", evil().id().as_str(), wanted.id().as_str()].map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for layout in [
        Layout::new().image("1", &evil()),
        Layout::new().image("", &evil()),
        Layout::new().index("1", &FixtureIndex::nested([], [FixtureIndex::new([evil()])])),
    ] {
        let shape = both(&layout, sound());
        for argument in ["{}", "oci-archive:{}", "docker-archive:{}"] {
            for command in ["scan", "inspect", "ls", "digest", "manifest", "config"] {
                shape.fails(row, &format!("{command} {argument}"), 4, &words);
            }
        }
        let output = run_with(&["scan", "-"], &std::fs::read(shape.path().join("x")).unwrap());
        fails(row, "scan -", &output, 4, &words);
    }
}

#[test]
fn that_lie_or_break() {
    let mut twice = sound();
    twice.push(Entry::file("manifest.json", "[]"));
    let words = ["is ambiguous: it has manifest.json twice"];
    Shape::members(&twice).is_refused("two manifest.json (H6)", 4, &words);

    let row = "a layer whose content is not its diffID (H8)";
    let mut other = sound();
    other[1] = Entry::file("0.tar", evil().layers[0].tar.to_vec());
    let shape = Shape::members(&other);
    let wanted = alpine().layers[0].diff_id.clone();
    let words = ["layer 0 of 2 0.tar unpacks to diffID", wanted.as_str()];
    shape.fails(row, "scan {}", 4, &words);
    shape.fails(row, "inspect {} --verify", 4, &words);
    fails(row, "scan -", &run_with(&["scan", "-"], &tarball(&other)), 4, &words[1..]);
    assert_eq!(shape.json(row, "inspect {}")["layers"][0]["status"], "claimed", "{row}");

    let row = "a manifest.json of 300 MB (H10)";
    let shape = Shape::archive(&large_member("manifest.json", 300 << 20));
    let file = std::fs::OpenOptions::new().write(true).open(shape.path().join("x")).unwrap();
    file.set_len(512 + (300 << 20) + 1024).unwrap();
    shape.is_refused(row, 4, &["with 314572800 bytes", "over the limit manifest_bytes of 4194304"]);

    let row = "more layers in the manifest than in the config (H11, C13)";
    let words = ["lists 2 diffIDs, but the image has 3 layers"];
    let shape = Shape::members(&docker(&["0.tar", "1.tar", "1.tar"]));
    let shown = shape.is_only_inspected(row, &words, "layer-count");
    assert_eq!(shown["layers"].as_array().unwrap().len(), 3, "{row}");
    assert_eq!(shown["diagnostics"][0]["severity"], "error", "{row}");
    assert_eq!(shown["layers"][2]["diff_id"], Value::Null, "{row}");
    let fewer = Shape::members(&docker(&["0.tar"]));
    let words = ["lists 2 diffIDs, but the image has 1 layers"];
    fewer.is_only_inspected(
        "fewer layers in the manifest than in the config",
        &words,
        "layer-count",
    );
    let none = Shape::members(&docker(&[]));
    let words = ["lists 2 diffIDs, but the image has 0 layers"];
    none.is_only_inspected("diffIDs with no layers", &words, "layer-count");
    let missing = Shape::members(&docker(&["0.tar", "none.tar"]));
    missing.is_refused(
        "a layer that is not there (H5)",
        4,
        &["layer 1 of 2 none.tar is listed but missing"],
    );

    let row = "documents first, last and sorted (H12)";
    for order in [MemberOrder::DocumentsFirst, MemberOrder::DocumentsLast, MemberOrder::Sorted] {
        let whole = ArchiveShape { order, ..ArchiveShape::default() };
        let archive = DockerArchive::new().image(&["app:1"], &alpine()).shape(whole).archive();
        Shape::archive(&archive).is_alpine(row, "{}", &[]);
        let output = run_with(&["inspect", "-", "--format", "json"], &archive);
        assert_eq!(status(&output), 0, "{row}: {order:?}");
    }
    let row = "an archive cut short (H12)";
    let whole = tarball(&sound());
    let manifest = whole.windows(13).rposition(|name| name == b"manifest.json").unwrap();
    for (cut, words) in [
        (900, ["is cut short: member config.json", ""]),
        (manifest + 550, ["is cut short: member manifest.json", ""]),
        (manifest, ["neither index.json (OCI)", "manifest.json (docker save)"]),
    ] {
        Shape::archive(&whole[..cut]).is_refused(row, 4, &words);
    }
    let row = "a compressed archive cut short (H12)";
    let zipped = compress(&whole, Compression::GZIP);
    let words = ["the gzip stream ends early"];
    Shape::archive(&zipped[..zipped.len() / 2]).is_refused(row, 4, &words);
}

#[test]
fn on_a_pipe_compressed_or_out_of_the_ordinary() {
    let row = "archives on a pipe and compressed ones, with bounded memory (H13)";
    for compression in [
        Compression::Plain,
        Compression::Gzip { members: 3 },
        Compression::Zstd { frames: 2, skippable: true },
    ] {
        let whole = ArchiveShape { compression, dot_slash: true, ..ArchiveShape::default() };
        for archive in [
            Layout::new().image("1", &alpine()).archive(&whole),
            DockerArchive::new().image(&["app:1"], &alpine()).shape(whole).archive(),
        ] {
            Shape::archive(&archive).is_alpine(row, "{}", &[]);
            let output = run_with(&["ls", "-", "etc"], &archive);
            assert_eq!(stdout(&output), "etc/os-release\n", "{row}: {compression:?}");
        }
    }
    let row = "export of what passes once (H13)";
    let archive = tarball(&sound());
    let exported = run_with(&["export", "-", "-"], &archive);
    assert_eq!(status(&exported), 0, "{row}: {}", stderr(&exported));
    let from_file = Shape::archive(&archive).run("export {} -");
    assert!(!exported.stdout.is_empty() && exported.stdout == from_file.stdout, "{row}");

    let row = "an archive file of an exabyte that is one hole (H13)";
    let shape = Shape::archive(b"");
    let file = std::fs::OpenOptions::new().write(true).open(shape.path().join("x")).unwrap();
    // The largest that this file system takes.
    let largest =
        [1u64 << 60, 1 << 50, 1 << 43, 1 << 40].into_iter().find(|len| file.set_len(*len).is_ok());
    assert!(largest.is_some());
    shape.is_refused(row, 4, &["neither index.json (OCI)"]);

    let row = "an archive of more members than it may have (H13)";
    let shape = Shape::members(&sound());
    shape.fails(
        row,
        "scan {} --limit archive_members=3",
        4,
        &["over the limit archive_members of 3"],
    );

    let row = "members outside of the archive, absolute ones and links are nobody's (H15)";
    let mut entries = members(&Layout::new().image("1", &alpine()));
    for name in ["../../x", "/etc/x", "a/../../y", ".."] {
        entries.push(Entry::file(name, "evil"));
        entries.push(Entry::symlink(format!("{name}/l"), "/etc/passwd"));
        entries.push(Entry::hard_link(format!("{name}/h"), "/etc/passwd"));
    }
    let shape = Shape::members(&entries);
    shape.is_alpine(row, "oci-archive:{}", &[]);
    assert_eq!(std::fs::read_dir(shape.path()).unwrap().count(), 1, "{row}: nothing is unpacked");

    let row = "archives of many generations";
    let Some(corpus) = corpus() else { return };
    for name in ["alpine-3.10.docker-archive.tar.gz", "symlink-cycle.docker-archive.tar"] {
        let archive = std::fs::read(corpus.join("images").join(name)).unwrap();
        let shape = Shape::archive(&archive);
        let report = shape.json(row, "scan {}");
        let shown = shape.json(row, "inspect {}");
        assert_eq!(report["image"]["id"], shown["image"]["id"], "{row}: {name}");
        assert_eq!(report["complete"], true, "{row}: {name}");
    }
}

#[test]
fn whose_streams_are_odd() {
    let wanted = alpine();
    let stored = |index: usize, bytes: Vec<u8>, kind: &str| {
        let mut image = wanted.clone();
        image.layers[index].blob = Blob::new(kind, bytes);
        image.reseal();
        Shape::of(&image)
    };
    const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    let tar = &wanted.layers[0].tar;
    let gzip = compress(tar, Compression::GZIP);
    for (row, bytes, kind, code) in [
        (
            "media type gzip, bytes zstd (D9)",
            compress(tar, Compression::ZSTD),
            GZIP,
            "compression-differs",
        ),
        ("media type gzip, bytes plain (D9)", tar.to_vec(), GZIP, "compression-differs"),
        (
            "media type zstd, bytes gzip (D9)",
            gzip.clone(),
            "application/vnd.oci.image.layer.v1.tar+zstd",
            "compression-differs",
        ),
        (
            "media type plain, bytes gzip (D9)",
            gzip.clone(),
            "application/vnd.oci.image.layer.v1.tar",
            "compression-differs",
        ),
        (
            "zeros behind the last gzip member (D3)",
            [&gzip[..], &[0; 700]].concat(),
            GZIP,
            "zero-padding",
        ),
    ] {
        let shape = stored(0, bytes, kind);
        let report = shape.is_alpine(row, "{}", &[code]);
        assert_eq!(report["diagnostics"][0]["layer"], 0, "{row}");
        assert_eq!(report["diagnostics"][0]["severity"], "warning", "{row}");
        let shown = shape.json(row, "inspect {} --verify");
        assert_eq!(codes(&shown), [code], "{row}");
    }
    let row = "text behind the last gzip member (D3)";
    let shape = stored(0, [&gzip[..], b"text"].concat(), GZIP);
    shape.fails(row, "scan {}", 4, &["layer 0 of 2", "the gzip stream is broken"]);

    let row = "gzip and zstd forms of one layer have one diffID";
    let mut ids = Vec::new();
    for compression in [Compression::GZIP, Compression::ZSTD, Compression::Plain] {
        let shown = Shape::of(&wanted.recompressed(compression)).json(row, "inspect {} --verify");
        ids.push((
            shown["image"]["id"].clone(),
            shown["layers"][0]["diff_id"].clone(),
            shown["layers"][0]["uncompressed_size"].clone(),
        ));
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{row}: {ids:?}");
    let plain = LayerBuilder::new(Compression::Plain).file("a", "a");
    let shown = Shape::of(&cutaway_fixtures::ImageBuilder::new().layer(plain).build())
        .json(row, "inspect {}");
    assert_eq!(
        shown["layers"][0]["uncompressed_size"], shown["layers"][0]["size"],
        "{row}: a plain layer"
    );
}

/// Returns the header of a member of `size` bytes.
fn large_member(name: &str, size: u64) -> Vec<u8> {
    let mut header = tarball(&[Entry::file(name, "")])[..512].to_vec();
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}
