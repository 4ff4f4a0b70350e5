//! `cutaway scan` of several images: a line about each.

use cutaway::{Answer, FleetOptions, Kinds, Lines, Output};

use crate::args::{Common, Scan};
use crate::cmd::scan;
use crate::failure::{Exit, Failure, say};
use crate::{client, output};

pub(crate) async fn run(args: &Scan, common: &Common) -> Result<Exit, Failure> {
    let (several, client) = (&args.several, client::of(common)?);
    let (list, listed) = (several.from.as_deref(), several.listed());
    let names = client.names(&args.images, list, listed.as_ref()).await?;
    let outputs = Output::all(args.format, &args.output)?;
    let (mut lines, names) = Lines::begin(&outputs, several.resume.as_deref(), names)?;
    let (kinds, mut judge) = (Kinds::new(&args.kind), scan::judge(args, &client).await?);
    let (analyzers, scan) = (kinds.analyzers(args.owned), scan::how(args));
    let (shard, shard_by) = (several.shard, several.shard_by);
    let mut fleet = client.fleet(names, FleetOptions { analyzers, scan, shard, shard_by });
    while let Some(answer) = fleet.next().await {
        let Answer { name, digest, report } = answer?;
        // What is to be said of the advisories is said once.
        let quiet = common.quiet || lines.tally().images > 0;
        let common = &Common { quiet, ..common.clone() };
        let (report, ended) = match report {
            Err(error) => (None, Err(error.into())),
            Ok(mut report) => {
                kinds.keep(&mut report);
                let found = scan::judge_report(&mut judge, &client, &mut report).await;
                let ended = found.and_then(|found| {
                    scan::ended(&report, judge.as_ref().zip(found.as_ref()), common)
                });
                (Some(report), ended)
            }
        };
        let ended = ended.map_or_else(|failure| failure.told(), |_| (0, None));
        let bytes = lines.add(name, digest, ended, report.as_ref());
        output::document(&bytes.map_err(|error| Failure::of_write(&error, "the lines"))?)?;
    }
    let told = lines.tally().to_string();
    match lines.tally().exit() {
        0 if common.quiet => {}
        0 => say(&told),
        1 => return Err(Failure::new(Exit::Invalid, told)),
        _ => return Err(Failure::new(Exit::Incomplete, told)),
    }
    Ok(Exit::Done)
}
