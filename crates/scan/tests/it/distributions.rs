//! Which distribution an image is, and which release files contradict each other.

use crate::support::{codes, report};

#[test]
fn only_ids_that_are_stated_contradict_each_other() {
    let disagree = "distributions-disagree";
    for (files, id, told) in [
        (
            &[
                ("etc/os-release", "ID=ubuntu\\nVERSION_ID=22.04"),
                ("usr/lib/os-release", "ID=debian"),
            ][..],
            "ubuntu",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=ubuntu\\nID_LIKE=debian"),
                ("usr/lib/os-release", "ID=debian"),
            ],
            "ubuntu",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=debian"),
                ("usr/lib/os-release", "ID=ubuntu\\nID_LIKE=debian"),
            ],
            "debian",
            true,
        ),
        (&[("etc/os-release", "ID=debian"), ("etc/alpine-release", "3.20.1")], "debian", true),
        (&[("etc/os-release", "ID=alpine"), ("etc/debian_version", "12.5")], "alpine", true),
        (&[("etc/os-release", "ID=ours"), ("etc/debian_version", "12.5")], "ours", true),
        (
            &[("etc/os-release", "ID=ours\\nID_LIKE=ubuntu"), ("etc/debian_version", "12.5")],
            "ours",
            false,
        ),
        (
            &[("etc/os-release", "ID=debian"), ("etc/lsb-release", "DISTRIB_ID=Ubuntu")],
            "debian",
            true,
        ),
        (
            &[("etc/os-release", "ID=zorin"), ("etc/lsb-release", "DISTRIB_ID=Ubuntu")],
            "zorin",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=fedora"),
                ("etc/system-release-cpe", "cpe:/o:centos:linux:6:GA"),
            ],
            "fedora",
            true,
        ),
        (
            &[("etc/os-release", "ID=ol"), ("etc/system-release-cpe", "cpe:/o:oracle:linux:8")],
            "ol",
            false,
        ),
        (
            &[("etc/os-release", "ID=ours"), ("etc/system-release-cpe", "cpe:/o:acme:acmeos:8")],
            "ours",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=kylin"),
                ("etc/system-release", "Kylin Linux Advanced Server release V10 (Tercel)"),
            ],
            "kylin",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=debian"),
                ("etc/redhat-release", "CentOS Linux release 7.6.1810 (Core)"),
            ],
            "debian",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=Deepin"),
                ("etc/lsb-release", "DISTRIB_ID=Deepin"),
                ("etc/debian_version", "10.3"),
            ],
            "Deepin",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=photon"),
                ("etc/lsb-release", "DISTRIB_ID=\\\"VMware Photon OS\\\""),
            ],
            "photon",
            false,
        ),
        (
            &[
                ("etc/os-release", "ID=opensuse-leap"),
                ("etc/SuSE-release", "openSUSE 42.3 (x86_64)"),
            ],
            "opensuse-leap",
            false,
        ),
        (
            &[
                ("etc/lsb-release", "DISTRIB_ID=Ubuntu\\nDISTRIB_RELEASE=10.04"),
                ("etc/debian_version", "squeeze/sid"),
            ],
            "ubuntu",
            false,
        ),
        (
            &[
                ("etc/redhat-release", "CentOS release 6.10 (Final)"),
                ("etc/system-release-cpe", "cpe:/o:centos:linux:6:GA"),
                ("etc/debian_version", "9.1"),
            ],
            "centos",
            true,
        ),
        (
            &[
                ("etc/os-release", "ID=debian"),
                ("etc/apk/repositories", "https://a.example/alpine/v3.18/main"),
            ],
            "debian",
            false,
        ),
        (&[("etc/apk/repositories", "https://a.example/alpine/v3.18/main")], "alpine", false),
        (
            &[
                ("etc/apk/repositories", "https://a.example/alpine/v3.18/main"),
                ("etc/debian_version", "12.5"),
            ],
            "debian",
            false,
        ),
    ] {
        let text: String =
            files.iter().map(|(path, text)| format!("  {path} 0644 \"{text}\\n\"\n")).collect();
        let report = report(&format!("layer gzip\n{text}"));
        assert_eq!(report.distro.as_ref().map(|distro| distro.id.as_str()), Some(id), "{text}");
        assert_eq!(codes(&report).contains(&disagree), told, "{text}");
    }
}
