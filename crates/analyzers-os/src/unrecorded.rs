//! What programs of a system write and no package records: tables of paths and reasons.
//!
//! A reason explains a file to people; it is no proof that the program wrote it. So the tables are
//! narrow: state and caches that exist for that one purpose, and links that lead to what is owned.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, File, Findings, Interest, Outcome, Trace, Unrecorded,
};

/// What programs write on any system, whichever package manager it has.
#[derive(Debug)]
pub(crate) struct AnySystem;

impl Analyzer for AnySystem {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("any-system", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default()
    }

    fn analyze(&self, _: &File<'_>, _: &mut Findings) -> Outcome {
        Outcome::Done
    }
}

impl Database for AnySystem {
    fn unrecorded(&self) -> &'static [Unrecorded] {
        ANY
    }
}

/// What dpkg and apt keep.
pub(crate) const DPKG: &[Unrecorded] = &[
    unowned("var/lib/dpkg/**", "dpkg's database"),
    unowned("var/lib/apt/extended_states", "apt's state"),
    unowned("var/lib/apt/lists/**", "apt's package lists"),
    unowned("var/lib/apt/listchanges.db", "apt's state"),
    unowned("var/cache/apt/**", "apt's cache"),
    unowned("var/cache/debconf/**", "debconf's database"),
    unowned("var/log/{dpkg,alternatives,bootstrap}.log*", "log of a package manager"),
    unowned("var/log/apt/**", "log of a package manager"),
    unowned("var/lib/pam/**", "state of pam-auth-update"),
    unowned("etc/pam.d/common-*", "written by pam-auth-update"),
    unowned("var/lib/shells.state", "state of update-shells"),
    unowned("var/lib/systemd/deb-systemd-{helper,user-helper}-*/**", "state of deb-systemd-helper"),
    unowned("var/lib/python/**", "state of Debian's python scripts"),
    unowned("usr/share/python*/runtime.d/**", "state of Debian's python scripts"),
    unowned("var/lib/ucf/**", "state of ucf"),
    unowned("var/lib/emacsen-common/**", "state of emacsen-common"),
    unowned("var/lib/{dictionaries-common,ispell,aspell}/**", "state of dictionaries-common"),
    unowned("var/lib/gems/*/{cache,doc,extensions}/.keep", "state of gems"),
];

/// What apk keeps.
pub(crate) const APK: &[Unrecorded] = &[
    unowned("{,usr/}lib/apk/db/*", "apk's database"),
    unowned("var/lib/apk/db/*", "apk's database"),
    unowned("{,usr/}lib/apk/exec/*", "apk's workspace"),
    unowned("etc/apk/{world,arch,repositories}", "apk's configuration"),
    unowned(
        "etc/{alpine-release,issue,os-release}",
        "release file that Alpine's image builder adds",
    ),
    unowned("var/cache/apk/**", "apk's cache"),
    unowned("var/log/apk.log", "log of a package manager"),
    Unrecorded {
        pattern: "{,usr/}{bin,sbin}/*",
        trace: Trace::LinkTo(&["bin/busybox", "usr/bin/busybox"]),
        reason: "link that busybox makes",
    },
];

/// What rpm, dnf, zypper and their kin keep.
pub(crate) const RPM: &[Unrecorded] = &[
    unowned("{var/lib,usr/lib/sysimage,usr/share}/rpm/**", "rpm's database"),
    unowned("var/lib/{dnf,yum,zypp,tdnf,PackageKit}/**", "state of a package manager"),
    unowned("usr/lib/sysimage/{dnf,libdnf5}/**", "state of a package manager"),
    unowned("var/cache/{dnf,yum,zypp,tdnf,libdnf5}/**", "cache of a package manager"),
    unowned("var/log/{dnf,yum,tdnf,hawkey}*", "log of a package manager"),
    unowned("var/log/zypp/**", "log of a package manager"),
    unowned("etc/pki/ca-trust/extracted/**", "written by update-ca-trust"),
    unowned("var/lib/ca-certificates/**", "written by update-ca-certificates"),
    unowned("usr/lib/fontconfig/cache/**", "font cache"),
    unowned("usr/lib{,64}/gconv/gconv-modules.cache", "written by iconvconfig"),
    unowned("usr/lib{,64}/gdk-pixbuf-2.0/*/loaders.cache", "written by gdk-pixbuf-query-loaders"),
    unowned("usr/lib/locale/locale-archive{,.tmpl}", "written by build-locale-archive"),
    unowned("var/lib/alternatives/*", "state of alternatives"),
    unowned("usr/lib/.build-id/**", "links to debug information"),
];

/// What images of RPM packages without rpm keep.
pub(crate) const RPM_MANIFEST: &[Unrecorded] =
    &[unowned("var/lib/rpmmanifest/*", "list of the packages")];

/// What opkg keeps.
pub(crate) const OPKG: &[Unrecorded] = &[
    unowned("{usr,var}/lib/opkg/**", "opkg's database"),
    unowned("var/{opkg-lists,cache/opkg}/**", "opkg's package lists"),
    unowned("{tmp,var}/lock/opkg.lock", "opkg's lock"),
];

/// What portage keeps.
pub(crate) const PORTAGE: &[Unrecorded] = &[
    unowned("var/db/pkg/**", "portage's database"),
    unowned("var/{lib,cache}/{portage,edb}/**", "state of portage"),
    unowned("var/db/repos/**", "portage's repositories"),
    unowned("var/log/{emerge,emerge-fetch}.log", "log of a package manager"),
    unowned("etc/env.d/*", "written by env-update"),
    unowned("etc/{profile,csh}.env", "written by env-update"),
];

/// What pacman keeps.
pub(crate) const PACMAN: &[Unrecorded] = &[
    unowned("var/lib/pacman/**", "pacman's database"),
    unowned("var/cache/pacman/**", "pacman's cache"),
    unowned("var/log/pacman.log", "log of a package manager"),
    unowned("etc/pacman.d/gnupg/**", "pacman's key ring"),
    unowned("etc/ca-certificates/extracted/**", "written by update-ca-trust"),
    unowned("usr/lib/gconv/gconv-modules.cache", "written by iconvconfig"),
];

/// What programs write on any system.
const ANY: &[Unrecorded] = &[
    gone("var/cache/**", "a cache was emptied"),
    gone("var/lib/apt/lists/**", "a cache was emptied"),
    gone("{run,tmp,var/run,var/tmp}/**", "only there while a system runs"),
    gone("dev/**", "device, over which a container mounts its own"),
    unowned("etc/ld.so.cache", "written by ldconfig"),
    unowned("var/cache/ldconfig/aux-cache", "written by ldconfig"),
    link("{,usr/}lib{,32,64,x32}/{,*/}*.so.*", "link that ldconfig makes"),
    unowned("etc/{passwd,group,shadow,gshadow,subuid,subgid}{,-}", "user and group databases"),
    changed("etc/{passwd,group,shadow,gshadow,subuid,subgid}", "user and group databases"),
    unowned("etc/.pwd.lock", "lock of the user databases"),
    unowned("etc/shells", "written by the scripts of shells"),
    changed("etc/shells", "written by the scripts of shells"),
    unowned("etc/{hostname,hosts,resolv.conf,mtab}", "set by whoever runs the image"),
    changed("etc/{hostname,hosts,resolv.conf,mtab}", "set by whoever runs the image"),
    unowned("etc/machine-id", "set by whoever runs the image"),
    unowned("{.dockerenv,run/.containerenv}", "mark of a container"),
    special("dev/**", "device, over which a container mounts its own"),
    unowned("var/log/{wtmp,btmp,utmp,lastlog,faillog,tallylog}", "log of logins"),
    changed("var/log/{wtmp,btmp,utmp,lastlog,faillog,tallylog}", "log of logins"),
    unowned("etc/ssl/certs/ca-certificates.crt", "written by update-ca-certificates"),
    unowned("etc/ssl/certs/java/cacerts", "written by update-ca-certificates"),
    link("etc/ssl/certs/*", "link that update-ca-certificates makes"),
    link("etc/ssl/*.pem", "link that update-ca-certificates makes"),
    unowned("etc/ssl/certs/ca-cert-*.pem", "written by update-ca-certificates"),
    link("etc/rc[0-9S].d/*", "link that update-rc.d makes"),
    link("etc/systemd/{system,user}/{,*.wants/,*.requires/}*", "link that enables a unit"),
    link("etc/runlevels/*/*", "link that enables a service"),
    unowned("usr/share/info/dir{,.old}", "written by install-info"),
    unowned("usr/share/mime/**", "written by update-mime-database"),
    unowned("usr/share/applications/mimeinfo.cache", "written by update-desktop-database"),
    unowned("usr/share/glib-2.0/schemas/gschemas.compiled", "written by glib-compile-schemas"),
    unowned("usr/share/icons/*/icon-theme.cache", "written by gtk-update-icon-cache"),
    unowned("{,usr/}lib/*/gconv/gconv-modules.cache", "written by iconvconfig"),
    unowned("usr/lib/*/gdk-pixbuf-2.0/*/loaders.cache", "written by gdk-pixbuf-query-loaders"),
    unowned("usr/lib/{,*/}gio/modules/giomodule.cache", "written by gio-querymodules"),
    unowned("usr/lib/locale/locale-archive", "written by locale-gen"),
    unowned("var/cache/fontconfig/**", "font cache"),
    unowned("usr/share/fonts/**/{.uuid,fonts.dir,fonts.scale}", "font cache"),
    unowned("var/cache/man/**", "written by mandb"),
    unowned("{,usr/}lib/modules/*/modules.*", "written by depmod"),
    unowned("{,usr/}lib/udev/hwdb.bin", "written by systemd-hwdb"),
    unowned("etc/udev/hwdb.bin", "written by systemd-hwdb"),
    unowned("var/lib/systemd/catalog/database", "written by journalctl"),
];

const fn unowned(pattern: &'static str, reason: &'static str) -> Unrecorded {
    Unrecorded { pattern, trace: Trace::Unowned, reason }
}

const fn link(pattern: &'static str, reason: &'static str) -> Unrecorded {
    Unrecorded { pattern, trace: Trace::LinkToOwned, reason }
}

const fn special(pattern: &'static str, reason: &'static str) -> Unrecorded {
    Unrecorded { pattern, trace: Trace::Special, reason }
}

const fn gone(pattern: &'static str, reason: &'static str) -> Unrecorded {
    Unrecorded { pattern, trace: Trace::Gone, reason }
}

const fn changed(pattern: &'static str, reason: &'static str) -> Unrecorded {
    Unrecorded { pattern, trace: Trace::Changed, reason }
}
