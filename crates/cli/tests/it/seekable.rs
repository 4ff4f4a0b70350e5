//! Layers with a table of contents: what is spared by it, what it is not believed in, and tables that lie.

use std::process::Output;

use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_fixtures::{
    Compression, Entry, FixtureImage, ImageBuilder, LayerBuilder, Layout, Seekable,
};
use serde_json::{Value, json as value};
use tokio::runtime::Runtime;

use crate::endings::hole;
use crate::support::{document, run, run_with, status, stderr, stdout};

const FORMS: [Seekable; 2] = [Seekable::Stargz, Seekable::ZstdChunked];
/// Bytes that no compression makes fewer, so that what is spared shows.
const BULK: usize = 2_000_000;

fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..len).map(next).collect()
}

fn entries() -> Vec<Entry> {
    vec![
        Entry::directory("etc/"),
        Entry::file("etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n"),
        Entry::directory("bin/"),
        Entry::file("bin/tool", [&b"\x7fELF"[..], &noise(BULK)].concat()).with_mode(0o4755),
        Entry::symlink("sh", "bin/tool"),
        Entry::hard_link("also", "etc/os-release"),
        Entry::file("empty", ""),
        Entry::directory("lib/apk/db/"),
        Entry::file("lib/apk/db/installed", "P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n"),
        Entry::file("var/more", noise(BULK)),
        Entry::file("var/.wh.gone", ""),
    ]
}

/// A registry that has one image under the tag `1`.
struct Scene {
    _runtime: Runtime,
    registry: FakeRegistry,
    image: FixtureImage,
}

impl Scene {
    fn of(image: FixtureImage) -> Self {
        let runtime = Runtime::new().unwrap();
        let registry = runtime.block_on(FakeRegistry::start());
        for blob in image.blobs() {
            registry.blob(blob.bytes.clone());
        }
        registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.clone());
        Self { _runtime: runtime, registry, image }
    }

    fn new(form: Seekable, edit: impl FnOnce(&mut Value)) -> Self {
        Self::of(form.image(&entries(), edit))
    }

    /// Runs a command on the image; returns how many bytes the registry has sent for it, too.
    fn run(&self, command: &[&str], more: &[&str]) -> (Output, u64) {
        let before = self.registry.sent();
        let name = format!("{}/app:1", self.registry.host());
        let output = run(&[command, &["--plain-http", "--no-cache", &name], more].concat());
        (output, self.registry.sent().saturating_sub(before))
    }

    fn layer(&self) -> String {
        self.image.layers[0].blob.digest.to_string()
    }

    /// Runs a command on the same image where all of it lies on disk.
    fn on_disk(&self, command: &[&str], more: &[&str]) -> Output {
        let folder = tempfile::tempdir().unwrap();
        Layout::new().image("1", &self.image).write_dir(folder.path()).unwrap();
        let name = format!("oci:{}", folder.path().display());
        run(&[command, &["--no-cache", &name], more].concat())
    }
}

/// What a listing has beside the files of the format.
fn of_image(output: &Output) -> Vec<String> {
    let lines = stdout(output);
    lines.lines().filter(|line| !line.ends_with("stargz.index.json")).map(str::to_owned).collect()
}

#[test]
fn listings_and_files_without_the_rest() {
    for form in FORMS {
        let scene = Scene::new(form, |_| {});
        for (command, more) in [
            (&["ls", "-lR"][..], &[][..]),
            (&["find"], &["--name", "*o*"]),
            (&["cat"], &["etc/os-release"]),
            (&["cat"], &["also"]),
            (&["stat"], &["lib/apk/db/installed"]),
            (&["stat"], &["sh"]),
        ] {
            let (output, sent) = scene.run(command, more);
            assert_eq!(status(&output), 0, "{form:?} {command:?}: {}", stderr(&output));
            assert!(
                // What a link leads to is read with the table once more.
                sent < 150_000,
                "{form:?} {command:?} {more:?}: {sent} bytes: {}",
                stderr(&output)
            );
            let whole = scene.on_disk(command, more);
            if command[0] != "stat" {
                assert_eq!(of_image(&output), of_image(&whole), "{form:?} {command:?}");
            }
        }
        // A large file is read, and nothing beside it.
        let (output, sent) = scene.run(&["cat"], &["sh"]);
        assert_eq!(output.stdout.len(), BULK + 4, "{form:?}: {}", stderr(&output));
        assert!(sent < 2_300_000, "{form:?}: {sent}");
        // What has to be verified is read as a whole.
        let (output, sent) = scene.run(&["cat", "--verify"], &["etc/os-release"]);
        assert_eq!((status(&output), sent > 4_000_000), (0, true), "{form:?}: {sent}");
        let (output, _) = scene.run(&["ls", "-v"], &[]);
        assert!(stderr(&output).contains("not verified"), "{}", stderr(&output));
        let (output, _) = scene.run(&["cat"], &["nothing"]);
        assert_eq!(status(&output), 1, "{}", stderr(&output));
    }
}

#[test]
fn a_fast_scan_reads_what_is_known_by_its_path() {
    for form in FORMS {
        let scene = Scene::new(form, |_| {});
        let (fast, sent) = scene.run(&["scan", "--format", "json", "--fast"], &[]);
        assert_eq!(status(&fast), 0, "{form:?}: {}", stderr(&fast));
        assert!(sent < 100_000, "{form:?}: {sent} bytes: {}", stderr(&fast));
        let (slow, sent) = scene.run(&["scan", "--format", "json"], &[]);
        assert!(sent > 4_000_000, "{form:?}: {sent} bytes");
        let (fast, slow) = (document(&fast), document(&slow));
        for key in ["packages", "distro", "removed", "image"] {
            assert_eq!(fast[key], slow[key], "{form:?}");
        }
        assert_eq!(fast["packages"][0]["name"], "musl");
        assert_eq!(
            (&fast["layers"][0]["verified"], &slow["layers"][0]["verified"]),
            (&value!(false), &value!(true))
        );
        assert_eq!(fast["diagnostics"][0]["code"], "not-read", "{fast}");
        assert_eq!((&fast["complete"], &slow["diagnostics"]), (&value!(true), &value!([])));
        let (os, _) = scene.run(&["scan", "--format", "json", "--fast", "--kind", "os"], &[]);
        assert_eq!(document(&os)["diagnostics"], value!([]), "{form:?}");
        // What lies on disk is read.
        let disk = document(&scene.on_disk(&["scan", "--format", "json", "--fast"], &[]));
        assert_eq!(disk["layers"], slow["layers"]);
    }
}

fn entry<'v>(table: &'v mut Value, name: &str) -> &'v mut Value {
    let entries = table["entries"].as_array_mut().unwrap();
    entries.iter_mut().find(|entry| entry["name"] == name).unwrap()
}

/// A change to a table, which makes it lie.
type Lie = (&'static str, fn(&mut Value));

const LIES: &[Lie] = &[
    ("a file less", |table| {
        table["entries"].as_array_mut().unwrap().remove(8);
    }),
    ("a file more", |table| {
        table["entries"].as_array_mut().unwrap().push(value!({"name": "x", "type": "reg"}));
    }),
    ("another name", |table| {
        entry(table, "lib/apk/db/installed")["name"] = "lib/apk/db/other".into();
    }),
    ("another mode", |table| entry(table, "bin/tool")["mode"] = 0o755.into()),
    ("another owner", |table| entry(table, "bin/tool")["uid"] = 7.into()),
    ("another target", |table| entry(table, "sh")["linkName"] = "etc/os-release".into()),
    ("another kind", |table| entry(table, "sh")["type"] = "hardlink".into()),
    ("no whiteout", |table| {
        table["entries"].as_array_mut().unwrap().pop();
    }),
    ("a whiteout of another", |table| entry(table, "var/.wh.gone")["name"] = "var/.wh.here".into()),
    ("the content of another file", |table| {
        let other = entry(table, "etc/os-release").clone();
        let entry = entry(table, "lib/apk/db/installed");
        for key in ["offset", "endOffset", "size", "digest", "chunkDigest"] {
            entry[key] = other[key].clone();
        }
    }),
    ("no digest", |table| {
        let entry = entry(table, "lib/apk/db/installed").as_object_mut().unwrap();
        entry.remove("digest");
        entry.remove("chunkDigest");
    }),
];

#[test]
fn a_full_read_finds_every_lie() {
    for form in FORMS {
        for (what, lie) in LIES {
            let scene = Scene::new(form, lie);
            let (output, _) = scene.run(&["scan", "--format", "json"], &[]);
            let report = document(&output);
            assert_eq!(status(&output), 5, "{form:?} {what}: {}", stderr(&output));
            let codes: Vec<_> = report["diagnostics"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (&it["code"], &it["severity"]))
                .collect();
            assert!(
                codes.contains(&(&value!("toc-mismatch"), &value!("error"))),
                "{form:?} {what}: {codes:?}"
            );
            assert_eq!(report["complete"], false);
            assert_eq!(report["packages"][0]["name"], "musl", "what the tar holds is what counts");
            let disk = document(&scene.on_disk(&["scan", "--format", "json"], &[]));
            assert_eq!(disk["diagnostics"], report["diagnostics"], "{form:?} {what}");
        }
    }
}

/// A change to a table that makes it useless: what is asked for is answered all the same.
const BROKEN: &[Lie] = &[
    ("version", |table| table["version"] = 2.into()),
    ("no entries", |table| table["entries"] = Value::Null),
    ("an offset beyond the layer", |table| {
        entry(table, "etc/os-release")["offset"] = 99_000_000.into();
    }),
    ("no offset", |table| entry(table, "etc/os-release")["offset"] = 0.into()),
    ("a negative size", |table| entry(table, "etc/os-release")["size"] = (-1).into()),
    ("a size that is too large", |table| {
        entry(table, "etc/os-release")["size"] = 9_000_000_000_u64.into();
    }),
    ("another chunk digest", |table| {
        entry(table, "etc/os-release")["chunkDigest"] = format!("sha256:{}", "0".repeat(64)).into();
    }),
    ("another file digest", |table| {
        let entry = entry(table, "etc/os-release");
        entry["digest"] = format!("sha256:{}", "0".repeat(64)).into();
        entry.as_object_mut().unwrap().remove("chunkDigest");
    }),
    ("a chunk of nothing", |table| {
        let entries = table["entries"].as_array_mut().unwrap();
        entries.insert(
            2,
            value!({"name": "etc/os-release", "type": "chunk", "chunkOffset": 28, "offset": 5}),
        );
    }),
    ("a chunk of another file", |table| {
        let entries = table["entries"].as_array_mut().unwrap();
        entries
            .insert(2, value!({"name": "other", "type": "chunk", "chunkOffset": 28, "offset": 5}));
    }),
    ("a name that is no text", |table| entry(table, "empty")["name"] = "\u{fffd}".into()),
    ("an unknown type", |table| entry(table, "empty")["type"] = "door".into()),
    ("a time that is none", |table| entry(table, "empty")["modtime"] = "yesterday".into()),
    ("an attribute that is none", |table| {
        entry(table, "empty")["xattrs"] = value!({"user.a": "%%"});
    }),
];

#[test]
fn a_table_that_cannot_be_used_is_not() {
    for form in FORMS {
        for (what, lie) in BROKEN {
            let scene = Scene::new(form, lie);
            let (output, _) = scene.run(&["cat"], &["etc/os-release"]);
            assert_eq!(
                stdout(&output),
                "ID=alpine\nVERSION_ID=3.20.1\n",
                "{form:?} {what}: {}",
                stderr(&output)
            );
            let (output, _) = scene.run(&["ls", "-R"], &[]);
            assert!(stdout(&output).contains("lib/apk/db/installed"), "{form:?} {what}");
        }
    }
}

#[test]
fn registries_that_give_no_parts() {
    for form in FORMS {
        for fault in [Fault::IgnoreRange, Fault::LateRange(1), Fault::Multipart, Fault::Flip] {
            let scene = Scene::new(form, |_| {});
            // The first answer is the wrong one, what is read as a whole is right.
            let tries = if matches!(fault, Fault::Flip) { 1 } else { 2 };
            scene.registry.script(&scene.layer(), vec![fault.clone(); tries]);
            let (output, _) = scene.run(&["cat"], &["etc/os-release"]);
            assert_eq!(
                stdout(&output),
                "ID=alpine\nVERSION_ID=3.20.1\n",
                "{form:?} {fault:?}: {}",
                stderr(&output)
            );
        }
    }
}

#[test]
fn annotations_that_lie() {
    let keys = [
        "io.github.containers.zstd-chunked.manifest-position",
        "io.github.containers.zstd-chunked.manifest-checksum",
        "containerd.io/snapshot/stargz/toc.digest",
    ];
    for form in FORMS {
        for text in [
            "",
            "5:5:5:1",
            "0:18446744073709551615:1:1",
            "sha256:0",
            &format!("sha256:{}", "1".repeat(64)),
        ] {
            for key in keys {
                let image = form.image(&entries(), |_| {}).edit_manifest(|manifest| {
                    manifest["layers"][0]["annotations"][key] = text.into();
                });
                let scene = Scene::of(image);
                let (output, _) = scene.run(&["cat"], &["etc/os-release"]);
                assert_eq!(
                    stdout(&output),
                    "ID=alpine\nVERSION_ID=3.20.1\n",
                    "{form:?} {key} {text}: {}",
                    stderr(&output)
                );
                let (output, _) = scene.run(&["scan", "--format", "json"], &[]);
                assert_eq!(document(&output)["complete"], true, "{form:?} {key} {text}");
            }
        }
    }
}

#[test]
fn a_gate_does_not_believe_tables() {
    let policy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(policy.path(), "schema: cutaway.policy/1\nname: p\nrules:\n  - {id: a, packages: {deny: [{name: bash}]}}\n").unwrap();
    let path = policy.path().to_str().unwrap();
    for form in FORMS {
        let scene = Scene::new(form, |_| {});
        let (output, sent) = scene.run(&["check", "--policy", path], &[]);
        assert_eq!((status(&output), sent > 4_000_000), (0, true), "{}", stderr(&output));
        let scene = Scene::new(form, LIES[0].1);
        let (output, _) = scene.run(&["check", "--policy", path], &[]);
        assert_eq!(status(&output), 5, "{}{}", stdout(&output), stderr(&output));
    }
    // An archive that passes once is no source of parts.
    let image = Seekable::Stargz.image(&entries(), |_| {});
    let archive =
        Layout::new().image("1", &image).archive(&cutaway_fixtures::ArchiveShape::default());
    assert_eq!(status(&run_with(&["scan", "-", "--fast", "--no-cache"], &archive)), 0);
}

#[test]
fn what_is_kept_of_a_layer_is_kept_for_its_table() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().to_str().unwrap();
    for form in FORMS {
        let honest = Scene::new(form, |_| {});
        // The same bytes without a word of their table, as far as the form can be read so.
        let plain = Scene::of(honest.image.clone().edit_manifest(|manifest| {
            manifest["layers"][0].as_object_mut().unwrap().remove("annotations");
        }));
        let lying = Scene::new(form, LIES[3].1);
        let silent = Scene::of(lying.image.clone().edit_manifest(|manifest| {
            manifest["layers"][0].as_object_mut().unwrap().remove("annotations");
        }));
        for round in 0..2 {
            for (scene, wanted) in [(&plain, 0), (&honest, 0), (&silent, 0), (&lying, 5)] {
                let name = format!("{}/app:1", scene.registry.host());
                let scan = |more: &[&str]| {
                    run(&[&["scan", "--plain-http", "--cache-dir", cache, &name][..], more]
                        .concat())
                };
                let fast = scan(&["--fast", "--format", "json"]);
                // What was read and kept is better than a claim.
                let of_fast = if round == 0 { 0 } else { wanted };
                assert_eq!(status(&fast), of_fast, "{form:?}: {}", stderr(&fast));
                assert_eq!(status(&scan(&[])), wanted, "{form:?}");
                let ls = run(&["ls", "-R", "--plain-http", "--cache-dir", cache, &name]);
                assert!(stdout(&ls).contains("bin/tool"));
            }
        }
    }
}

/// Keys of zstd:chunked, of which a runtime that knows eStargz takes no notice.
const OTHERS: [(&str, &str); 2] = [
    ("io.containers.zstd-chunked.manifest-position", "8:5:5:1"),
    ("io.containers.zstd-chunked.manifest-checksum", SUM),
];
const SUM: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn codes(report: &Value) -> Vec<(&str, &str)> {
    let mut codes = Vec::new();
    for it in report["diagnostics"].as_array().unwrap() {
        codes.push((it["code"].as_str().unwrap(), it["severity"].as_str().unwrap()));
    }
    codes
}

#[test]
fn one_claim_does_not_hide_another() {
    for form in FORMS {
        let image = form.image(&entries(), LIES[3].1).edit_manifest(|manifest| {
            let annotations = &mut manifest["layers"][0]["annotations"];
            let others = match form {
                Seekable::Stargz => &OTHERS[..],
                Seekable::ZstdChunked => &[("containerd.io/snapshot/stargz/toc.digest", SUM)],
            };
            for (key, text) in others {
                annotations[*key] = (*text).into();
            }
        });
        let scene = Scene::of(image);
        let (output, _) = scene.run(&["scan", "--format", "json"], &[]);
        assert_eq!(status(&output), 5, "{form:?}: {}", stderr(&output));
        assert_eq!(codes(&document(&output)), [("toc-mismatch", "error")], "{form:?}");
    }
}

#[test]
fn a_table_that_is_not_compared_is_said() {
    for form in FORMS {
        let scene = Scene::new(form, |_| {});
        for limit in ["table_bytes=100", "entries=11"] {
            let (output, _) = scene.run(&["scan", "--format", "json", "--limit", limit], &[]);
            // The tar of eStargz has an entry more, and is over the limit itself.
            if limit == "entries=11" && status(&output) == 4 {
                continue;
            }
            assert_eq!(status(&output), 5, "{form:?} {limit}: {}", stderr(&output));
            assert_eq!(codes(&document(&output)), [("toc-unread", "error")], "{form:?} {limit}");
        }
    }
}

#[test]
fn holes_are_hashed_as_far_as_there_is_time() {
    let layer = LayerBuilder::from_tar(hole("99999999999"), Compression::GZIP);
    let image = ImageBuilder::new().layer(layer).build().edit_manifest(|manifest| {
        manifest["layers"][0]["annotations"] =
            value!({"containerd.io/snapshot/stargz/toc.digest": SUM});
    });
    let scene = Scene::of(image);
    let started = std::time::Instant::now();
    let (output, _) = scene.run(&["scan"], &[]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
