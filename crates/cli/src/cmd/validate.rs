//! `cutaway validate`: whether an image is all there and all as it says.

use std::fmt::Write as _;

use cutaway::Start;
use cutaway_read::{Depth, Validation};
use cutaway_report::{ImageReport, Subject};
use serde::Serialize;

use crate::args::Common;
use crate::args::client::Validate;
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

/// The form `cutaway.validate/1`.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema: &'static str,
    image: &'a ImageReport,
    valid: bool,
    fast: bool,
    #[serde(flatten)]
    validation: &'a Validation,
}

pub(crate) async fn run(args: &Validate, common: &Common) -> Result<Exit, Failure> {
    let depth = if args.fast { Depth::Fast } else { Depth::Full };
    // What is kept does not show what is there.
    let common = &Common { no_cache: true, ..common.clone() };
    let (image, validation) = match client::of(common)?.start(&args.image).await? {
        Start::Root(root) => {
            let root = root.choose().await?;
            let validation = root.validate(depth).await?;
            let (digest, media_type) = (root.descriptor.digest, root.descriptor.media_type);
            let known = ImageReport::unknown(root.subject);
            let image = ImageReport { digest: Some(digest), media_type: Some(media_type), ..known };
            (image, validation)
        }
        Start::Image(image) => {
            let (source, validation) = image.validate(depth).await?;
            let name = image.name().to_owned();
            let report = match image.opened() {
                Some(documents) => image.report(documents, None),
                None => ImageReport::unknown(Subject { name, source }),
            };
            (report, validation)
        }
    };
    let answer = Answer {
        schema: "cutaway.validate/1",
        image: &image,
        valid: validation.is_valid(),
        fast: args.fast,
        validation: &validation,
    };
    output::answer(args.format, &answer, text)?;
    let name = &image.name;
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
    let _ = writeln!(text, "{verdict}: {}", print::escape(&answer.image.name));
    for finding in &answer.validation.findings {
        let _ = writeln!(text, "  {}: {}", finding.code, print::escape(&finding.message));
    }
    text
}
