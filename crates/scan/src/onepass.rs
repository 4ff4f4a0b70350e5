//! The scan of an archive that passes once, such as one on standard input.

use std::sync::Arc;

use cutaway_files::{
    Fingerprints, Given, LaneReader, LayerFiles, Measured, ReadError, Source, pass,
};
use cutaway_model::source::{Form, Selector};
use cutaway_model::{BlobStream, Image};

use crate::assemble::Laid;
use crate::collect::{Collector, Wanted};
use crate::layer::{Dispatch, Facts, Taken, read};
use crate::second::{lacking, unread};
use crate::skip::Skip;
use crate::{Asked, Error, Options};
use cutaway_report::{Report, SourceKind, Subject};

/// Scans an image in an archive that passes once: OCI or docker save, compressed or not, its members in any order.
///
/// `place` names the archive in errors. A database that is a link to a file that no analyzer wanted
/// cannot be read any more when that shows; it becomes a diagnostic.
///
/// # Errors
///
/// As [`scan`](crate::scan), and everything that keeps the archive from being read.
pub async fn scan_stream(
    stream: BlobStream,
    place: &str,
    form: Option<Form>,
    selector: &Selector,
    asked: impl Into<Asked<'_>>,
    options: &Options,
) -> Result<Report, Error> {
    let skip = Arc::new(Skip::new(&options.skip)?);
    let (image, form, facts) =
        read_stream(stream, place, form, selector, None, options, &skip).await?;
    report(&image, form, facts, asked.into(), options, &skip, false)
}

/// Scans an archive as [`scan_stream`] does; the report also tells what each layer did to each
/// package, and the image and the files of its layers come with it.
///
/// # Errors
///
/// As [`scan_stream`].
pub async fn scan_stream_with_history(
    stream: BlobStream,
    place: &str,
    form: Option<Form>,
    selector: &Selector,
    asked: impl Into<Asked<'_>>,
    fingerprints: Option<&Fingerprints>,
    options: &Options,
) -> Result<(Image, Report, Vec<LayerFiles>), Error> {
    let skip = Arc::new(Skip::new(&options.skip)?);
    let (image, form, facts) =
        read_stream(stream, place, form, selector, fingerprints, options, &skip).await?;
    let files = facts.iter().map(Facts::files).collect();
    let report = report(&image, form, facts, asked.into(), options, &skip, true)?;
    Ok((image, report, files))
}

fn report(
    image: &Image,
    form: Form,
    facts: Vec<Facts>,
    asked: Asked<'_>,
    options: &Options,
    skip: &Skip,
    history: bool,
) -> Result<Report, Error> {
    let mut laid = Laid::new(facts, options.analyzers, skip, &options.limits)?;
    laid.history = history;
    let lacking: Vec<_> =
        lacking(laid.every_state(), options.analyzers, &laid.findings).into_keys().collect();
    for key in lacking {
        let why = "it is a link to a file that had passed before that showed; scan the archive from a file";
        laid.findings.insert(key, unread(why));
    }
    let Asked { name, source } = asked;
    let source = source.unwrap_or(SourceKind::of_archive(form));
    Ok(laid.report(image, &Subject { name: name.to_owned(), source }, options))
}

/// Reads an archive to its end, and returns the image that is meant with what was found in its layers.
pub(crate) async fn read_stream(
    stream: BlobStream,
    place: &str,
    form: Option<Form>,
    selector: &Selector,
    fingerprints: Option<&Fingerprints>,
    options: &Options,
    skip: &Arc<Skip>,
) -> Result<(Image, Form, Vec<Facts>), Error> {
    let limits = &options.limits;
    let given = Given {
        stream,
        place,
        form,
        selector,
        platform: &options.platform,
        limits: &limits.model,
        in_flight: limits.layers_in_flight,
    };
    let (image, form, layers) = pass(given, |name, bytes| {
        let wanted = Wanted::ByAnalyzers { analyzers: options.analyzers, skip: Arc::clone(skip) };
        analyze_member(bytes, name, wanted, fingerprints.cloned(), options.clone())
    })
    .await?;
    Ok((image, form, layers.into_iter().map(|(_, facts)| facts).collect()))
}

async fn analyze_member(
    bytes: LaneReader,
    name: String,
    wanted: Wanted,
    fingerprints: Option<Fingerprints>,
    options: Options,
) -> Result<(Measured, Facts), ReadError> {
    let limits = &options.limits;
    let source = Source::of_member(&name, bytes, &limits.model).await?;
    let mut dispatch = Dispatch::new(options.analyzers, limits);
    let collector = Collector::new(wanted, limits.database_bytes);
    let taken = Taken::new(fingerprints, options.analyzers, limits);
    let (measured, walked, taken) =
        read(source, collector, taken, &mut dispatch, limits, |_| {}).await?;
    Ok((measured.clone(), Facts::new(measured, walked, taken, dispatch.finish().await)))
}
