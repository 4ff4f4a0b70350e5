//! Any container image by its name, with what this machine knows of registries and daemons.
//!
//! A [`Client`] finds credentials, mirrors, certificates, proxies and daemons as the binary `cutaway`
//! does: [`Client::from_env`] asks this machine for them, [`Client::builder`] knows only what it is told.
//!
//! # Runtime
//!
//! What is `async` here needs a tokio runtime with its time and I/O drivers enabled. Dropping a future
//! ends its requests; nothing is left behind on disk.
//!
//! # Other crates
//!
//! The crates whose types stand in what is offered here are here by their short names, so that nobody
//! has to name them beside this one: [`analyze`] for an analyzer of one's own, [`report`] for what a scan
//! says, [`files`] and [`layerfs`] for the files, [`model`] for documents, digests and diffIDs, `names`
//! for references and platforms.
//!
//! # Features
//!
//! `clouds` (keys of Amazon, Google and Azure) and `daemons` (Docker, Podman, containerd) are on by
//! default. Without them their packages are not built.

mod advisories;
mod bill;
mod blob;
mod builder;
mod cache;
mod client;
#[cfg(feature = "clouds")]
mod clouds;
mod conditions;
mod credentials;
#[cfg(feature = "daemons")]
mod daemons;
mod difference;
mod documents;
mod environment;
mod error;
mod explain;
mod fleet;
mod for_many;
mod history;
mod hosts;
mod image;
mod inspect;
mod judged;
mod kept;
mod kinds;
mod layer_tree;
mod limits;
mod memory;
mod moved;
mod open;
mod openers;
mod outputs;
mod parts;
mod pem;
mod place;
mod proxies;
mod pull;
mod referrers;
mod registry;
mod repositories;
mod root;
mod settings;
mod shared;
mod spelling;
mod tee;
mod transport;
mod usage;

pub use advisories::{
    Advisories, Ending, EnrichmentFiles, Judge, JudgeSettings, Judging, write_advisories,
};
pub use bill::{BillSettings, SerialSource};
pub use builder::Builder;
pub use cache::cache_directory;
pub use client::Client;
pub use conditions::Conditions;
#[doc(no_inline)]
pub use cutaway_analyze as analyze;
pub use cutaway_analyze::Analyzers;
#[cfg(feature = "daemons")]
#[doc(no_inline)]
pub use cutaway_daemon as daemon;
#[doc(no_inline)]
pub use cutaway_fetch as fetch;
#[doc(no_inline)]
pub use cutaway_files as files;
pub use cutaway_fleet::{Shard, ShardBy, Tags, Tally};
#[doc(no_inline)]
pub use cutaway_layerfs as layerfs;
#[doc(no_inline)]
pub use cutaway_model as model;
#[doc(no_inline)]
pub use cutaway_policy as policy;
#[doc(no_inline)]
pub use cutaway_read as read;
pub use cutaway_read::{Archive, Input, Once, Opener};
#[doc(no_inline)]
pub use cutaway_ref as names;
#[doc(no_inline)]
pub use cutaway_report as report;
#[doc(no_inline)]
pub use cutaway_sbom as sbom;
#[doc(no_inline)]
pub use cutaway_scan as scan;
#[doc(no_inline)]
pub use cutaway_vulns as vulns;
pub use difference::{DifferenceReport, FileChange, file_changes, package_differences};
pub use environment::Environment;
pub use error::{Class, Error};
pub use explain::{Explanation, ORDER_OF_CREDENTIALS, PassedOver};
pub use fleet::{Answer, Fleet, FleetOptions, Lines, Listed};
pub use history::{
    ChangeCounts, FileVersion, HistoryStep, LayerChanges, LayerPackages, PackageChange, deeds,
    steps, versions,
};
pub use image::{File, Image, Inventory, ScanOptions, Wanted, absence, node, thing, unambiguous};
pub use inspect::InspectOptions;
pub use kept::{CacheAnswer, LocalCache};
pub use kinds::Kinds;
pub use layer_tree::{LayerFiles, LayerTree};
pub use limits::{
    LimitError, Limits, Lookup, NamedLimit, Serving, Transport, parse_duration, parse_size,
};
pub use moved::Moved;
pub use open::is_compressed;
pub use outputs::{Output, ReportForm};
pub use parts::ReferenceParts;
pub use pem::Pem;
pub use place::{Engine, Place, redirected};
pub use pull::{Pull, PullFormat, no_manifest};
pub use registry::reference;
pub use root::{Root, Start};
pub use spelling::{is_whole_registry, repository, whole_registry};
pub use usage::{DirectoryBytes, HiddenBytes, LayerBytes, UsageReport};

/// Returns all analyzers of ours.
pub fn analyzers() -> Analyzers {
    with_languages(&cutaway_analyzers_os::analyzers_with_owners())
}

/// Returns all analyzers of ours with the readers of what packages record of files, for comparing files
/// with their packages.
pub fn analyzers_with_records() -> Analyzers {
    with_languages(&cutaway_analyzers_os::analyzers_with_records())
}

/// Adds the readers of artefacts of languages; a test says that both can be served.
fn with_languages(analyzers: &Analyzers) -> Analyzers {
    cutaway_analyzers_lang::add_to(analyzers.extend()).build().unwrap_or_default()
}
