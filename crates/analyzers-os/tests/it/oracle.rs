//! The real package managers read the same databases as we do.

use std::ffi::OsStr;
use std::process::Command;

use cutaway_analyze::Findings;
use cutaway_analyze::Severity;

use crate::bdb::{self, Order};
use crate::sqlite::{self, Form};
use crate::support::{DPKG, RPM, analyze, analyze_with, corpus, rpm_rows};
use crate::{ndb, reencode};

const FORMAT: &str = "%{name}\\t%{epochnum}\\t%{version}\\t%{release}\\t%{arch}\\t%{sourcerpm}\\t%{license}\\t%{vendor}\\n";

/// Runs a program and returns its lines, sorted; `None` (and says so) where it is not there.
fn run(program: &str, arguments: &[&OsStr]) -> Option<Vec<String>> {
    let Ok(output) = Command::new(program).args(arguments).env("LC_ALL", "C.UTF-8").output() else {
        eprintln!("skipped: no {program}");
        return None;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("dummy database") {
        eprintln!("skipped: {program} was built without this form of the database");
        return None;
    }
    assert!(output.status.success(), "{program}: {errors}");
    let mut lines: Vec<_> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    Some(lines)
}

/// Writes a database as `name` (and its log), and lists it with rpm. `backend` is rpm's name of the form.
pub(crate) fn query_rpm(
    name: &str,
    backend: &str,
    database: &[u8],
    log: &[u8],
    format: &str,
) -> Option<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), database).unwrap();
    if !log.is_empty() {
        std::fs::write(dir.path().join(format!("{name}-wal")), log).unwrap();
    }
    let define = format!("_db_backend {backend}");
    let arguments = ["--define", &define, "-qa", "--qf", format, "--dbpath"].map(OsStr::new);
    run("rpm", &[&arguments[..], &[dir.path().as_os_str()]].concat())
}

/// Lists a database with rpm, and compares.
fn compare_rpm(what: &str, name: &str, backend: &str, database: &[u8], log: &[u8]) {
    let Some(listed) = query_rpm(name, backend, database, log, FORMAT) else { return };
    let findings = analyze_with(RPM, database, Some(log).filter(|log| !log.is_empty()));
    assert_eq!(findings.diagnostics(), [], "{what}");
    assert_eq!(rpm_rows(findings.packages()), listed, "{what}");
}

#[test]
fn rpm_corpus() {
    let Some(root) = corpus() else { return };
    for (file, name, backend) in [
        ("mariner-2.0.rpmdb.sqlite", "rpmdb.sqlite", "sqlite"),
        ("mariner-2.0.bdb-le.Packages", "Packages", "bdb_ro"),
        ("epoch.bdb.Packages", "Packages", "bdb_ro"),
        ("sle-15-bci.Packages.db", "Packages.db", "ndb"),
    ] {
        compare_rpm(file, name, backend, &std::fs::read(root.join("rpm").join(file)).unwrap(), b"");
    }
}

#[test]
fn rpm_reencoded() {
    let Some(all) = reencode::headers() else { return };
    for headers in all {
        compare_rpm("ndb", "Packages.db", "ndb", &ndb::write(&headers), b"");
        for page_size in [512, 4096, 65536] {
            for log in [false, true] {
                let (database, log) =
                    sqlite::write(&headers, Form { page_size, encoding: "UTF-8", log });
                compare_rpm(
                    &format!("sqlite {page_size}"),
                    "rpmdb.sqlite",
                    "sqlite",
                    &database,
                    &log,
                );
            }
        }
        for page_size in [512, 1024, 4096, 16384, 65536] {
            for order in [Order::Little, Order::Big] {
                let database = bdb::write(&headers, order, page_size);
                compare_rpm(
                    &format!("bdb {order:?} {page_size}"),
                    "Packages",
                    "bdb_ro",
                    &database,
                    b"",
                );
            }
        }
    }
}

/// Lists an admin directory whose status file is `content` with dpkg-query.
pub(crate) fn dpkg(content: &[u8], format: &str) -> Option<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    for name in ["info", "updates"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    std::fs::write(dir.path().join("status"), content).unwrap();
    let format = format!("--showformat={format}");
    let admin = format!("--admindir={}", dir.path().display());
    run("dpkg-query", &[&admin, "--show", &format].map(OsStr::new))
}

const DPKG_FORMAT: &str = "${Package}\\t${Version}\\t${Architecture}\\t${db:Status-Status}\\t${source:Package}\\t${source:Version}\\n";

fn dpkg_rows(findings: &Findings) -> Vec<String> {
    let mut rows: Vec<_> = findings
        .packages()
        .iter()
        // dpkg-query does not list what is not installed.
        .filter(|package| package.state != "not-installed")
        .map(|package| {
            let source = package.source.as_ref().unwrap();
            [
                package.name.as_str(),
                &package.version,
                package.arch.as_deref().unwrap_or_default(),
                &package.state,
                &source.name,
                source.version.as_deref().unwrap(),
            ]
            .join("\t")
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn dpkg_corpus() {
    let Some(root) = corpus() else { return };
    for name in ["texlive", "postgresql", "status-field-variants"] {
        let content = std::fs::read(root.join(format!("dpkg/{name}.status"))).unwrap();
        let Some(listed) = dpkg(&content, DPKG_FORMAT) else { return };
        assert_eq!(dpkg_rows(&analyze(DPKG, &content)), listed, "{name}");
    }
}

#[test]
fn dpkg_forms() {
    let rest = "Maintainer: x\nDescription: x\n";
    let records: Vec<String> = [
        "Package: aa\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.3-4",
        "Package: aa\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: same\nVersion: 1:2.3-4",
        "Package: bb\nStatus: install ok triggers-awaited\nArchitecture: all\nTriggers-Awaited: gg\nVersion: 0:1",
        "Package: cc\nStatus: hold reinstreq half-configured\nArchitecture: all\nVersion: 2-0.1+b2\nConfig-Version: 1",
        "package: dd\nSTATUS: install ok unpacked\nArchitecture: all\nSource: ss\nVersion:2",
        "Package: ee\nStatus:\tinstall  ok\tinstalled\nArchitecture: all\nSource: ss (3:4-5)\nVersion: \t2 ",
        "Package: ff\nStatus: purge ok not-installed\nArchitecture: all",
        "Package: gg\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nConffiles:\n /etc/x 0123\n /etc/y 0123 obsolete",
    ]
    .iter()
    .map(|record| format!("{record}\n{rest}\n"))
    .collect();
    let content = records
        .concat()
        .replace("Architecture: amd64\n", "Architecture: amd64\nMulti-Arch: same\n");
    let Some(listed) = dpkg(content.as_bytes(), DPKG_FORMAT) else { return };
    let findings = analyze(DPKG, content.as_bytes());
    // The record of what is not installed has no version, which is worth a word and no more.
    let codes: Vec<_> =
        findings.diagnostics().iter().map(|said| (&*said.code, said.severity)).collect();
    assert_eq!(codes, [("dpkg-record-without-version", Severity::Warning)]);
    assert_eq!(dpkg_rows(&findings), listed);
}

/// dpkg refuses a file whose last line has no newline, so we call it incomplete.
#[test]
fn dpkg_without_final_newline() {
    let content = b"Package: aa\nStatus: install ok installed\nArchitecture: all\nVersion: 1";
    let findings = analyze(DPKG, content);
    assert!(findings.incomplete());
    assert_eq!(findings.packages()[0].version, "1", "the line is read all the same");
    let file = "var/lib/dpkg/status.d/aa";
    assert!(analyze(file, content).incomplete(), "the version may go on");
    let content = b"Package: aa\nVersion: 1\nDescription: x\n more";
    assert!(!analyze(file, content).incomplete(), "no record can be lost behind this one");
}
