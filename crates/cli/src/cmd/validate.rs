//! `cutaway validate`: whether an image is all there and all as it says.

use std::fmt::Write as _;

use cutaway_scan::{
    Depth, Finding, SourceKind, Validation, validate, validate_image, verify_stream,
};
use serde::Serialize;

use crate::args::client::Validate;
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::image::Passing;
use crate::progress::Progress;
use crate::root::{self, Start};
use crate::{client, output, print};

/// The form `cutaway.validate/1`.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema: &'static str,
    name: &'a str,
    source: SourceKind,
    valid: bool,
    fast: bool,
    #[serde(flatten)]
    validation: &'a Validation,
}

pub(crate) async fn run(args: &Validate, common: &Common) -> Result<Exit, Failure> {
    let limits = client::limits(common)?.scan;
    let progress = Progress::new(common);
    let options =
        cutaway_scan::Options { observer: progress.observer(), ..root::options(common, &limits) };
    let depth = if args.fast { Depth::Fast } else { Depth::Full };
    let (name, source, validation) = match root::open(&args.image, common, &limits).await? {
        Start::Root(root) => {
            let root = root.choose(common, &limits).await?;
            let validation = validate(&root.blobs, root.descriptor, depth, &options).await?;
            (root.subject.name, root.subject.source, validation)
        }
        Start::Image(image, subject) => {
            (subject.name, subject.source, validate_image(&image, depth, &options).await?)
        }
        Start::Stream(mut passing) => {
            passing.stream = progress.watch(passing.stream);
            stream(passing, &options).await?
        }
    };
    drop(progress);
    let answer = Answer {
        schema: "cutaway.validate/1",
        name: &name,
        source,
        valid: validation.is_valid(),
        fast: args.fast,
        validation: &validation,
    };
    let bytes = match args.format {
        TextFormat::Json => print::json(&answer)?,
        TextFormat::Table => text(&answer).into_bytes(),
    };
    output::write(&bytes, None)?;
    match validation.findings.as_slice() {
        [] => Ok(Exit::Done),
        [only] => {
            Err(Failure::new(Exit::Invalid, format!("{name} is not valid: {}", only.message)))
        }
        [first, rest @ ..] => {
            let message =
                format!("{name} is not valid: {}, and {} more", first.message, rest.len());
            Err(Failure::new(Exit::Invalid, message))
        }
    }
}

/// Validates what passes once: all of it is read in any case, and its first fault is the last one that is seen.
async fn stream(
    passing: Passing,
    options: &cutaway_scan::Options,
) -> Result<(String, SourceKind, Validation), Failure> {
    let Passing { stream, place, form, selector, name, source } = passing;
    let mut validation = Validation::default();
    match verify_stream(stream, &place, form, &selector, options).await {
        Ok((image, form, measured)) => {
            validation.manifests = u64::from(image.manifest().is_some());
            validation.blobs = u64::try_from(measured.len()).unwrap_or(u64::MAX).saturating_add(1);
            let sizes = measured.iter().map(|measured| measured.stored.size);
            validation.bytes = sizes.fold(0, u64::saturating_add);
            Ok((name, source.unwrap_or(SourceKind::of_archive(form)), validation))
        }
        Err(error) => {
            validation.findings.push(Finding::new(None, error)?);
            let kind = SourceKind::of_archive(form.unwrap_or(cutaway_model::source::Form::Docker));
            Ok((name, source.unwrap_or(kind), validation))
        }
    }
}

fn text(answer: &Answer<'_>) -> String {
    let mut text = String::new();
    let verdict = if answer.valid { "PASS" } else { "FAIL" };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{verdict}: {}", print::escape(answer.name));
    for finding in &answer.validation.findings {
        let _ = writeln!(text, "  {}: {}", finding.code, print::escape(&finding.message));
    }
    text
}
