//! `cutaway policy check` and `explain`: policies without an image.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cutaway_policy::Policy;
use cutaway_report::text::{Column, Style, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::args::policy::Policies;
use crate::failure::{Exit, Failure};
use crate::{output, print};

/// The most bytes of a policy file that are read; a policy has at most 1 MiB.
const MAX_BYTES: u64 = 2 << 20;

pub(crate) fn check(args: &Policies) -> Result<Exit, Failure> {
    let mut text = String::new();
    for policy in read_all(&args.files)? {
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "{}: {}", policy.name(), print::counted(policy.rules().count(), "rule"));
    }
    output::write(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

pub(crate) fn explain(args: &Policies) -> Result<Exit, Failure> {
    let columns = [
        Column::Left("POLICY"),
        Column::Left("RULE"),
        Column::Left("IF BROKEN"),
        Column::Flexible("ASKS"),
    ];
    let mut table = Table::new(&columns);
    for policy in read_all(&args.files)? {
        for rule in policy.rules() {
            let cells = [policy.name(), rule.id, rule.severity, rule.asks];
            table.row(cells.map(str::to_owned));
        }
    }
    let mut text = String::new();
    table.render(Style::new(false, None), &mut text);
    output::write(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

/// Reads policies; what is wrong with one names its file, line and column.
pub(crate) fn read_all(files: &[PathBuf]) -> Result<Vec<Policy>, Failure> {
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Result<Policy, Failure> {
    let wrong = |what: String| Failure::usage(format!("{}: {what}", file.display()));
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| wrong(error.to_string()))?;
    std::io::Read::read_to_end(&mut std::io::Read::take(opened, MAX_BYTES), &mut bytes)
        .map_err(|error| wrong(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    Policy::read(&text, today)
        .map_err(|error| Failure::usage(format!("{}:{error}", file.display())))
}
