//! What a caller decides about a scan.

use std::sync::Arc;

use cutaway_analyze::{Analyzers, FactsCache};
use cutaway_files::Fingerprints;
use cutaway_ref::Platform;
use cutaway_report::SourceKind;

use crate::{Flights, Limits};

/// How to scan.
#[derive(Debug, Clone)]
pub struct Options {
    /// The analyzers.
    pub analyzers: Analyzers,
    /// How layers are read, and who is told how far they are.
    pub read: cutaway_read::Options,
    /// The limits of what is made of them.
    pub limits: Limits,
    /// Patterns of paths in the image whose entries are left out of analysis.
    pub skip: Vec<String>,
    /// The platform that was asked for; another one in the image is worth a warning.
    pub platform: Platform,
    /// Where the facts of layers are kept, so that a layer is not read again.
    pub cache: Option<Arc<dyn FactsCache>>,
    /// Scans beside this one that may need the same layers: with a cache, each layer is read by one of them.
    pub flights: Option<Flights>,
    /// The lowest layer that is read, as if there were none below; of an archive all of it passes.
    pub first: usize,
    /// Whether the report also tells what each layer did to each package.
    pub history: bool,
    /// What tells the contents of files apart, where that is wanted with the files of the layers.
    pub fingerprints: Option<Fingerprints>,
}

impl Options {
    /// Scans all layers with `analyzers` within the default limits.
    pub fn new(analyzers: Analyzers, platform: Platform) -> Self {
        Self {
            analyzers,
            read: cutaway_read::Options::new(cutaway_read::Limits::default()),
            limits: Limits::default(),
            skip: Vec::new(),
            platform,
            cache: None,
            flights: None,
            first: 0,
            history: false,
            fingerprints: None,
        }
    }
}

/// What was asked for, where the source may only show when the archive has passed.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The name by which it was asked for.
    pub name: &'a str,
    /// Where it lies; none for an archive, which says itself of which form it is.
    pub source: Option<SourceKind>,
}

impl<'a> From<&'a str> for Asked<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, source: None }
    }
}
