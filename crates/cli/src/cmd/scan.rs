//! `cutaway scan`: the distribution, the packages and where they come from.

use std::io::IsTerminal as _;
use std::path::Path;

use cutaway::sbom::Options;
use cutaway::{Kinds, Output, ReportForm, ScanOptions};
use cutaway_report::{Report, text};
use cutaway_tar::Escaped;

use crate::args::{Common, Scan};
use crate::cmd::matching;
use crate::failure::{Exit, Failure, verdict, warn};
use crate::{client, output, print};

pub(crate) async fn run(args: &Scan, common: &Common) -> Result<Exit, Failure> {
    let started = std::time::Instant::now();
    let outputs = Output::all(args.format, &args.output)?;
    let client = client::of(common)?;
    let options = client.bill_options(args.bill.settings())?;
    outputs.iter().try_for_each(|it| output::check(it.file.as_deref()))?;
    let judging = args.gate.settings();
    let mut judge = match args.vuln || judging.gate.is_set() {
        true => Some(client.judge(judging).await?),
        false => None,
    };
    let kinds = Kinds::new(&args.kind);
    let analyzers = kinds.analyzers(args.owned);
    let how = ScanOptions { skip: args.skip.clone(), history: args.history, fast: args.fast };
    let mut report = client.report(&args.image, &analyzers, &how).await?;
    kinds.keep(&mut report);
    let found = match &mut judge {
        Some(judge) => Some(judge.report(&client, &mut report).await?),
        None => None,
    };
    tracing::info!(
        seconds = started.elapsed().as_secs_f64(),
        layers = report.layers.len(),
        bytes = report.layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add),
        "scanned"
    );
    let is_snapshot = outputs.iter().any(|output| output.form == ReportForm::Github);
    if is_snapshot && options.snapshot.commit.is_none() {
        warn(
            common,
            "no commit is named for the snapshot: --github-sha and GITHUB_SHA are not set",
        );
    }
    for output in &outputs {
        write(output, &report, &options, common)?;
        // Other programs have the form where this one has the file.
        let name = output.file.as_deref().and_then(Path::to_str);
        if let Some(name) = name.filter(|name| ReportForm::of(name).is_some()) {
            let meant =
                format!("the report is in the file {name}; --format {name} chooses its form");
            warn(common, &meant);
        }
    }
    let both = judge.zip(found);
    let refused = both.map(|(judge, found)| matching::end(&judge, &found, common)).transpose();
    match refused {
        Err(failure) if failure.exit != Exit::Incomplete => Err(failure),
        refused => verdict(&report).and(refused).map(|_| Exit::Done),
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
