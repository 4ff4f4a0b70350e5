//! What is held of files until analyzers have them: counted before more is taken, whatever a layer names
//! how often.

use cutaway_fixtures::image;
use cutaway_report::Report;

use crate::support::{codes, options, scan_image};

const SQLITE: &str = "var/lib/rpm/rpmdb.sqlite";

/// Returns a file of a layer in the text of images, with `size` bytes that are no database.
fn file(path: &str, size: usize) -> String {
    format!("  {path} 0644 \"{}\"\n", "x".repeat(size))
}

/// Scans a layer where at most a thousand bytes of a file, and so many of all that wait, are held.
fn scan(files: &[String]) -> Report {
    let mut options = options();
    options.limits.database_bytes = 1000;
    options.limits.pending_bytes = 1000;
    scan_image(&image(&format!("layer gzip\n{}", files.concat())), &options).unwrap()
}

fn messages(report: &Report) -> String {
    report.diagnostics.iter().map(|it| format!("{}: {}\n", it.code, it.message)).collect()
}

#[test]
fn of_one_name_only_the_last_is_held() {
    let many = vec![file(SQLITE, 900); 20];
    let report = scan(&many);
    assert!(!codes(&report).contains(&"database-too-large"), "{}", messages(&report));
    // What is held of another name goes when that name comes again.
    let turns =
        [file(SQLITE, 600), file(SQLITE, 10), file("usr/lib/sysimage/rpm/rpmdb.sqlite", 900)];
    let report = scan(&turns);
    assert!(!codes(&report).contains(&"database-too-large"), "{}", messages(&report));
}

#[test]
fn databases_that_wait_for_companions_count_together() {
    let report = scan(&[file(SQLITE, 600), file("usr/lib/sysimage/rpm/rpmdb.sqlite", 600)]);
    assert!(!report.complete);
    let told = messages(&report);
    let expected = "database-too-large: the file has 600 bytes, over the limit database_bytes with the 600 of those that are held beside it";
    assert!(told.contains(expected), "{told}");
}

/// Without its log a database says something else than it holds.
#[test]
fn a_companion_that_is_too_large_is_an_error_of_its_database() {
    for (database, log) in [(10, 1001), (600, 600)] {
        let wal = format!("{SQLITE}-wal");
        let report = scan(&[file(SQLITE, database), file(&wal, log)]);
        assert!(!report.complete);
        let told = messages(&report);
        let expected = format!(
            "database-too-large: {wal}, which belongs to it, has {log} bytes, with the files beside it over the limit database_bytes"
        );
        assert!(told.contains(&expected), "{told}");
    }
}

/// Files that links make databases are held together when their layer is read again.
#[test]
fn what_is_read_again_counts_together() {
    let files: Vec<String> = (0..3).map(|n| file(&format!("srv/{n}"), 900)).collect();
    let links = (0..3).map(|n| format!("  var/lib/dpkg/status.d/{n} -> /srv/{n}\n"));
    let report = scan(&files.into_iter().chain(links).collect::<Vec<_>>());
    assert!(!report.complete);
    let told = messages(&report);
    assert_eq!(told.matches("or with others over pending_bytes").count(), 2, "{told}");
}
