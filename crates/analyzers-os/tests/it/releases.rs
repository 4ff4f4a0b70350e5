//! Where release files lie.

use crate::support::{analyze, is_wanted};

#[test]
fn os_release_is_read_where_systems_keep_it() {
    let content = b"ID=bottlerocket\nVERSION_ID=1.20.3\nPRETTY_NAME=\"Bottlerocket OS 1.20.3\"\n";
    for path in [
        "etc/os-release",
        "usr/lib/os-release",
        // Where Bottlerocket has it, by the architecture that it was built for.
        "aarch64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release",
        "x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release",
    ] {
        let findings = analyze(path, content);
        let distro = findings.distro().unwrap();
        let found = (distro.id.as_str(), distro.version_id.as_deref());
        assert_eq!(found, ("bottlerocket", Some("1.20.3")), "{path}");
        assert_eq!(findings.diagnostics(), [], "{path}");
    }
}

#[test]
fn os_release_of_another_root_is_not_the_images() {
    for path in [
        "os-release",
        "sys-root/usr/lib/os-release",
        "srv/x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release",
        "x86_64-bottlerocket-linux-gnu/sys-root/etc/os-release",
        "x86_64-linux-gnu/sys-root/usr/lib/os-release",
        "srv/chroot/etc/os-release",
        "usr/lib/os-release/x",
    ] {
        assert!(!is_wanted(path), "{path}");
    }
}
