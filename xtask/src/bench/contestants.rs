//! Who is measured: cutaway, the floor, and those of its peers that are installed, each at a job.
//!
//! Within a job all do the same work, and each is started as its manual says for it. Beyond that
//! the peers differ: crane checks every digest, skopeo decompresses into a folder.

use std::path::{Path, PathBuf};

use crate::process::{self, target};

/// What is done, and therefore compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// The packages of the operating system are listed.
    OsPackages,
    /// All packages that a program knows are listed; cutaway knows those of the operating system.
    AllPackages,
    /// Every blob is checked.
    Validate,
    /// The file system goes out as one tar.
    Export,
    /// The image is written as a layout.
    Pull,
}

impl Job {
    /// All of them, in the order in which they are told.
    pub(crate) const ALL: [Self; 5] =
        [Self::OsPackages, Self::AllPackages, Self::Validate, Self::Export, Self::Pull];

    /// What the table is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::OsPackages => "packages of the operating system",
            Self::AllPackages => "all packages (cutaway: of the operating system)",
            Self::Validate => "every blob checked",
            Self::Export => "the file system as one tar",
            Self::Pull => "pulled into a layout",
        }
    }
}

/// A command to measure.
#[derive(Debug, Clone)]
pub(crate) struct Contestant {
    /// What it does.
    pub(crate) job: Job,
    /// Who does it.
    pub(crate) name: String,
    /// Where the image is read from.
    pub(crate) source: String,
    /// The program.
    pub(crate) program: String,
    /// Its arguments; `{scratch}` stands for an empty folder.
    pub(crate) arguments: Vec<String>,
    /// Variables that it needs.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Contestant {
    /// Tells whether it reads from the registry, whose bytes are then counted there.
    pub(crate) fn reads_registry(&self) -> bool {
        self.source == "registry"
    }
}

/// A row of the table below: job, name, source, program, arguments.
type Row = (Job, &'static str, &'static str, &'static str, &'static [&'static str]);

/// A scan of what was scanned before: in the round that is not counted.
pub(super) const AGAIN: &str = "cutaway scan, again";

/// The folder of what it keeps.
pub(super) fn kept() -> PathBuf {
    target("bench-kept")
}

/// `{kept}` is that folder, `{oci}` and `{docker}` are the image's archives, `{ref}` its name at the registry.
const ROWS: &[Row] = {
    use Job::{AllPackages, Export, OsPackages, Pull, Validate};
    const ARCHIVE: &str = "archive";
    const REGISTRY: &str = "registry";
    const SCAN: &str = "cutaway scan";
    &[
        (OsPackages, "floor", ARCHIVE, "floor", &["floor", "{oci}"]),
        (OsPackages, "floor overlapped", ARCHIVE, "floor", &["floor", "--overlap", "{oci}"]),
        (
            OsPackages,
            SCAN,
            ARCHIVE,
            "cutaway",
            &["scan", "--format", "json", "--no-cache", "oci-archive:{oci}"],
        ),
        (
            OsPackages,
            SCAN,
            "docker-archive",
            "cutaway",
            &["scan", "--format", "json", "--no-cache", "docker-archive:{docker}"],
        ),
        (
            OsPackages,
            SCAN,
            REGISTRY,
            "cutaway",
            &["scan", "--format", "json", "--no-cache", "--plain-http", "{ref}"],
        ),
        (
            OsPackages,
            AGAIN,
            REGISTRY,
            "cutaway",
            &["scan", "--format", "json", "--cache-dir", "{kept}", "--plain-http", "{ref}"],
        ),
        (
            OsPackages,
            "syft",
            ARCHIVE,
            "syft",
            &[
                "scan",
                "-q",
                "-o",
                "json",
                "--override-default-catalogers",
                "os",
                "oci-archive:{oci}",
            ],
        ),
        (
            OsPackages,
            "syft",
            REGISTRY,
            "syft",
            &["scan", "-q", "-o", "json", "--override-default-catalogers", "os", "registry:{ref}"],
        ),
        (
            OsPackages,
            "trivy",
            "docker-archive",
            "trivy",
            &[
                "image",
                "-q",
                "--format",
                "cyclonedx",
                "--pkg-types",
                "os",
                "--cache-dir",
                "{scratch}",
                "--input",
                "{docker}",
            ],
        ),
        (
            OsPackages,
            "trivy",
            REGISTRY,
            "trivy",
            &[
                "image",
                "-q",
                "--format",
                "cyclonedx",
                "--pkg-types",
                "os",
                "--cache-dir",
                "{scratch}",
                "--image-src",
                "remote",
                "{ref}",
            ],
        ),
        (
            AllPackages,
            SCAN,
            REGISTRY,
            "cutaway",
            &["scan", "--format", "json", "--no-cache", "--plain-http", "{ref}"],
        ),
        (AllPackages, "syft", REGISTRY, "syft", &["scan", "-q", "-o", "json", "registry:{ref}"]),
        (
            AllPackages,
            "trivy",
            REGISTRY,
            "trivy",
            &[
                "image",
                "-q",
                "--format",
                "cyclonedx",
                "--cache-dir",
                "{scratch}",
                "--image-src",
                "remote",
                "{ref}",
            ],
        ),
        (
            Validate,
            "cutaway validate",
            ARCHIVE,
            "cutaway",
            &["validate", "--no-cache", "oci-archive:{oci}"],
        ),
        (
            Validate,
            "cutaway validate",
            "docker-archive",
            "cutaway",
            &["validate", "--no-cache", "docker-archive:{docker}"],
        ),
        (
            Validate,
            "crane validate",
            "docker-archive",
            "crane",
            &["validate", "--tarball", "{docker}"],
        ),
        (
            Validate,
            "cutaway validate",
            REGISTRY,
            "cutaway",
            &["validate", "--no-cache", "--plain-http", "{ref}"],
        ),
        (
            Validate,
            "crane validate",
            REGISTRY,
            "crane",
            &["validate", "--insecure", "--remote", "{ref}"],
        ),
        (
            Export,
            "cutaway export",
            REGISTRY,
            "cutaway",
            &["export", "--no-cache", "--plain-http", "{ref}", "-"],
        ),
        (Export, "crane export", REGISTRY, "crane", &["export", "--insecure", "{ref}", "-"]),
        (
            Pull,
            "cutaway pull",
            REGISTRY,
            "cutaway",
            &["pull", "--no-cache", "--plain-http", "--format", "oci", "{ref}", "{scratch}"],
        ),
        (
            Pull,
            "crane pull",
            REGISTRY,
            "crane",
            &["pull", "--insecure", "--format", "oci", "{ref}", "{scratch}"],
        ),
        (
            Pull,
            "skopeo copy",
            REGISTRY,
            "skopeo",
            &[
                "--insecure-policy",
                "copy",
                "-q",
                "--src-tls-verify=false",
                "docker://{ref}",
                "oci:{scratch}",
            ],
        ),
    ]
};

/// Returns everyone who is here, for the archive and for the registry.
pub(crate) fn all(archive: &Path, reference: &str) -> Vec<Contestant> {
    let oci = archive.display().to_string();
    let docker = oci.replace("oci-archive.tar", "docker-archive.tar");
    let kept = kept().display().to_string();
    let filled = |text: &&str| {
        text.replace("{kept}", &kept)
            .replace("{oci}", &oci)
            .replace("{docker}", &docker)
            .replace("{ref}", reference)
    };
    ROWS.iter()
        .filter(|(.., program, _)| is_ours(program) || process::installed(program))
        .map(|(job, name, source, program, arguments)| Contestant {
            job: *job,
            name: (*name).to_owned(),
            source: (*source).to_owned(),
            program: place(program),
            arguments: arguments.iter().map(filled).collect(),
            environment: environment(program, arguments),
        })
        .collect()
}

fn is_ours(program: &str) -> bool {
    matches!(program, "cutaway" | "floor")
}

/// Where a program is: ours are built for speed, the others are on the path.
fn place(program: &str) -> String {
    match program {
        "cutaway" => target("release/cutaway").display().to_string(),
        "floor" => target("release/xtask").display().to_string(),
        other => other.to_owned(),
    }
}

/// Plain HTTP where no option asks for it, and nothing done that was not asked for.
fn environment(program: &str, arguments: &[&str]) -> Vec<(&'static str, String)> {
    let pairs: &[(&'static str, &str)] = match program {
        "syft" => &[
            ("SYFT_REGISTRY_INSECURE_USE_HTTP", "true"),
            ("SYFT_CHECK_FOR_APP_UPDATE", "false"),
            ("SYFT_FILE_METADATA_SELECTION", "none"),
        ],
        "trivy" => &[("TRIVY_NON_SSL", "true"), ("TRIVY_SKIP_VERSION_CHECK", "true")],
        _ if arguments.contains(&"{kept}") => &[("CUTAWAY_NO_CACHE", "false")],
        _ => &[],
    };
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}
