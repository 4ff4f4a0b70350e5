//! Prints what the database or release file FILE says, as if it lay at PATH in an image.
//!
//! ```text
//! cargo run -p cutaway-analyzers-os --example packages -- PATH FILE
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::time::Instant;

use cutaway_analyze::{File, Findings};
use cutaway_layerfs::EntryPath;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: packages PATH FILE".into());
    };
    let path = EntryPath::clean(path.as_bytes())?;
    let content = std::fs::read(&file)?;
    let analyzers = cutaway_analyzers_os::analyzers();
    for position in analyzers.matching(path.as_bytes()).analyzers {
        let Some(member) = analyzers.get(position) else { continue };
        let companions: Vec<Option<Vec<u8>>> = member
            .companions()
            .iter()
            .map(|companion| companion.path_of(file.as_bytes()))
            .map(|beside| std::fs::read(String::from_utf8_lossy(&beside).as_ref()).ok())
            .collect();
        let companions: Vec<Option<&[u8]>> = companions.iter().map(Option::as_deref).collect();
        let mut findings = Findings::default();
        let start = Instant::now();
        let seen = File::new(&path, &content).with_companions(&companions);
        let outcome = member.analyzer().analyze(&seen, &mut findings);
        let time = start.elapsed();
        if let Some(distro) = findings.distro() {
            println!("{} {}", distro.id, distro.version_id.as_deref().unwrap_or("-"));
        }
        for package in findings.packages() {
            println!(
                "{} {} {} {}",
                package.ecosystem, package.name, package.version, package.state
            );
        }
        for diagnostic in findings.diagnostics() {
            println!("{:?}: {}: {}", diagnostic.severity, diagnostic.code, diagnostic.message);
        }
        println!("{}: {} packages, {time:?}, {outcome:?}", member.id(), findings.packages().len());
    }
    Ok(())
}
