//! Places of databases and release files where something else lies: said, and never a panic.

use crate::support::{codes, report};

#[test]
fn what_is_no_file_at_the_place_of_a_database() {
    for place in [
        "lib/apk/db/installed",
        "var/lib/dpkg/status",
        "var/lib/rpm/rpmdb.sqlite",
        "etc/os-release",
    ] {
        let deep = "../".repeat(place.matches('/').count());
        for (what, text, expected) in [
            ("a FIFO", format!("  {place} fifo\n"), "database-unreadable"),
            ("a device", format!("  {place} char 1:3\n"), "database-unreadable"),
            ("a directory", format!("  {place}/x 0644 \"x\"\n"), "database-unreadable"),
            (
                "a link to a FIFO",
                format!("  data/pipe fifo\n  {place} -> {deep}data/pipe\n"),
                "database-unreadable",
            ),
            (
                "a link to a device",
                format!("  dev/zero char 1:5\n  {place} -> /dev/zero\n"),
                "database-unreadable",
            ),
            (
                "a link to a directory",
                format!("  data/d/x 0644 \"x\"\n  {place} -> /data/d\n"),
                "database-unreadable",
            ),
            (
                "a link to itself",
                format!("  {place} -> {}\n", place.rsplit('/').next().unwrap()),
                "database-unreadable",
            ),
        ] {
            let report = report(&format!("layer gzip\n{text}"));
            assert!(codes(&report).contains(&expected), "{place}: {what}: {:?}", codes(&report));
            assert!(report.packages.is_empty() && report.distro.is_none(), "{place}: {what}");
        }
    }
}

#[test]
fn a_database_without_a_byte_is_a_warning() {
    for place in ["lib/apk/db/installed", "var/lib/dpkg/status", "var/lib/rpm/rpmdb.sqlite"] {
        let report = report(&format!("layer gzip\n  {place} 0644 \"\"\n"));
        assert!(codes(&report).contains(&"database-empty"), "{place}: {:?}", codes(&report));
        assert!(report.complete, "{place}");
    }
}

#[test]
fn release_files_are_data() {
    let long = "x".repeat(1 << 20);
    for (text, id, code) in [
        ("ID=$(touch /tmp/x)\\n", Some("$(touch /tmp/x)"), None),
        ("ID=\\\"debian\\nVERSION_ID=12\\n", Some("debian"), Some("release-quote-unclosed")),
        ("VERSION_ID=12\\n", Some("linux"), Some("os-release-without-id")),
        ("\\n\\n", None, Some("os-release-empty")),
        (&format!("ID=debian\\nNAME={long}\\n"), Some("debian"), None),
    ] {
        let report = report(&format!("layer gzip\n  etc/os-release 0644 \"{text}\"\n"));
        let found = report.distro.as_ref().map(|distro| distro.id.as_str());
        let shown = text.get(..40).unwrap_or(text);
        assert_eq!(found, id, "{shown}");
        assert!(code.is_none_or(|code| codes(&report).contains(&code)), "{shown}");
    }
    // Zeros as large as a database may be, and larger: given up by its limit, and said.
    for size in [100_u64 << 20, 600 << 20] {
        let report = report(&format!("layer zstd\n  etc/os-release 0644 zeros={size}\n"));
        assert!(report.distro.is_none(), "{size}");
        assert!(!codes(&report).is_empty(), "{size}");
    }
}
