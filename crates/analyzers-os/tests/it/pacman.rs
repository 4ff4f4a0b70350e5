//! pacman (its libalpm) reads the same database as we do.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cutaway_analyze::{InstallReason, Package, Texts};

use crate::support::{analyze, corpus_file};

/// What pacman prints where there is nothing.
const NONE: &str = "None";

/// Records in which fields are there, are not, and have several lines.
const RECORDS: [(&str, &str); 3] = [
    (
        "libfoo-1:2.0-3",
        "%NAME%\nlibfoo\n\n%VERSION%\n1:2.0-3\n\n%BASE%\nfoo\n\n%DESC%\nx\n\n%URL%\nhttps://a.b/\n\n%ARCH%\nx86_64\n\n%BUILDDATE%\n1648000000\n\n%INSTALLDATE%\n1649000000\n\n%PACKAGER%\nA B <a@b>\n\n%SIZE%\n2048\n\n%REASON%\n1\n\n%LICENSE%\nMIT\ncustom:foo\n\n%VALIDATION%\npgp\n\n%DEPENDS%\nglibc>=2.26\nsh\n\n%PROVIDES%\nlibfoo.so=1-64\nfoo\n\n",
    ),
    (
        "any-pkg-20240101-1",
        "%NAME%\nany-pkg\n\n%VERSION%\n20240101-1\n\n%DESC%\nx\n\n%ARCH%\nany\n\n%INSTALLDATE%\n1\n\n%PACKAGER%\nUnknown Packager\n\n%SIZE%\n1\n\n%VALIDATION%\nnone\n\n",
    ),
    (
        "b-1.0+r5.gabc-1.1",
        "%NAME%\nb\n\n%VERSION%\n1.0+r5.gabc-1.1\n\n%DESC%\nx\n\n%URL%\n\n%ARCH%\nx86_64\n\n%PACKAGER%\nC <c@d>\n\n%DEPENDS%\nlibfoo\n\n%VALIDATION%\nnone\n\n",
    ),
];

/// Returns what we say, in the words of pacman.
fn ours(package: &Package) -> BTreeMap<String, String> {
    let details = package.details.as_ref().unwrap();
    let list = |list: &Texts| list.iter().collect::<Vec<_>>().join("  ");
    let reason = match package.install_reason.unwrap() {
        InstallReason::Explicit => "Explicitly installed",
        InstallReason::Dependency => "Installed as a dependency for another package",
    };
    let fields = [
        ("Name", package.name.clone()),
        ("Version", package.version.clone()),
        ("Architecture", package.arch.clone().unwrap_or_default()),
        ("URL", details.homepage.as_deref().unwrap_or_default().to_owned()),
        ("Licenses", package.licenses.join("  ")),
        ("Provides", list(&details.provides)),
        ("Depends On", list(&details.depends)),
        ("Packager", details.maintainer.as_deref().unwrap_or_default().to_owned()),
        ("Install Reason", reason.to_owned()),
        ("Installed Size", details.installed_size.unwrap_or_default().to_string()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Takes what pacman prints of one package.
fn theirs(text: &str) -> BTreeMap<String, String> {
    let fields = text.lines().filter_map(|line| line.split_once(" : "));
    let fields = fields.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    fields.map(|(name, value)| (name, if value == NONE { String::new() } else { value })).collect()
}

/// Returns a size in pacman's form: `2.00 KiB`.
fn size(bytes: &str) -> String {
    let bytes: u32 = bytes.parse().unwrap();
    let (number, unit) = match bytes {
        0..=2048 => (f64::from(bytes), "B"),
        2049..=2_097_152 => (f64::from(bytes) / 1024.0, "KiB"),
        _ => (f64::from(bytes) / 1_048_576.0, "MiB"),
    };
    format!("{number:.2} {unit}")
}

#[test]
fn pacman_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let local = dir.path().join("local");
    let put = |name: &str, file: &str, content: &[u8]| {
        std::fs::create_dir_all(local.join(name)).unwrap();
        std::fs::write(local.join(name).join(file), content).unwrap();
    };
    let mut records: Vec<(String, Vec<u8>)> =
        RECORDS.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    if let Some(real) = corpus_file("alpm/pacman-6.0.1-5/desc") {
        records.push(("pacman-6.0.1-5".to_owned(), real));
    }
    for (name, desc) in &records {
        put(name, "desc", desc);
        put(name, "files", b"%FILES%\n");
    }
    std::fs::write(local.join("ALPM_DB_VERSION"), "9\n").unwrap();
    let run = |path: &Path| {
        Command::new("pacman")
            .args(["-Qi", "--config", "/dev/null", "--root"])
            .args([path, Path::new("--dbpath"), path])
            .env("LC_ALL", "C")
            .output()
    };
    let Ok(output) = run(dir.path()) else {
        eprintln!("skipped: no pacman");
        return;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let listed: Vec<_> = text.split("\n\n").filter(|it| !it.is_empty()).map(theirs).collect();
    assert_eq!(listed.len(), records.len(), "{errors}");
    for (name, desc) in &records {
        let findings = analyze(&format!("var/lib/pacman/local/{name}/desc"), desc);
        assert_eq!(findings.diagnostics(), [], "{name}");
        let mut ours = ours(&findings.packages()[0]);
        if let Some(bytes) = ours.get_mut("Installed Size") {
            *bytes = size(bytes);
        }
        let theirs = listed.iter().find(|it| it.get("Name") == ours.get("Name")).unwrap();
        for (field, value) in &ours {
            assert_eq!(theirs.get(field), Some(value), "{name}: {field}");
        }
    }
}
