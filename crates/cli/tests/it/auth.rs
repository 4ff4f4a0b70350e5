//! `auth explain`: which place wins, and never the secret.

use serde_json::Value;

use crate::support::{cutaway, json};

const SECRET: &str = "c4n4ry-p4ssw0rd";

fn explain(home: &std::path::Path, variables: &[(&str, &str)], reference: &str) -> Value {
    let output = cutaway(&["-vv", "auth", "explain", reference, "--format", "json"])
        .env("HOME", home)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let all = String::from_utf8_lossy(&all).into_owned();
    assert!(!all.contains(SECRET) && !all.contains("YzRuNHJ5"), "{all}");
    json(&output)
}

#[test]
fn the_files_of_docker_are_read() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".docker")).unwrap();
    // user:c4n4ry-p4ssw0rd
    let config = r#"{"auths": {"r.example": {"auth": "dXNlcjpjNG40cnktcDRzc3cwcmQ="}}}"#;
    std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
    let found = explain(home.path(), &[], "r.example/a:1");
    assert_eq!((&found["kind"], &found["username"]), (&"basic".into(), &"user".into()));
    assert!(found["source"].as_str().unwrap().ends_with(".docker/config.json"));
    let none = explain(home.path(), &[], "other.example/a:1");
    assert_eq!((&none["kind"], &none["source"]), (&"anonymous".into(), &Value::Null));
    assert!(!none["passed_over"].as_array().unwrap().is_empty());
}

#[test]
fn options_win_over_files() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("CUTAWAY_USERNAME", "me"), ("CUTAWAY_PASSWORD", SECRET)];
    let found = explain(home.path(), &variables, "r.example/a:1");
    assert_eq!((&found["kind"], &found["username"]), (&"basic".into(), &"me".into()));
    let found = explain(home.path(), &[("CUTAWAY_REGISTRY_TOKEN", SECRET)], "r.example/a:1");
    assert_eq!(found["kind"], "registry-token");
}
