//! `cutaway inspect`: an image's documents and its layers by position.

use cutaway::InspectOptions;

use crate::args::{Common, Inspect, TextFormat};
use crate::failure::{Exit, Failure};
use crate::{client, log, output, print};

pub(crate) async fn run(args: &Inspect, common: &Common) -> Result<Exit, Failure> {
    let options = InspectOptions { verify: args.verify, referrers: args.referrers };
    let inspection = client::of(common)?.inspect(&args.image, options).await?;
    let bytes = match args.format {
        TextFormat::Json => print::json(&inspection)?,
        TextFormat::Table => {
            let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
            let style = print::Style::new(log::colors(common, terminal), terminal);
            print::inspect::table(&inspection, style).into_bytes()
        }
    };
    output::write(&bytes, None)?;
    Ok(Exit::Done)
}
