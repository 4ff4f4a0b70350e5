//! dnf's history: as its schema writes it, as dnf itself does, and broken.

use std::path::Path;
use std::process::Command;

use cutaway_analyze::{Findings, InstallReason, NamedReason};
use rusqlite::Connection;

use crate::support::{analyze, analyze_with, codes};

const HISTORY: &str = "var/lib/dnf/history.sqlite";

/// Returns what is said, `NAME.ARCH REASON REPOSITORY` each.
fn outline(findings: &Findings) -> Vec<String> {
    let of = |it: &NamedReason| {
        let reason = match it.reason {
            Some(InstallReason::Explicit) => "user",
            Some(InstallReason::Dependency) => "dependency",
            None => "unknown",
        };
        let arch = it.arch.as_deref().unwrap_or_default();
        format!("{}.{arch} {reason} {}", it.name, it.repository.as_deref().unwrap_or("-"))
    };
    findings.reasons().map(|it| it.named.iter().map(of).collect()).unwrap_or_default()
}

/// Writes a history of these parts of transactions: transaction, item, repository, action, reason.
fn write(parts: &[(i64, i64, i64, i64, i64)]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history.sqlite");
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "PRAGMA page_size=512;
             CREATE TABLE trans (id INTEGER PRIMARY KEY AUTOINCREMENT, dt_begin INTEGER NOT NULL,
               dt_end INTEGER, rpmdb_version_begin TEXT, rpmdb_version_end TEXT,
               releasever TEXT NOT NULL, user_id INTEGER NOT NULL, cmdline TEXT,
               state INTEGER NOT NULL, comment TEXT DEFAULT '');
             CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT NOT NULL);
             CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER,
               item_id INTEGER, repo_id INTEGER, action INTEGER NOT NULL, reason INTEGER NOT NULL,
               state INTEGER NOT NULL);
             CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL,
               epoch INTEGER NOT NULL, version TEXT NOT NULL, release TEXT NOT NULL,
               arch TEXT NOT NULL);
             INSERT INTO repo VALUES (1, 'base'), (2, 'updates');
             INSERT INTO trans VALUES (1,0,0,'','','1',0,'',1,''), (2,0,0,'','','1',0,'',1,''),
               (3,0,0,'','','1',0,'',2,'');
             INSERT INTO rpm VALUES (1,'a',0,'1','1','noarch'), (2,'a',0,'2','1','noarch'),
               (3,'b',0,'1','1','x86_64'), (4,'b',0,'1','1','i686');",
        )
        .unwrap();
    for part in parts {
        let sql = "INSERT INTO trans_item (trans_id, item_id, repo_id, action, reason, state)
                   VALUES (?, ?, ?, ?, ?, 1)";
        connection.execute(sql, *part).unwrap();
    }
    drop(connection);
    std::fs::read(file).unwrap()
}

#[test]
fn the_last_thing_that_was_done_counts() {
    for (parts, expected) in [
        (&[(1, 1, 1, 1, 2)][..], &["a.noarch user base"][..]),
        // An upgrade, and what it took the place of.
        (&[(1, 1, 1, 1, 2), (2, 1, 1, 7, 0), (2, 2, 2, 6, 2)], &["a.noarch user updates"]),
        (
            &[(1, 3, 1, 1, 1), (1, 4, 1, 1, 4)],
            &["b.i686 dependency base", "b.x86_64 dependency base"],
        ),
        // Marked by somebody later on.
        (&[(1, 3, 1, 1, 1), (2, 3, 1, 11, 2)], &["b.x86_64 user base"]),
        (&[(1, 3, 1, 1, 5), (2, 3, 1, 8, 5)], &[]),
        // A transaction that failed.
        (&[(1, 3, 1, 1, 1), (3, 3, 1, 11, 2)], &["b.x86_64 dependency base"]),
        (&[(1, 3, 9, 1, 0)], &["b.x86_64 unknown -"]),
    ] {
        let findings = analyze(HISTORY, &write(parts));
        assert_eq!(
            (outline(&findings), codes(&findings)),
            (expected.iter().map(ToString::to_string).collect(), (vec![], vec![]))
        );
    }
}

#[test]
fn a_broken_history_is_told_and_nothing_is_incomplete() {
    let content = write(&[(1, 1, 1, 1, 2)]);
    for end in 1..content.len() {
        let cut = analyze(HISTORY, &content[..end]);
        assert_eq!(codes(&cut), (vec![], vec!["dnf-history-unreadable"]), "{end}");
    }
    assert!(analyze(HISTORY, b"").is_empty());
}

#[test]
fn as_dnf_writes_it() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let spec = "Name: a\nVersion: 1\nRelease: 1\nSummary: a\nLicense: MIT\nBuildArch: noarch\nRequires: b\n%description\na\n%files\n\
        %package -n b\nSummary: b\nRecommends: c\n%description -n b\nb\n%files -n b\n\
        %package -n c\nSummary: c\n%description -n c\nc\n%files -n c\n\
        %package -n d\nSummary: d\n%description -n d\nd\n%files -n d\n";
    std::fs::write(at("a.spec"), spec).unwrap();
    let repo = at("repo");
    let conf = format!(
        "[main]\ngpgcheck=0\nreposdir={0}/none\ncachedir={0}/cache\nlogdir={0}/log\n[mine]\nname=mine\nbaseurl=file://{repo}\nenabled=1\n",
        dir.path().display()
    );
    std::fs::write(at("dnf.conf"), conf).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(dir.path()).output().ok()?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {errors}");
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let (rpms, top) = (format!("_rpmdir {repo}"), format!("_topdir {}", at("top")));
    let build = ["-bb", "--define", &rpms, "--define", &top, "a.spec"];
    let root = format!("--installroot={}", at("root"));
    let dnf = |arguments: &[&str]| {
        let fixed = ["-q", "-y", "-c", "dnf.conf", &root, "--releasever=1", "--disableplugin=*"];
        run("dnf", &[&fixed[..], arguments].concat())
    };
    let listed = run("rpmbuild", &build)
        .and_then(|_| run("createrepo_c", &["-q", &repo]))
        .and_then(|_| dnf(&["install", "a", "d"]))
        .and_then(|_| dnf(&["remove", "d"]))
        .and_then(|_| dnf(&["repoquery", "--userinstalled", "--qf", "%{name}.%{arch}"]));
    let Some(listed) = listed else {
        eprintln!("skipped: no dnf, rpmbuild or createrepo_c");
        return;
    };
    let history = |name: &str| std::fs::read(Path::new(&at("root/var/lib/dnf")).join(name)).ok();
    let log = history("history.sqlite-wal").filter(|log| !log.is_empty());
    let findings = analyze_with(HISTORY, &history("history.sqlite").unwrap(), log.as_deref());
    let expected = ["a.noarch user mine", "b.noarch dependency mine", "c.noarch dependency mine"];
    assert_eq!(
        (outline(&findings), codes(&findings)),
        (expected.map(str::to_owned).into(), (vec![], vec![]))
    );
    assert_eq!(listed.lines().collect::<Vec<_>>(), ["a.noarch"]);
}
