//! The same records from every form of file are the same database.

use std::io::Write as _;
use std::path::Path;

use cutaway_vulns::{Importer, Limits};
use serde_json::json;

use crate::support::bytes;

fn records() -> Vec<String> {
    let record = |number: u32| {
        json!({"id": format!("A-{number}"), "modified": "2024-01-01T00:00:00Z", "details": "{[\"",
            "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]})
        .to_string()
    };
    (0..20).map(record).collect()
}

fn import(path: &Path) -> (Vec<u8>, u64, Vec<String>) {
    let mut importer = Importer::new(Limits::default());
    importer.add(path).unwrap();
    let (taken, problems) = (importer.taken(), importer.problems().to_vec());
    (bytes(importer.into_builder()), taken, problems)
}

#[test]
fn forms() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let records = records();

    std::fs::create_dir_all(at("dir/deeper")).unwrap();
    for (number, record) in records.iter().enumerate() {
        let deeper = if number % 2 == 0 { "deeper/" } else { "" };
        std::fs::write(at(&format!("dir/{deeper}{number}.json")), record).unwrap();
    }
    std::fs::write(at("dir/README.md"), "no record").unwrap();
    std::os::unix::fs::symlink(at("dir"), at("link")).unwrap();
    std::fs::write(at("lines"), records.join("\n")).unwrap();
    std::fs::write(at("array"), format!("[{}]", records.join(", "))).unwrap();

    let mut zip = zip::ZipWriter::new(std::fs::File::create(at("zip")).unwrap());
    for (number, record) in records.iter().enumerate() {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{number}.json"), options).unwrap();
        zip.write_all(record.as_bytes()).unwrap();
    }
    zip.finish().unwrap();

    let made = std::process::Command::new("tar");
    for (name, flags) in [("tar", "-cf"), ("tgz", "-czf")] {
        let mut tar = std::process::Command::new(made.get_program());
        let done = tar.arg(flags).arg(at(name)).arg("-C").arg(at("dir")).arg(".").status().unwrap();
        assert!(done.success());
    }

    let (expected, ..) = import(&at("dir"));
    for name in ["dir", "link", "lines", "array", "zip", "tar", "tgz"] {
        let (told, taken, problems) = import(&at(name));
        assert_eq!((taken, problems), (20, Vec::new()), "{name}");
        assert!(told == expected, "{name} is another database");
    }
}

#[test]
fn what_is_no_record_is_counted_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.json");
    let text = "{\"id\": 1}\n{\"id\": \"A\", \"aliases\": 7, \"affected\": null}\n{\"id\":\"B\",\"schema_version\":\"2.0.0\"}";
    std::fs::write(&file, text).unwrap();
    let (_, taken, problems) = import(&file);
    assert_eq!((taken, problems.len()), (1, 2), "{problems:?}");
    assert!(problems[1].contains("schema_version 2.0.0: only 1.x is known"), "{problems:?}");
}

#[test]
fn limits_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.json");
    std::fs::write(&file, records().join("\n")).unwrap();
    let whole = Limits::default();
    for (limits, name) in [
        (Limits { record_bytes: 20, ..whole.clone() }, "osv_record_bytes = 20"),
        (Limits { record_rows: 0, ..whole.clone() }, "osv_record_rows = 0"),
        (Limits { text_bytes: 2, ..whole.clone() }, "osv_text_bytes = 2"),
        (Limits { total_bytes: 10, ..whole.clone() }, "osv_total_bytes = 10"),
    ] {
        let mut importer = Importer::new(limits);
        let added = importer.add(&file).map_err(|error| error.to_string());
        let told = format!("{added:?} {:?}", importer.problems());
        assert!(told.contains(&format!("more than the limit {name}")), "{told}");
    }
}
