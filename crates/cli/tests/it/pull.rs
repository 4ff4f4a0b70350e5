//! Pulls that are ended at any moment and run again.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_fixtures::{
    Blob, Compression, DockerArchive, FixtureImage, FixtureIndex, ImageBuilder, LayerBuilder,
    Layout, Push, compress,
};
use cutaway_ref::Digest;
use serde_json::Value;

use crate::client::{hold, prints, text, with_fake};
use crate::daemons::essence;
use crate::engine::FakeEngine;
use crate::support::{OnDisk, alpine, cutaway, json, provided, run, run_with, status, stderr};

#[test]
fn a_pull_that_is_killed_goes_on_and_fetches_nothing_twice() {
    with_fake(|registry| {
        let image = alpine();
        hold(registry, &image);
        let last = &image.layers[1].blob;
        registry.script(&last.digest.to_string(), [Fault::Stall(10)]);
        let target = tempfile::tempdir().unwrap();
        let path = target.path().join("layout");
        let name = format!("{}/x/app:1", registry.host());
        let arguments = ["pull", &name, path.to_str().unwrap(), "--format", "oci"];
        let mut child =
            cutaway(&arguments).stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let there = |blob: &Blob| path.join("blobs/sha256").join(blob.digest.encoded()).is_file();
        let start = Instant::now();
        while !(there(&image.config) && there(&image.layers[0].blob)) {
            assert!(start.elapsed() < Duration::from_secs(20), "the other blobs do not come");
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!there(last));
        prints(&arguments);
        assert_eq!(registry.count(&image.layers[0].blob.digest.to_string()), 1);
        assert_eq!(registry.count(&image.config.digest.to_string()), 1);
        let layout = format!("oci:{}", path.display());
        assert_eq!(text(&["validate", &layout]), format!("PASS: {layout}\n"));
        judged_by_umoci(&path);
        let tarball = target.path().join("app.tar");
        prints(&["pull", &name, tarball.to_str().unwrap()]);
        assert_eq!(status(&run(&["validate", tarball.to_str().unwrap()])), 0);
        // A tarball of a registry that breaks off is no file at all.
        registry.always(&last.digest.to_string(), Fault::status(403));
        let broken = target.path().join("broken.tar");
        assert_eq!(status(&run(&["pull", &name, broken.to_str().unwrap()])), 3);
        assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 2);
    });
}

fn judged_by_umoci(layout: &Path) {
    if Command::new("umoci").arg("--version").output().is_err() {
        eprintln!("skipped: no umoci");
        return;
    }
    let image = format!("{}:1", layout.display());
    let judged = Command::new("umoci").args(["stat", "--image", &image]).output().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
}

#[test]
fn what_passes_is_pulled_into_layouts_and_archives() {
    let image = alpine();
    let docker = DockerArchive::new().image(&["app:1"], &image).archive();
    let oci = Layout::new().image("1", &image).archive(&Default::default());
    let wanted = stored(&run_with(&["scan", "-", "--format", "json"], &docker));
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    let saved = docker.clone();
    let description = serde_json::json!({"Id": image.id()});
    let engine = FakeEngine::start(&description, move || std::io::Cursor::new(saved.clone()));
    let pull = |source: &str, target: &str, format: &str, stdin: Option<&[u8]>| {
        let mut command = cutaway(&["pull", source, target, "--format", format]);
        command.env("DOCKER_HOST", engine.host());
        match stdin {
            Some(bytes) => fed(command, bytes),
            None => command.stdin(Stdio::null()).output().unwrap(),
        }
    };
    let file = OnDisk::archive(&docker);
    let zipped = OnDisk::archive(&compress(&docker, Compression::ZSTD));
    let of_file = format!("docker-archive:{}", file.file());
    for (number, (source, stdin)) in [
        ("-", Some(docker.as_slice())),
        ("-", Some(&oci)),
        ("docker:cutaway/app:1", None),
        (&zipped.file(), None),
        (&of_file, None),
    ]
    .into_iter()
    .enumerate()
    {
        let layout = at(&format!("layout-{number}"));
        let output = pull(source, &layout, "oci", stdin);
        assert_eq!(status(&output), 0, "{source}: {}", stderr(&output));
        let name = format!("oci:{layout}");
        assert_eq!(text(&["validate", &name]), format!("PASS: {name}\n"), "{source}");
        let report = run(&["scan", &name, "--format", "json"]);
        let (found, layers) = stored(&report);
        assert_eq!(found, wanted.0, "{source}");
        // Stored bytes stay as they are: those of the manifest, or of what Docker saved.
        let is_oci = stdin == Some(&oci);
        assert_eq!(layers == wanted.1, !is_oci, "{source}");
        if is_oci {
            assert_eq!(text(&["digest", &name]), format!("{}\n", image.digest()));
        }
        assert!(!Path::new(&layout).join(".cutaway-partial").exists());
        judged_by_skopeo(&name);
    }
    // The image of a daemon goes by its name there.
    let tagged = format!("oci:{}:1", at("layout-2"));
    assert_eq!(status(&run(&["validate", &tagged])), 0);
    judged_by_umoci(Path::new(&at("layout-2")));

    // An archive is what passed, given its name when it has verified.
    for (source, stdin, format, bytes) in [
        ("-", Some(&docker), "tarball", &docker),
        ("docker:cutaway/app:1", None, "tarball", &docker),
        ("-", Some(&oci), "oci-archive", &oci),
    ] {
        let target = at("saved.tar");
        let output = pull(source, &target, format, stdin.map(Vec::as_slice));
        assert_eq!(status(&output), 0, "{source}: {}", stderr(&output));
        assert!(std::fs::read(&target).unwrap() == *bytes, "{source} {format}");
        std::fs::remove_file(target).unwrap();
    }
    let before = std::fs::read_dir(place.path()).unwrap().count();
    let mut broken = docker.clone();
    let hit = broken.windows(4).position(|bytes| bytes == b"P:b\n").unwrap();
    broken[hit + 2] = b'x';
    let half = &docker[..docker.len() / 2];
    for (bytes, format, code) in [
        (&broken[..], "tarball", 4),
        (half, "tarball", 4),
        (&oci, "tarball", 2),
        (&docker, "oci-archive", 2),
    ] {
        let output = pull("-", &at("none.tar"), format, Some(bytes));
        assert_eq!(status(&output), code, "{format}: {}", stderr(&output));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), before, "{format}");
    }
    // A layout that did not get its image is one, and takes it later.
    let output = pull("-", &at("late"), "oci", Some(&broken));
    assert_eq!(status(&output), 4, "{}", stderr(&output));
    let index = std::fs::read_to_string(place.path().join("late/index.json")).unwrap();
    assert!(index.contains("\"manifests\":[]"), "{index}");
    assert_eq!(status(&pull("-", &at("late"), "oci", Some(&docker))), 0);
    let late = format!("oci:{}", at("late"));
    assert_eq!(text(&["validate", &late]), format!("PASS: {late}\n"));
    // With others it would be read when it has passed.
    let output = run_with(&["pull", "-", &late, &at("two"), "--format", "oci"], &docker);
    assert_eq!(status(&output), 2, "{}", stderr(&output));
}

#[test]
fn what_a_registry_holds_is_pulled_and_judged_by_others() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let of = |platform: &str| {
        let text = format!("platform {platform}\nlayer gzip\n  arch 0644 \"{platform}\"\n");
        ImageBuilder::parse(&text).unwrap().build()
    };
    // What umoci unpacks has no zstd in it.
    let image = of("linux/amd64");
    let index = FixtureIndex::new(["linux/amd64", "linux/arm64"].map(of));
    Push::to(&registry, "pull/index").index("1", &index).unwrap();
    Push::to(&registry, "pull/app").image("2", &image).unwrap();
    let (many, one) = (format!("{registry}/pull/index:1"), format!("{registry}/pull/app:2"));
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    // Several images in one layout, with all platforms.
    prints(&["pull", &many, &one, &at("layout"), "--format", "oci"]);
    prints(&["pull", &many, &one, &at("oci.tar"), "--format", "oci-archive"]);
    prints(&["pull", &one, &at("one.tar")]);
    prints(&["pull", &one, &many, &at("both.tar"), "--platform", "linux/amd64"]);
    for (tag, digest) in [("1", &index.manifest.digest), ("2", image.digest())] {
        for (form, file) in [("oci", "layout"), ("oci-archive", "oci.tar")] {
            let name = format!("{form}:{}:{tag}", at(file));
            assert_eq!(text(&["validate", &name]), format!("PASS: {name}\n"));
            assert_eq!(text(&["digest", &name]), format!("{digest}\n"));
            judged_by_skopeo(&name);
        }
    }
    for (file, name) in [("one.tar", ""), ("both.tar", &format!(":{one}"))] {
        let name = format!("docker-archive:{}{name}", at(file));
        assert_eq!(text(&["validate", &name]), format!("PASS: {name}\n"));
        judged_by_skopeo(&name);
    }
    let unpacked = at("unpacked");
    let name = format!("{}:2", at("layout"));
    let umoci = ["raw", "unpack", "--rootless", "--image", &name, &unpacked];
    let Ok(judged) = Command::new("umoci").args(umoci).output() else {
        eprintln!("skipped: no umoci");
        return;
    };
    assert!(judged.status.success(), "{}", stderr(&judged));
}

/// Returns what is in an image, and the digests and sizes of its layers as they are stored.
fn stored(output: &Output) -> (Value, Value) {
    let report = json(output);
    let layers = report["layers"].as_array().unwrap().iter();
    let layers = layers.map(|layer| serde_json::json!([layer["digest"], layer["size"]]));
    (essence(&report), layers.collect())
}

/// Runs a command with `input` coming through a pipe.
fn fed(mut command: Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A run that ends early does not read all of it.
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap()
}

fn judged_by_skopeo(image: &str) {
    let target = tempfile::tempdir().unwrap();
    let to = format!("dir:{}", target.path().display());
    let Ok(judged) =
        Command::new("skopeo").args(["copy", "-q", "--insecure-policy", image, &to]).output()
    else {
        eprintln!("skipped: no skopeo");
        return;
    };
    assert!(judged.status.success(), "{image}: {}", stderr(&judged));
}

/// A pull of `x/app:1` into a layout.
struct Pull {
    name: String,
    layout: PathBuf,
}

impl Pull {
    fn new(registry: &FakeRegistry, layout: PathBuf) -> Self {
        Self { name: format!("{}/x/app:1", registry.host()), layout }
    }

    fn arguments(&self) -> [&str; 5] {
        ["pull", &self.name, self.layout.to_str().unwrap(), "--format", "oci"]
    }

    fn start(&self) -> Child {
        let mut command = cutaway(&self.arguments());
        command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Ends a run that stands still.
    fn kill_when_silent(&self, mut child: Child) {
        let start = Instant::now();
        let mut last = (self.sizes(), Instant::now());
        while last.1.elapsed() < Duration::from_millis(150) || last.0.is_empty() {
            assert!(start.elapsed() < Duration::from_secs(20), "nothing comes");
            std::thread::sleep(Duration::from_millis(10));
            let sizes = self.sizes();
            if sizes != last.0 {
                last = (sizes, Instant::now());
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Returns the names in the layout's folders of parts and of blobs, with their sizes.
    fn sizes(&self) -> BTreeMap<PathBuf, u64> {
        let folders = [".cutaway-partial", "blobs/sha256"].map(|folder| self.layout.join(folder));
        let entries = folders.iter().flat_map(std::fs::read_dir).flatten().flatten();
        let sizes = entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.len())));
        sizes.filter(|(path, _)| !path.ends_with("lock")).collect()
    }

    fn part(&self, blob: &Blob) -> PathBuf {
        self.layout.join(".cutaway-partial").join(blob.digest.encoded())
    }

    /// Returns the digests of finished blobs, each of which is what its name says.
    fn finished(&self) -> Vec<Digest> {
        let entries = std::fs::read_dir(self.layout.join("blobs/sha256")).into_iter().flatten();
        let check = |path: PathBuf| {
            let digest = Digest::sha256(&std::fs::read(&path).unwrap());
            assert!(path.ends_with(digest.encoded()), "{} is {digest}", path.display());
            digest
        };
        entries.map(|entry| check(entry.unwrap().path())).collect()
    }
}

/// Returns an image with layers of bytes that do not repeat.
fn noisy(layers: &[usize]) -> FixtureImage {
    let layer = |(number, size): (usize, &usize)| {
        let mut state = u64::try_from(number).unwrap();
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        });
        let content: Vec<u8> = bytes.take(*size).collect();
        LayerBuilder::new(Compression::Plain).file(format!("srv/{number}"), content)
    };
    layers.iter().enumerate().map(layer).fold(ImageBuilder::new(), ImageBuilder::layer).build()
}

#[test]
fn a_blob_is_gone_on_with_where_the_last_run_left_it() {
    with_fake(|registry| {
        let image = noisy(&[3_000_000]);
        hold(registry, &image);
        let layer = &image.layers[0].blob;
        let ranges = || {
            let requests = registry.requests();
            let of_layer =
                requests.iter().filter(|request| request.target.contains(layer.digest.as_str()));
            let range = |request: &cutaway_fixtures::registry::Request| {
                request.header("range").map(str::to_owned)
            };
            of_layer.map(range).collect::<Vec<_>>()
        };
        let place = tempfile::tempdir().unwrap();
        for (number, (damage, after, wanted)) in [
            // Nothing is fetched twice but the piece that was on its way.
            (None, Fault::None, 1),
            // Whoever sends all of it again is read from where the part ends.
            (None, Fault::IgnoreRange, 1),
            // A part that is not what it should be is thrown away.
            (Some(7), Fault::None, 2),
        ]
        .into_iter()
        .enumerate()
        {
            let pull = Pull::new(registry, place.path().join(number.to_string()));
            let before = ranges().len();
            registry.script(layer.digest.as_str(), [Fault::Stall(2_000_000), after]);
            pull.kill_when_silent(pull.start());
            let part = pull.part(layer);
            let mut bytes = std::fs::read(&part).unwrap();
            assert!((1_500_000..=2_000_000).contains(&bytes.len()), "{}", bytes.len());
            assert!(layer.bytes.starts_with(&bytes));
            if let Some(damaged) = damage {
                bytes[damaged] ^= 1;
                std::fs::write(&part, &bytes).unwrap();
            }
            let sent = registry.sent();
            prints(&pull.arguments());
            let asked = ranges().split_off(before + 1);
            assert_eq!(asked.len(), wanted, "{asked:?}");
            assert_eq!(asked[0], Some(format!("bytes={}-", bytes.len())));
            if number == 0 {
                let sent = registry.sent() - sent;
                assert!(sent < 1_600_000, "{sent} bytes for the rest");
            }
            let layout = format!("oci:{}", pull.layout.display());
            assert_eq!(text(&["validate", &layout]), format!("PASS: {layout}\n"));
            assert!(!pull.layout.join(".cutaway-partial").exists());
        }
    });
}

#[test]
fn killed_at_any_moment_it_ends_in_a_valid_layout_and_fetches_no_blob_twice() {
    with_fake(|registry| {
        let image = noisy(&[900_000, 1_700_000, 2_600_000, 300_000]);
        hold(registry, &image);
        let place = tempfile::tempdir().unwrap();
        let pull = Pull::new(registry, place.path().join("layout"));
        // Each layer breaks off at other places, so that each run ends in another state.
        for (number, layer) in image.layers.iter().enumerate() {
            let stalls = (1..=number + 1).map(|run| Fault::Stall(290_000 * run));
            registry.script(layer.blob.digest.as_str(), stalls);
        }
        let mut runs = 0;
        loop {
            let finished = pull.finished();
            let counts: Vec<_> =
                finished.iter().map(|digest| registry.count(digest.as_str())).collect();
            if registry.unplayed() == 0 {
                prints(&pull.arguments());
            } else {
                pull.kill_when_silent(pull.start());
            }
            for (digest, count) in finished.iter().zip(counts) {
                if digest != image.digest() {
                    assert_eq!(registry.count(digest.as_str()), count, "{digest} came again");
                }
            }
            runs += 1;
            let layout = format!("oci:{}", pull.layout.display());
            let index = std::fs::read_to_string(pull.layout.join("index.json")).unwrap();
            let index: Value = serde_json::from_str(&index).unwrap();
            if !index["manifests"].as_array().unwrap().is_empty() {
                assert_eq!(text(&["validate", &layout]), format!("PASS: {layout}\n"));
                break;
            }
            assert!(runs < 20, "it never ends");
        }
        assert!(runs > 3, "{runs} runs");
        judged_by_umoci(&pull.layout);
    });
}
