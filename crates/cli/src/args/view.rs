//! The arguments of the file view.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::TextFormat;

/// Returns a path in an image, which is bytes as all names there are; the root where none is given.
pub(crate) fn bytes_of(path: Option<&OsStr>) -> &[u8] {
    path.map_or(&[], OsStr::as_bytes)
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// The image, as for scan
    pub(crate) image: String,
    /// A file or directory in the image [default: its root]
    pub(crate) path: Option<OsString>,
    /// Show mode, owner, size, layer and link target as well
    #[arg(short, long, env = "CUTAWAY_LONG", value_parser = BoolishValueParser::new())]
    pub(crate) long: bool,
    /// List everything below the directory
    #[arg(short = 'R', long, env = "CUTAWAY_RECURSIVE", value_parser = BoolishValueParser::new())]
    pub(crate) recursive: bool,
    /// List what this layer holds, and read no other
    #[arg(long, value_name = "N", env = "CUTAWAY_LAYER", conflicts_with = "all_versions")]
    pub(crate) layer: Option<usize>,
    /// List what was there and was replaced or hidden, too, with the layers that did it
    #[arg(long, env = "CUTAWAY_ALL_VERSIONS", value_parser = BoolishValueParser::new())]
    pub(crate) all_versions: bool,
    /// The form of the list
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Cat {
    /// The image, as for scan
    pub(crate) image: String,
    /// A file in the image
    pub(crate) path: OsString,
    /// Print nothing before every layer that the answer rests upon is verified
    #[arg(long, env = "CUTAWAY_VERIFY", value_parser = BoolishValueParser::new())]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    /// The image, as for scan
    pub(crate) image: String,
    /// The directory to search [default: the root of the image]
    pub(crate) path: Option<OsString>,
    /// The last component, or the whole path where the pattern has a slash; `**` crosses slashes
    #[arg(long, value_name = "PATTERN", env = "CUTAWAY_NAME", value_delimiter = ',')]
    pub(crate) name: Vec<String>,
    /// What it is
    #[arg(
        long = "type",
        value_enum,
        value_name = "TYPE",
        env = "CUTAWAY_TYPE",
        value_delimiter = ','
    )]
    pub(crate) kind: Vec<FileType>,
    /// Bytes: at least (+N), at most (-N) or exactly (N); N may have KiB, MiB or GiB
    #[arg(
        long,
        value_name = "[+-]N",
        env = "CUTAWAY_SIZE",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) size: Vec<String>,
    /// The owner, as a number or the name in the layer
    #[arg(long, value_name = "USER", env = "CUTAWAY_OWNER")]
    pub(crate) owner: Option<String>,
    /// The group, as a number or the name in the layer
    #[arg(long, value_name = "GROUP", env = "CUTAWAY_GROUP")]
    pub(crate) group: Option<String>,
    /// Mode bits in octal: all of them (-BITS) or any of them (/BITS)
    #[arg(long, value_name = "-BITS|/BITS", env = "CUTAWAY_PERM", allow_hyphen_values = true)]
    pub(crate) perm: Option<String>,
    /// Run as their owner or group: the same as --perm /6000
    #[arg(long, conflicts_with = "perm", env = "CUTAWAY_SETUID", value_parser = BoolishValueParser::new())]
    pub(crate) setuid: bool,
    /// Modified after this time: 2026-01-31, 2026-01-31T12:00:00Z or seconds since 1970
    #[arg(long, value_name = "TIME", env = "CUTAWAY_NEWER", allow_hyphen_values = true)]
    pub(crate) newer: Option<String>,
    /// Put there by this layer
    #[arg(long, value_name = "N", env = "CUTAWAY_LAYER")]
    pub(crate) layer: Option<usize>,
    /// Show mode, owner, size, layer and link target as well
    #[arg(short, long, env = "CUTAWAY_LONG", value_parser = BoolishValueParser::new())]
    pub(crate) long: bool,
    /// The form of the list
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileType {
    /// A regular file
    F,
    /// A directory
    D,
    /// A symbolic link
    L,
    /// A character device
    C,
    /// A block device
    B,
    /// A named pipe
    P,
}

#[derive(Debug, Args)]
pub(crate) struct Stat {
    /// The image, as for scan
    pub(crate) image: String,
    /// A path in the image; a symbolic link is not followed
    pub(crate) path: OsString,
    /// Read every layer, and show what was there before and which layers changed or hid it
    #[arg(long, env = "CUTAWAY_ALL_VERSIONS", value_parser = BoolishValueParser::new())]
    pub(crate) all_versions: bool,
    /// Read every layer that the answer rests upon to its end and verify it
    #[arg(long, env = "CUTAWAY_VERIFY", value_parser = BoolishValueParser::new())]
    pub(crate) verify: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Tree {
    /// The image, as for scan
    pub(crate) image: String,
    /// A directory in the image [default: its root]
    pub(crate) path: Option<OsString>,
    /// One tree a layer, of what it added, changed and removed, instead of one of all
    #[arg(long, env = "CUTAWAY_BY_LAYER", value_parser = BoolishValueParser::new())]
    pub(crate) by_layer: bool,
    /// Only what this layer added, changed and removed
    #[arg(long, value_name = "N", env = "CUTAWAY_LAYER")]
    pub(crate) layer: Option<usize>,
    /// How many levels to show
    #[arg(long, value_name = "N", env = "CUTAWAY_DEPTH")]
    pub(crate) depth: Option<usize>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Du {
    /// The image, as for scan
    pub(crate) image: String,
    /// A directory in the image [default: its root]
    pub(crate) path: Option<OsString>,
    /// How many levels of directories to show
    #[arg(long, value_name = "N", default_value_t = 1, env = "CUTAWAY_DEPTH")]
    pub(crate) depth: usize,
    /// How many of the largest hidden copies to show
    #[arg(long, value_name = "N", default_value_t = 10, env = "CUTAWAY_TOP")]
    pub(crate) top: usize,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The first image, as for scan
    pub(crate) a: String,
    /// The second image
    pub(crate) b: String,
    /// Read the layers that both share, too, to say of everything what the base has
    #[arg(long, env = "CUTAWAY_READ_BASE", value_parser = BoolishValueParser::new())]
    pub(crate) read_base: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// The image, as for scan
    pub(crate) image: String,
    /// List the files that each step added, changed and removed, and not only their number
    #[arg(long, env = "CUTAWAY_FILES", value_parser = BoolishValueParser::new())]
    pub(crate) files: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}
