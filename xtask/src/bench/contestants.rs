//! Who is measured: cutaway, the floor, and those of its peers that are installed.
//!
//! The peers do not all do the same: crane checks every digest, skopeo decompresses into a folder,
//! syft and trivy list packages, as cutaway does. Each is started as its manual says for that job.

use std::path::Path;

use crate::process::{self, target};

/// A command to measure.
#[derive(Debug, Clone)]
pub(crate) struct Contestant {
    /// What the table calls it; ends in the source it reads.
    pub(crate) name: String,
    /// The program.
    pub(crate) program: String,
    /// Its arguments; `{scratch}` stands for an empty folder.
    pub(crate) arguments: Vec<String>,
    /// Variables that it needs.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Whether it reads from the registry, whose bytes are then counted there.
    pub(crate) registry: bool,
}

/// Returns everyone who is here, for the archive and for the registry.
pub(crate) fn all(archive: &Path, reference: &str) -> Vec<Contestant> {
    let archive = archive.display().to_string();
    let docker = archive.replace("oci-archive.tar", "docker-archive.tar");
    let cutaway = target("release/cutaway").display().to_string();
    let floor = target("release/xtask").display().to_string();
    let oci = format!("oci-archive:{archive}");
    let saved = format!("docker-archive:{docker}");
    let rows: [(&str, &str, &[&str]); 13] = [
        ("floor, archive", &floor, &["floor", &archive]),
        ("floor overlapped, archive", &floor, &["floor", "--overlap", &archive]),
        ("cutaway scan, archive", &cutaway, &["scan", "--format", "json", "--no-cache", &oci]),
        (
            "cutaway scan, docker-archive",
            &cutaway,
            &["scan", "--format", "json", "--no-cache", &saved],
        ),
        (
            "cutaway scan, registry",
            &cutaway,
            &["scan", "--format", "json", "--no-cache", "--plain-http", reference],
        ),
        ("crane validate, archive", "crane", &["validate", "--tarball", &docker]),
        ("crane validate, registry", "crane", &["validate", "--insecure", "--remote", reference]),
        (
            "skopeo copy, archive",
            "skopeo",
            &["--insecure-policy", "copy", "-q", "--dest-decompress", &oci, "dir:{scratch}"],
        ),
        (
            "skopeo copy, registry",
            "skopeo",
            &[
                "--insecure-policy",
                "copy",
                "-q",
                "--src-tls-verify=false",
                "docker://{reference}",
                "dir:{scratch}",
            ],
        ),
        ("syft, archive", "syft", &["scan", "-q", "-o", "json", &oci]),
        ("syft, registry", "syft", &["scan", "-q", "-o", "json", "registry:{reference}"]),
        (
            "trivy, archive",
            "trivy",
            &[
                "image",
                "-q",
                "--format",
                "cyclonedx",
                "--cache-dir",
                "{scratch}",
                "--input",
                &archive,
            ],
        ),
        (
            "trivy, registry",
            "trivy",
            &[
                "image",
                "-q",
                "--format",
                "cyclonedx",
                "--cache-dir",
                "{scratch}",
                "--insecure",
                "--image-src",
                "remote",
                reference,
            ],
        ),
    ];
    rows.into_iter()
        .filter(|(_, program, _)| program.contains('/') || process::installed(program))
        .map(|(name, program, arguments)| Contestant {
            name: name.to_owned(),
            program: program.to_owned(),
            arguments: arguments
                .iter()
                .map(|argument| argument.replace("{reference}", reference))
                .collect(),
            environment: if program == "syft" {
                vec![
                    ("SYFT_REGISTRY_INSECURE_USE_HTTP", "true".to_owned()),
                    ("SYFT_CHECK_FOR_APP_UPDATE", "false".to_owned()),
                ]
            } else {
                Vec::new()
            },
            registry: name.ends_with("registry"),
        })
        .collect()
}
