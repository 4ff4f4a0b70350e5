//! Random stacks of layers, unpacked by umoci and compared with the tree.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::models::{notation, stack};
use crate::stack::{Merged, merge_layers, tar};

/// How many unpack at once: a run waits for the disk more than it computes.
const AT_ONCE: usize = 4;

#[test]
fn umoci_agrees() {
    compare(200);
}

#[test]
#[ignore = "takes a minute"]
fn umoci_agrees_on_many() {
    compare(2000);
}

/// Compares random stacks until umoci has unpacked `wanted` of them; it refuses most.
fn compare(wanted: usize) {
    let is_root = fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if !is_root || Command::new("umoci").arg("--version").output().is_err() {
        eprintln!("skipped: no umoci");
        return;
    }
    let runner = Mutex::new(TestRunner::deterministic());
    let (unpacked, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while unpacked.load(Ordering::Relaxed) < wanted {
            let layers = random(&mut runner.lock().unwrap());
            unpacked.fetch_add(usize::from(unpacks_the_same(&layers)), Ordering::Relaxed);
            let tried = tried.fetch_add(1, Ordering::Relaxed);
            assert!(tried < wanted * 10, "only {unpacked:?} of {tried} stacks could be unpacked");
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    eprintln!("{unpacked:?} of {tried:?} stacks unpacked, all of them the same");
}

/// Returns a random stack.
fn random(runner: &mut TestRunner) -> Vec<String> {
    notation(&stack().new_tree(runner).unwrap().current())
}

/// Compares a stack with what umoci unpacks; returns whether it did.
fn unpacks_the_same(layers: &[String]) -> bool {
    let merged = merge_layers(layers).unwrap();
    let dir = tempfile::tempdir().unwrap();
    match unpack(layers, dir.path()) {
        Ok(()) => {
            let root = dir.path().join("root");
            let mut on_disk = BTreeMap::new();
            let mut inodes = BTreeMap::new();
            read_tree(&root, &root, &mut on_disk, &mut inodes);
            assert_eq!(merged.lines(), on_disk, "{}", layers.join(" | "));
            assert_eq!(links_of(&merged), inodes.into_values().collect(), "{}", layers.join(" | "));
            true
        }
        // What umoci refuses, we leave out or take apart with a warning.
        Err(error) => {
            assert!(!merged.warnings.is_empty(), "{}: {error}", layers.join(" | "));
            false
        }
    }
}

/// Names that share a file, as sorted groups.
fn links_of(merged: &Merged) -> std::collections::BTreeSet<Vec<String>> {
    let mut groups: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (path, line) in merged.lines() {
        if line.contains('=') {
            groups.entry(merged.inode(&path)).or_default().push(path);
        }
    }
    groups.into_values().collect()
}

fn read_tree(
    root: &Path,
    dir: &Path,
    lines: &mut BTreeMap<String, String>,
    inodes: &mut BTreeMap<u64, Vec<String>>,
) {
    let mut entries: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let meta = fs::symlink_metadata(&path).unwrap();
        let line = if meta.is_dir() {
            read_tree(root, &path, lines, inodes);
            format!("{name}/")
        } else if meta.is_symlink() {
            format!("{name}→{}", fs::read_link(&path).unwrap().display())
        } else {
            let group = inodes.entry(meta.ino()).or_default();
            group.push(name.clone());
            group.sort();
            format!("{name}={}", fs::read_to_string(&path).unwrap())
        };
        lines.insert(name, line);
    }
}

fn unpack(layers: &[String], dir: &Path) -> Result<(), String> {
    let image = dir.join("image");
    let blobs = image.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let store = |media_type: &str, bytes: &[u8]| {
        let digest: String =
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(blobs.join(&digest), bytes).unwrap();
        json!({"mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len()})
    };
    let oci = |kind: &str| format!("application/vnd.oci.image.{kind}");
    let layers: Vec<_> =
        layers.iter().map(|layer| store(&oci("layer.v1.tar"), &tar(layer))).collect();
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer["digest"].clone()).collect();
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "config": {},
    });
    let config = store(&oci("config.v1+json"), config.to_string().as_bytes());
    let manifest = json!({"schemaVersion": 2, "mediaType": oci("manifest.v1+json"), "config": config, "layers": layers});
    let mut manifest = store(&oci("manifest.v1+json"), manifest.to_string().as_bytes());
    manifest["annotations"] = json!({"org.opencontainers.image.ref.name": "t"});
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    fs::write(image.join("index.json"), index.to_string()).unwrap();
    fs::write(image.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let mut command = Command::new("umoci");
    command
        .args(["raw", "unpack", "--image"])
        .arg(format!("{}:t", image.display()))
        .arg(dir.join("root"));
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}
