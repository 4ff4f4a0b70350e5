//! Packages: what is in an image, and which layer brought it.

use cutaway_analyze::Analyzers;
use cutaway_files::{Fingerprints, LayerFiles, View};
use cutaway_report::Report;
use cutaway_scan::{Asked, Options, Scanned, scan, tables};

use super::Image;
use crate::client::Client;
use crate::error::Error;
use crate::place::Place;

/// How to scan.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Patterns of paths in the image whose entries are left out of analysis.
    pub skip: Vec<String>,
    /// Whether each package's story is told, too.
    pub history: bool,
    /// Whether layers that have a table of contents are read by it, where their source gives parts of them:
    /// nothing of those is verified, and files that would have to be looked into are only counted.
    pub fast: bool,
}

/// What one reading of an image gave: packages and files.
#[derive(Debug)]
pub struct Inventory {
    /// The image.
    pub image: cutaway_model::Image,
    /// Its packages.
    pub report: Report,
    /// Its layers, from the first that was read on.
    pub files: Vec<LayerFiles>,
    /// The position of that layer.
    pub first: usize,
}

impl Inventory {
    /// Lays the layers over each other.
    ///
    /// # Errors
    ///
    /// Returns the limit that they meet.
    pub fn view(
        self,
        limits: &crate::Limits,
    ) -> Result<(cutaway_model::Image, Report, View), Error> {
        let Self { image, report, files, first } = self;
        Ok((image, report, View::new(first, files, limits.read.layerfs)?))
    }
}

impl Client {
    /// Lists the distribution and the packages of what `name` stands for: an image, as
    /// [`open`](Self::open) takes it, or `sbom:FILE`, whose packages are those that the bill lists.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open) and [`Image::scan_with`], and why a bill cannot be read.
    pub async fn report(
        &self,
        name: &str,
        analyzers: &Analyzers,
        how: &ScanOptions,
    ) -> Result<Report, Error> {
        if let Place::Sbom(path) = Place::of(name)? {
            return self.read_bill(&path, name);
        }
        self.open(name).await?.scan_with(analyzers, how).await
    }
}

impl Image {
    /// Lists its distribution and its packages, and says which layer brought each.
    ///
    /// # Errors
    ///
    /// Returns why a layer cannot be read, or is not what the documents say. What an analyzer cannot
    /// read is no error: the report says so, and is not complete.
    pub async fn scan(&self, analyzers: &Analyzers) -> Result<Report, Error> {
        self.scan_with(analyzers, &ScanOptions::default()).await
    }

    /// Scans as [`scan`](Self::scan) does, in the way that `how` says.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan), and a pattern that is none.
    pub async fn scan_with(
        &self,
        analyzers: &Analyzers,
        how: &ScanOptions,
    ) -> Result<Report, Error> {
        Ok(self.stock(analyzers, how).await?.1)
    }

    /// Scans as [`scan_with`](Self::scan_with) does, and returns the documents, too.
    pub(crate) async fn stock(
        &self,
        analyzers: &Analyzers,
        how: &ScanOptions,
    ) -> Result<(cutaway_model::Image, Report), Error> {
        let mut options = self.scan_options(analyzers);
        options.skip.clone_from(&how.skip);
        options.history = how.history;
        if how.fast {
            options.read = options.read.by_tables(tables(analyzers));
        }
        let Inventory { image, report, .. } = self.take_stock(&options).await?;
        Ok((image, report))
    }

    /// Reads the layers from `first` on, once, for packages with their stories and for files; all of an
    /// archive that passes. With `fingerprints` it takes what tells the contents of files apart.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan).
    pub async fn inventory(
        &self,
        analyzers: &Analyzers,
        first: usize,
        fingerprints: Option<&Fingerprints>,
    ) -> Result<Inventory, Error> {
        let mut options = self.scan_options(analyzers);
        options.history = true;
        options.first = first;
        options.fingerprints = fingerprints.cloned();
        self.take_stock(&options).await
    }

    async fn take_stock(&self, options: &Options) -> Result<Inventory, Error> {
        let asked = Asked { name: self.name(), source: self.source() };
        let scanned = scan(self.input(), asked, options).await;
        let Scanned { image, report, files, first, .. } =
            scanned.map_err(|error| self.blame(error))?;
        Ok(Inventory { image, report, files, first })
    }

    pub(super) fn scan_options(&self, analyzers: &Analyzers) -> Options {
        let mut options = Options::new(analyzers.clone(), self.client.platform());
        options.limits = self.client.limits().scan;
        options.read = self.options();
        options.cache = self.client.facts_cache();
        options.flights = self.client.settings().shared.as_ref().map(|it| it.flights.clone());
        options
    }
}
