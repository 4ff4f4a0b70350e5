//! `cutaway scan`: the distribution, the packages and where they come from.

use std::io::IsTerminal as _;
use std::path::Path;

use cutaway::sbom::Options;
use cutaway::vulns::Findings;
use cutaway::{Client, Judge, Kinds, Output, ReportForm, ScanOptions};
use cutaway_report::{Report, text};
use cutaway_tar::Escaped;

use crate::args::{Common, Scan};
use crate::cmd::{matching, several};
use crate::failure::{Exit, Failure, verdict, warn};
use crate::{client, output, print};

pub(crate) async fn run(args: &Scan, common: &Common) -> Result<Exit, Failure> {
    let started = std::time::Instant::now();
    let image = match args.images.as_slice() {
        [image] if args.several.is_one() => image,
        _ => return several::run(args, common).await,
    };
    let outputs = Output::all(args.format, &args.output)?;
    let client = client::of(common)?;
    let options = client.bill_options(args.bill.settings())?;
    outputs.iter().try_for_each(|it| output::check(it.file.as_deref()))?;
    let mut judge = judge(args, &client).await?;
    let kinds = Kinds::new(&args.kind);
    let analyzers = kinds.analyzers(args.owned);
    let mut report = client.report(image, &analyzers, &how(args)).await?;
    kinds.keep(&mut report);
    let found = judge_report(&mut judge, &client, &mut report).await?;
    tracing::info!(
        seconds = started.elapsed().as_secs_f64(),
        layers = report.layers.len(),
        bytes = report.layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add),
        "scanned"
    );
    outputs.iter().try_for_each(|output| write(output, &report, &options, common))?;
    Output::oddities(&outputs, &options).iter().for_each(|odd| warn(common, odd));
    ended(&report, judge.as_ref().zip(found.as_ref()), common)
}

/// Returns how an image is scanned.
pub(crate) fn how(args: &Scan) -> ScanOptions {
    ScanOptions { skip: args.skip.clone(), history: args.history, fast: args.fast }
}

/// Opens the advisories that are asked for; who sets a gate asks for them.
pub(crate) async fn judge(args: &Scan, client: &Client) -> Result<Option<Judge>, Failure> {
    let judging = args.gate.settings();
    match args.vuln || judging.gate.is_set() {
        true => Ok(Some(client.judge(judging).await?)),
        false => Ok(None),
    }
}

/// Adds to a report what is known of it.
pub(crate) async fn judge_report(
    judge: &mut Option<Judge>,
    client: &Client,
    report: &mut Report,
) -> Result<Option<Findings>, Failure> {
    match judge {
        Some(judge) => Ok(Some(judge.report(client, report).await?)),
        None => Ok(None),
    }
}

/// Ends as a report and what was found say.
pub(crate) fn ended(
    report: &Report,
    found: Option<(&Judge, &Findings)>,
    common: &Common,
) -> Result<Exit, Failure> {
    let refused = found.map(|(judge, found)| matching::end(judge, found, common)).transpose();
    match refused {
        Err(failure) if failure.exit != Exit::Incomplete => Err(failure),
        refused => verdict(report).and(refused).map(|_| Exit::Done),
    }
}

fn write(
    output: &Output,
    report: &Report,
    options: &Options,
    common: &Common,
) -> Result<(), Failure> {
    let file = output.file.as_deref();
    let terminal =
        file.is_none_or(|file| file == Path::new("-")) && std::io::stdout().is_terminal();
    output::write_with(file, |out| match output.form {
        ReportForm::Table => text::report(report, print::style(common, terminal), out),
        form if terminal => {
            let mut bytes = Vec::new();
            form.write(report, options, &mut bytes)?;
            out.write_all(Escaped::lines(&bytes).as_bytes())
        }
        form => form.write(report, options, out),
    })
}
