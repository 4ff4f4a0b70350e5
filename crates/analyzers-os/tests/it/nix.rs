//! Nix's database: as its schema writes it, as Nix itself does, and broken.

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use crate::support::{analyze, codes};

const NIX: &str = "nix/var/nix/db/db.sqlite";
const DIGEST: &str = "5i9xg5k1y2r7bjwv3m4n6p8q0s2d4f6h";

/// Writes a database with these paths, each with its deriver.
fn write(paths: &[(&str, Option<&str>)]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("db.sqlite");
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "PRAGMA page_size=512;
             CREATE TABLE ValidPaths (id integer primary key autoincrement not null,
               path text unique not null, hash text not null, registrationTime integer not null,
               deriver text, narSize integer, ultimate integer, sigs text, ca text);",
        )
        .unwrap();
    for (number, (path, deriver)) in (1_i64..).zip(paths) {
        let sql = "INSERT INTO ValidPaths (path, hash, registrationTime, deriver, narSize)
                   VALUES (?, 'sha256:0', ?, ?, 10)";
        connection.execute(sql, (path, 100 + number, deriver)).unwrap();
    }
    drop(connection);
    std::fs::read(file).unwrap()
}

fn names(content: &[u8]) -> Vec<String> {
    let findings = analyze(NIX, content);
    findings.packages().iter().map(|it| format!("{} {}", it.name, it.version)).collect()
}

#[test]
fn outputs_are_one_package() {
    let path = |name: &str| format!("/nix/store/{DIGEST}-{name}");
    let (out, man, drv) =
        (path("hello-2.12.1"), path("hello-2.12.1-man"), path("hello-2.12.1.drv"));
    let (glibc, older, script) = (path("glibc-2.39-52"), path("glibc-2.38"), path("builder.sh"));
    let content = write(&[
        (&man, Some(&drv)),
        (&out, Some(&drv)),
        (&drv, None),
        (&glibc, None),
        (&older, None),
        (&script, None),
    ]);
    let findings = analyze(NIX, &content);
    assert_eq!(names(&content), ["glibc 2.38", "glibc 2.39-52", "hello 2.12.1"]);
    assert_eq!(codes(&findings), (vec![], vec!["nix-paths-without-version"]));
    let details = findings.packages()[2].details.as_ref().unwrap();
    assert_eq!(details.installed_at, Some(101));
}

#[test]
fn broken_databases() {
    let path = format!("/nix/store/{DIGEST}-hello-2.12.1");
    let content = write(&[(&path, None), ("/tmp/a", None)]);
    let findings = analyze(NIX, &content);
    assert_eq!((codes(&findings).0, names(&content).len()), (vec!["nix-row-unreadable"], 1));
    let content = write(&[(&path, None)]);
    for end in 1..content.len() {
        let cut = analyze(NIX, &content[..end]);
        assert!(cut.incomplete() || names(&content[..end]) == names(&content), "{end}");
    }
    assert_eq!(codes(&analyze(NIX, b"")), (vec![], vec!["database-empty"]));
    assert_eq!(codes(&analyze(NIX, b"not a database")).0, ["nix-database-unreadable"]);
}

#[test]
fn as_nix_writes_it() {
    let dir = tempfile::tempdir().unwrap();
    let nix = |arguments: &[&str]| {
        let at = |below: &str| -> std::path::PathBuf { Path::new(dir.path()).join(below) };
        Command::new("nix-store")
            .env("NIX_STORE_DIR", at("store"))
            .env("NIX_STATE_DIR", at("var/nix"))
            .env("NIX_LOG_DIR", at("log"))
            .env("HOME", dir.path())
            .args(arguments)
            .output()
    };
    let file = dir.path().join("tree-2.1.1");
    std::fs::write(&file, "x").unwrap();
    let Ok(added) = nix(&["--add", file.to_str().unwrap()]) else {
        eprintln!("skipped: no nix");
        return;
    };
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let read = |name: &str| std::fs::read(dir.path().join("var/nix/db").join(name)).ok();
    let (content, log) = (read("db.sqlite").unwrap(), read("db.sqlite-wal"));
    let findings = crate::support::analyze_with(NIX, &content, log.as_deref());
    let found: Vec<_> = findings.packages().iter().map(|it| (&*it.name, &*it.version)).collect();
    assert_eq!((found, codes(&findings)), (vec![("tree", "2.1.1")], (vec![], vec![])));
}
