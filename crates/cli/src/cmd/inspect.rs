//! `cutaway inspect`: an image's documents and its layers by position.

use cutaway::InspectOptions;
use cutaway_report::text;

use crate::args::{Common, Inspect};
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

pub(crate) async fn run(args: &Inspect, common: &Common) -> Result<Exit, Failure> {
    let options = InspectOptions { verify: args.verify, referrers: args.referrers };
    let inspection = client::of(common)?.inspect(&args.image, options).await?;
    output::answer(args.format, &inspection, |inspection| {
        text::inspection(inspection, print::style_of_stdout(common))
    })?;
    Ok(Exit::Done)
}
