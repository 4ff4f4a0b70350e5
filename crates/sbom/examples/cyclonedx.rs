//! Reads a report from standard input and prints it as a bill of materials in CycloneDX.

use std::io;

use cutaway_report::{Format as _, Report};
use cutaway_sbom::CycloneDx;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let report = Report::read(io::stdin().lock())?;
    CycloneDx::default().write(&report, &mut io::stdout().lock())?;
    Ok(())
}
