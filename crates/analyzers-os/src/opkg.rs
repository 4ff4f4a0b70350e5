//! opkg's database: the `status` file of OpenWrt (until 24.10) and of images that Yocto builds.
//!
//! ```text
//! Package: ubus
//! Version: 2024.10.20~252a9b0c-r1
//! Depends: libc, ubusd
//! Status: install ok installed
//! Architecture: x86_64
//! Installed-Time: 1730715936
//! Auto-Installed: yes
//! ```
//!
//! The form is dpkg's, and the states are opkg's own. OpenWrt keeps the file in `usr/lib`, since its `var` is
//! only there while it runs. Format: opkg's `pkg_parse.c` and `pkg.c`. Lists of files are read by
//! [`OpkgFiles`](crate::opkg_files::OpkgFiles).

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Ecosystem, File, Findings, InstallReason, Interest, Outcome,
    Package, Source, Unrecorded,
};

use crate::control::{self, Codes, Dialect, Form, NOT_INSTALLED, OddVersion};
use crate::dpkg_record::{Field, Record};
use crate::{bytes, dpkg_version, unrecorded};

/// The reader of opkg's database.
#[derive(Debug)]
pub(crate) struct Opkg;

impl Analyzer for Opkg {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("opkg", 3)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["usr/lib/opkg/status", "var/lib/opkg/status"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        control::read(file, Form::Status, &OPKG, findings);
        Outcome::Done
    }
}

impl Database for Opkg {
    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::OPKG
    }
}

/// The records of opkg.
static OPKG: Dialect = Dialect {
    ecosystem: Ecosystem::OPKG,
    states: &[
        "installed",
        NOT_INSTALLED,
        "config-files",
        "half-installed",
        "unpacked",
        "half-configured",
        "post-inst-failed",
        "removal-failed",
    ],
    package,
    codes: Codes {
        field_continued: "opkg-field-continued",
        field_repeated: "opkg-field-repeated",
        line_unreadable: "opkg-line-unreadable",
        record_foreign: None,
        record_incomplete: "opkg-record-incomplete",
        record_repeated: "opkg-record-repeated",
        record_unseparated: "opkg-record-unseparated",
        record_without_name: "opkg-record-without-name",
        record_without_status: "opkg-record-without-status",
        record_without_version: "opkg-record-without-version",
        state_unknown: "opkg-state-unknown",
        status_malformed: "opkg-status-malformed",
    },
};

/// Takes a source apart: its name and, where it stands in brackets behind, its version.
fn source_of(field: &str) -> Source {
    let (name, rest) = field.split_once('(').unwrap_or((field, ""));
    let version = rest.split(')').next().map(str::trim).filter(|version| !version.is_empty());
    Source { name: name.trim().to_owned(), version: version.map(str::to_owned) }
}

/// opkg takes any version; its parts are those of dpkg's.
fn package(record: &Record<'_>, name: String, version: &str) -> (Package, Option<OddVersion>) {
    let parts = dpkg_version::split(version);
    let mut package = Package::new(Ecosystem::OPKG, name, parts.full);
    package.epoch = parts.epoch;
    package.release = parts.revision;
    let source = record.line_of(Field::Source);
    package.source = source.map(|field| source_of(&field));
    package.licenses = record.line_of(Field::License).map(Into::into).into_iter().collect();
    let is_pulled_in = record.value(Field::AutoInstalled) == Some(b"yes".as_slice());
    package.install_reason = is_pulled_in.then_some(InstallReason::Dependency);
    let mut details = record.details();
    details.installed_at = record.value(Field::InstalledTime).and_then(bytes::number);
    package.set_details(details);
    (package, None)
}
