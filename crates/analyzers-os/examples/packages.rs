//! Prints what the database or release file FILE says, as if it lay at PATH in an image.
//!
//! ```text
//! cargo run -p cutaway-analyzers-os --example packages -- PATH FILE
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::time::Instant;

use cutaway_analyze::{Findings, Input};
use cutaway_analyzers_os::ALL;
use cutaway_layerfs::EntryPath;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: packages PATH FILE".into());
    };
    let path = EntryPath::clean(path.as_bytes())?;
    let content = std::fs::read(&file)?;
    for analyzer in ALL.iter().filter(|analyzer| analyzer.wants(path.as_bytes())) {
        let companion =
            analyzer.companion().and_then(|suffix| std::fs::read(format!("{file}{suffix}")).ok());
        let mut findings = Findings::default();
        let start = Instant::now();
        analyzer.analyze(
            &Input { path: &path, content: &content, companion: companion.as_deref() },
            &mut findings,
        );
        let time = start.elapsed();
        if let Some(distro) = &findings.distro {
            println!("{} {}", distro.id, distro.version_id.as_deref().unwrap_or("-"));
        }
        for package in &findings.packages {
            println!(
                "{} {} {} {}",
                package.kind.name(),
                package.name,
                package.version,
                package.state
            );
        }
        for diagnostic in &findings.diagnostics {
            println!("{:?}: {}: {}", diagnostic.severity, diagnostic.code, diagnostic.message);
        }
        println!("{}: {} packages, {time:?}", analyzer.name(), findings.packages.len());
    }
    Ok(())
}
