//! `cutaway version compare`: two versions, in the order of their package manager.

use std::cmp::Ordering;
use std::io::{self, BufRead as _, Read as _};

use cutaway_version::{Family, compare};

use crate::args::VersionCompare;
use crate::failure::{Exit, Failure};
use crate::output;

/// The longest line that is read from standard input, in bytes.
const LONGEST_LINE: u64 = 16 << 20;

pub(crate) fn run(args: &VersionCompare) -> Result<Exit, Failure> {
    match (args.a.as_str(), &args.b) {
        ("-", None) => lines(args.family),
        ("-", Some(_)) => {
            Err(Failure::usage("with - both versions come from standard input".to_owned()))
        }
        (_, None) => Err(Failure::usage("there is no second version to compare with".to_owned())),
        (a, Some(b)) => {
            let ordering =
                compare(args.family, a, b).map_err(|error| Failure::usage(error.to_string()))?;
            output::write(format!("{}\n", sign(ordering)).as_bytes(), None)?;
            Ok(Exit::Done)
        }
    }
}

/// Answers each line of two versions with a tab between them.
fn lines(family: Family) -> Result<Exit, Failure> {
    let mut refused = None;
    output::write_with(None, |out| {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        loop {
            line.clear();
            match input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) => return Ok(()),
                Ok(_)
                    if !line.ends_with(b"\n") && u64::try_from(line.len()) == Ok(LONGEST_LINE) =>
                {
                    refused = Some(format!("a line is longer than {LONGEST_LINE} bytes"));
                    return Ok(());
                }
                Ok(_) => writeln!(out, "{}", answer(family, &line))?,
                Err(error) => {
                    refused = Some(error.to_string());
                    return Ok(());
                }
            }
        }
    })?;
    let failure = |why| Failure::usage(format!("cannot read standard input: {why}"));
    refused.map_or(Ok(Exit::Done), |why| Err(failure(why)))
}

fn answer(family: Family, line: &[u8]) -> char {
    let text = str::from_utf8(line.strip_suffix(b"\n").unwrap_or(line)).ok();
    let ordering = text.and_then(|it| it.split_once('\t')).map(|(a, b)| compare(family, a, b));
    ordering.and_then(Result::ok).map_or('!', sign)
}

fn sign(ordering: Ordering) -> char {
    match ordering {
        Ordering::Less => '<',
        Ordering::Equal => '=',
        Ordering::Greater => '>',
    }
}
