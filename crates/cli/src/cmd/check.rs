//! `cutaway check`: whether an image may pass.

use cutaway_policy::{Decision, text};
use jiff::Timestamp;

use crate::args::Common;
use crate::args::policy::Check;
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

pub(crate) async fn run(args: &Check, common: &Common) -> Result<Exit, Failure> {
    let mut files = args.policy.clone();
    // Behind the last policy, the image looks like one more of them.
    let image = match &args.image {
        Some(image) => image.clone(),
        None if files.len() > 1 => {
            files.pop().map(|last| last.display().to_string()).unwrap_or_default()
        }
        None => return Err(Failure::usage("no image is named")),
    };
    let policies = super::policy::read_all(&files)?;
    let verdict = client::of(common)?.check(&image, &policies, Timestamp::now()).await?;
    output::answer(args.format, &verdict, |it| text(it, print::style_of_stdout(common)))?;
    let broken = verdict.rules.iter().find(|rule| rule.decides());
    let why = broken.map_or("the analysis is incomplete", |rule| rule.message.as_str());
    match (verdict.allowed, verdict.verdict) {
        (true, _) => Ok(Exit::Done),
        (false, Decision::Block) => {
            Err(Failure::new(Exit::Invalid, format!("{image} may not pass: {why}")))
        }
        (false, _) => Err(Failure::new(
            Exit::Incomplete,
            format!("whether {image} may pass is not known: {why}"),
        )),
    }
}
