//! Layouts: special files, missing and changed things, and names.

use std::os::unix::fs::symlink;

use super::*;

#[test]
fn special_files_are_not_opened() {
    let image = alpine();
    type Put = fn(&Path);
    let rows: [(&str, Put); 2] = [
        ("is a FIFO (H1)", |path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
        ("is a link to a device (H2)", |path| symlink("/dev/zero", path).unwrap()),
    ];
    for (row, put) in rows {
        for target in ["index.json", "config", "manifest"] {
            let shape = Shape::of(&image);
            let path = match target {
                "config" => shape.blob(image.id()),
                "manifest" => shape.blob(image.digest()),
                name => shape.path().join(name),
            };
            std::fs::remove_file(&path).unwrap();
            put(&path);
            let name = path.file_name().unwrap().to_str().unwrap();
            shape.is_refused(&format!("{target} {row}"), 4, &[name, "is not a regular file"]);
        }
        let shape = Shape::of(&image);
        let path = shape.blob(&image.layers[0].blob.digest);
        std::fs::remove_file(&path).unwrap();
        put(&path);
        shape.fails(row, "scan {}", 4, &["is not a regular file"]);
        shape.fails(row, "inspect {} --verify", 4, &["is not a regular file"]);
        assert_eq!(shape.json(row, "inspect {}")["layers"][0]["status"], "claimed", "{row}");
    }
}

#[test]
fn changed_or_missing_parts() {
    let image = alpine();
    let layer = &image.layers[0].blob;

    let row = "other bytes under a digest (H3)";
    let shape = Shape::of(&image);
    let mut bytes = layer.bytes.to_vec();
    bytes[30] ^= 1;
    std::fs::write(shape.blob(&layer.digest), bytes).unwrap();
    let words = ["layer 0 of 2", layer.digest.as_str(), "its bytes were changed"];
    for line in ["scan {}", "inspect {} --verify", "ls {}", "export {} /dev/null"] {
        shape.fails(row, line, 4, &words);
    }

    let row = "a layout without oci-layout (H4)";
    let shape = Shape::of(&image);
    std::fs::remove_file(shape.path().join("oci-layout")).unwrap();
    let report = shape.is_alpine(row, "{}", &["layout-version"]);
    assert_eq!(report["diagnostics"][0]["severity"], "warning", "{row}");
    assert_eq!(codes(&shape.json(row, "inspect {}")), ["layout-version"], "{row}");
    let row = "a layout of another version (H4)";
    let shape =
        Shape::of(&image).edit("oci-layout", |text| text["imageLayoutVersion"] = "9.0".into());
    let report = shape.is_alpine(row, "{}", &["layout-version"]);
    assert!(report["diagnostics"][0]["message"].as_str().unwrap().contains("\"9.0\""), "{row}");
    assert!(stdout(&shape.run("inspect {}")).contains("[layout-version]"), "{row}");
    let row = "an oci-layout that is none (H4)";
    let shape = Shape::of(&image).edit("oci-layout", |text| *text = value!({}));
    shape.is_refused(row, 4, &["oci-layout in", "missing field `imageLayoutVersion`"]);

    let row = "a blob that is not there (H5)";
    let lacking = |digest: &cutaway_ref::Digest| {
        Shape::layout(&Layout::new().image("1", &image).without(digest))
    };
    let shape = lacking(&layer.digest);
    let words = ["layer 0 of 2", layer.digest.as_str(), "is listed but missing"];
    shape.fails(row, "scan {}", 4, &words);
    shape.fails(row, "ls {}", 4, &words);
    lacking(image.id()).is_refused(row, 4, &["config", "is listed but missing"]);
    lacking(image.digest()).is_refused(row, 4, &["manifest", "is listed but missing"]);
    let row = "an index.json of 20 MB (H14)";
    let shape = Shape::of(&image);
    let file = std::fs::File::create(shape.path().join("index.json")).unwrap();
    file.set_len(20 << 20).unwrap();
    shape.is_refused(row, 4, &["index.json", "over the limit manifest_bytes of 4194304"]);

    let row = "manifests null in a layout";
    let shape = Shape::of(&image).edit("index.json", |index| index["manifests"] = Value::Null);
    shape.is_refused(row, 4, &["holds no image: its index is empty"]);
}

#[test]
fn names_and_digests() {
    let (one, two) = (alpine(), evil());
    let row = "two equal names (H14)";
    let shape = Shape::layout(&Layout::new().image("1", &one).image("1", &two));
    let words = ["is ambiguous", one.digest().as_str(), two.digest().as_str()];
    shape.fails(row, "scan {}:1", 2, &words);
    shape.fails(row, "inspect {}:1", 2, &words);
    shape.fails(row, "scan {}", 2, &words[1..]);
    shape.is_alpine(row, &format!("{{}}@{}", one.digest()), &[]);

    let row = "a name with a slash (H14)";
    let shape = Shape::layout(&Layout::new().image("team/app:1.0", &one).image("2", &two));
    for name in ["team/app:1.0", "1.0", "docker.io/team/app:1.0"] {
        shape.is_alpine(row, &format!("{{}}:{name}"), &[]);
        shape.is_alpine(row, &format!("oci:{{}}:{name}"), &[]);
    }
    shape.fails(row, "scan {}", 2, &["name one of \"team/app:1.0\"", "\"2\""]);
    shape.fails(row, "scan {}:3", 3, &["\"3\" is not in", "\"team/app:1.0\""]);

    let row = "a nested index beside a docker list, by name and by digest at every depth";
    let arm = image("platform linux/arm64\nlayer plain\n  arm 0644 \"1\"\n");
    let inner = FixtureIndex::new([arm.clone(), one.clone()]);
    let outer = FixtureIndex::nested([], [FixtureIndex::nested([], [inner.clone()])]);
    let docker_type = "application/vnd.docker.distribution.manifest.list.v2+json";
    let list = FixtureIndex::new([two.clone()]).edit_manifest(|index| {
        index["mediaType"] = docker_type.into();
    });
    let layout = Layout::new().index("nested", &outer).index("list", &list);
    let shape = Shape::layout(&layout).edit("index.json", |index| {
        index["manifests"][1]["mediaType"] = docker_type.into();
    });
    let whole = ArchiveShape { dot_slash: true, directories: true, ..ArchiveShape::default() };
    let archive = Shape::archive(&layout.archive(&whole));
    for shape in [&shape, &archive] {
        let amd = "--platform linux/amd64";
        shape.is_alpine(row, &format!("{{}}:nested {amd}"), &[]);
        shape.is_alpine(row, &format!("{{}}@{} {amd}", inner.manifest.digest), &[]);
        shape.is_alpine(row, &format!("{{}}@{}", one.digest()), &[]);
        let shown = shape.json(row, &format!("inspect {{}}@{}", arm.digest()));
        assert_eq!(shown["image"]["platform"]["architecture"], "arm64", "{row}");
        assert_eq!(names(&shape.json(row, &format!("scan {{}}:list {amd}"))), ["evil"], "{row}");
        shape.fails(row, "scan {}:nested --platform linux/s390x", 3, &["linux/amd64, linux/arm64"]);
    }

    let row = "a layout tar with ./ in front of every name";
    let archive = Shape::archive(&Layout::new().image("1", &one).archive(&whole));
    for argument in ["{}", "oci-archive:{}", "oci-archive:{}:1"] {
        archive.is_alpine(row, argument, &[]);
    }

    let row = "an entry of an index that names no platform";
    let strip = |index: FixtureIndex| {
        index.edit_manifest(|index| {
            for child in index["manifests"].as_array_mut().unwrap() {
                child.as_object_mut().unwrap().remove("platform");
            }
        })
    };
    let unnamed = strip(FixtureIndex::new([arm, one]));
    let shape = Shape::layout(&Layout::new().index("1", &unnamed));
    shape.is_alpine(row, "{} --platform linux/amd64", &["platform-not-named"]);
    shape.fails(row, "scan {} --platform linux/s390x", 3, &["which has one without a platform"]);
}

/// What real layouts hold side by side. Each is read or refused for a reason, and all are shown.
#[test]
fn strange_neighbours() {
    let plain = alpine();
    let docker_body = plain.clone().edit_manifest(|manifest| {
        manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json".into();
    });
    let odd = plain.clone().edit_manifest(|manifest| {
        manifest["mediaType"] = "application/vnd.example.manifest+json".into();
    });
    let layout = Layout::new()
        .image("docker-body", &docker_body)
        .image("unknown-descriptor", &plain)
        .image("odd-manifest", &odd)
        .image("helm", &documents::helm())
        .index("index", &FixtureIndex::new([plain.clone()]));
    let edit = |index: &mut Value| {
        index["manifests"][1]["mediaType"] = "application/vnd.example".into();
    };
    let shape = Shape::layout(&layout).edit("index.json", edit);
    std::fs::write(shape.path().join("blobs/sha256/unreferenced"), "{").unwrap();
    for (row, image) in [
        ("docker-body", &docker_body),
        ("unknown-descriptor", &plain),
        ("odd-manifest", &odd),
        ("index", &plain),
    ] {
        let report = shape.is_alpine(row, &format!("{{}}:{row} --platform linux/amd64"), &[]);
        assert_eq!(report["image"]["digest"], image.digest().as_str(), "{row}");
    }
    shape.fails("helm", "scan {}:helm", 4, &["an artifact, not an image"]);
    let shown = shape.json("helm", "inspect {}:helm");
    assert_eq!(shown["artifact_type"], "application/vnd.cncf.helm.config.v1+json");
    shape.is_refused("all of them", 2, &["name one of \"docker-body\""]);
}
