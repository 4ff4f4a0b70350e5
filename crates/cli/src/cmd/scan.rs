//! `cutaway scan`: the distribution, the packages and where they come from.

use std::io::IsTerminal as _;

use cutaway::ScanOptions;
use cutaway_report::{Format as _, Json, Purls};

use crate::args::{Common, Scan, ScanFormat};
use crate::failure::{Exit, Failure, verdict};
use crate::progress::Progress;
use crate::{client, log, output, print};

pub(crate) async fn run(args: &Scan, common: &Common) -> Result<Exit, Failure> {
    let started = std::time::Instant::now();
    let progress = Progress::new(common);
    let analyzers = match args.owned {
        true => cutaway::analyzers_with_records(),
        false => cutaway::analyzers(),
    };
    let how = ScanOptions { skip: args.skip.clone(), history: args.history };
    let image = client::open(&args.image, common, &progress).await?;
    let report = image.scan_with(&analyzers, &how).await?;
    drop(progress);
    tracing::info!(
        seconds = started.elapsed().as_secs_f64(),
        layers = report.layers.len(),
        bytes = report.layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add),
        "scanned"
    );
    let file = args.output.as_deref();
    output::write_with(file, |out| match args.format {
        ScanFormat::Json => Json.write(&report, out),
        ScanFormat::Purls => Purls.write(&report, out),
        ScanFormat::Table => {
            let terminal = file.is_none() && std::io::stdout().is_terminal();
            let style = print::Style::new(log::colors(common, terminal), terminal);
            print::scan::table(&report, style, out)
        }
    })?;
    verdict(&report)
}
