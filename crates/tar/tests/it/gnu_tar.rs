//! Archives that GNU tar writes, read back and compared with the files they were made from.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use cutaway_tar::Kind;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::read::{Archive, read};
use crate::tokio_tar::{assemble, made};

fn make_tree(root: &Path, long: bool) {
    fs::create_dir_all(root.join("dir/empty")).unwrap();
    fs::write(root.join("dir/file"), b"content\n").unwrap();
    fs::set_permissions(root.join("dir/file"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::write(root.join("nothing"), b"").unwrap();
    fs::hard_link(root.join("dir/file"), root.join("hard")).unwrap();
    symlink("dir/file", root.join("soft")).unwrap();
    symlink("/abs/\u{fc}", root.join("umlaut-\u{fc}")).unwrap();
    if long {
        let deep = format!("{}/{}", "d".repeat(120), "e".repeat(120));
        fs::create_dir_all(root.join(&deep)).unwrap();
        fs::write(root.join(&deep).join("f".repeat(120)), b"deep").unwrap();
        symlink("t".repeat(300), root.join("soft-long")).unwrap();
    }
}

/// Writes a file of many data regions between holes.
fn make_sparse(path: &Path, regions: u64) {
    let mut file = File::create(path).unwrap();
    for region in 0..regions {
        file.seek(SeekFrom::Start(region * 65_536)).unwrap();
        file.write_all(&[b'x'; 4096]).unwrap();
    }
    file.set_len(regions * 65_536 + 30_000).unwrap();
}

fn pack(root: &Path, options: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("tar")
        .args(options)
        .args(["-C", root.to_str().unwrap(), "-cf", "-", "."])
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: no tar");
        return None;
    };
    assert!(output.status.success(), "{options:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

fn compare(archive: &Archive, root: &Path, options: &[&str], nanos: bool) {
    let mut seen = 0;
    for member in &archive.members {
        let entry = &member.entry;
        let name = str::from_utf8(&entry.path).unwrap();
        let path = root.join(name.trim_start_matches("./"));
        let meta = fs::symlink_metadata(&path)
            .unwrap_or_else(|error| panic!("{options:?} {name}: {error}"));
        seen += 1;
        assert_eq!((entry.uid, entry.gid), (meta.uid().into(), meta.gid().into()), "{name}");
        assert_eq!(entry.mtime, meta.mtime(), "{name}");
        if nanos {
            assert_eq!(i64::from(entry.mtime_nanos), meta.mtime_nsec(), "{name}");
        }
        match entry.kind {
            Kind::File => {
                assert_eq!(entry.size, meta.len(), "{options:?} {name}");
                assert!(
                    member.content == fs::read(&path).unwrap(),
                    "{options:?} {name}: content differs"
                );
                assert_eq!(entry.mode, meta.permissions().mode() & 0o7777);
            }
            Kind::Symlink => {
                let target = fs::read_link(&path).unwrap();
                assert_eq!(
                    entry.link.as_deref(),
                    Some(target.as_os_str().as_encoded_bytes()),
                    "{name}"
                );
            }
            Kind::HardLink => {
                let target = str::from_utf8(entry.link.as_deref().unwrap()).unwrap();
                let target = fs::metadata(root.join(target.trim_start_matches("./"))).unwrap();
                assert_eq!(target.ino(), meta.ino());
            }
            Kind::Directory => assert!(meta.is_dir()),
            other => panic!("{name}: {other:?}"),
        }
    }
    let on_disk = Command::new("find").arg(root).output().unwrap().stdout;
    assert_eq!(
        seen,
        on_disk.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count(),
        "{options:?}"
    );
    assert!(archive.codes().is_empty(), "{options:?}: {:?}", archive.codes());
}

#[test]
fn every_format_reads_back() {
    for (format, long) in
        [("gnu", true), ("pax", true), ("ustar", false), ("v7", false), ("oldgnu", true)]
    {
        let dir = tempfile::tempdir().unwrap();
        make_tree(dir.path(), long);
        let options = [&*format!("--format={format}")];
        let Some(bytes) = pack(dir.path(), &options) else { return };
        compare(&read(&bytes).unwrap(), dir.path(), &options, format == "pax");
    }
}

#[test]
fn sparse_files_read_back() {
    for options in [
        &["--format=gnu", "--sparse"][..],
        &["--format=oldgnu", "--sparse"],
        &["--format=pax", "--sparse"],
        &["--format=pax", "--sparse-version=0.0"],
        &["--format=pax", "--sparse-version=0.1"],
    ] {
        let dir = tempfile::tempdir().unwrap();
        for regions in [0, 1, 3, 4, 5, 25, 26, 60] {
            make_sparse(&dir.path().join(format!("sparse-{regions}")), regions);
        }
        let Some(bytes) = pack(dir.path(), options) else { return };
        let archive = read(&bytes).unwrap();
        compare(&archive, dir.path(), options, false);
        let holes: u64 = archive.members.iter().map(|member| member.holes).sum();
        assert!(
            holes > 1 << 20,
            "{options:?}: only {holes} bytes of holes, so this tested nothing"
        );
    }
}

/// Runs tar over an archive and returns what it prints; none where there is no tar.
fn print(bytes: &[u8], options: &[&str]) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("archive.tar");
    fs::write(&file, bytes).unwrap();
    let Ok(output) = Command::new("tar").args(options).arg("-f").arg(&file).output() else {
        eprintln!("skipped: no tar");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn generated_archives_read_the_same() {
    let strategy = proptest::collection::vec(made(), 1..12);
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let made = strategy.new_tree(&mut runner).unwrap().current();
        let bytes = assemble(&made);
        let Some(names) = print(&bytes, &["--list", "--quoting-style=literal"]) else { return };
        let Some(content) = print(&bytes, &["--extract", "--to-stdout"]) else { return };
        let archive = read(&bytes).unwrap();
        // GNU tar marks directories in its list.
        let listed = String::from_utf8(names).unwrap();
        let listed: Vec<&str> = listed.lines().map(|line| line.trim_end_matches('/')).collect();
        assert_eq!(archive.names(), listed);
        let ours: Vec<u8> =
            archive.members.iter().flat_map(|member| member.content.clone()).collect();
        assert!(ours == content, "content differs: {:?}", archive.names());
    }
}
