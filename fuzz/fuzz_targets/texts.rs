//! Any bytes, read as each small text beside the databases: never a panic, a bounded number of one-line
//! diagnostics, and a distribution that has an ID.

#![no_main]

use libfuzzer_sys::fuzz_target;

/// One of each form; the first byte chooses.
const PATHS: [&str; 8] = [
    "etc/apk/repositories",
    "usr/share/doc/a/copyright",
    "var/lib/pacman/local/a-1-1/desc",
    "var/lib/rpmmanifest/container-manifest-2",
    "usr/lib/opkg/status",
    "etc/fedora-release",
    "etc/SuSE-release",
    "etc/lsb-release",
];

fuzz_target!(|content: &[u8]| {
    let Some((&first, content)) = content.split_first() else { return };
    cutaway_fuzz::read(PATHS[usize::from(first) % PATHS.len()], content, None, |findings| {
        assert!(findings.distro().is_none_or(|distro| !distro.id.is_empty()));
        assert!(findings.licenses().iter().all(|it| !it.is_empty() && it.len() <= 600));
        assert!(findings.packages().iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
    });
});
