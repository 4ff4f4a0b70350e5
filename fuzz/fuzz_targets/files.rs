//! Any bytes, read as one of the files in which package managers say what files packages have: never a
//! panic, a bounded number of one-line diagnostics, and only paths that are in the image.

#![no_main]

use libfuzzer_sys::fuzz_target;

/// One of each form; the first byte chooses.
const PATHS: [&str; 10] = [
    "var/lib/dpkg/info/a.list",
    "var/lib/dpkg/info/a:amd64.md5sums",
    "var/lib/dpkg/info/a.postinst",
    "var/lib/dpkg/status.d/a.md5sums",
    "var/lib/dpkg/diversions",
    "var/lib/dpkg/alternatives/a",
    "etc/dpkg/dpkg.cfg",
    "lib/apk/db/scripts.tar",
    "var/lib/pacman/local/a-1-1/files",
    "var/lib/pacman/local/a-1-1/mtree",
];

fuzz_target!(|content: &[u8]| {
    let Some((&first, content)) = content.split_first() else { return };
    cutaway_fuzz::read_text(PATHS[usize::from(first) % PATHS.len()], content);
});
