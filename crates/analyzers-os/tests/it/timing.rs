//! How long the largest databases of the corpus take; run by hand with `--ignored`.

use std::time::{Duration, Instant};

use crate::support::{DPKG, RPM, analyze, corpus_file};

/// The median of a few runs.
fn time(path: &str, content: &[u8]) -> Duration {
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let start = Instant::now();
            assert!(!analyze(path, content).packages().is_empty());
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

#[test]
#[ignore = "a measurement, not a test"]
fn largest_databases() {
    for (path, name) in [
        (DPKG, "dpkg/texlive.status"),
        (RPM, "rpm/mariner-2.0.rpmdb.sqlite"),
        (RPM, "rpm/mariner-2.0.bdb-le.Packages"),
        (RPM, "rpm/sle-15-bci.Packages.db"),
    ] {
        let Some(content) = corpus_file(name) else { return };
        eprintln!("{name}: {} bytes in {:?}", content.len(), time(path, &content));
    }
}
