//! Reads a report from standard input and prints the package URLs of what is installed.

use std::io;

use cutaway_report::{Format as _, Purls, Report};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let report = Report::read(io::stdin().lock())?;
    Purls.write(&report, &mut io::stdout().lock())?;
    Ok(())
}
