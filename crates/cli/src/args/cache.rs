//! Arguments about what is kept between runs.

use clap::{Args, Subcommand};

use super::TextFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// Say where the cache is, and how much it holds
    Info(Form),
    /// Remove what was not used for longest, and what was left unfinished
    Prune(Prune),
    /// Check the seal of everything that is kept
    Verify(Form),
}

#[derive(Debug, Args)]
pub(crate) struct Form {
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// How much may stay, such as 100MiB or 0 [default: the limit cache_bytes]
    #[arg(long, value_name = "SIZE", env = "CUTAWAY_KEEP", value_parser = cutaway::parse_size)]
    pub(crate) keep: Option<u64>,
    #[command(flatten)]
    pub(crate) form: Form,
}
