//! The arguments of the client commands: what a registry holds, and images written out.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::TextFormat;

/// The argument of commands that look at one document.
#[derive(Debug, Args)]
pub(crate) struct Digest {
    /// The image, as for scan
    pub(crate) image: String,
    /// Print the whole reference by digest
    #[arg(long, env = "CUTAWAY_FULL_REF", value_parser = BoolishValueParser::new())]
    pub(crate) full_ref: bool,
}

/// The argument of commands that have an image and nothing else.
#[derive(Debug, Args)]
pub(crate) struct Document {
    /// The image, as for scan
    pub(crate) image: String,
}

#[derive(Debug, Args)]
pub(crate) struct Tags {
    /// The repository; with --recursive a registry will do
    pub(crate) repository: String,
    /// Print whole references
    #[arg(long, env = "CUTAWAY_FULL_REF", value_parser = BoolishValueParser::new())]
    pub(crate) full_ref: bool,
    /// Leave out tags that stand for a digest, as signatures have them
    #[arg(short = 'O', long, env = "CUTAWAY_OMIT_DIGEST_TAGS", value_parser = BoolishValueParser::new())]
    pub(crate) omit_digest_tags: bool,
    /// List all repositories of the registry, or all below the repository; untagged images too where the registry lists them
    #[arg(short = 'R', long, env = "CUTAWAY_RECURSIVE", value_parser = BoolishValueParser::new())]
    pub(crate) recursive: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Catalog {
    /// The registry
    pub(crate) registry: String,
    /// Print repositories with their registry
    #[arg(long, env = "CUTAWAY_FULL_REF", value_parser = BoolishValueParser::new())]
    pub(crate) full_ref: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Blob {
    /// The blob: REPOSITORY@DIGEST, oci:DIR@DIGEST or oci-archive:FILE@DIGEST
    pub(crate) blob: String,
}

#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The images, as for scan, and then the file or directory to write
    #[arg(required = true, num_args = 2.., value_names = ["IMAGE", "PATH"])]
    pub(crate) images_and_path: Vec<String>,
    /// What to write; a layout takes up what an earlier run has left
    #[arg(long, value_enum, default_value_t = PullFormat::Tarball, env = "CUTAWAY_PULL_FORMAT")]
    pub(crate) format: PullFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PullFormat {
    /// One file that `docker load` reads
    #[value(alias = "docker-archive")]
    Tarball,
    /// A directory: an OCI layout, with all platforms where none is named
    Oci,
    /// An OCI layout in one file
    OciArchive,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The image, as for scan
    pub(crate) image: String,
    /// The tar to write; `-` or nothing is standard output
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The image, as for scan; all platforms of an index where none is named
    pub(crate) image: String,
    /// Ask only whether each blob is there and has its size
    #[arg(long, env = "CUTAWAY_FAST", value_parser = BoolishValueParser::new())]
    pub(crate) fast: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Referrers {
    /// The image, in a registry
    pub(crate) image: String,
    /// Only those of this type
    #[arg(long, value_name = "TYPE", env = "CUTAWAY_ARTIFACT_TYPE")]
    pub(crate) artifact_type: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}
