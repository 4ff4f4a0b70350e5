//! `cutaway limits`: every limit, its value and what it bounds.

use std::fmt::Write as _;

use cutaway::NamedLimit;
use serde::Serialize;

use crate::args::{Common, Limits};
use crate::failure::{Exit, Failure};
use crate::{client, output};

/// The form `cutaway.limits/1`.
#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    limits: Vec<Limit>,
}

#[derive(Serialize)]
struct Limit {
    name: &'static str,
    value: u64,
    what: &'static str,
}

pub(crate) fn run(args: &Limits, common: &Common) -> Result<Exit, Failure> {
    let limits = client::limits(common)?.table().into_iter();
    let limits = limits.map(|NamedLimit { name, value, what, .. }| Limit { name, value, what });
    let answer = Answer { schema: "cutaway.limits/1", limits: limits.collect() };
    output::answer(args.format, &answer, text)?;
    Ok(Exit::Done)
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    for Limit { name, value, what } in &answer.limits {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<23}{value:>12}  {what}");
    }
    text
}
