//! Distributions that are known: what each is called, which package manager it has, what it was made of.
//!
//! Sources: the `ID` and `ID_LIKE` of their os-release files, the first lines of their older release
//! files, and the vendors in their CPE names (`etc/system-release-cpe`).

use crate::{Distro, Ecosystem};

/// A distribution that is known.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownDistro {
    /// Its `ID` in os-release.
    pub id: &'static str,
    /// The ecosystems of its packages, one blank between; empty where it has no package manager of its own.
    managers: &'static str,
    /// What it was made of.
    parent: Option<&'static str>,
    /// What titles of it start with, in lower case.
    titles: &'static [&'static str],
    /// The vendors of its CPE names, where they are not its ID.
    vendors: &'static [&'static str],
}

impl KnownDistro {
    /// Finds a distribution by its `ID`, in upper or lower case.
    pub fn of_id(id: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.id.eq_ignore_ascii_case(id))
    }

    /// Finds the distribution that a title such as `CentOS Linux` is about.
    pub fn of_title(title: &str) -> Option<&'static Self> {
        let title = title.trim().to_ascii_lowercase();
        let starts = |start: &&str| {
            let rest = title.strip_prefix(*start);
            rest.is_some_and(|rest| !rest.starts_with(|it: char| it.is_alphanumeric()))
        };
        let longest = |known: &&Self| {
            known.titles.iter().copied().filter(starts).map(str::len).max().unwrap_or_default()
        };
        KNOWN.iter().max_by_key(longest).filter(|known| longest(known) > 0)
    }

    /// Finds a distribution by the vendor in its CPE name.
    pub fn of_vendor(vendor: &str) -> Option<&'static Self> {
        let named = KNOWN.iter().find(|known| known.vendors.contains(&vendor));
        named.or_else(|| Self::of_id(vendor))
    }

    /// Returns what it was made of, and that of what, nearest first; the distribution itself in front.
    fn line(&'static self) -> impl Iterator<Item = &'static Self> {
        std::iter::successors(Some(self), |known| Self::of_id(known.parent?))
    }
}

impl Distro {
    /// Returns whether this is the distribution of an ID, or was made of it: it says so (`ID_LIKE`),
    /// or is known to be.
    pub fn is_like(&self, id: &str) -> bool {
        self.ids().any(|own| {
            own.eq_ignore_ascii_case(id)
                || KnownDistro::of_id(own)
                    .is_some_and(|it| it.line().any(|it| it.id.eq_ignore_ascii_case(id)))
        })
    }

    /// Returns whether it installs packages of this kind; where nobody knows what it installs, it may, if
    /// some distribution does.
    pub fn installs(&self, ecosystem: &Ecosystem) -> bool {
        if !Ecosystem::OF_SYSTEMS.contains(ecosystem) {
            return false;
        }
        let of_id = |id: &str| KnownDistro::of_id(id).map(|known| known.managers);
        let managers = self.ids().filter_map(of_id).find(|managers| !managers.is_empty());
        managers.is_none_or(|managers| managers.split(' ').any(|it| it == ecosystem.name()))
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.id).chain(&self.id_like).map(String::as_str)
    }
}

const fn known(
    id: &'static str,
    managers: &'static str,
    parent: &'static str,
    titles: &'static [&'static str],
    vendors: &'static [&'static str],
) -> KnownDistro {
    let parent = if parent.is_empty() { None } else { Some(parent) };
    KnownDistro { id, managers, parent, titles, vendors }
}

#[rustfmt::skip]
static KNOWN: &[KnownDistro] = &[
    known("adelie", "apk", "", &["adélie linux"], &[]),
    known("alpine", "apk", "", &["alpine"], &[]),
    known("chainguard", "apk", "wolfi", &["chainguard"], &[]),
    known("minimos", "apk", "wolfi", &["minimos"], &[]),
    known("openwrt", "apk opkg", "", &["openwrt"], &[]),
    known("postmarketos", "apk", "alpine", &["postmarketos"], &[]),
    known("wolfi", "apk", "", &["wolfi"], &[]),

    known("arch", "alpm", "", &["arch", "arch linux"], &[]),
    known("archarm", "alpm", "arch", &["arch linux arm"], &[]),
    known("archlinux", "alpm", "arch", &[], &[]),
    known("artix", "alpm", "arch", &["artix"], &[]),
    known("cachyos", "alpm", "arch", &["cachyos"], &[]),
    known("endeavouros", "alpm", "arch", &["endeavouros"], &[]),
    known("garuda", "alpm", "arch", &["garuda"], &[]),
    known("manjaro", "alpm", "arch", &["manjaro", "manjarolinux"], &[]),
    known("steamos", "alpm", "arch", &["steamos"], &[]),

    known("antix", "deb", "debian", &["antix"], &[]),
    known("apertis", "deb", "debian", &["apertis"], &[]),
    known("armbian", "deb", "debian", &["armbian"], &[]),
    known("astra", "deb", "debian", &["astra linux", "astralinux"], &[]),
    known("bodhi", "deb", "ubuntu", &["bodhi"], &[]),
    known("boss", "deb", "debian", &["boss"], &[]),
    known("bunsenlabs", "deb", "debian", &["bunsenlabs"], &[]),
    known("canaima", "deb", "debian", &["canaima"], &[]),
    known("debian", "deb", "", &["debian"], &[]),
    known("deepin", "deb", "debian", &["deepin"], &[]),
    known("devuan", "deb", "debian", &["devuan"], &[]),
    known("elementary", "deb", "ubuntu", &["elementary"], &[]),
    known("endless", "deb", "debian", &["endless"], &[]),
    known("feren", "deb", "ubuntu", &["feren"], &[]),
    known("gardenlinux", "deb", "debian", &["garden linux"], &[]),
    known("grml", "deb", "debian", &["grml"], &[]),
    known("huayra", "deb", "debian", &["huayra"], &[]),
    known("kaisen", "deb", "debian", &["kaisen"], &[]),
    known("kali", "deb", "debian", &["kali"], &[]),
    known("knoppix", "deb", "debian", &["knoppix"], &[]),
    known("linuxmint", "deb", "ubuntu", &["linuxmint", "linux mint"], &[]),
    known("lliurex", "deb", "ubuntu", &["lliurex"], &[]),
    known("lmde", "deb", "debian", &["lmde"], &[]),
    known("loongnix", "deb", "debian", &["loongnix"], &[]),
    known("mx", "deb", "debian", &["mx"], &[]),
    known("neon", "deb", "ubuntu", &["neon", "kde neon"], &[]),
    known("nitrux", "deb", "debian", &["nitrux"], &[]),
    known("openkylin", "deb", "debian", &["openkylin"], &[]),
    known("osmc", "deb", "debian", &["osmc"], &[]),
    known("pardus", "deb", "debian", &["pardus"], &[]),
    known("parrot", "deb", "debian", &["parrot"], &[]),
    known("peppermint", "deb", "debian", &["peppermint"], &[]),
    known("pikaos", "deb", "debian", &["pikaos"], &[]),
    known("pop", "deb", "ubuntu", &["pop", "pop!_os"], &[]),
    known("proxmox", "deb", "debian", &["proxmox"], &[]),
    known("pve", "deb", "debian", &[], &[]),
    known("pureos", "deb", "debian", &["pureos"], &[]),
    known("q4os", "deb", "debian", &["q4os"], &[]),
    known("raspbian", "deb", "debian", &["raspbian"], &[]),
    known("siduction", "deb", "debian", &["siduction"], &[]),
    known("sonic", "deb", "debian", &[], &[]),
    known("sparky", "deb", "debian", &["sparky", "sparkylinux"], &[]),
    known("tails", "deb", "debian", &["tails"], &[]),
    known("trisquel", "deb", "ubuntu", &["trisquel"], &[]),
    known("truenas", "deb", "debian", &["truenas"], &[]),
    known("tuxedo", "deb", "ubuntu", &["tuxedo"], &[]),
    known("ubuntu", "deb", "debian", &["ubuntu"], &["canonical"]),
    known("univention", "deb", "debian", &["univention"], &[]),
    known("vanilla", "deb", "debian", &["vanilla os"], &[]),
    known("volumio", "deb", "debian", &["volumio"], &[]),
    known("vyos", "deb", "debian", &["vyos"], &[]),
    known("whonix", "deb", "debian", &["whonix"], &[]),
    known("zorin", "deb", "ubuntu", &["zorin"], &[]),

    known("alinux", "rpm", "rhel", &["alibaba cloud linux", "aliyun linux"], &["alibaba"]),
    known("almalinux", "rpm", "rhel", &["almalinux"], &[]),
    known("altlinux", "rpm", "", &["alt"], &[]),
    known("amzn", "rpm", "fedora", &["amazon", "amazon linux"], &["amazon"]),
    known("anolis", "rpm", "rhel", &["anolis os"], &["openanolis"]),
    known("azurelinux", "rpm", "", &["azure linux", "microsoft azure linux"], &[]),
    known("bottlerocket", "rpm", "", &["bottlerocket"], &[]),
    known("centos", "rpm", "rhel", &["centos"], &[]),
    known("circle", "rpm", "rhel", &["circle linux"], &[]),
    known("cloudlinux", "rpm", "rhel", &["cloudlinux"], &[]),
    known("eurolinux", "rpm", "rhel", &["eurolinux"], &[]),
    known("euleros", "rpm", "rhel", &["euleros"], &["huawei"]),
    known("fedora", "rpm", "", &["fedora"], &["fedoraproject"]),
    known("mageia", "rpm", "", &["mageia"], &[]),
    known("mariner", "rpm", "", &["common base linux mariner", "cbl-mariner"], &[]),
    known("miraclelinux", "rpm", "rhel", &["miracle linux", "asianux"], &["cybertrust_japan"]),
    known("nobara", "rpm", "fedora", &["nobara"], &[]),
    known("ol", "rpm", "rhel", &["oracle", "oracle linux"], &["oracle"]),
    known("opencloudos", "rpm", "", &["opencloudos"], &[]),
    known("openEuler", "rpm", "", &["openeuler"], &[]),
    known("opensuse", "rpm", "suse", &["opensuse"], &[]),
    known("opensuse-leap", "rpm", "opensuse", &["opensuse leap"], &[]),
    known("opensuse-tumbleweed", "rpm", "opensuse", &["opensuse tumbleweed"], &[]),
    known("photon", "rpm", "", &["photon", "vmware photon"], &["vmware"]),
    known("redos", "rpm", "", &["red os"], &[]),
    known("rhel", "rpm", "fedora", &["red hat"], &["redhat"]),
    known("rocky", "rpm", "rhel", &["rocky linux"], &[]),
    known("rosa", "rpm", "", &["rosa"], &[]),
    known("scientific", "rpm", "rhel", &["scientific linux"], &["scientificlinux"]),
    known("sled", "rpm", "suse", &["suse linux enterprise desktop"], &[]),
    known("sles", "rpm", "suse", &["suse linux enterprise"], &[]),
    known("suse", "rpm", "", &["suse"], &[]),
    known("tencentos", "rpm", "rhel", &["tencentos"], &["tencent"]),
    known("virtuozzo", "rpm", "rhel", &["virtuozzo"], &[]),

    // These are of several kinds, or have another package manager.
    known("coreos", "", "", &["coreos", "container linux"], &[]),
    known("cos", "cos", "", &["container-optimized os"], &[]),
    known("flatcar", "", "coreos", &["flatcar"], &[]),
    known("gentoo", "portage", "", &["gentoo"], &[]),
    known("kylin", "", "debian", &["kylin"], &[]),
    known("nixos", "nix", "", &["nixos"], &[]),
    known("slackware", "", "", &["slackware"], &[]),
    known("solus", "", "", &["solus"], &[]),
    known("uos", "", "debian", &["uos", "uniontech os"], &[]),
    known("void", "", "", &["void", "voidlinux"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn distro(id: &str, like: &[&str]) -> Distro {
        let id_like = like.iter().map(|&id| id.to_owned()).collect();
        Distro { id: id.into(), id_like, ..Distro::default() }
    }

    #[test]
    fn the_table_is_sound() {
        for known in KNOWN {
            let of_same_id = KNOWN.iter().filter(|it| it.id.eq_ignore_ascii_case(known.id));
            assert_eq!(of_same_id.count(), 1, "{}", known.id);
            assert!(known.line().count() < 5, "{}: a circle, or a long line", known.id);
            assert!(known.parent.is_none_or(|parent| KnownDistro::of_id(parent).is_some()));
            for title in known.titles {
                assert_eq!(KnownDistro::of_title(title), Some(known), "{title}");
                assert_eq!(*title, title.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn titles_and_vendors() {
        for (title, id) in [
            ("CentOS Stream", Some("centos")),
            (" VMware Photon OS", Some("photon")),
            ("openSUSE Leap", Some("opensuse-leap")),
            ("openSUSE", Some("opensuse")),
            ("Flatcar Container Linux by Kinvolk", Some("flatcar")),
            ("Arch", Some("arch")),
            ("Archer", None),
            ("Popular Linux", None),
            ("", None),
        ] {
            assert_eq!(KnownDistro::of_title(title).map(|it| it.id), id, "{title}");
        }
        for (vendor, id) in [
            ("redhat", Some("rhel")),
            ("centos", Some("centos")),
            ("oracle", Some("ol")),
            ("acme", None),
        ] {
            assert_eq!(KnownDistro::of_vendor(vendor).map(|it| it.id), id, "{vendor}");
        }
    }

    #[test]
    fn what_is_like_what() {
        for (id, like, other, expected) in [
            ("ubuntu", &[][..], "debian", true),
            ("debian", &[], "ubuntu", false),
            ("Deepin", &[], "deepin", true),
            ("Deepin", &[], "debian", true),
            ("linuxmint", &[], "debian", true),
            ("ours", &["Ubuntu"], "debian", true),
            ("ours", &["rhel", "fedora"], "centos", false),
            ("ours", &[], "debian", false),
            ("alpine", &[], "debian", false),
            ("Pardus", &[], "debian", true),
            ("kylin", &[], "debian", true),
            ("bodhi", &[], "debian", true),
        ] {
            assert_eq!(distro(id, like).is_like(other), expected, "{id} {like:?} {other}");
        }
    }

    #[test]
    fn package_managers() {
        for (id, like, ecosystem, expected) in [
            ("alpine", &[][..], Ecosystem::DEB, false),
            ("Parrot", &["debian"], Ecosystem::RPM, false),
            ("ours", &["debian"], Ecosystem::RPM, false),
            ("kylin", &["debian"], Ecosystem::DEB, true),
            ("kylin", &[], Ecosystem::RPM, true),
            ("ours", &[], Ecosystem::RPM, true),
            ("ROCKY", &[], Ecosystem::RPM, true),
            ("openwrt", &[], Ecosystem::OPKG, true),
            ("openwrt", &[], Ecosystem::APK, true),
            ("openwrt", &[], Ecosystem::DEB, false),
            ("alpine", &[], Ecosystem::OPKG, false),
            ("poky", &[], Ecosystem::OPKG, true),
            ("gentoo", &[], Ecosystem::PORTAGE, true),
            ("gentoo", &[], Ecosystem::RPM, false),
            ("ours", &[], Ecosystem::SNAP, false),
            ("ours", &[], Ecosystem::owned("npm"), false),
        ] {
            assert_eq!(distro(id, like).installs(&ecosystem), expected, "{id} {like:?}");
        }
    }
}
