//! Packages: what is in an image, and which layer brought it.

use cutaway_analyze::Analyzer;
use cutaway_files::{Fingerprints, LayerFiles, View};
use cutaway_scan::{
    Asked, Options, Report, scan, scan_stream, scan_stream_with_history, scan_with_history,
};

use super::Image;
use crate::error::Error;
use crate::input::Input;

/// Analyzers, in order of preference.
pub type Analyzers = &'static [&'static dyn Analyzer];

/// How to scan.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Patterns of paths in the image whose entries are left out of analysis.
    pub skip: Vec<String>,
    /// Whether each package's story is told, too.
    pub history: bool,
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
        Ok((image, report, View::new(first, files, &limits.files())?))
    }
}

impl Image {
    /// Lists its distribution and its packages, and says which layer brought each.
    ///
    /// # Errors
    ///
    /// Returns why a layer cannot be read, or is not what the documents say. What an analyzer cannot
    /// read is no error: the report says so, and is not complete.
    pub async fn scan(&self, analyzers: Analyzers) -> Result<Report, Error> {
        self.scan_with(analyzers, &ScanOptions::default()).await
    }

    /// Scans as [`scan`](Self::scan) does, in the way that `how` says.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan), and a pattern that is none.
    pub async fn scan_with(
        &self,
        analyzers: Analyzers,
        how: &ScanOptions,
    ) -> Result<Report, Error> {
        let options = Options { analyzers, skip: how.skip.clone(), ..self.options() };
        if how.history {
            return Ok(self.take_stock(0, None, &options).await?.report);
        }
        match self.input() {
            Input::Image(image) => Ok(scan(&image, &self.subject(None), &options).await?),
            Input::Archive(archive) => {
                let (stream, place) = (archive.opener.open().await?, &archive.place);
                let (form, selector) = (archive.form, &archive.selector);
                let report =
                    scan_stream(stream, place, form, selector, self.asked(), &options).await;
                report.map_err(|error| self.blame(error))
            }
        }
    }

    /// Reads the layers from `first` on, once, for packages with their stories and for files; all of an
    /// archive that passes. With `fingerprints` it takes what tells the contents of files apart.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan).
    pub async fn inventory(
        &self,
        analyzers: Analyzers,
        first: usize,
        fingerprints: Option<&Fingerprints>,
    ) -> Result<Inventory, Error> {
        let options = Options { analyzers, ..self.options() };
        self.take_stock(first, fingerprints, &options).await
    }

    async fn take_stock(
        &self,
        first: usize,
        fingerprints: Option<&Fingerprints>,
        options: &Options,
    ) -> Result<Inventory, Error> {
        match self.input() {
            Input::Image(image) => {
                let subject = self.subject(None);
                let (report, files) =
                    scan_with_history(&image, first, &subject, fingerprints, options).await?;
                Ok(Inventory { image: *image, report, files, first })
            }
            Input::Archive(archive) => {
                let (stream, place) = (archive.opener.open().await?, &archive.place);
                let (form, selector, asked) = (archive.form, &archive.selector, self.asked());
                let told = scan_stream_with_history(
                    stream,
                    place,
                    form,
                    selector,
                    asked,
                    fingerprints,
                    options,
                )
                .await;
                let (image, report, files) = told.map_err(|error| self.blame(error))?;
                Ok(Inventory { image, report, files, first: 0 })
            }
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked { name: self.name(), source: self.source() }
    }
}
