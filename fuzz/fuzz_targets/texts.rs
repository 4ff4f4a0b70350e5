//! Any bytes, read as each small text beside the databases: never a panic, a bounded number of one-line
//! diagnostics, and a distribution that has an ID.

#![no_main]

use libfuzzer_sys::fuzz_target;

/// One of each form; the first byte chooses.
const PATHS: [&str; 23] = [
    "etc/apk/repositories",
    "usr/share/doc/a/copyright",
    "var/lib/pacman/local/a-1-1/desc",
    "var/lib/rpmmanifest/container-manifest-2",
    "usr/lib/opkg/status",
    "etc/fedora-release",
    "etc/SuSE-release",
    "etc/lsb-release",
    "snap/a/1/meta/snap.yaml",
    "var/lib/flatpak/app/a/x86_64/stable/0a/export/share/metainfo/a.metainfo.xml",
    "opt/bitnami/a/.spdx-a.spdx",
    "opt/bitnami/.bitnami_components.json",
    "usr/share/bottlerocket/application-inventory.json",
    "etc/cos-package-info.json",
    "opt/homebrew/Cellar/a/1/INSTALL_RECEIPT.json",
    "var/lib/chisel/manifest.wall",
    "var/db/pkg/a/b-1/CONTENTS",
    "nix/var/nix/db/db.sqlite",
    "var/lib/dnf/history.sqlite",
    "etc/apk/world",
    "usr/lib/sysimage/libdnf5/packages.toml",
    "var/lib/apt/extended_states",
    "var/lib/pacman/local/a-1-1/mtree",
];

fuzz_target!(|content: &[u8]| {
    let Some((&first, content)) = content.split_first() else { return };
    cutaway_fuzz::read(PATHS[usize::from(first) % PATHS.len()], content, None, |findings| {
        assert!(findings.distro().is_none_or(|distro| !distro.id.is_empty()));
        assert!(findings.licenses().iter().all(|it| !it.is_empty() && it.len() <= 600));
        assert!(findings.packages().iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
    });
});
