//! `cutaway history`: what each step of the build added, changed and removed, files and packages.

use std::fmt::Write as _;

use cutaway::{HistoryStep, LayerPackages, PackageChange, steps};
use cutaway_report::ImageReport;
use serde::Serialize;

use crate::args::view::History;
use crate::args::{Common, TextFormat};
use crate::client;
use crate::failure::{Exit, Failure, verdict};
use crate::print::view::Output;
use crate::print::{Style, escape};
use cutaway_report::size_text as bytes;

#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema: &'static str,
    image: &'a ImageReport,
    complete: bool,
    steps: Vec<HistoryStep<'a>>,
}

pub(crate) async fn run(args: &History, common: &Common) -> Result<Exit, Failure> {
    let image = client::open(&args.image, common).await?;
    let inventory = image.inventory(&cutaway::analyzers(), 0, None).await?;
    let (image, report, view) = inventory.view(&client::limits(common)?)?;
    let steps = steps(&image, &view, &report, args.files);
    let mut out = Output::new(common);
    match args.format {
        TextFormat::Json => {
            let (image, complete) = (&report.image, report.complete);
            out.json(&Answer { schema: "cutaway.history/1", image, complete, steps })?;
        }
        TextFormat::Table => steps.iter().try_for_each(|step| write(&mut out, step))?,
    }
    out.finish()?;
    verdict(&report)
}

fn write(out: &mut Output, step: &HistoryStep<'_>) -> Result<(), Failure> {
    let style = out.style;
    let by = escape(step.created_by.unwrap_or("unknown"));
    let Some(layer) = step.layer else {
        return out.text(&format!("{}\n", style.dim(&format!("no layer  {by}"))));
    };
    let size = step.size.map_or_else(String::new, bytes);
    let files = step.files.unwrap_or_default();
    out.text(&format!(
        "{}  {by}\n    {size} stored; files: {} added, {} changed, {} removed\n",
        style.bold(&format!("layer {layer}")),
        files.added,
        files.changed,
        files.removed
    ))?;
    if let Some(packages) = &step.packages {
        let mut text = String::new();
        of_packages(packages, style, &mut text);
        out.text(&text)?;
    }
    if let Some(paths) = &step.paths {
        for (mark, paths) in [("+", &paths.added), ("~", &paths.changed), ("-", &paths.removed)] {
            for path in paths {
                out.text(&format!("    {mark} {}\n", escape(path)))?;
            }
        }
    }
    Ok(())
}

fn of_packages(packages: &LayerPackages, style: Style, text: &mut String) {
    let lines: [(&str, &[PackageChange]); 4] = [
        ("installed", &packages.installed),
        ("upgraded", &packages.upgraded),
        ("removed", &packages.removed),
        ("hidden with its database", &packages.hidden),
    ];
    for (what, list) in lines {
        if list.is_empty() {
            continue;
        }
        let names = list.iter().map(|package| match &package.from {
            Some(from) => format!("{} {from} → {}", package.name, package.version),
            None => format!("{} {}", package.name, package.version),
        });
        let names = escape(&names.collect::<Vec<_>>().join(", "));
        let count = list.len();
        let _ = writeln!(text, "    {}: {names}", style.dim(&format!("{count} {what}")));
    }
}
