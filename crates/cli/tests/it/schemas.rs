//! What every command prints as JSON is what its schema says.

use std::collections::BTreeSet;

use cutaway_fixtures::Push;

use crate::advisories;
use crate::support::{OnDisk, alpine, json, provided, run, status, stderr, stdout};

#[test]
fn schemas_are_listed_and_printed() {
    let names = stdout(&run(&["schema"]));
    assert_eq!(names.lines().count(), cutaway_report::schemas().len());
    for schema in cutaway_report::schemas() {
        assert!(names.lines().any(|name| name == schema.name), "{names}");
        assert_eq!(stdout(&run(&["schema", schema.name])), schema.text);
        let text = serde_json::from_str(schema.text).unwrap();
        assert!(jsonschema::meta::is_valid(&text), "{}", schema.name);
    }
    let none = run(&["schema", "nonsense"]);
    assert_eq!((status(&none), none.stdout.len()), (2, 0), "{}", stderr(&none));
}

/// A bill that lacks nothing of NTIA's minimum elements.
const WHOLE_BILL: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":
    {"timestamp":"2026-01-01T00:00:00Z","authors":[{"name":"A"}]},"components":[]}"#;

#[test]
fn every_command_keeps_to_its_schema() {
    let image = OnDisk::layout(&alpine());
    let name = image.oci();
    let mut lines: Vec<Vec<&str>> = [
        "scan IMAGE",
        "scan IMAGE --shard 0/1",
        "scan IMAGE --history",
        "scan IMAGE --owned",
        "scan IMAGE --history --owned",
        "inspect IMAGE",
        "inspect IMAGE --verify --referrers",
        "ls IMAGE",
        "ls -R IMAGE --layer 0",
        "ls -R IMAGE --all-versions",
        "find IMAGE",
        "stat IMAGE etc/os-release",
        "stat IMAGE etc/os-release --all-versions",
        "tree IMAGE",
        "tree IMAGE --by-layer",
        "du IMAGE",
        "diff IMAGE IMAGE",
        "history IMAGE",
        "history IMAGE --files",
        "validate IMAGE",
        "limits",
        "cache info --cache-dir CACHE",
        "cache prune --cache-dir CACHE",
        "cache verify --cache-dir CACHE",
        "auth explain r.example/a",
        "ref parse r.example/a",
        "sbom check --profile ntia BILL",
        "db info DB",
        "match --db DB pkg:npm/a@1.0.0 pkg:cargo/a@1.0.0",
        "scan IMAGE --vuln --db DB",
        "check IMAGE --policy POLICY",
    ]
    .map(|line| line.split(' ').collect())
    .to_vec();
    let place = provided("CUTAWAY_TEST_REGISTRY", "registry").map(|registry| {
        Push::to(&registry, "schemas/app").image("1", &alpine()).unwrap();
        let repository = format!("{registry}/schemas/app");
        (registry, repository.clone(), format!("{repository}:1"))
    });
    if let Some((registry, repository, tagged)) = &place {
        lines.extend([
            vec!["tags", repository],
            vec!["tags", "-R", registry],
            vec!["catalog", registry],
            vec!["referrers", tagged],
        ]);
    }
    let mut seen = BTreeSet::new();
    let bill = image.path().join("bill").display().to_string();
    std::fs::write(&bill, WHOLE_BILL).unwrap();
    let database = advisories::database(image.path());
    let policy =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policies/packages.yaml").to_owned();
    let named = |word: &'_ &str| match *word {
        "IMAGE" => name.clone(),
        "BILL" => bill.clone(),
        "DB" => database.clone(),
        "POLICY" => policy.clone(),
        "CACHE" => image.path().join("cache").display().to_string(),
        word => word.to_owned(),
    };
    for line in &lines {
        let words: Vec<String> = line.iter().map(named).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let format: &[&str] = if line[0] == "ref" { &[] } else { &["--format", "json"] };
        let document = json(&run(&[&words, format].concat()));
        seen.insert(document["schema"].as_str().unwrap_or("cutaway.referrers/1").to_owned());
        if let Some(image) = document.get("image") {
            assert_eq!(image["digest"], alpine().digest().as_str(), "{line:?}");
            assert!(image["source"] == "oci" || line[0] == "check", "{line:?}");
        }
    }
    let all = cutaway_report::schemas().iter().map(|schema| format!("cutaway.{}/1", schema.name));
    let missing: Vec<String> = all.filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty() || place.is_none(), "{missing:?}");
}
