//! `cutaway scan`: the distribution, the packages and where they come from.

use std::io::IsTerminal as _;
use std::path::Path;

use clap::ValueEnum as _;
use cutaway::ScanOptions;
use cutaway_report::{Format as _, Json, Purls};
use cutaway_tar::Escaped;

use crate::args::{Common, Scan, ScanFormat};
use crate::failure::{Exit, Failure, verdict, warn};
use crate::{client, log, output, print};

pub(crate) async fn run(args: &Scan, common: &Common) -> Result<Exit, Failure> {
    let started = std::time::Instant::now();
    let file = args.output.as_deref();
    output::check(file)?;
    let analyzers = match args.owned {
        true => cutaway::analyzers_with_records(),
        false => cutaway::analyzers(),
    };
    let how = ScanOptions { skip: args.skip.clone(), history: args.history };
    let image = client::open(&args.image, common).await?;
    let report = image.scan_with(&analyzers, &how).await?;
    tracing::info!(
        seconds = started.elapsed().as_secs_f64(),
        layers = report.layers.len(),
        bytes = report.layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add),
        "scanned"
    );
    let terminal = file.is_none_or(|file| file == "-") && std::io::stdout().is_terminal();
    output::write_with(file, |out| match args.format {
        ScanFormat::Json if terminal => {
            let mut bytes = Vec::new();
            Json.write(&report, &mut bytes)?;
            out.write_all(Escaped::lines(&bytes).as_bytes())
        }
        ScanFormat::Json => Json.write(&report, out),
        ScanFormat::Purls => Purls.write(&report, out),
        ScanFormat::Table => {
            let style = print::Style::new(log::colors(common, terminal), terminal);
            print::scan::table(&report, style, out)
        }
    })?;
    // Other programs have the form where this one has the file.
    if let Some(name) = file.and_then(Path::to_str)
        && ScanFormat::from_str(name, true).is_ok()
    {
        let meant = format!("the report is in the file {name}; --format {name} chooses its form");
        warn(common, &meant);
    }
    verdict(&report)
}
