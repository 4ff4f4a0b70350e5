//! A disk that fails in the middle of a file: an error of one line, and nothing that was read before it counts.

use std::process::Command;

use cutaway_fixtures::{ArchiveShape, Compression, ImageBuilder, LayerBuilder, Layout};

use crate::support::{OnDisk, cutaway, status, stderr, stdout};

/// Fails with EIO what reads regular files of more than 1 MiB, once that much of them was read.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
static int breaks(int fd, off_t at) {
    struct stat it;
    return at >= (1 << 20) && !fstat(fd, &it) && S_ISREG(it.st_mode) && it.st_size > (1 << 20);
}
ssize_t read(int fd, void *to, size_t len) {
    static ssize_t (*next)(int, void *, size_t);
    if (!next) next = dlsym(RTLD_NEXT, "read");
    if (breaks(fd, lseek(fd, 0, SEEK_CUR))) { errno = EIO; return -1; }
    return next(fd, to, len);
}
ssize_t pread64(int fd, void *to, size_t len, off_t at) {
    static ssize_t (*next)(int, void *, size_t, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "pread64");
    if (breaks(fd, at)) { errno = EIO; return -1; }
    return next(fd, to, len, at);
}
"#;

/// Bytes that do not compress.
fn noise(len: u32) -> Vec<u8> {
    (0..len)
        .map(|n| (n.wrapping_mul(2_654_435_761).rotate_left(n % 13) >> 24).to_le_bytes()[0])
        .collect()
}

#[test]
fn a_read_that_fails_in_the_middle() {
    let place = tempfile::tempdir().unwrap();
    let (source, shim) = (place.path().join("shim.c"), place.path().join("shim.so"));
    std::fs::write(&source, SHIM).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&source).arg("-ldl");
    assert!(compiler.status().unwrap().success());
    let layer = LayerBuilder::new(Compression::Plain)
        .file("etc/os-release", "ID=alpine\n")
        .file("lib/apk/db/installed", "P:a\nV:1\n\n")
        .file("big", noise(4 << 20));
    let image = ImageBuilder::new().layer(layer).build();
    let layout = OnDisk::layout(&image);
    let archive = Layout::new().image("1", &image).archive(&ArchiveShape::default());
    let archive = OnDisk::archive(&archive);
    let file = archive.file();
    for words in [
        &["scan"][..],
        &["ls", "-R"],
        &["find", "--name", "big"],
        &["du"],
        &["validate"],
        &["export"],
        &["cat"],
    ] {
        for name in [layout.oci(), format!("oci-archive:{file}")] {
            let path = if words[0] == "cat" { &["big"][..] } else { &[] };
            let words = [words, &[name.as_str()], path].concat();
            let mut command = cutaway(&words);
            command.env("LD_PRELOAD", &shim);
            let output = command.output().unwrap();
            let error = stderr(&output);
            assert_eq!(status(&output), 3, "{words:?}: {error}");
            let is_file = error.contains("Input/output error") && error.lines().count() == 1;
            assert!(is_file && error.starts_with("error: "), "{words:?}: {error}");
            assert!(
                ["cat", "export"].contains(&words[0]) || stdout(&output).is_empty(),
                "{words:?}"
            );
        }
    }
}
