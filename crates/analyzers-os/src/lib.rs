//! Distributions and the databases of their package managers, read from bytes.
//!
//! A *distribution* is what a release file such as `etc/os-release` names; a *database* is where a
//! package manager (apk, dpkg, rpm, pacman) notes what it installed. Each module knows one such file: where
//! it lies and how its bytes are to be read. Nothing here does I/O, runs a package manager or sees
//! an image; all bytes are taken to be hostile, and what cannot be read becomes a diagnostic.
//!
//! Reading is linear in the size of a file, and so is what it allocates. Values keep the spelling
//! that the file has, with bytes that are not UTF-8 replaced.
//!
//! ```
//! use cutaway_analyze::{Findings, Input};
//! use cutaway_layerfs::EntryPath;
//!
//! let path = EntryPath::clean(b"lib/apk/db/installed").expect("a clean path");
//! let content = b"P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n\n";
//! let mut findings = Findings::default();
//! for analyzer in cutaway_analyzers_os::ALL.iter().filter(|it| it.wants(path.as_bytes())) {
//!     analyzer.analyze(&Input { path: &path, content, companion: None }, &mut findings);
//! }
//! assert_eq!(findings.packages[0].version, "1.2.5-r0");
//! assert!(!findings.incomplete());
//! ```

mod alpine_release;
mod alpm;
mod alpm_files;
mod alternatives;
mod apk;
mod apk_files;
mod apk_scripts;
mod apk_version;
mod assignment;
mod bytes;
mod container_manifest;
mod copyright;
mod debian_version;
mod dpkg;
mod dpkg_conffiles;
mod dpkg_diversions;
mod dpkg_info;
mod dpkg_version;
mod exclusions;
#[cfg(test)]
mod file_outline;
mod gunzip;
mod line;
mod lsb_release;
mod mtree;
mod named_release;
mod os_release;
mod recorded;
mod reporter;
mod rpm;
mod script;
mod suse_release;
mod system_release_cpe;
mod unrecorded;

use cutaway_analyze::Analyzer;

/// Every analyzer of this crate.
///
/// Those that name a distribution come first, the most trustworthy evidence in front: of several
/// files that name one, the first analyzer here, and of its locations the first, is to be believed.
pub const ALL: &[&dyn Analyzer] = &[
    &os_release::OsRelease,
    &alpine_release::AlpineRelease,
    &named_release::NamedRelease,
    &suse_release::SuseRelease,
    &system_release_cpe::SystemReleaseCpe,
    &lsb_release::LsbRelease,
    &debian_version::DebianVersion,
    &apk::Apk,
    &dpkg::Dpkg,
    &rpm::Rpm,
    &alpm::Alpm,
    &container_manifest::ContainerManifest,
    &copyright::Copyright,
];

/// Those of [`ALL`] whose files list packages: where such a file changes, packages do.
pub const DATABASES: &[&dyn Analyzer] =
    &[&apk::Apk, &dpkg::Dpkg, &rpm::Rpm, &container_manifest::ContainerManifest];

/// Every reader of what packages say about files.
pub const FILES: &[&dyn Analyzer] = &[
    &dpkg_info::DpkgInfo,
    &dpkg_info::StatusSums,
    &dpkg_conffiles::DpkgConffiles,
    &dpkg_diversions::DpkgDiversions,
    &exclusions::DpkgExclusions,
    &exclusions::PacmanExclusions,
    &alternatives::Alternatives,
    &apk_files::ApkFiles,
    &apk_scripts::ApkScripts,
    &rpm::RpmFiles,
    &alpm_files::AlpmFiles,
    &unrecorded::AnySystem,
];

/// [`ALL`], and [`FILES`] behind them: for comparing files with what their packages record.
pub const WITH_FILES: &[&dyn Analyzer] = &both();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what does not fit does not compile"
)]
const fn both() -> [&'static dyn Analyzer; ALL.len() + FILES.len()] {
    let mut both = [ALL[0]; ALL.len() + FILES.len()];
    let mut at = 0;
    while at < both.len() {
        both[at] = if at < ALL.len() { ALL[at] } else { FILES[at - ALL.len()] };
        at += 1;
    }
    both
}
