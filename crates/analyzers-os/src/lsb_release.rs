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

use cutaway_analyze::{Analyzer, AnalyzerId, Distro, File, Findings, Interest, Outcome};

use crate::assignment;
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
            let optional = Some(value).filter(|value| !value.is_empty());
            match key {
                // The IDs of os-release are in lower case, those of LSB are not.
                "DISTRIB_ID" => distro.id = optional.unwrap_or_default().to_ascii_lowercase(),
                "DISTRIB_RELEASE" => distro.version_id = optional,
                "DISTRIB_CODENAME" => distro.codename = optional,
                "DISTRIB_DESCRIPTION" => distro.pretty_name = optional,
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
