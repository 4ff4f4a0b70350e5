//! `cutaway diff`: what two images differ in: config, packages and files.

use cutaway::{DifferenceReport, package_differences};
use cutaway_files::{Comparison, Fingerprints, shared_layers};
use cutaway_report::config_differences;

use crate::args::view::Diff;
use crate::args::{Common, TextFormat};
use crate::client;
use crate::failure::{Exit, Failure, verdict};
use crate::print::counted;
use crate::print::view::Output;
use crate::print::view_diff::{write_json, write_text};

pub(crate) async fn run(args: &Diff, common: &Common) -> Result<Exit, Failure> {
    if args.a == "-" && args.b == "-" {
        return Err(Failure::usage("only one of the two images can pass on standard input"));
    }
    let a = client::open(&args.a, common).await?;
    let b = client::open(&args.b, common).await?;
    // What passes is read as a whole.
    let first = match (a.opened(), b.opened()) {
        (Some(a), Some(b)) if !args.read_base => shared_layers(a, b),
        _ => 0,
    };
    let fingerprints = Fingerprints::default();
    let analyzers = cutaway::analyzers();
    let a = a.inventory(&analyzers, first, Some(&fingerprints)).await?;
    let b = b.inventory(&analyzers, first, Some(&fingerprints)).await?;
    let shared = shared_layers(&a.image, &b.image);
    tracing::info!(
        layers_shared = shared,
        layers_read = a.files.len().saturating_add(b.files.len()),
        "{} at the base of both not read",
        counted(first, "layer")
    );
    let limits = client::limits(common)?;
    let (image_a, report_a, view_a) = a.view(&limits)?;
    let (image_b, report_b, view_b) = b.view(&limits)?;
    let comparison = Comparison::new(&view_a, &view_b);
    let answer = DifferenceReport::new(
        (&report_a.image, &report_b.image),
        (shared, first),
        config_differences(image_a.config(), image_b.config()),
        package_differences(&report_a, &report_b, &analyzers, &comparison),
    );
    let mut out = Output::new(common);
    match args.format {
        TextFormat::Json => write_json(&mut out, &answer, &comparison)?,
        TextFormat::Table => write_text(&mut out, &answer, &comparison)?,
    }
    out.finish()?;
    verdict(&report_a).and(verdict(&report_b))
}
