//! Sorts versions: `sort FAMILY VERSION…` prints them one a line, oldest first.

use std::cmp::Ordering;
use std::error::Error;

use cutaway_version::Family;

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let family: Family = words.next().ok_or("FAMILY is missing")?.parse()?;
    let mut versions: Vec<String> = words.collect();
    for version in &versions {
        family.check(version)?;
    }
    versions.sort_by(|a, b| family.compare(a, b).unwrap_or(Ordering::Equal));
    for version in versions {
        println!("{version}");
    }
    Ok(())
}
