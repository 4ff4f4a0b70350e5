//! `cutaway validate`: whether an image is all there and all as it says.

use std::fmt::Write as _;

use cutaway::Start;
use cutaway_read::{Depth, Validation};
use cutaway_report::SourceKind;
use serde::Serialize;

use crate::args::client::Validate;
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::progress::Progress;
use crate::{client, output, print};

/// The form `cutaway.validate/1`.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema: &'static str,
    name: &'a str,
    source: SourceKind,
    valid: bool,
    fast: bool,
    #[serde(flatten)]
    validation: &'a Validation,
}

pub(crate) async fn run(args: &Validate, common: &Common) -> Result<Exit, Failure> {
    let progress = Progress::new(common);
    let depth = if args.fast { Depth::Fast } else { Depth::Full };
    let (name, source, validation) = match client::of(common)?.start(&args.image).await? {
        Start::Root(root) => {
            let root = root.choose().await?;
            let validation = root.validate(depth, progress.observer()).await?;
            (root.subject.name, root.subject.source, validation)
        }
        Start::Image(image) => {
            let image = progress.over(image);
            let (source, validation) = image.validate(depth).await?;
            (image.name().to_owned(), source, validation)
        }
    };
    drop(progress);
    let answer = Answer {
        schema: "cutaway.validate/1",
        name: &name,
        source,
        valid: validation.is_valid(),
        fast: args.fast,
        validation: &validation,
    };
    let bytes = match args.format {
        TextFormat::Json => print::json(&answer)?,
        TextFormat::Table => text(&answer).into_bytes(),
    };
    output::write(&bytes, None)?;
    match validation.findings.as_slice() {
        [] => Ok(Exit::Done),
        [only] => {
            Err(Failure::new(Exit::Invalid, format!("{name} is not valid: {}", only.message)))
        }
        [first, rest @ ..] => {
            let message =
                format!("{name} is not valid: {}, and {} more", first.message, rest.len());
            Err(Failure::new(Exit::Invalid, message))
        }
    }
}

fn text(answer: &Answer<'_>) -> String {
    let mut text = String::new();
    let verdict = if answer.valid { "PASS" } else { "FAIL" };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{verdict}: {}", print::escape(answer.name));
    for finding in &answer.validation.findings {
        let _ = writeln!(text, "  {}: {}", finding.code, print::escape(&finding.message));
    }
    text
}
