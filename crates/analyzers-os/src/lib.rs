//! Distributions and the databases of their package managers, read from bytes.
//!
//! A *distribution* is what a release file such as `etc/os-release` names; a *database* is where a
//! package manager (apk, dpkg, chisel, rpm, opkg, pacman, portage, Nix, snap, Flatpak, Homebrew) or a maker of images
//! (Bitnami, Bottlerocket, Container-Optimized OS) notes what it installed. Each module knows one such file: where
//! it lies and how its bytes are to be read. Nothing here does I/O, runs a package manager or sees
//! an image; all bytes are taken to be hostile, and what cannot be read becomes a diagnostic.
//!
//! Reading is linear in the size of a file, and so is what it allocates. Values keep the spelling
//! that the file has, with bytes that are not UTF-8 replaced.
//!
//! ```
//! use cutaway_analyze::{File, Findings, Outcome};
//! use cutaway_layerfs::EntryPath;
//!
//! let analyzers = cutaway_analyzers_os::analyzers();
//! let path = EntryPath::clean(b"lib/apk/db/installed").expect("a clean path");
//! let content = b"P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n\n";
//! let mut found = Findings::default();
//! for position in analyzers.matching(path.as_bytes()).analyzers {
//!     let analyzer = analyzers.members()[position].analyzer();
//!     assert_eq!(analyzer.analyze(&File::new(&path, content), &mut found), Outcome::Done);
//! }
//! assert_eq!(found.packages()[0].version, "1.2.5-r0");
//! assert!(!found.incomplete());
//! ```

mod alpine_release;
mod alpm;
mod alpm_files;
mod alternatives;
mod apk;
mod apk_files;
mod apk_repositories;
mod apk_scripts;
mod apk_version;
mod apk_world;
mod apt_states;
mod assignment;
mod bitnami;
mod bitnami_components;
mod bottlerocket;
mod bytes;
mod chisel;
mod chisel_files;
mod chisel_wall;
mod container_manifest;
mod control;
mod copyright;
mod cos;
mod debian_version;
mod dnf_history;
mod dnf_state;
mod dpkg;
mod dpkg_conffiles;
mod dpkg_diversions;
mod dpkg_info;
mod dpkg_record;
mod dpkg_version;
mod exclusions;
#[cfg(test)]
mod file_outline;
mod flatpak;
mod homebrew;
mod json_records;
mod line;
mod lsb_release;
mod markup;
mod mtree;
mod named_release;
mod nix;
mod opkg;
mod opkg_files;
mod os_release;
#[cfg(test)]
mod package_outline;
mod portage;
mod portage_files;
mod recorded;
mod repeated;
mod reporter;
mod rpm;
mod script;
mod snap;
mod sqlite;
mod suse_release;
mod system_release_cpe;
mod unpack;
mod unrecorded;

use cutaway_analyze::{Analyzers, Builder};

/// Returns the readers of release files and of package databases.
///
/// Those that name a distribution come first, the most trustworthy evidence in front: of several
/// files that name one, the first analyzer here, and of its places the first, is to be believed.
pub fn analyzers() -> Analyzers {
    built(packages())
}

/// Returns what [`analyzers`] does, and readers of what packages record of files: for telling whose the
/// files of other packages are.
pub fn analyzers_with_owners() -> Analyzers {
    let owners = packages()
        .owners(dpkg_info::DpkgInfo)
        .owners(dpkg_info::StatusSums)
        .owners(dpkg_diversions::DpkgDiversions)
        .owners(apk_files::ApkFiles)
        .owners(rpm::RpmFiles)
        .owners(alpm_files::AlpmFiles);
    built(owners)
}

/// Returns what [`analyzers`] does, and the readers of what packages record of files: for comparing
/// the files of an image with what their packages say.
pub fn analyzers_with_records() -> Analyzers {
    let records = packages()
        .records(dpkg_info::DpkgInfo)
        .records(dpkg_info::StatusSums)
        .records(dpkg_conffiles::DpkgConffiles)
        .records(dpkg_diversions::DpkgDiversions)
        .records(exclusions::DpkgExclusions)
        .records(exclusions::PacmanExclusions)
        .records(alternatives::Alternatives)
        .records(chisel_files::ChiselFiles)
        .records(apk_files::ApkFiles)
        .records(apk_scripts::ApkScripts)
        .records(rpm::RpmFiles)
        .records(alpm_files::AlpmFiles)
        .records(opkg_files::OpkgFiles)
        .records(portage_files::PortageFiles)
        .records(unrecorded::AnySystem);
    built(records)
}

/// Makes a set of ours, of which a test says that it can be made.
fn built(builder: Builder) -> Analyzers {
    builder.build().unwrap_or_default()
}

fn packages() -> Builder {
    Analyzers::builder()
        .release(os_release::OsRelease)
        .release(alpine_release::AlpineRelease)
        .release(named_release::NamedRelease)
        .release(suse_release::SuseRelease)
        .release(system_release_cpe::SystemReleaseCpe)
        .release(lsb_release::LsbRelease)
        .release(debian_version::DebianVersion)
        .release(apk_repositories::ApkRepositories)
        .database(apk::Apk)
        .database(dpkg::Dpkg)
        .database(chisel::Chisel)
        .database(rpm::Rpm)
        .database(opkg::Opkg)
        .database(alpm::Alpm)
        .database(portage::Portage)
        .database(container_manifest::ContainerManifest)
        .database(bottlerocket::Bottlerocket)
        .database(cos::Cos)
        .database(nix::Nix)
        .database(dnf_history::DnfHistory)
        .artifact(copyright::Copyright)
        .artifact(apk_world::ApkWorld)
        .artifact(apt_states::AptStates)
        .artifact(dnf_state::DnfState)
        .artifact(snap::Snap)
        .artifact(flatpak::Flatpak)
        .artifact(homebrew::Homebrew)
        .artifact(bitnami::Bitnami)
        .artifact(bitnami_components::BitnamiComponents)
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::Role;

    use super::*;

    #[test]
    fn all_can_be_served() {
        let count = |analyzers: &Analyzers, role| analyzers.of_role(role).count();
        let all = analyzers_with_records();
        let roles = [Role::Release, Role::Database, Role::Artifact, Role::Records];
        assert_eq!(roles.map(|role| count(&all, role)), [8, 12, 9, 15]);
        assert_eq!(roles.map(|role| count(&analyzers(), role)), [8, 12, 9, 0]);
        for database in ["lib/apk/db/installed", "var/lib/pacman/local/bash-5-1/desc"] {
            assert!(all.is_database(database.as_bytes()), "{database}");
        }
    }
}
