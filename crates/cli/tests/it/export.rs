//! Exports: the file system of a real image against what umoci unpacks, from every source.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cutaway_fixtures::{
    Blob, Compression, DockerArchive, Entry, Layout, Push, compress, image, tarball,
};
use cutaway_ref::Digest;

use crate::support::{OnDisk, alpine, cutaway, provided, run, run_with, status, stderr};

/// What a name is: kind and permissions, owner, and the digest of its content or its target.
type Tree = BTreeMap<PathBuf, (u32, u32, u32, String)>;

fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut ahead = vec![root.to_owned()];
    while let Some(folder) = ahead.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let content = if metadata.is_symlink() {
                path.read_link().unwrap().display().to_string()
            } else if metadata.is_file() {
                Digest::sha256(&std::fs::read(&path).unwrap()).to_string()
            } else {
                format!("{} links", if metadata.is_dir() { 0 } else { metadata.rdev() })
            };
            if metadata.is_dir() {
                ahead.push(path.clone());
            }
            let name = path.strip_prefix(root).unwrap().to_owned();
            tree.insert(name, (metadata.mode(), metadata.uid(), metadata.gid(), content));
        }
    }
    tree
}

#[test]
fn a_real_image_is_what_umoci_unpacks() {
    let Some(fixtures) = provided("CUTAWAY_FIXTURES", "fixtures") else { return };
    let folder = PathBuf::from(fixtures).join("debian");
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if !folder.is_dir() || !is_root || Command::new("umoci").arg("--version").output().is_err() {
        eprintln!("skipped: no Debian image, no umoci or no root");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (ours, theirs) = (place.path().join("ours"), place.path().join("theirs"));
    let image = format!("{}:latest", folder.join("oci").display());
    let unpacked = Command::new("umoci")
        .args(["raw", "unpack", "--image", &image])
        .arg(&theirs)
        .output()
        .unwrap();
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    let tar = place.path().join("flat.tar");
    let source = format!("oci:{}", folder.join("oci").display());
    let output = run(&["export", &source, tar.to_str().unwrap()]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    std::fs::create_dir(&ours).unwrap();
    let mut command = Command::new("tar");
    command.args(["-xpf", tar.to_str().unwrap(), "--numeric-owner", "-C"]).arg(&ours);
    assert!(command.status().unwrap().success());
    let (ours, theirs) = (read(&ours), read(&theirs));
    assert!(ours.len() > 1000 && ours.len() == theirs.len(), "{} {}", ours.len(), theirs.len());
    for (name, theirs) in &theirs {
        assert_eq!(ours.get(name), Some(theirs), "{}", name.display());
    }
    // The same bytes from an archive, and as many names from what passes.
    let archive = folder.join("docker-archive.tar");
    let again = run(&["export", archive.to_str().unwrap()]);
    assert_eq!(status(&again), 0, "{}", stderr(&again));
    assert!(again.stdout == std::fs::read(&tar).unwrap());
}

#[test]
fn archives_that_pass_are_exported_from_files_alone() {
    let image = alpine();
    let archive = DockerArchive::new().image(&["app:1"], &image).archive();
    let plain = OnDisk::archive(&archive);
    let wanted = run(&["export", &plain.file()]);
    assert_eq!(status(&wanted), 0, "{}", stderr(&wanted));
    for compression in
        [Compression::Gzip { members: 1 }, Compression::Zstd { frames: 1, skippable: false }]
    {
        let compressed = OnDisk::archive(&compress(&archive, compression));
        let output = run(&["export", &compressed.file(), "-"]);
        assert_eq!((status(&output), &output.stdout), (0, &wanted.stdout), "{}", stderr(&output));
    }
    // A pipe is held in memory up to a limit, and a file on standard input is read twice.
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("flat.tar");
    for input in [archive.clone(), compress(&archive, Compression::ZSTD)] {
        for arguments in [&["export", "-"][..], &["export", "-", "-"]] {
            let output = run_with(arguments, &input);
            assert_eq!((status(&output), &output.stdout), (0, &wanted.stdout));
        }
        let output = run_with(&["export", "-", file.to_str().unwrap()], &input);
        assert_eq!((status(&output), output.stdout.len()), (0, 0), "{}", stderr(&output));
        assert_eq!(std::fs::read(&file).unwrap(), wanted.stdout);
        let small = ["export", "-", "--limit", "stdin_bytes=200"];
        let output = run_with(&small, &input);
        assert_eq!((status(&output), output.stdout.len()), (4, 0));
        assert!(stderr(&output).contains("stdin_bytes"), "{}", stderr(&output));
        let redirected = OnDisk::archive(&input);
        let mut command = cutaway(&small);
        command.stdin(std::fs::File::open(redirected.file()).unwrap());
        let output = command.output().unwrap();
        assert_eq!((status(&output), &output.stdout), (0, &wanted.stdout), "{}", stderr(&output));
    }
    let oci = Layout::new().image("1", &image).archive(&Default::default());
    assert_eq!(run_with(&["export", "-"], &oci).stdout, wanted.stdout);
    let listed = listed_by_tar(&wanted.stdout);
    assert_eq!(listed, "etc/\nlib/\nlib/apk/\nlib/apk/db/\netc/os-release\nlib/apk/db/installed\n");
    let half = run_with(&["export", "-"], &archive[..archive.len() / 2]);
    assert_eq!((status(&half), half.stdout.ends_with(&[0; 1024])), (4, false));
}

/// Lists an archive as GNU tar reads it from a pipe.
fn listed_by_tar(archive: &[u8]) -> String {
    let mut child =
        Command::new("tar").arg("-t").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(archive).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_bare_whiteout_is_no_file_system() {
    let image = image("layer plain\n  d/a 0644 \"1\"\nlayer plain\n  d/.wh. 0644 \"\"\n");
    let output = run(&["export", &OnDisk::layout(&image).oci()]);
    assert_eq!(status(&output), 4, "{}", stderr(&output));
    assert!(!output.stdout.ends_with(&[0; 1024]));
}

/// A manifest around one blob that is no layer, as charts, policies and signatures are.
#[test]
fn what_is_no_layer_is_written_as_it_is() {
    let tar = tarball(&[Entry::file("chart/Chart.yaml", "name: chart\n")]);
    let chart = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
    let stored = [
        (chart, compress(&tar, Compression::GZIP), tar.clone()),
        ("application/vnd.dev.cosign.simplesigning.v1+json", b"{}".to_vec(), b"{}".to_vec()),
        ("application/octet-stream", compress(&tar, Compression::ZSTD), tar.clone()),
        ("text/plain", Vec::new(), Vec::new()),
    ];
    let registry = provided("CUTAWAY_TEST_REGISTRY", "registry");
    for (number, (media_type, stored, wanted)) in stored.into_iter().enumerate() {
        let blob = Blob::new(media_type, stored);
        let config = Blob::new("application/vnd.oci.empty.v1+json", "{}");
        let manifest = serde_json::json!({"schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config.descriptor(), "layers": [blob.descriptor()]});
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = Blob::new(kind, manifest.to_string());
        let folder = tempfile::tempdir().unwrap();
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [manifest.descriptor()]});
        std::fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        for part in [&blob, &config, &manifest] {
            let path = folder.path().join("blobs/sha256").join(part.digest.encoded());
            std::fs::write(path, &part.bytes).unwrap();
        }
        std::fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
        let version = "{\"imageLayoutVersion\":\"1.0.0\"}";
        std::fs::write(folder.path().join("oci-layout"), version).unwrap();
        let output = run(&["export", &format!("oci:{}", folder.path().display())]);
        assert_eq!(status(&output), 0, "{media_type}: {}", stderr(&output));
        assert_eq!(output.stdout, wanted, "{media_type}");
        let Some(registry) = &registry else { continue };
        let push = Push::to(registry, "export/artifact");
        for part in [&blob, &config] {
            push.blob(part).unwrap();
        }
        push.manifest(&number.to_string(), &manifest).unwrap();
        let name = format!("{registry}/export/artifact:{number}");
        assert_eq!(run(&["export", &name]).stdout, wanted, "{media_type}");
        let Ok(crane) = Command::new("crane").args(["export", &name, "-"]).output() else {
            eprintln!("skipped: no crane");
            continue;
        };
        assert_eq!(crane.stdout, wanted, "{media_type}: {}", stderr(&crane));
    }
}

#[test]
fn an_image_that_does_not_verify_leaves_no_file() {
    let image = alpine();
    let layout = OnDisk::layout(&image);
    let blob = layout.path().join("blobs/sha256").join(image.layers[0].blob.digest.encoded());
    let mut bytes = std::fs::read(&blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let target = tempfile::tempdir().unwrap();
    let output = run(&["export", &layout.oci(), target.path().join("flat.tar").to_str().unwrap()]);
    assert_eq!(status(&output), 4, "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 0);
    let output = run(&["export", &layout.oci()]);
    assert!(status(&output) == 4 && !output.stdout.ends_with(&[0; 1024]));
}
