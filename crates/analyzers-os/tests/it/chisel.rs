//! chisel's manifest: the rows of the corpus, and manifests that were broken on purpose.

use crate::support::{CHISEL, analyze, codes, corpus_file, read_files};

/// Returns a manifest of these packages.
pub(crate) fn write(records: &[(&str, &str)]) -> Vec<u8> {
    let row = |(name, version): &(&str, &str)| {
        format!(r#"{{"kind":"package","name":"{name}","version":"{version}","arch":"amd64"}}"#)
    };
    packed(&records.iter().map(row).collect::<Vec<_>>())
}

/// Returns a manifest of these rows; nothing where there are none.
fn packed(rows: &[String]) -> Vec<u8> {
    let head = format!(r#"{{"jsonwall":"1.0","schema":"1.0","count":{}}}"#, rows.len() + 1);
    let lines: Vec<String> =
        std::iter::once(&head).chain(rows).map(|row| format!("{row}\n")).collect();
    zstd::encode_all(lines.concat().as_bytes(), 3).unwrap()
}

#[test]
fn corpus() {
    let Some(content) = corpus_file("chisel/openssl.wall") else { return };
    let findings = analyze(CHISEL, &content);
    assert_eq!(findings.diagnostics(), []);
    let rows: Vec<_> = findings
        .packages()
        .iter()
        .map(|it| (it.ecosystem.name(), &*it.name, &*it.version, it.arch.as_deref()))
        .collect();
    let arch = Some("amd64");
    let expected = [
        ("deb", "base-files", "13ubuntu10.2", arch),
        ("deb", "libc6", "2.39-0ubuntu8.4", arch),
        ("deb", "libssl3t64", "3.0.13-0ubuntu3.5", arch),
        ("deb", "openssl", "3.0.13-0ubuntu3.5", arch),
    ];
    assert_eq!(rows, expected);
    let slices = |at: usize| {
        let details = findings.packages()[at].details.as_ref().unwrap();
        details.features.iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(slices(1), ["libc6_config", "libc6_copyright", "libc6_libs"]);
    assert_eq!(slices(2), ["libssl3t64_copyright", "libssl3t64_libs"]);
    read_files(CHISEL, &content, None);
}

#[test]
fn a_damaged_manifest() {
    let Some(content) = corpus_file("chisel/invalid.wall") else { return };
    let findings = analyze(CHISEL, &content);
    assert_eq!(findings.packages(), []);
    let (errors, _) = codes(&findings);
    assert!(errors.contains(&"chisel-line-unreadable"), "{errors:?}");
}

#[test]
fn broken_rows_cost_themselves() {
    let sound = r#"{"kind":"package","name":"sound","version":"1-1"}"#;
    for (row, errors, warnings) in [
        (r#"{"kind":"package","name":"a"}"#, &["chisel-record-incomplete"][..], &[][..]),
        (r#"{"kind":"package","version":"1"}"#, &["chisel-record-incomplete"], &[]),
        (r#"{"kind":"package","name":"","version":"1"}"#, &["chisel-record-incomplete"], &[]),
        (r#"{"kind":"package","name":1}"#, &["chisel-line-unreadable"], &[]),
        (r#"[1]"#, &["chisel-line-unreadable"], &[]),
        (r#"{"kind":"other"}"#, &[], &["chisel-kind-unknown"]),
        (r#"{}"#, &[], &["chisel-kind-unknown"]),
        (r#"{"kind":"path","path":"/a","slices":["b_c"],"new":[[[]]]}"#, &[], &[]),
    ] {
        let findings = analyze(CHISEL, &packed(&[row.to_owned(), sound.to_owned()]));
        assert_eq!(codes(&findings), (errors.to_vec(), warnings.to_vec()), "{row}");
        assert_eq!(findings.packages().last().unwrap().name, "sound", "{row}");
    }
    let deep = packed(&["[".repeat(100_000), sound.to_owned()]);
    assert_eq!(codes(&analyze(CHISEL, &deep)).0, ["chisel-line-unreadable"]);
}

#[test]
fn first_lines() {
    for (head, expected) in [
        (r#"{"jsonwall":"1.0","schema":"1.0","count":1}"#, &[][..]),
        (r#"{"jsonwall":"1.2","schema":"1.9","count":1}"#, &[]),
        (r#"{"jsonwall":"2.0","schema":"1.0","count":1}"#, &["chisel-version-unknown"]),
        (r#"{"jsonwall":"1.0","schema":"1.0","count":2}"#, &["chisel-count"]),
        (r#"{"jsonwall":"1.0","schema":"1.0"}"#, &["chisel-count"]),
    ] {
        let content = zstd::encode_all(head.as_bytes(), 3).unwrap();
        assert_eq!(codes(&analyze(CHISEL, &content)).0, expected, "{head}");
    }
}

#[test]
fn what_is_no_zstd_and_what_unpacks_to_too_much() {
    assert_eq!(codes(&analyze(CHISEL, b"text")).0, ["chisel-unreadable"]);
    let bomb = zstd::encode_all(vec![b'\n'; 65 << 20].as_slice(), 1).unwrap();
    let findings = analyze(CHISEL, &bomb);
    assert!(findings.diagnostics()[0].message.contains("database_unpacked"));
}
