//! An analyzer of one's own: it finds what `Gemfile.lock` files pin, wherever they lie.
//!
//! ```text
//! cargo run -p cutaway-analyze --example gemfile_lock -- Gemfile.lock
//! ```
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Analyzers, Budget, Candidate, Ecosystem, File, Findings, Interest,
    Outcome, Package, Pickup, PickupLimits, Want,
};
use cutaway_layerfs::EntryPath;

#[derive(Debug)]
struct GemfileLock;

impl Analyzer for GemfileLock {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("gemfile-lock", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("Gemfile.lock")
    }

    fn wants(&self, _: &Candidate<'_>) -> Want {
        Want::Whole { max: 1 << 20 }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let text = String::from_utf8_lossy(file.start());
        // What is pinned stands at four blanks: `    rake (13.0.6)`.
        for line in text.lines().filter_map(|line| line.strip_prefix("    ")) {
            let pinned = line.strip_suffix(')').and_then(|line| line.split_once(" ("));
            let Some((name, version)) = pinned.filter(|(name, _)| !name.starts_with(' ')) else {
                continue;
            };
            let mut package = Package::new(Ecosystem::of("gem"), name, version);
            package.place = Some(file.path().directory().to_string());
            found.package(package);
        }
        Outcome::Done
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).ok_or("usage: gemfile_lock FILE")?;
    let content = std::fs::read(&name)?;
    let analyzers = Analyzers::builder().artifact(GemfileLock).build()?;

    // As a walk over a layer does it: the bytes come in chunks, and go to all who want them.
    let path = EntryPath::clean(b"srv/app/Gemfile.lock")?;
    let candidate = Candidate::new(&path, u64::try_from(content.len())?, 0o644);
    let interested = analyzers.matching(path.as_bytes()).analyzers;
    let limits = PickupLimits { whole_bytes: 512 << 20, window_bytes: 8 << 20, beside: 0 };
    let pickup = Pickup::begin(&analyzers, &interested, false, &candidate, limits);
    let mut pickup = pickup.ok_or("nobody wants the file")?;
    content.chunks(4096).for_each(|chunk| pickup.push(chunk));
    let (file, readings) = pickup.finish();
    for reading in readings {
        let mut found = Findings::within(Budget::new(1 << 20), 0);
        let outcome = reading.read(&analyzers, &file, &[], &mut found);
        for package in found.packages() {
            println!("{} {} {}", package.ecosystem, package.name, package.version);
        }
        println!("{outcome:?}, {} bytes found", found.weight());
    }
    Ok(())
}
