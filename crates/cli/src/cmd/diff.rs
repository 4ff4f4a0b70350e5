//! `cutaway diff`: what two images differ in: config, packages and files.

use cutaway_files::{Comparison, Fingerprints, View, shared_layers};
use cutaway_model::Image;
use cutaway_scan::Report;

use crate::args::view::Diff;
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened};
use crate::inventory::{self, Inventory};
use crate::print::counted;
use crate::print::view::Output;
use crate::print::view_diff::{Answer, PackageChanges, config_changes, write_json, write_text};
use crate::{client, files};

pub(crate) async fn run(args: &Diff, common: &Common) -> Result<Exit, Failure> {
    if args.a == "-" && args.b == "-" {
        return Err(Failure::usage("only one of the two images can pass on standard input"));
    }
    let limits = client::limits(common)?.scan;
    let a = image::open(&args.a, common, &limits).await?;
    let b = image::open(&args.b, common, &limits).await?;
    let shared = match (&a, &b) {
        (Opened::Image(a, _), Opened::Image(b, _)) => shared_layers(a, b),
        // What passes passes as a whole.
        _ => 0,
    };
    let first = if args.read_base { 0 } else { shared };
    let fingerprints = Fingerprints::default();
    let a = inventory::of(a, first, Some(&fingerprints), limits, common).await?;
    let b = inventory::of(b, first, Some(&fingerprints), limits, common).await?;
    tracing::info!(
        layers_shared = shared,
        layers_read = a.files.len().saturating_add(b.files.len()),
        "{} at the base of both not read",
        counted(first, "layer")
    );
    let (image_a, report_a, view_a) = view(a, first)?;
    let (image_b, report_b, view_b) = view(b, first)?;
    let comparison = Comparison::new(&view_a, &view_b);
    let answer = Answer::new(
        (args.a.as_str(), args.b.as_str()),
        (&image_a, &image_b),
        (shared, first),
        config_changes(&image_a, &image_b),
        PackageChanges::new(&report_a, &report_b, &comparison),
    );
    let mut out = Output::new(common);
    match args.format {
        TextFormat::Json => write_json(&mut out, &answer, &comparison)?,
        TextFormat::Table => write_text(&mut out, &answer, &comparison)?,
    }
    out.finish()?;
    inventory::verdict(&report_a).and(inventory::verdict(&report_b))
}

fn view(inventory: Inventory, first: usize) -> Result<(Image, Report, View), Failure> {
    let limits = files::limits_of(&inventory.limits);
    let Inventory { image, report, files, .. } = inventory;
    Ok((image, report, View::new(first, files, &limits)?))
}
