//! `cutaway match`: packages against advisories, without an image.

use cutaway::vulns::Findings;
use cutaway::{Ending, Judge};
use cutaway_report::text;

use crate::args::Common;
use crate::args::advisories::Match;
use crate::failure::{Exit, Failure, warn};
use crate::{client, output};

pub(crate) async fn run(args: &Match, common: &Common) -> Result<Exit, Failure> {
    let client = client::of(common)?;
    let mut judge = client.judge(args.gate.settings()).await?;
    let found = judge.packages(&client, &args.packages, args.distro.as_deref()).await?;
    output::answer(args.format, &found.report(), text::matched)?;
    end(&judge, &found, common)
}

/// Ends as findings say: refused, incomplete, or well.
pub(crate) fn end(judge: &Judge, found: &Findings, common: &Common) -> Result<Exit, Failure> {
    let (remarks, ending) = judge.ending(found);
    remarks.iter().for_each(|remark| warn(common, remark));
    match ending {
        Ending::Passed => Ok(Exit::Done),
        Ending::Refused(why) => Err(Failure::new(Exit::Invalid, why)),
        Ending::Unsafe(why) => Err(Failure::new(Exit::Incomplete, why)),
    }
}
