//! Several places that hold one image: a mirror that fails in the middle, and names where a registry was moved.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_fixtures::{Compression, FixtureImage, FixtureIndex, ImageBuilder, LayerBuilder};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::{cutaway, status, stderr, stdout};

/// Two mirrors and the registry itself, all with the same image.
struct Scene {
    _runtime: Runtime,
    places: Vec<FakeRegistry>,
    folder: TempDir,
    image: FixtureImage,
}

impl Scene {
    fn new() -> Self {
        let layer = |number: u8| {
            let database = format!("P:p{number}\nV:1-r0\nA:x86_64\n\n");
            LayerBuilder::new(Compression::Plain)
                .file("lib/apk/db/installed", database)
                .file("bulk", vec![number; 500_000])
        };
        Self::of(ImageBuilder::new().layer(layer(1)).layer(layer(2)).build())
    }

    fn of(image: FixtureImage) -> Self {
        let runtime = Runtime::new().unwrap();
        let index = FixtureIndex::new([image.clone()]);
        let places: Vec<_> = (0..3)
            .map(|_| {
                let registry = runtime.block_on(FakeRegistry::start());
                for blob in image.blobs() {
                    registry.blob(blob.bytes.clone());
                }
                let manifest = &image.manifest;
                registry.manifest("child", &manifest.media_type, manifest.bytes.clone());
                registry.manifest("1", &index.manifest.media_type, index.manifest.bytes.clone());
                registry
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[[registry]]\nprefix = \"r.example/team\"\nlocation = \"{}/itself\"\n\
             [[registry.mirror]]\nlocation = \"{}/one\"\n\
             [[registry.mirror]]\nlocation = \"{}/two\"\n",
            places[2].host(),
            places[0].host(),
            places[1].host()
        );
        std::fs::write(folder.path().join("registries.conf"), text).unwrap();
        Self { _runtime: runtime, places, folder, image }
    }

    fn conf(&self) -> PathBuf {
        self.folder.path().join("registries.conf")
    }

    fn scan(&self, more: &[&str]) -> Output {
        cutaway(&["scan", "r.example/team/app:1", "--format", "json"])
            .args(["--platform", "linux/amd64", "--limit", "first_wait_ms=1,idle_ms=200,tries=3"])
            .args(more)
            .env("CONTAINERS_REGISTRIES_CONF", self.conf())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Returns how many requests each place has had.
    fn asked(&self, part: &str) -> Vec<usize> {
        self.places.iter().map(|place| place.count(part)).collect()
    }
}

#[test]
fn a_mirror_that_fails_behind_the_manifest_is_left_for_the_next() {
    let wrong = |body: &[u8]| Fault::Body("application/octet-stream".to_owned(), body.to_vec());
    let clean = Scene::new();
    let report = stdout(&clean.scan(&[]));
    assert!(report.contains("\"p2\""), "{report}");
    assert_eq!(clean.asked("/blobs/"), [3, 0, 0]);
    for (name, fault) in [
        ("it lacks the blob", Fault::status(404)),
        ("it is down", Fault::status(503)),
        ("it refuses", Fault::status(403)),
        ("it breaks off for ever", Fault::Reset(100)),
        ("it breaks off before the body", Fault::Reset(0)),
        ("it stalls in the middle", Fault::both(Fault::Stall(10), Fault::IgnoreRange)),
        ("it says nothing", Fault::Silence),
        ("it sends a page", Fault::Body("text/html".to_owned(), b"<html>".to_vec())),
        (
            "it wants a password",
            Fault::Status(
                401,
                vec![("WWW-Authenticate".to_owned(), "Basic realm=\"r\"".to_owned())],
                String::new(),
            ),
        ),
        ("it sends other bytes", Fault::Flip),
        (
            "it sends other bytes, and a digest",
            Fault::both(
                wrong(b"other"),
                Fault::Header(
                    "Docker-Content-Digest".to_owned(),
                    format!("sha256:{}", "1".repeat(64)),
                ),
            ),
        ),
        ("it sends too much", Fault::Longer(vec![7; 1000])),
        ("it sends too little", Fault::Short(10)),
        ("it sends bytes without end", Fault::Endless),
        ("it leads nowhere", Fault::redirect("file:///etc/passwd")),
    ] {
        for part in ["config", "layer", "manifest"] {
            let scene = Scene::new();
            let digest = match part {
                "config" => &scene.image.config.digest,
                "layer" => &scene.image.layers[1].blob.digest,
                _ => &scene.image.manifest.digest,
            };
            // The second mirror lacks it, so that the third place is asked, too.
            scene.places[0].always(digest.as_str(), fault.clone());
            scene.places[1].always(digest.as_str(), Fault::status(404));
            let output = scene.scan(&[]);
            let name = format!("{name}, {part}");
            assert_eq!(status(&output), 0, "{name}: {}", stderr(&output));
            assert!(stdout(&output) == report && output.stderr.is_empty(), "{name}");
            assert!(scene.asked(digest.as_str()).iter().all(|count| *count > 0), "{name}");
        }
    }
}

/// Whoever reads layers or asks for them has the other places, too.
#[test]
fn files_are_read_and_blobs_asked_for_elsewhere() {
    for (arguments, fault) in [
        (&["ls"][..], Fault::Flip),
        (&["ls"], Fault::status(404)),
        (&["ls"], Fault::Longer(vec![7; 1000])),
        (&["cat"], Fault::status(404)),
        (&["cat"], Fault::Flip),
        (&["cat"], Fault::Longer(vec![7; 1000])),
        (&["cat"], Fault::Short(10)),
        (&["stat"], Fault::Longer(vec![7; 1000])),
        (&["export"], Fault::Flip),
        (&["export"], Fault::Longer(vec![7; 1000])),
        (&["export"], Fault::Short(10)),
        (&["validate"], Fault::Longer(vec![7; 1000])),
        (&["validate"], Fault::status(503)),
        (&["validate"], Fault::Flip),
        (&["validate", "--fast"], Fault::status(404)),
        (&["validate", "--fast"], Fault::status(503)),
        (&["config"], Fault::Flip),
    ] {
        let scene = Scene::new();
        for layer in &scene.image.layers {
            scene.places[0].always(layer.blob.digest.as_str(), fault.clone());
        }
        scene.places[0].always(scene.image.config.digest.as_str(), fault.clone());
        let path = if matches!(arguments[0], "cat" | "stat") { &["bulk"][..] } else { &[] };
        let output = cutaway(&[arguments, &["r.example/team/app:1"], path].concat())
            .args(["--platform", "linux/amd64", "--limit", "first_wait_ms=1"])
            .env("CONTAINERS_REGISTRIES_CONF", scene.conf())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(status(&output), 0, "{arguments:?}, {fault:?}: {}", stderr(&output));
        assert!(!output.stdout.is_empty() && scene.places[1].count("/blobs/") > 0);
    }
}

#[test]
fn a_blob_is_gone_on_with_where_it_broke_off() {
    let scene = Scene::new();
    let layer = &scene.image.layers[0].blob;
    scene.places[0].script(layer.digest.as_str(), [Fault::Reset(400_000)]);
    scene.places[0].always(layer.digest.as_str(), Fault::status(503));
    let output = scene.scan(&[]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let ranges: Vec<_> = scene.places[1]
        .requests()
        .iter()
        .filter(|request| request.target.contains(layer.digest.as_str()))
        .map(|request| request.header("range").map(ToOwned::to_owned))
        .collect();
    assert_eq!(ranges, [Some("bytes=400000-".to_owned())]);
    let (sent, wanted) = (scene.places[1].sent(), layer.size - 400_000);
    assert!(sent >= wanted && scene.places[2].requests().is_empty(), "{sent} {wanted}");
}

#[test]
fn a_mirror_that_is_down_is_not_tried_for_every_blob() {
    let scene = Scene::new();
    scene.places[0].always("/blobs/", Fault::status(503));
    let output = scene.scan(&["--limit", "layers_in_flight=1"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    // Its three tries for the config, and none for the layers.
    assert_eq!(scene.asked("/blobs/"), [3, 3, 0]);
}

#[test]
fn where_all_fail_the_last_one_gives_the_reason() {
    let scene = Scene::new();
    let layer = scene.image.layers[1].blob.digest.clone();
    for place in &scene.places {
        place.always(layer.as_str(), Fault::status(503));
    }
    let output = scene.scan(&[]);
    let said = stderr(&output);
    assert_eq!((status(&output), output.stdout.len()), (3, 0), "{said}");
    let [one, two, itself] = [0, 1, 2].map(|place: usize| scene.places[place].host());
    for word in [
        format!("http://{itself}/v2/itself/app/blobs/{layer}: HTTP status 503"),
        format!("(3 tries); the limit tries was met (mirrors failed too: {one}, {two})"),
    ] {
        assert!(said.contains(&word), "\"{word}\" is not in {said}");
    }
    assert_eq!(said.lines().count(), 1, "{said}");
    // Bytes that are wrong everywhere are the image's fault.
    let scene = Scene::new();
    for place in &scene.places {
        place.always(layer.as_str(), Fault::Flip);
    }
    let output = scene.scan(&[]);
    assert_eq!((status(&output), output.stdout.len()), (4, 0), "{}", stderr(&output));
    assert!(stderr(&output).contains("its bytes were changed"), "{}", stderr(&output));
    assert_eq!(scene.asked(layer.as_str()), [1, 1, 1]);
}

/// A password is told to nobody but the registry that it is for, also when a blob is had elsewhere.
#[test]
fn mirrors_are_told_nothing() {
    let scene = Scene::new();
    scene.places[0].always("/blobs/", Fault::status(503));
    for place in &scene.places[1..] {
        place.gate(Gate::Exactly {
            challenges: vec!["Basic realm=\"r\"".to_owned()],
            authorization: "Basic dXNlcjpjNG40cnktcDRzc3cwcmQ=".to_owned(),
        });
    }
    let output = cutaway(&["scan", "r.example/team/app:1", "--platform", "linux/amd64"])
        .args(["--limit", "first_wait_ms=1"])
        .env("CONTAINERS_REGISTRIES_CONF", scene.conf())
        .env("CUTAWAY_USERNAME", "user")
        .env("CUTAWAY_PASSWORD", "c4n4ry-p4ssw0rd")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let told = |place: &FakeRegistry| {
        place.requests().iter().any(|request| request.header("authorization").is_some())
    };
    let told: Vec<_> = scene.places.iter().map(told).collect();
    assert_eq!(told, [false, false, true]);
}

#[test]
fn lists_have_the_names_that_were_asked_for() {
    let scene = Scene::new();
    let itself = &scene.places[2];
    let host = itself.host();
    let text = format!(
        "[[registry]]\nprefix = \"r.example/team\"\nlocation = \"{host}/kept/it\"\n\
         [[registry]]\nprefix = \"all.example\"\nlocation = \"{host}/kept\"\n"
    );
    std::fs::write(scene.conf(), text).unwrap();
    itself.page(
        "/v2/_catalog?n=1000",
        "{\"repositories\":[\"kept/it\",\"kept/it/app\",\"kept/item\",\"other\"]}",
        &[],
    );
    for (name, tag) in [("kept/it", "0"), ("kept/it/app", "1"), ("kept/item", "2"), ("other", "3")]
    {
        let tags = format!("{{\"name\":\"{name}\",\"tags\":[\"{tag}\"]}}");
        itself.page(&format!("/v2/{name}/tags/list?n=1000"), &tags, &[]);
    }
    for (arguments, lines) in [
        (&["tags", "r.example/team"][..], "0\n"),
        (&["tags", "r.example/team/app", "--full-ref"], "r.example/team/app:1\n"),
        (&["tags", "-R", "r.example/team"], "r.example/team/app:1\nr.example/team:0\n"),
        (&["tags", "-R", "all.example/it"], "all.example/it/app:1\nall.example/it:0\n"),
        (
            &["tags", "-R", "all.example"],
            "all.example/it/app:1\nall.example/it:0\nall.example/item:2\n",
        ),
        (&["catalog", "all.example"], "it\nit/app\nitem\n"),
        (
            &["catalog", "all.example", "--full-ref"],
            "all.example/it\nall.example/it/app\nall.example/item\n",
        ),
        (&["catalog", &host], "kept/it\nkept/it/app\nkept/item\nother\n"),
    ] {
        let output = cutaway(arguments)
            .env("CONTAINERS_REGISTRIES_CONF", scene.conf())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(status(&output), 0, "{arguments:?}: {}", stderr(&output));
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(ToOwned::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&stdout(&output)), sorted(lines), "{arguments:?}");
    }
}

/// A layer that has to be read again is waited for by those opened ahead, and waits for none of them.
#[test]
fn an_export_goes_on_elsewhere_beside_layers_that_wait() {
    let layer = |number: u8, len: usize| {
        LayerBuilder::new(Compression::Plain).file(format!("f{number}"), vec![number; len])
    };
    let image = ImageBuilder::new();
    let image = image.layer(layer(1, 16 << 20)).layer(layer(2, 16 << 20)).layer(layer(3, 1000));
    let scene = Scene::of(image.build());
    for (place, layers) in [(0, 2), (1, 3)] {
        for layer in &scene.image.layers[..layers] {
            scene.places[place].always(layer.blob.digest.as_str(), Fault::status(404));
        }
    }
    // The others are under way by then.
    let late = Fault::both(Fault::Flip, Fault::Pause(100, Duration::from_millis(500)));
    scene.places[0].always(scene.image.layers[2].blob.digest.as_str(), late);
    for requests in 1..4 {
        let limit = format!("layers_in_flight=3,requests={requests}");
        let output = cutaway(&["export", "r.example/team/app:1", "/dev/null"])
            .args(["--platform", "linux/amd64", "--timeout", "60s", "--limit", &limit])
            .env("CONTAINERS_REGISTRIES_CONF", scene.conf())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(status(&output), 0, "{limit}: {}", stderr(&output));
    }
    let top = scene.image.layers[2].blob.digest.encoded();
    assert!(scene.asked(top).iter().all(|count| *count >= 1), "{:?}", scene.asked(top));
}
