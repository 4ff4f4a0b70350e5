//! `etc/lsb-release`: what Ubuntu and its kin said before os-release.
//!
//! ```text
//! DISTRIB_ID=Ubuntu
//! DISTRIB_RELEASE=18.04
//! DISTRIB_CODENAME=bionic
//! DISTRIB_DESCRIPTION="Ubuntu 18.04.2 LTS"
//! ```
//!
//! Red Hat's file of this name has `LSB_VERSION` only and names no distribution.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Distro, File, Findings, Interest, KnownDistro, Outcome,
};

use crate::assignment;
use crate::named_release;
use crate::reporter::Reporter;

/// The reader of `etc/lsb-release`.
#[derive(Debug)]
pub(crate) struct LsbRelease;

impl Analyzer for LsbRelease {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("lsb-release", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/lsb-release"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let mut distro = Distro::default();
        assignment::read(file.start(), &mut reporter, |key, value| {
            let optional = || Some(value.clone()).filter(|value| !value.is_empty());
            match key {
                "DISTRIB_ID" => (distro.id, distro.stated) = id(&value),
                "DISTRIB_RELEASE" => distro.version_id = optional(),
                "DISTRIB_CODENAME" => distro.codename = optional(),
                "DISTRIB_DESCRIPTION" => distro.pretty_name = optional(),
                _ => {}
            }
        });
        if !distro.id.is_empty() {
            reporter.findings().set_distro(distro);
        }
        reporter.finish();
        Outcome::Done
    }
}

/// Returns the ID of the distribution, and whether that is what stands there: the IDs of LSB are in
/// upper and lower case, and some are titles (`VMware Photon OS`).
fn id(value: &str) -> (String, bool) {
    match KnownDistro::of_id(value.trim()) {
        Some(known) => (known.id.to_owned(), true),
        None => (named_release::id(value).unwrap_or_default(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn ids_and_titles() {
        for (value, expected, stated) in [
            ("Ubuntu", "ubuntu", true),
            ("Deepin", "deepin", true),
            ("LinuxMint", "linuxmint", true),
            ("VMware Photon OS", "photon", false),
            ("Flatcar Container Linux by Kinvolk", "flatcar", false),
            ("ManjaroLinux", "manjaro", false),
            ("Our Own Linux", "our-own-linux", false),
            ("", "", false),
        ] {
            assert_eq!(id(value), (expected.to_owned(), stated), "{value}");
        }
    }
}
