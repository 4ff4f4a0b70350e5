//! `cutaway diff`: what two images differ in: config, packages and files.

use cutaway_files::{Fingerprints, View, compare, shared_layers};
use cutaway_model::Image;

use crate::args::view::Diff;
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened};
use crate::inventory::{self, Inventory};
use crate::print::view::Output;
use crate::print::view_diff::{Answer, PackageChanges, config_changes, text};
use crate::{files, limits, output, print};

pub(crate) async fn run(args: &Diff, common: &Common) -> Result<Exit, Failure> {
    if args.a == "-" && args.b == "-" {
        return Err(Failure::usage("only one of the two images can pass on standard input"));
    }
    let limits = limits::limits(&common.limit)?;
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
        "{first} layers at the base of both were not read"
    );
    let packages = PackageChanges::new(&a.report, &b.report, first > 0);
    let config = config_changes(&a.image, &b.image);
    let (complete_a, complete_b) = (inventory::verdict(&a.report), inventory::verdict(&b.report));
    let (image_a, view_a) = view(a, first)?;
    let (image_b, view_b) = view(b, first)?;
    let names = (args.a.as_str(), args.b.as_str());
    let answer = Answer::new(
        names,
        (&image_a, &image_b),
        (shared, first),
        config,
        packages,
        compare(&view_a, &view_b),
    );
    if args.format == TextFormat::Json {
        output::write(&print::json(&answer)?, None)?;
    } else {
        let mut out = Output::new(common);
        let text = text(&answer, out.style);
        out.text(&text)?;
        out.finish()?;
    }
    complete_a.and(complete_b)
}

fn view(inventory: Inventory, first: usize) -> Result<(Image, View), Failure> {
    let limits = files::limits_of(&inventory.limits);
    let Inventory { image, files, .. } = inventory;
    Ok((image, View::new(first, files, &limits)?))
}
