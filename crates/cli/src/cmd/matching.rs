//! `cutaway match`: packages against advisories, without an image.

use std::io::Read as _;

use cutaway::vulns::Findings;
use cutaway::{Kinds, ScanOptions, age_of_advisories};
use cutaway_report::{MatchReport, text};

use crate::args::Common;
use crate::args::advisories::{Gate, Match};
use crate::failure::{Exit, Failure, warn};
use crate::{client, output};

pub(crate) async fn run(args: &Match, common: &Common) -> Result<Exit, Failure> {
    let client = client::of(common)?;
    let mut advisories = client.advisories(args.db.as_deref(), common.cache_dir.as_deref()).await?;
    let how = args.gate.judging()?;
    if args.gate.only_fixable_here {
        return Err(Failure::usage("the base image is not known: package URLs have no layers"));
    }
    let found = match args.packages.as_slice() {
        [bill] if bill.starts_with("sbom:") => {
            let analyzers = Kinds::new(&[]).analyzers(false);
            let options = ScanOptions { skip: Vec::new(), history: false };
            let mut report = client.report(bill, &analyzers, &options).await?;
            advisories.judge(&mut report, &how)?
        }
        purls => advisories.judge_purls(&lines(purls)?, args.distro.as_deref(), &how)?,
    };
    let report = MatchReport::new(
        found.vulnerabilities.clone(),
        found.database.clone(),
        found.diagnostics.clone(),
    );
    output::answer(args.format, &report, text::matched)?;
    judge(&args.gate, &found, common)
}

/// Ends as findings say: refused, incomplete, or well.
pub(crate) fn judge(gate: &Gate, found: &Findings, common: &Common) -> Result<Exit, Failure> {
    found.remarks.iter().for_each(|remark| warn(common, remark));
    let old = age_of_advisories(found, gate.db_max_age);
    match old {
        Some(old) if gate.db_max_age.is_some() => return Err(Failure::new(Exit::Incomplete, old)),
        Some(old) => warn(common, &old),
        None => {}
    }
    if let Some(refused) = gate.gate().verdict(&found.vulnerabilities) {
        return Err(Failure::new(Exit::Invalid, refused));
    }
    if !found.is_complete() {
        let first = found.diagnostics.first().map_or("", |told| told.message.as_str());
        return Err(Failure::new(Exit::Incomplete, format!("no verdict is safe: {first}")));
    }
    Ok(Exit::Done)
}

fn lines(purls: &[String]) -> Result<Vec<String>, Failure> {
    if purls != ["-"] {
        return Ok(purls.to_vec());
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("cannot read standard input: {error}")))?;
    Ok(text.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect())
}
