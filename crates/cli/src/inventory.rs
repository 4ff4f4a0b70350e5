//! Reading an image once for its packages and for its files.

use cutaway_analyze::Severity;
use cutaway_files::{Fingerprints, LayerFiles};
use cutaway_model::Image;
use cutaway_scan::{Asked, Limits, Options, Report, scan_stream_with_history, scan_with_history};

use crate::args::Common;
use crate::client;
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened, Passing};
use crate::progress::Progress;

/// What one reading of an image gave.
pub(crate) struct Inventory {
    pub(crate) image: Image,
    pub(crate) report: Report,
    pub(crate) files: Vec<LayerFiles>,
    pub(crate) limits: Limits,
}

/// Reads the image that `argument` names, from the layer `first` on.
pub(crate) async fn read(
    argument: &str,
    first: usize,
    fingerprints: Option<&Fingerprints>,
    common: &Common,
) -> Result<Inventory, Failure> {
    let limits = client::limits(common)?.scan;
    let opened = image::open(argument, common, &limits).await?;
    of(opened, first, fingerprints, limits, common).await
}

/// Reads an image that is open, from the layer `first` on; all of an archive that passes.
pub(crate) async fn of(
    opened: Opened,
    first: usize,
    fingerprints: Option<&Fingerprints>,
    limits: Limits,
    common: &Common,
) -> Result<Inventory, Failure> {
    let progress = Progress::new(common);
    let options = Options {
        analyzers: cutaway_analyzers_os::ALL,
        limits,
        skip: Vec::new(),
        platform: image::platform(common),
        observer: progress.observer(),
    };
    let (image, report, files) = match opened {
        Opened::Image(image, subject) => {
            let (report, files) =
                scan_with_history(&image, first, &subject, fingerprints, &options).await?;
            (*image, report, files)
        }
        Opened::Stream(passing) => stream(passing, fingerprints, &options, &progress).await?,
    };
    Ok(Inventory { image, report, files, limits })
}

/// Reads an archive that passes.
pub(crate) async fn stream(
    passing: Passing,
    fingerprints: Option<&Fingerprints>,
    options: &Options,
    progress: &Progress,
) -> Result<(Image, Report, Vec<LayerFiles>), Failure> {
    let Passing { stream, place, form, selector, name, source } = passing;
    let asked = Asked { name: &name, source };
    let stream = progress.watch(stream);
    let told =
        scan_stream_with_history(stream, &place, form, &selector, asked, fingerprints, options);
    Ok(told.await?)
}

/// Ends well, or with what makes a report incomplete.
pub(crate) fn verdict(report: &Report) -> Result<Exit, Failure> {
    if report.complete {
        return Ok(Exit::Done);
    }
    let first = report.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    let what = first.map(|diagnostic| match &diagnostic.path {
        Some(path) => format!("{path}: {}", diagnostic.message),
        None => diagnostic.message.clone(),
    });
    let message = format!("the analysis is incomplete: {}", what.unwrap_or_default());
    Err(Failure::new(Exit::Incomplete, message))
}
