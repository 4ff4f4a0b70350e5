//! What a caller decides about a scan.

use std::fmt::Debug;
use std::sync::Arc;

use cutaway_analyze::Analyzer;
pub use cutaway_files::{Observer, Silent};
use cutaway_ref::Platform;
use cutaway_report::SourceKind;

use crate::Limits;

/// How to scan.
#[derive(Debug, Clone)]
pub struct Options {
    /// The analyzers, in order of preference.
    pub analyzers: &'static [&'static dyn Analyzer],
    /// The limits.
    pub limits: Limits,
    /// Patterns of paths in the image whose entries are left out of analysis.
    pub skip: Vec<String>,
    /// The platform that was asked for; another one in the image is worth a warning.
    pub platform: Platform,
    /// Who is told how far the scan is.
    pub observer: Arc<dyn Observer>,
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
