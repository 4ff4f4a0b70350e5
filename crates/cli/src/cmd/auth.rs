//! `cutaway auth explain`: which credential would be used, from where, and what was passed over.

use std::fmt::Write as _;

use cutaway::Explanation;

use crate::args::{AuthExplain, Common};
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

pub(crate) async fn explain(args: &AuthExplain, common: &Common) -> Result<Exit, Failure> {
    let reference = cutaway::repository(&args.reference)?;
    let explanation = client::of(common)?.explain(&reference).await?;
    output::answer(args.format, &explanation, text)?;
    Ok(Exit::Done)
}

fn text(explanation: &Explanation) -> String {
    let mut text = String::new();
    for (label, value) in [
        ("reference", Some(explanation.reference.as_str())),
        ("place", explanation.place.as_deref()),
        ("kind", Some(explanation.kind)),
        ("source", explanation.source.as_deref()),
        ("key", explanation.key.as_deref()),
        ("username", explanation.username.as_deref()),
    ] {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{label:<11} {}", print::escape(value));
        }
    }
    for passed in &explanation.passed_over {
        let _ = writeln!(
            text,
            "{:<11} {}: {}",
            "passed over",
            print::escape(&passed.source),
            print::escape(&passed.reason)
        );
    }
    text
}
