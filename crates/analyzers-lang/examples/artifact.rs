//! Prints what the artefact FILE says, as if it lay at PATH in an image.
//!
//! ```text
//! cargo run -p cutaway-analyzers-lang --example artifact -- PATH FILE
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;

use cutaway_analyze::{Analyzers, File, Findings};
use cutaway_layerfs::EntryPath;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: artifact PATH FILE".into());
    };
    let path = EntryPath::clean(path.as_bytes())?;
    let content = std::fs::read(&file)?;
    let analyzers = cutaway_analyzers_lang::add_to(Analyzers::builder()).build()?;
    for position in analyzers.matching(path.as_bytes()).analyzers {
        let Some(member) = analyzers.get(position) else { continue };
        let mut findings = Findings::default();
        let outcome = member.analyzer().analyze(&File::new(&path, &content), &mut findings);
        for package in findings.packages() {
            println!("{} {} {}", package.ecosystem, package.name, package.version);
        }
        for diagnostic in findings.diagnostics() {
            println!("{:?}: {}: {}", diagnostic.severity, diagnostic.code, diagnostic.message);
        }
        println!("{}: {} packages, {outcome:?}", member.id(), findings.packages().len());
    }
    Ok(())
}
