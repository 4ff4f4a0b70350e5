//! `cutaway inspect`: an image's documents and its layers by position.

use cutaway::InspectOptions;

use crate::args::{Common, Inspect};
use crate::failure::{Exit, Failure};
use crate::{client, log, output, print};

pub(crate) async fn run(args: &Inspect, common: &Common) -> Result<Exit, Failure> {
    let options = InspectOptions { verify: args.verify, referrers: args.referrers };
    let inspection = client::of(common)?.inspect(&args.image, options).await?;
    output::answer(args.format, &inspection, |inspection| {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
        let style = print::Style::new(log::colors(common, terminal), terminal);
        print::inspect::table(inspection, style)
    })?;
    Ok(Exit::Done)
}
