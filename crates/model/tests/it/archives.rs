//! Archives on disk: two documents of one name, links, cuts, and everything a packer can do.

use cutaway_fixtures::{
    ArchiveShape, DockerArchive, Entry, FixtureImage, LayerNames, Layout, tarball,
};
use cutaway_model::source::Archive;
use cutaway_model::{Class, Error, Image, Limits};
use serde_json::json;

use crate::support::{
    OnDisk, amd64, assert_error, open_files, pass, read_all, sample, stored, unpacked,
};

/// An archive as `docker save` writes it, with members of the test's own.
fn docker(entries: &[Entry]) -> Result<Image, Error> {
    read_all(OnDisk::archive(&tarball(entries)).and_then(|disk| disk.open("")))
}

/// The same archive as it passes by; its layers are not read again.
fn passing(entries: &[Entry]) -> Result<Image, Error> {
    open_files(&pass(&tarball(entries), 1000)?.files, "", &amd64())
}

fn manifest(layers: &[&str]) -> Entry {
    let entry = json!([{"Config": "config.json", "RepoTags": null, "Layers": layers}]);
    Entry::file("manifest.json", entry.to_string())
}

fn one_layer() -> FixtureImage {
    cutaway_fixtures::image("layer gzip\n  a 0644 \"a\"\n")
}

fn config(image: &FixtureImage) -> Entry {
    Entry::file("config.json", image.config.bytes.to_vec())
}

fn layer(name: &str, image: &FixtureImage) -> Entry {
    Entry::file(name, image.layers[0].tar.to_vec())
}

#[test]
fn a_second_document_is_refused() {
    let image = one_layer();
    let clean = [config(&image), layer("a.tar", &image), manifest(&["a.tar"])];
    docker(&clean).unwrap();
    passing(&clean).unwrap();
    for second in [
        manifest(&["evil.tar"]),
        Entry::file("./manifest.json", "[]"),
        Entry::file("/manifest.json", "[]"),
        Entry::file("x/../manifest.json", "[]"),
        Entry::symlink("manifest.json", "config.json"),
        Entry::hard_link("manifest.json", "config.json"),
        Entry::file("manifest.json", "not JSON"),
    ] {
        for at in [0, 3] {
            let mut entries = clean.to_vec();
            entries.insert(at, second.clone());
            let words = ["is ambiguous: it has manifest.json twice"];
            assert_error(docker(&entries), Class::Malformed, &words);
            assert_error(passing(&entries), Class::Malformed, &words);
        }
    }
    for name in ["index.json", "oci-layout"] {
        let mut entries = clean.to_vec();
        entries.extend([Entry::file(name, "{}"), Entry::file(name, "{}")]);
        let words = [&*format!("is ambiguous: it has {name} twice")];
        assert_error(docker(&entries), Class::Malformed, &words);
        assert_error(passing(&entries), Class::Malformed, &words);
    }
}

#[test]
fn a_manifest_says_which_image() {
    let image = one_layer();
    let rest = [config(&image), layer("a.tar", &image)];
    for (text, says) in [
        ("null", "is no JSON document"),
        ("[]", "holds no image: its manifest.json is empty"),
        (" [ ] ", "holds no image: its manifest.json is empty"),
        ("{}", "invalid type: map"),
        ("[null]", "invalid type: null"),
        ("[{}]", "missing field `Config`"),
        (
            r#"[{"Config":"config.json","Layers":["a.tar"],"layers":["evil.tar"]}]"#,
            "key \"layers\" is \"Layers\"",
        ),
        (
            r#"[{"Config":"config.json","Layers":["a.tar"],"Layers":["evil.tar"]}]"#,
            "duplicate field `Layers`",
        ),
        (
            r#"[{"Config":"config.json","config":"x","Layers":["a.tar"]}]"#,
            "key \"config\" is \"Config\"",
        ),
        (
            r#"[{"Config":"none.json","Layers":["a.tar"]}]"#,
            "config none.json is listed but missing",
        ),
        (
            r#"[{"Config":"config.json","Layers":["no\n.tar"]}]"#,
            "layer 0 of 1 no\\n.tar is listed but missing",
        ),
        (
            r#"[{"Config":"config.json","Layers":["../a.tar"]}]"#,
            "layer 0 of 1 ../a.tar is listed but missing",
        ),
        (
            r#"[{"Config":"config.json","Layers":["a.tar","a.tar"]}]"#,
            "lists 1 diffIDs, but the image has 2 layers",
        ),
        (
            r#"[{"Config":"config.json","Layers":null}]"#,
            "lists 1 diffIDs, but the image has 0 layers",
        ),
        (r#"[{"Config":"a.tar","Layers":["a.tar"]}]"#, "is no JSON document"),
    ] {
        let mut entries = rest.to_vec();
        entries.push(Entry::file("manifest.json", text));
        assert_error(docker(&entries), Class::Malformed, &[says]);
    }
    let words =
        ["is no image: it has neither index.json (OCI) nor manifest.json (docker save), nor"];
    assert_error(docker(&rest), Class::Malformed, &words);
    assert_error(passing(&rest), Class::Malformed, &words);
}

#[test]
fn links_stay_in_the_archive() {
    let image = one_layer();
    let with = |entries: &[Entry]| {
        let mut all = vec![config(&image), manifest(&["l/layer.tar"])];
        all.extend_from_slice(entries);
        (docker(&all), passing(&all))
    };
    let target = layer("blobs/a.tar", &image);
    for entries in [
        vec![target.clone(), Entry::symlink("l/layer.tar", "../blobs/a.tar")],
        vec![Entry::symlink("l/layer.tar", "../blobs/a.tar"), target.clone()],
        vec![target.clone(), Entry::hard_link("l/layer.tar", "blobs/a.tar")],
        vec![
            target.clone(),
            Entry::symlink("l/b", "../blobs/./a.tar"),
            Entry::symlink("l/layer.tar", "b"),
        ],
    ] {
        let (file, stream) = with(&entries);
        file.unwrap();
        stream.unwrap();
    }
    let chain = |count: usize| {
        let mut entries = vec![target.clone(), Entry::symlink("l/layer.tar", "1")];
        for at in 1..count {
            entries.push(Entry::symlink(format!("l/{at}"), (at + 1).to_string()));
        }
        entries.push(Entry::symlink(format!("l/{count}"), "../blobs/a.tar"));
        entries
    };
    let (file, stream) = with(&chain(7));
    file.unwrap();
    stream.unwrap();
    for (entries, says) in [
        (chain(9), "over more than member_links = 8 links"),
        (vec![Entry::symlink("l/layer.tar", "layer.tar")], "is a link in a cycle"),
        (
            vec![Entry::symlink("l/layer.tar", "b"), Entry::symlink("l/b", "layer.tar")],
            "is a link in a cycle",
        ),
        (
            vec![Entry::symlink("l/layer.tar", "/etc/hostname")],
            "layer 0 of 1 l/layer.tar is listed but missing",
        ),
        (vec![Entry::symlink("l/layer.tar", "../../etc/hostname")], "is listed but missing"),
        (vec![Entry::symlink("l/layer.tar", "../none")], "is listed but missing"),
        (vec![Entry::directory("l/layer.tar")], "is listed but missing"),
        (
            vec![Entry::new("l/layer.tar", cutaway_fixtures::EntryKind::Fifo)],
            "is listed but missing",
        ),
    ] {
        let (file, stream) = with(&entries);
        assert_error(file, Class::Malformed, &[says]);
        assert_error(stream, Class::Malformed, &[says]);
    }
}

#[test]
fn members_outside_the_archive_are_nobodys() {
    let image = one_layer();
    let clean = [config(&image), layer("a.tar", &image), manifest(&["a.tar"])];
    let mut entries = clean.to_vec();
    for name in ["../../x", "/../x", "..", "a/../../manifest.json", "/etc/passwd"] {
        entries.push(Entry::file(name, "evil"));
        entries.push(Entry::symlink(format!("{name}/s"), "/etc/passwd"));
    }
    docker(&entries).unwrap();
    passing(&entries).unwrap();
}

#[test]
fn the_image_id_is_computed_and_never_a_name() {
    let image = one_layer();
    let named = format!("{}.json", cutaway_ref::Digest::sha256(b"another").encoded());
    let text = json!([{"Config": named, "RepoTags": ["a:1"], "Layers": ["a.tar"]}]);
    let entries = [
        Entry::file(named, image.config.bytes.to_vec()),
        layer("a.tar", &image),
        Entry::file("manifest.json", text.to_string()),
    ];
    let opened = docker(&entries).unwrap();
    assert_eq!(opened.id(), image.id());
    let [remark] = opened.remarks() else { panic!("{:?}", opened.remarks()) };
    assert_eq!((remark.code, remark.layer), ("image-id-recomputed", None));
    assert!(remark.message.ends_with("the image ID was recomputed"), "{remark:?}");
    // Names that are no other digest say nothing.
    let hex = image.id().encoded().to_owned();
    for name in
        ["config.json".into(), format!("{hex}.json"), format!("sha256:{hex}"), "ab.json".into()]
    {
        let text = json!([{"Config": name, "RepoTags": ["a:1"], "Layers": ["a.tar"]}]);
        let entries = [
            Entry::file(name, image.config.bytes.to_vec()),
            layer("a.tar", &image),
            Entry::file("manifest.json", text.to_string()),
        ];
        assert_eq!(docker(&entries).unwrap().remarks(), []);
    }
}

#[test]
fn a_claimed_source_of_a_layer_is_no_digest() {
    // Docker 25 names the blob that the layer was pulled as, and stores the tar.
    let image = one_layer();
    let blob = &image.layers[0].blob;
    let text = json!([{
        "Config": "config.json", "RepoTags": null, "Layers": ["a.tar"],
        "LayerSources": {image.layers[0].diff_id.as_str(): blob.descriptor()},
    }]);
    let entries =
        [config(&image), layer("a.tar", &image), Entry::file("manifest.json", text.to_string())];
    let opened = docker(&entries).unwrap();
    assert_eq!(opened.layers()[0].digest(), None);
    let claimed = opened.layers()[0].claimed_source().unwrap();
    assert_eq!((&claimed.digest, claimed.size), (&blob.digest, blob.size));
    let (_, outcome) = stored(&opened.layers()[0]).unwrap();
    assert_eq!(outcome.digest, image.layers[0].diff_id);
}

#[test]
fn layers_of_one_archive_are_stored_as_they_like() {
    // The sample has gzip, zstd and plain layers.
    let archive =
        DockerArchive::new().image(&["a:1"], &sample()).layer_names(LayerNames::Stored).archive();
    let opened = OnDisk::archive(&archive).unwrap().open("").unwrap();
    for (layer, fixture) in opened.layers().iter().zip(&sample().layers) {
        assert_eq!(unpacked(layer).unwrap(), fixture.tar);
    }
}

#[test]
fn a_manifest_of_another_image_is_not_this_ones() {
    let (image, other) = (one_layer(), sample());
    let files = |inner: &FixtureImage| {
        let mut entries: Vec<Entry> = Layout::new()
            .image("t", inner)
            .files()
            .into_iter()
            .map(|(path, content)| Entry::file(path, content))
            .collect();
        entries.extend([config(&image), layer("a.tar", &image), manifest(&["a.tar"])]);
        OnDisk::archive(&tarball(&entries)).unwrap()
    };
    let docker_form = cutaway_model::source::Form::Docker;
    let archive = |inner: &FixtureImage| {
        crate::support::open_form(&files(inner).files, docker_form, "", &amd64()).unwrap()
    };
    assert_eq!(archive(&image).digest(), Some(image.digest()));
    assert_eq!(
        archive(&image.clone().edit_manifest(|manifest| manifest["layers"] = json!([]))).digest(),
        None
    );
    // Another image of the same name is another image for a reader of the other document.
    let disk = files(&other);
    for form in [docker_form, cutaway_model::source::Form::Oci] {
        let words = ["is ambiguous: index.json names", other.id().as_str(), image.id().as_str()];
        let opened = crate::support::open_form(&disk.files, form, "", &amd64());
        assert_error(opened, Class::Malformed, &words);
    }
    // What is wrong with the extra does not matter.
    let nothing = [
        config(&image),
        layer("a.tar", &image),
        manifest(&["a.tar"]),
        Entry::file("index.json", r#"{"manifests":null}"#),
        Entry::file("oci-layout", "{}"),
    ];
    let disk = OnDisk::archive(&tarball(&nothing)).unwrap();
    let opened =
        crate::support::open_form(&disk.files, cutaway_model::source::Form::Docker, "", &amd64());
    assert_eq!(opened.unwrap().digest(), None);
}

#[test]
fn documents_have_limits_in_archives_too() {
    let image = one_layer();
    let mut text = vec![b' '; 5 << 20];
    text.extend(b"[]");
    let entries = [config(&image), layer("a.tar", &image), Entry::file("manifest.json", text)];
    let words = ["manifest.json in ", "over the limit manifest_bytes of 4194304"];
    assert_error(docker(&entries), Class::Malformed, &words);
    let mut large = image.config.bytes.to_vec();
    large.extend(vec![b' '; 9 << 20]);
    let entries = [Entry::file("config.json", large), layer("a.tar", &image), manifest(&["a.tar"])];
    assert_error(docker(&entries), Class::Malformed, &["over the limit config_bytes of 8388608"]);
}

#[test]
fn members_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("many.tar");
    let entries: Vec<_> = (0..20).map(|at| Entry::file(at.to_string(), "")).collect();
    std::fs::write(&path, tarball(&entries)).unwrap();
    let mut limits = Limits::default();
    limits.archive_members = 20;
    Archive::open(&path, &limits).unwrap();
    limits.archive_members = 19;
    let words = ["over the limit archive_members of 19"];
    assert_error(Archive::open(&path, &limits), Class::Malformed, &words);
}

#[test]
fn a_path_that_is_no_archive() {
    let directory = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| Archive::open(path, &Limits::default());
    let none = directory.path().join("no\nne.tar");
    assert_error(open(&none), Class::Transport, &["no\\nne.tar is not in the file system"]);
    assert_error(open(directory.path()), Class::Malformed, &["is not a regular file"]);
    for (bytes, says) in [
        (&b"not a tar, but long enough"[..], "ends early"),
        (&[b'x'; 2048], "header checksum is wrong"),
    ] {
        let path = directory.path().join("x.tar");
        std::fs::write(&path, bytes).unwrap();
        assert_error(open(&path), Class::Malformed, &[says]);
    }
}

#[test]
fn an_archive_cut_anywhere_is_refused_or_whole() {
    let image = sample();
    let fits =
        |opened: &Image| opened.id() == image.id() && opened.layers().len() == image.layers.len();
    for (form, archive) in [
        ("oci", Layout::new().image("t", &image).archive(&ArchiveShape::default())),
        ("docker", DockerArchive::new().image(&["a:1"], &image).archive()),
    ] {
        let step = (archive.len() / 100).max(1);
        let tail = (archive.len().saturating_sub(1100)..archive.len()).step_by(17);
        let places = (0..archive.len()).step_by(step).chain(tail);
        let mut whole = 0;
        for length in places {
            let cut = &archive[..length];
            for (way, result) in [
                ("file", read_all(OnDisk::archive(cut).and_then(|disk| disk.open("")))),
                (
                    "stream",
                    pass(cut, 512).and_then(|passed| open_files(&passed.files, "", &amd64())),
                ),
            ] {
                match result {
                    Ok(opened) => {
                        assert!(fits(&opened), "{form} {way} cut at {length}");
                        whole += 1;
                    }
                    Err(error) => assert_eq!(
                        error.class(),
                        Class::Malformed,
                        "{form} {way} {length}: {error}"
                    ),
                }
            }
        }
        assert!(whole > 0, "an archive without its end marker is whole");
    }
}

#[test]
fn an_archive_that_shrinks_while_it_is_read_fails() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image.tar");
    std::fs::write(&path, DockerArchive::new().image(&["a:1"], &sample()).archive()).unwrap();
    let files: std::sync::Arc<dyn cutaway_model::source::Files> =
        std::sync::Arc::new(Archive::open(&path, &Limits::default()).unwrap());
    let image = open_files(&files, "", &amd64()).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(2000).unwrap();
    assert_error(read_all(Ok(image)), Class::Malformed, &["ends at byte 2000, "]);
}
