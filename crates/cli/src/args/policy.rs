//! Arguments of the commands that judge.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::TextFormat;

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The image, as for scan
    pub(crate) image: Option<String>,
    /// The policies, all of which have to let it pass
    #[arg(long, required = true, num_args = 1.., value_name = "FILE", env = "CUTAWAY_POLICY")]
    pub(crate) policy: Vec<PathBuf>,
    /// The form of the verdict
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Say whether policies are right, without an image
    Check(Policies),
    /// List the rules of policies, and what breaking each means
    Explain(Policies),
}

#[derive(Debug, Args)]
pub(crate) struct Policies {
    /// The policies
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verifier {
    /// Name every setting that keeps containerd from asking: 0 where there is none, else 1
    Doctor {
        /// The settings of containerd
        #[arg(long, default_value = cutaway_serve::CONTAINERD_SETTINGS, value_name = "FILE", env = "CUTAWAY_CONTAINERD_CONFIG")]
        containerd: PathBuf,
        /// The settings of the verifier
        #[arg(long, default_value = cutaway_serve::VERIFIER_SETTINGS, value_name = "FILE", env = "CUTAWAY_VERIFIER_CONFIG")]
        settings: PathBuf,
    },
}
