//! `cutaway auth explain`: which credential would be used, from where, and what was passed over.

use std::fmt::Write as _;

use serde::Serialize;

use crate::args::{AuthExplain, Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

/// The form `cutaway.auth-explain/1`.
#[derive(Debug, Serialize)]
struct Explanation<'a> {
    schema: &'static str,
    reference: String,
    /// What is asked instead, where `registries.conf` moves the reference.
    place: Option<String>,
    source: Option<&'a str>,
    key: Option<&'a str>,
    username: Option<&'a str>,
    kind: &'static str,
    passed_over: Vec<PassedOver<'a>>,
}

#[derive(Debug, Serialize)]
struct PassedOver<'a> {
    source: &'a str,
    reason: &'a str,
}

pub(crate) async fn explain(args: &AuthExplain, common: &Common) -> Result<Exit, Failure> {
    let client = client::of(common)?;
    let reference = cutaway::reference(&args.reference)?;
    let route = client.route(&reference)?;
    // Mirrors come before the place that has the image, each with a credential of its own.
    let place = route.last().map_or(&reference, |endpoint| &endpoint.reference);
    let resolution = client.credential(place).await?;
    let passed_over = resolution.passed_over.iter();
    let explanation = Explanation {
        schema: "cutaway.auth-explain/1",
        reference: reference.to_string(),
        place: Some(place.to_string()).filter(|_| *place != reference),
        source: resolution.source.as_deref(),
        key: resolution.key.as_deref(),
        username: resolution.credential.username(),
        kind: resolution.credential.kind(),
        passed_over: passed_over
            .map(|p| PassedOver { source: &p.source, reason: &p.reason })
            .collect(),
    };
    let bytes = match args.format {
        TextFormat::Json => print::json(&explanation)?,
        TextFormat::Table => text(&explanation).into_bytes(),
    };
    output::write(&bytes, None)?;
    Ok(Exit::Done)
}

fn text(explanation: &Explanation<'_>) -> String {
    let mut text = String::new();
    for (label, value) in [
        ("reference", Some(explanation.reference.as_str())),
        ("place", explanation.place.as_deref()),
        ("kind", Some(explanation.kind)),
        ("source", explanation.source),
        ("key", explanation.key),
        ("username", explanation.username),
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
            print::escape(passed.source),
            print::escape(passed.reason)
        );
    }
    text
}
