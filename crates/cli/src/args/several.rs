//! Arguments of a scan of several images.

use std::path::PathBuf;

use clap::Args;
use cutaway::{Listed, Shard, ShardBy, Tags};

#[derive(Debug, Args)]
pub(crate) struct Several {
    /// Scan the images of this list, too: one a line, `#` before comments; `-` for standard input
    #[arg(long, value_name = "FILE", env = "CUTAWAY_FROM")]
    pub(crate) from: Option<PathBuf>,
    /// Scan the images that this registry lists, too
    #[arg(long, value_name = "HOST", env = "CUTAWAY_REGISTRY")]
    pub(crate) registry: Option<String>,
    /// Which repositories of --registry: `*` within a component, `**` across them
    #[arg(long, value_name = "GLOB", default_value = "**", env = "CUTAWAY_REPOSITORIES")]
    pub(crate) repositories: String,
    /// Which of their tags: a pattern, or latest:N for the N highest versions
    #[arg(long, value_name = "GLOB|latest:N", default_value = "*", env = "CUTAWAY_TAGS")]
    pub(crate) tags: Tags,
    /// Write the lines of several images to this file, and go on where those in it end
    #[arg(long, value_name = "FILE", env = "CUTAWAY_RESUME")]
    pub(crate) resume: Option<PathBuf>,
    /// Scan the part I of N of several images, counted from 0
    #[arg(long, value_name = "I/N", env = "CUTAWAY_SHARD")]
    pub(crate) shard: Option<Shard>,
    /// Spread them over parts by their manifest, or by base: their first layer
    #[arg(long, value_name = "BY", default_value = "manifest", env = "CUTAWAY_SHARD_BY")]
    pub(crate) shard_by: ShardBy,
}

impl Several {
    /// Returns whether nothing here makes a scan one of several images, however few there are.
    pub(crate) fn is_one(&self) -> bool {
        let listed = self.from.is_some() || self.registry.is_some();
        !listed && self.resume.is_none() && self.shard.is_none()
    }

    pub(crate) fn listed(&self) -> Option<Listed> {
        Some(Listed::new(self.registry.as_ref()?, &self.repositories, &self.tags))
    }
}
