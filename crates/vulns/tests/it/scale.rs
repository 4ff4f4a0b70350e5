//! How large a database is, and what a look into it costs.

use std::time::Instant;

use cutaway_report::{DistroReport, PackageReport};
use cutaway_vulns::{Builder, Database, Limits, find};
use serde_json::{Value, json};

use crate::support::bytes;

/// A distribution as large as its records: so many flaws, each in five releases.
fn builder(flaws: u32) -> Builder {
    let mut builder = Builder::new(Limits::default());
    for flaw in 0..flaws {
        let package = format!("source-package-{}", flaw % 3000);
        let affected: Vec<Value> = (11..16)
            .map(|release| {
                let fixed = format!("{}.{}-{release}+deb{release}u1", flaw % 9, flaw % 90);
                json!({"package": {"ecosystem": format!("Debian:{release}"), "name": package},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
                    "ecosystem_specific": {"urgency": "not yet assigned"}})
            })
            .collect();
        let record = json!({"id": format!("DEBIAN-CVE-2024-{flaw}"), "modified": "2024-01-01T00:00:00Z",
            "upstream": [format!("CVE-2024-{flaw}")], "affected": affected});
        builder.add(record.to_string().as_bytes()).unwrap();
    }
    builder
}

#[test]
fn a_row_takes_few_bytes_and_a_look_few_blocks() {
    let flaws = 20_000;
    let whole = bytes(builder(flaws));
    let rows = u64::from(flaws) * 5;
    let of_row = u64::try_from(whole.len()).unwrap() / rows;
    let mut database = Database::open(std::io::Cursor::new(whole)).unwrap();
    let distro: DistroReport = serde_json::from_value(json!({"id": "debian", "version_id": "12",
        "codename": null, "pretty_name": null, "id_like": [], "path": "", "layer": 0}))
    .unwrap();
    let packages: Vec<PackageReport> = (0..500)
        .map(|number| {
            // One of a hundred is not up to date.
            let version = if number % 100 == 0 { "0.1-1" } else { "99-1" };
            serde_json::from_value(
                json!({"kind": "deb", "name": format!("source-package-{number}"),
                "version": version, "epoch": null, "release": null, "arch": "amd64", "source": null,
                "licenses": [], "vendor": null, "state": "installed", "purl": "", "database": "",
                "layer": 0}),
            )
            .unwrap()
        })
        .collect();
    let started = Instant::now();
    let found = find(&mut database, Some(&distro), &packages).unwrap();
    let took = started.elapsed();
    eprintln!("{of_row} bytes a row, {} findings in {took:?}", found.vulnerabilities.len());
    assert!(found.vulnerabilities.len() > 20, "{}", found.vulnerabilities.len());
    assert!(of_row <= 30, "{of_row} bytes a row");
}
