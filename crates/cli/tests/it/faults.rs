//! Fault equivalence: under every fault on every blob and manifest of an image of twelve layers
//! the report is the one of a run without faults, and little is sent twice.
//!
//! Behind it, what changes while an image is read. `giving_up.rs` has the faults that never end.
#![expect(clippy::arithmetic_side_effects, reason = "support of tests, which fail by panicking")]

use std::process::{Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_fixtures::{Compression, FixtureIndex, ImageBuilder, LayerBuilder};
use serde_json::json;

use crate::support::{cutaway, status, stderr, stdout};

const LAYERS: usize = 12;
/// The bytes between two faults: a little more than the 64 KiB that are progress.
const STEP: usize = 70 << 10;
/// The most faults of one blob.
const MOST: usize = 10;
/// The most faults in a row without progress that the limit `tries` allows: one less than it.
const WITHOUT_PROGRESS: usize = 4;

/// A registry with the image behind an index, tagged `1`.
struct Scene {
    registry: FakeRegistry,
    /// What each blob of the image and its manifest are called in requests.
    blobs: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let index = FixtureIndex::new([image().build()]);
        let registry = FakeRegistry::start().await;
        let mut blobs = Vec::new();
        for image in &index.images {
            blobs.extend(image.blobs().map(|blob| registry.blob(blob.bytes.clone()).to_string()));
            let manifest = &image.manifest;
            registry.manifest("child", &manifest.media_type, manifest.bytes.clone());
            blobs.push(manifest.digest.to_string());
            assert!(blobs.len() == LAYERS + 2);
            assert!(image.blobs().chain([manifest]).all(|blob| blob.bytes.len() > STEP * MOST));
        }
        registry.manifest("1", &index.manifest.media_type, index.manifest.bytes.clone());
        Self { registry, blobs }
    }

    /// Scripts `blob` for every blob and the manifest, and `tag` for the index, which is asked for by its tag.
    fn script(&self, blob: &[Fault], tag: &[Fault]) {
        for digest in &self.blobs {
            self.registry.script(digest, blob.iter().cloned());
        }
        self.registry.script("/manifests/1", tag.iter().cloned());
    }

    fn scan(&self, limits: &str) -> Output {
        let image = format!("{}/team/image:1", self.registry.host());
        cutaway(&["scan", &image, "--format", "json", "--platform", "linux/amd64"])
            // All layers at once, so that waits and stalls add up as little as they can.
            .args(["--limit", "first_wait_ms=1,layers_in_flight=12,requests=16"])
            .args(if limits.is_empty() { vec![] } else { vec!["--limit", limits] })
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Scans without faults; returns the report and the bytes that it took.
    fn clean(&self) -> (String, u64) {
        let before = self.registry.sent();
        let output = self.scan("");
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        let report = stdout(&output);
        // The last layer's database has the package of every layer.
        assert!((0..LAYERS).all(|layer| report.contains(&format!("\"library{layer}\""))));
        (report, self.registry.sent() - before)
    }
}

/// Makes an image whose layers, config and manifest are long enough for ten faults with progress between them.
fn image() -> ImageBuilder {
    let mut builder = ImageBuilder::new()
        .run_config("Labels", json!({"noise": text(STEP * (MOST + 2))}))
        .annotation("noise", text(STEP * (MOST + 2)));
    let mut database = String::new();
    for layer in 0..LAYERS {
        database.push_str(&format!(
            "Package: library{layer}\nStatus: install ok installed\nArchitecture: amd64\n\
             Version: 1.{layer}-1+deb12u{layer}\nMaintainer: Debian\n\
             Source: source{layer} (1.{layer}-1)\nDescription: number {layer}\n more of it\n\n"
        ));
        let mut built = LayerBuilder::new(Compression::Gzip { members: 1 })
            .file("var/lib/dpkg/status", database.clone())
            .file(format!("usr/lib/library{layer}.so"), noise(layer, STEP * (MOST + 2)));
        if layer == 0 {
            built = built.file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        }
        if layer == LAYERS / 2 {
            built = built.file("lib/apk/db/installed", "P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n");
        }
        builder = builder.layer(built);
    }
    builder
}

/// Bytes that compress badly, other ones for each `seed`.
fn noise(seed: usize, size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::try_from(seed).unwrap();
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(size).collect()
}

fn text(size: usize) -> String {
    noise(99, size / 2).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Plays `faults` on every blob and the manifest, and `tag` on the index, one, three and ten times.
fn equivalent(name: &str, row: &Row) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scene = runtime.block_on(Scene::new());
    if row.tokens {
        scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
    }
    let (report, clean) = scene.clean();
    let mut line = format!("{name}:");
    for times in [1, 3, MOST] {
        let host = scene.registry.host();
        let blob: Vec<_> = (1..=times).flat_map(|number| (row.blob)(&host, number)).collect();
        let in_a_row = 0..times.min(WITHOUT_PROGRESS);
        let tag: Vec<_> = in_a_row.flat_map(|_| (row.tag)(&host)).collect();
        scene.script(&blob, &tag);
        let (before, started) = (scene.registry.sent(), Instant::now());
        let output = scene.scan(row.limits);
        let (sent, took) = (scene.registry.sent() - before, started.elapsed());
        let name = format!("{name} × {times}");
        assert_eq!(status(&output), 0, "{name}: {}", stderr(&output));
        assert!(output.stderr.is_empty(), "{name}: {}", stderr(&output));
        assert!(stdout(&output) == report, "{name}: another report");
        assert_eq!(scene.registry.unplayed(), 0, "{name}: not all faults were met");
        assert!(!row.ranges || sent <= clean + clean / 10, "{name}: {sent} bytes for {clean}");
        let ratio = sent * 1000 / clean;
        line += &format!(" ×{times} {}.{:03} in {took:.1?},", ratio / 1000, ratio % 1000);
    }
    line
}

/// A kind of fault.
struct Row {
    /// What is played on each blob the first, the second, … time.
    blob: fn(&str, usize) -> Vec<Fault>,
    /// What is played on the index.
    tag: fn(&str) -> Vec<Fault>,
    limits: &'static str,
    /// Whether ranges work, so that little may be sent twice.
    ranges: bool,
    /// Whether the registry wants tokens.
    tokens: bool,
}

const PLAIN: Row =
    Row { blob: |_, _| vec![], tag: |_| vec![], limits: "", ranges: true, tokens: false };

/// Makes the answer of a registry whose token has worn out.
fn expired(host: &str) -> Fault {
    let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"fake\"");
    Fault::Status(401, vec![("WWW-Authenticate".to_owned(), challenge)], "expired".to_owned())
}

#[test]
fn every_fault_on_every_blob_and_manifest() {
    // What breaks off in the body makes progress each time; what refuses is followed by progress.
    // The index is asked for by its tag and read from its start each time: it makes no progress.
    let rows: [(&str, Row); 8] = [
        (
            "reset",
            Row {
                blob: |_, _| vec![Fault::Reset(STEP)],
                tag: |_| vec![Fault::Reset(100)],
                ..PLAIN
            },
        ),
        (
            "early FIN",
            Row {
                blob: |_, _| vec![Fault::Close(STEP)],
                tag: |_| vec![Fault::Close(100)],
                ..PLAIN
            },
        ),
        (
            "short Content-Length",
            Row { blob: |_, _| vec![Fault::Few(STEP)], tag: |_| vec![Fault::Few(100)], ..PLAIN },
        ),
        (
            "503",
            Row {
                blob: |_, _| vec![Fault::status(503), Fault::Reset(STEP)],
                tag: |_| vec![Fault::status(503)],
                ..PLAIN
            },
        ),
        (
            // The registry asks for a second each time, and 15 documents × 10 would take minutes.
            "429 with Retry-After",
            Row {
                blob: |_, _| vec![Fault::retry_after(429, "1"), Fault::Reset(STEP)],
                tag: |_| vec![Fault::retry_after(429, "1")],
                limits: "longest_retry_after_ms=5",
                ..PLAIN
            },
        ),
        (
            "Range ignored",
            Row {
                // Each answer starts over and comes a little further.
                blob: |_, number| {
                    vec![Fault::both(Fault::IgnoreRange, Fault::Reset(STEP * number))]
                },
                tag: |_| vec![Fault::Reset(100)],
                ranges: false,
                ..PLAIN
            },
        ),
        (
            "wrong Content-Range",
            Row {
                // Who gets a wrong part once asks for the whole from then on.
                blob: |_, number| match number {
                    1 => vec![Fault::Reset(STEP), Fault::LateRange(3)],
                    _ => vec![Fault::both(Fault::LateRange(3), Fault::Reset(STEP * number))],
                },
                tag: |_| vec![Fault::Reset(100)],
                ranges: false,
                ..PLAIN
            },
        ),
        (
            "expired token",
            Row {
                blob: |host, _| vec![expired(host), Fault::Reset(STEP)],
                // Of two refusals in a row the second would be about who asks.
                tag: |host| vec![expired(host), Fault::status(503)],
                tokens: true,
                ..PLAIN
            },
        ),
    ];
    let (one, other) = rows.split_at(rows.len() / 2);
    thread::scope(|scope| {
        for rows in [one, other] {
            scope.spawn(move || {
                for (name, row) in rows {
                    eprintln!("{}", equivalent(name, row));
                }
            });
        }
    });
}

#[test]
fn stalls_that_outlast_the_limit() {
    // Ten stalls of the default idle limit would take five minutes a document.
    let row = Row {
        blob: |_, _| vec![Fault::Stall(STEP)],
        tag: |_| vec![Fault::Stall(100)],
        limits: "idle_ms=200",
        ..PLAIN
    };
    eprintln!("{}", equivalent("stall", &row));
}

#[test]
fn stalls_of_five_seconds_are_waited_out() {
    const FIVE: Duration = Duration::from_secs(5);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    thread::scope(|scope| {
        // Each document on the way is a wait of its own, so each has a run of its own; the layers have one together.
        for part in ["the index", "the manifest", "the config", "the layers"] {
            let scene = runtime.block_on(Scene::new());
            scope.spawn(move || {
                let (report, clean) = scene.clean();
                let (config, rest) = scene.blobs.split_first().unwrap();
                let (manifest, layers) = rest.split_last().unwrap();
                let paused: Vec<&str> = match part {
                    "the index" => vec!["/manifests/1"],
                    "the manifest" => vec![manifest],
                    "the config" => vec![config],
                    _ => layers.iter().map(String::as_str).collect(),
                };
                for path in paused {
                    scene.registry.script(path, [Fault::Pause(100, FIVE)]);
                }
                let (before, started) = (scene.registry.sent(), Instant::now());
                // No limit is changed: thirty seconds of silence are allowed.
                let output = scene.scan("");
                assert!(started.elapsed() >= FIVE, "{part}: {:?}", started.elapsed());
                assert_eq!(status(&output), 0, "{part}: {}", stderr(&output));
                assert!(stdout(&output) == report, "{part}: another report");
                assert_eq!(scene.registry.sent() - before, clean, "{part}");
                assert_eq!(scene.registry.unplayed(), 0, "{part}");
            });
        }
    });
}

#[test]
fn retry_after_is_waited_for() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scene = runtime.block_on(Scene::new());
    let (report, _) = scene.clean();
    scene.registry.script(&scene.blobs[0], [Fault::retry_after(429, "1")]);
    let started = Instant::now();
    let output = scene.scan("");
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(stdout(&output) == report, "{}", stderr(&output));
}

/// Sends `index` in the place of what a tag has.
fn instead(index: &FixtureIndex) -> Fault {
    let manifest = &index.manifest;
    Fault::both(
        Fault::Body(manifest.media_type.clone(), manifest.bytes.to_vec()),
        Fault::Header("Docker-Content-Digest".to_owned(), manifest.digest.to_string()),
    )
}

fn small(name: &str) -> FixtureIndex {
    let of = |platform: &str| {
        let database = format!("P:{name}\nV:1-r0\nA:x86_64\n\n");
        let layer = LayerBuilder::new(Compression::Plain).file("lib/apk/db/installed", database);
        ImageBuilder::new().platform(platform).layer(layer).build()
    };
    FixtureIndex::new(["linux/amd64", "linux/arm64"].map(of))
}

async fn holding(indexes: &[&FixtureIndex]) -> FakeRegistry {
    let registry = FakeRegistry::start().await;
    for index in indexes.iter().rev() {
        for image in &index.images {
            image.blobs().for_each(|blob| drop(registry.blob(blob.bytes.clone())));
            let manifest = &image.manifest;
            registry.manifest("child", &manifest.media_type, manifest.bytes.clone());
        }
        registry.manifest("1", &index.manifest.media_type, index.manifest.bytes.clone());
    }
    registry
}

#[test]
fn a_tag_that_moves_is_the_image_that_it_was_first() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (old, new) = (small("old"), small("new"));
    for command in [
        &["scan", "--format", "json", "--platform", "linux/amd64"][..],
        &["inspect", "--format", "json", "--platform", "linux/arm64", "--verify"],
        &["manifest", "--platform", "linux/arm64"],
        &["config", "--platform", "linux/arm64"],
        &["digest", "--platform", "linux/arm64"],
        &["validate"],
        &["ls", "--platform", "linux/amd64"],
    ] {
        let mut printed = Vec::new();
        let registry = runtime.block_on(holding(&[&old, &new]));
        let name = format!("{}/team/image:1", registry.host());
        for moves in [false, true] {
            if moves {
                registry.script("/manifests/1", [Fault::None]);
                registry.always("/manifests/1", instead(&new));
            }
            let before = registry.count("/manifests/1");
            let output =
                cutaway(&[command, &[&name]].concat()).stdin(Stdio::null()).output().unwrap();
            assert_eq!(status(&output), 0, "{command:?}: {}", stderr(&output));
            printed.push(stdout(&output));
            assert_eq!(registry.count("/manifests/1") - before, 1, "{command:?}");
        }
        assert_eq!(printed[0], printed[1], "{command:?}");
    }
    // Where it moves while it is read itself, it is the new one as a whole.
    let registry = runtime.block_on(holding(&[&old, &new]));
    registry.script("/manifests/1", [Fault::Reset(100)]);
    registry.always("/manifests/1", instead(&new));
    let name = format!("{}/team/image:1", registry.host());
    let output = cutaway(&["digest", &name]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(stdout(&output), format!("{}\n", new.manifest.digest), "{}", stderr(&output));
}

#[test]
fn an_index_entry_that_is_not_there_is_named() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let index = small("a");
    let lost = &index.images[1].manifest.digest;
    let says = format!("error: index entry {lost} (linux/arm64) missing: ");
    let registry = runtime.block_on(holding(&[&index]));
    registry.always(lost.as_str(), Fault::status(404));
    let layout = tempfile::tempdir().unwrap();
    cutaway_fixtures::Layout::new().index("1", &index).write_dir(layout.path()).unwrap();
    std::fs::remove_file(layout.path().join("blobs/sha256").join(lost.encoded())).unwrap();
    for (name, exit) in [
        (format!("{}/team/image:1", registry.host()), 3),
        (format!("oci:{}", layout.path().display()), 4),
    ] {
        let arguments = ["scan", &name, "--platform", "linux/arm64"];
        let output = cutaway(&arguments).stdin(Stdio::null()).output().unwrap();
        let said = stderr(&output);
        assert_eq!((status(&output), output.stdout.len()), (exit, 0), "{said}");
        assert!(said.starts_with(&says) && said.lines().count() == 1, "{said}");
        // The other one is there.
        let arguments = ["scan", &name, "--platform", "linux/amd64"];
        assert_eq!(status(&cutaway(&arguments).stdin(Stdio::null()).output().unwrap()), 0);
    }
}
