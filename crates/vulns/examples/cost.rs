//! What a large database costs: `cost generate FILE ROWS`, `cost build FILE DATABASE`, `cost match DATABASE`.
//!
//! Records are made in the form of Debian's: one for each flaw, with a row for each of ten releases. Each step
//! is a process of its own, so that its peak of memory is that of the step.
#![expect(
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    reason = "an example shows what it measures, of its own numbers"
)]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use cutaway_report::{DistroReport, PackageReport};
use cutaway_vulns::{Database, Importer, Limits, find};
use serde_json::{Value, json};

/// Releases that each record has a row for.
const RELEASES: u64 = 10;
/// Source packages, all releases together.
const SOURCES: u64 = 30_000;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", file, rows] => generate(Path::new(file), rows.parse()?),
        ["build", file, database] => build(Path::new(file), Path::new(database)),
        ["match", database] => matched(Path::new(database)),
        _ => {
            println!("generate FILE ROWS | build FILE DATABASE | match DATABASE");
            Ok(())
        }
    }
}

fn generate(file: &Path, rows: u64) -> Outcome {
    let mut out = BufWriter::new(File::create(file)?);
    for flaw in 0..rows / RELEASES {
        let number = flaw.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let name = format!("source-package-{}", number % SOURCES);
        let affected: Vec<Value> = (0..RELEASES)
            .map(|release| {
                let fixed = format!("{}.{}.{}-{release}+deb{}u1", number % 9, flaw % 90, number % 7, 5 + release);
                json!({"package": {"ecosystem": format!("Debian:{}", 5 + release), "name": name,
                        "purl": format!("pkg:deb/debian/{name}?arch=source")},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
                    "ecosystem_specific": {"urgency": "not yet assigned"}})
            })
            .collect();
        let cve = format!("CVE-{}-{}", 2000 + flaw % 27, 1000 + flaw / 27);
        let record = json!({"id": format!("DEBIAN-{cve}"), "modified": "2024-01-01T00:00:00Z",
            "published": "2024-01-01T00:00:00Z", "schema_version": "1.7.3", "upstream": [cve],
            "details": "A flaw in something that reads what others have written, and does not count.",
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
            "affected": affected});
        writeln!(out, "{record}")?;
    }
    println!("{} bytes of JSON", out.into_inner()?.metadata()?.len());
    Ok(())
}

fn build(file: &Path, database: &Path) -> Outcome {
    let size = std::fs::metadata(file)?.len();
    let started = Instant::now();
    let mut importer = Importer::new(Limits::default());
    importer.add(file)?;
    let read = started.elapsed();
    let built = importer.into_builder().write(BufWriter::new(File::create(database)?))?;
    let took = started.elapsed();
    println!(
        "build: {} rows in {took:.1?} ({read:.1?} of it reading), {} MB/s, {} bytes, {:.1} bytes a row, peak {} MiB",
        built.rows,
        u128::from(size) / 1_000_000 * 1000 / took.as_millis().max(1),
        built.bytes,
        ratio(built.bytes, built.rows),
        peak()
    );
    Ok(())
}

fn matched(path: &Path) -> Outcome {
    let distro = DistroReport::named("debian", Some("12".to_owned()));
    let packages: Vec<PackageReport> = (0..500)
        .map(|number| {
            // One of fifty is not up to date.
            let version = if number % 50 == 0 { "0.1-1" } else { "99-1" };
            serde_json::from_value(
                json!({"kind": "deb", "name": format!("source-package-{}", number * 7),
                "version": version, "epoch": null, "release": null, "arch": "amd64", "source": null,
                "licenses": [], "vendor": null, "state": "installed", "purl": "", "database": "",
                "layer": 0}),
            )
        })
        .collect::<Result<_, _>>()?;
    let mut times = Vec::new();
    let mut count = 0;
    for _ in 0..20 {
        let started = Instant::now();
        let mut database = Database::open(File::open(path)?)?;
        count = find(&mut database, Some(&distro), &packages)?.vulnerabilities.len();
        times.push(started.elapsed());
    }
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    println!(
        "match: 500 packages, {count} findings, {median:.1?} (median of 20), peak {} MiB",
        peak()
    );
    Ok(())
}

fn ratio(bytes: u64, rows: u64) -> f64 {
    let tenths = u32::try_from(bytes.saturating_mul(10) / rows.max(1)).unwrap_or(u32::MAX);
    f64::from(tenths) / 10.0
}

/// Returns the most memory that was resident at once, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or_default() / 1024
}
