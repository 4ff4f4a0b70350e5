//! Exports: the file system of a real image against what umoci unpacks, from every source.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use cutaway_fixtures::{Compression, DockerArchive, compress};
use cutaway_ref::Digest;

use crate::support::{OnDisk, alpine, provided, run, run_with, status, stderr};

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
    let stdin = run_with(&["export", "-"], &archive);
    assert_eq!((status(&stdin), stdin.stdout.len()), (2, 0));
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
