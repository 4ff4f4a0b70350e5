//! `cutaway scan`: the distribution, the packages and where they come from.

use std::io::IsTerminal as _;

use cutaway_scan::{Asked, Options, Report, scan, scan_stream, scan_with_history};

use crate::args::{Common, Scan, ScanFormat};
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened};
use crate::progress::Progress;
use crate::{client, inventory, log, output, print};

pub(crate) async fn run(args: &Scan, common: &Common) -> Result<Exit, Failure> {
    let started = std::time::Instant::now();
    let progress = Progress::new(common);
    let options = Options {
        analyzers: if args.owned {
            cutaway_analyzers_os::WITH_FILES
        } else {
            cutaway_analyzers_os::ALL
        },
        limits: client::limits(common)?.scan,
        skip: args.skip.clone(),
        platform: image::platform(common),
        observer: progress.observer(),
    };
    let report = report(args, common, &options, &progress).await?;
    drop(progress);
    tracing::info!(
        seconds = started.elapsed().as_secs_f64(),
        layers = report.layers.len(),
        bytes = report.layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add),
        "scanned"
    );
    let file = args.output.as_deref();
    output::write_with(file, |out| match args.format {
        ScanFormat::Json => print::write_json(&report, out),
        ScanFormat::Purls => out.write_all(print::scan::purls(&report).as_bytes()),
        ScanFormat::Table => {
            let terminal = file.is_none() && std::io::stdout().is_terminal();
            let style = print::Style::new(log::colors(common, terminal), terminal);
            print::scan::table(&report, style, out)
        }
    })?;
    inventory::verdict(&report)
}

async fn report(
    args: &Scan,
    common: &Common,
    options: &Options,
    progress: &Progress,
) -> Result<Report, Failure> {
    Ok(match image::open(&args.image, common, &options.limits).await? {
        Opened::Image(image, subject) if args.history => {
            scan_with_history(&image, 0, &subject, None, options).await?.0
        }
        Opened::Image(image, subject) => scan(&image, &subject, options).await?,
        Opened::Stream(passing) if args.history => {
            inventory::stream(passing, None, options, progress).await?.1
        }
        Opened::Stream(passing) => {
            let report = scan_stream(
                progress.watch(passing.stream),
                &passing.place,
                passing.form,
                &passing.selector,
                Asked { name: &passing.name, source: passing.source },
                options,
            )
            .await;
            report.map_err(|error| image::failure_of(error, passing.source))?
        }
    })
}
