//! `version compare`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::{run, status, stderr, stdout};

#[test]
fn two_versions_are_compared() {
    for (family, a, b, sign) in [
        ("dpkg", "1:1.0~rc1-2", "1:1.0-1", "<"),
        ("apk", "1.2.3-r0", "1.2.3-r0", "="),
        ("rpm", "1.0-1", "1.0", ">"),
        ("alpm", "1.0~rc1", "1.0", ">"),
        ("pep440", "1.0.post1", "1.0-1", "="),
        ("rpm", "-1", "-2", "<"),
    ] {
        let output = run(&["version", "compare", family, a, b]);
        assert_eq!((stdout(&output), status(&output)), (format!("{sign}\n"), 0), "{family}");
    }
}

#[test]
fn what_is_no_version_is_wrong_usage() {
    for (arguments, why) in [
        (vec!["pep440", "latest", "1.0"], "\"latest\" is no version of pep440"),
        (vec!["apk", "1.0", "1.0-1"], "\"1.0-1\" is no version of apk"),
        (vec!["apk-validity", "1", "2"], "no family of versions has this name"),
        (vec!["apk", "1"], "there is no second version"),
        (vec!["apk", "-", "1"], "both versions come from standard input"),
    ] {
        let output = run(&[&["version", "compare"], &arguments[..]].concat());
        assert_eq!((status(&output), stdout(&output)), (2, String::new()), "{arguments:?}");
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
}

#[test]
fn lines_are_answered_one_by_one() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutaway"))
        .args(["version", "compare", "semver", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"1.0.0\t1.0.1\n1.0.0+a\t1.0.0+b\nx\t1\n1.0.0\n\n\xff\t1\n2.0.0\t2.0.0-rc.1";
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((stdout(&output), status(&output)), ("<\n=\n!\n!\n!\n!\n>\n".to_owned(), 0));
}
