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

#[test]
fn the_order_of_places() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    // name:c4n4ry-p4ssw0rd
    let entry = |user: &str| {
        format!(r#"{{"auths": {{"r.example": {{"username": "{user}", "password": "{SECRET}"}}}}}}"#)
    };
    write(".docker/config.json", entry("docker"));
    write(".config/containers/auth.json", entry("podman"));
    write(".netrc", format!("machine r.example login netrc password {SECRET}\n"));
    write("secret/.dockerconfigjson", entry("cluster").replace("r.example", "*.example"));
    let secrets = format!("/nonexistent:{}", home.path().join("secret").display());
    let auth_file = write("auth.json", entry("named"));
    let all = [
        ("CUTAWAY_REGISTRY_TOKEN", SECRET.to_owned()),
        ("CUTAWAY_USERNAME", "option".to_owned()),
        ("CUTAWAY_PASSWORD", SECRET.to_owned()),
        ("CUTAWAY_PULL_SECRETS", secrets),
        ("DOCKER_AUTH_CONFIG", entry("variable")),
        ("REGISTRY_AUTH_FILE", auth_file),
    ];
    for (from, wanted) in
        [(0, ""), (1, "option"), (3, "cluster"), (4, "variable"), (5, "named"), (6, "podman")]
    {
        let variables: Vec<_> =
            all[from..].iter().map(|(name, value)| (*name, value.as_str())).collect();
        let found = explain(home.path(), &variables, "r.example/a:1");
        assert_eq!(found["username"].as_str().unwrap_or_default(), wanted);
    }
    for (remove, wanted) in
        [(".config/containers/auth.json", "docker"), (".docker/config.json", "netrc")]
    {
        std::fs::remove_file(home.path().join(remove)).unwrap();
        let found = explain(home.path(), &[], "r.example/a:1");
        assert_eq!(found["username"], wanted);
    }
    // A workflow's token is for GitHub's registry alone.
    let token = [("GITHUB_TOKEN", SECRET), ("GITHUB_ACTOR", "octocat")];
    assert_eq!(explain(home.path(), &token, "ghcr.io/o/a:1")["username"], "octocat");
    let other = explain(home.path(), &token, "ghcr.io.example/o/a:1");
    assert_eq!(other["kind"], "anonymous");
    let passed_over = other["passed_over"].to_string();
    assert!(passed_over.contains("it is for ghcr.io"), "{passed_over}");
    // And so is a netrc of another place.
    let netrc = write("other", format!("machine ghcr.io login o password {SECRET}"));
    assert_eq!(explain(home.path(), &[("NETRC", &netrc)], "ghcr.io/o/a:1")["username"], "o");
}

#[test]
fn the_key_of_a_cloud_is_exchanged() {
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(cutaway_fixtures::registry::FakeRegistry::start());
    // AWS:c4n4ry-p4ssw0rd
    let token = "QVdTOmM0bjRyeS1wNHNzdzByZA==";
    let answer = format!("{{\"authorizationData\":[{{\"authorizationToken\":\"{token}\"}}]}}");
    server.page("/", &answer, &[]);
    let endpoint = format!("http://{}/", server.host());
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_ENDPOINT_URL_ECR", endpoint.as_str()),
    ];
    let image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/a:1";
    let found = explain(home.path(), &variables, image);
    assert_eq!((&found["kind"], &found["username"]), (&"basic".into(), &"AWS".into()));
    assert_eq!(found["source"], "Amazon ECR, with the key of AWS_ACCESS_KEY_ID");
    assert_eq!(server.requests().len(), 1);
    // A name that is no cloud's asks nobody, and one without a key says where it was looked for.
    let other = explain(home.path(), &variables, "ecr.example/a:1");
    assert!(other["passed_over"].to_string().contains("no registry of theirs"), "{other}");
    assert_eq!(server.requests().len(), 1);
    let without = explain(home.path(), &[("AWS_EC2_METADATA_DISABLED", "true")], image);
    assert_eq!(without["kind"], "anonymous");
    assert!(without["passed_over"].to_string().contains("no AWS_ACCESS_KEY_ID"), "{without}");
}

#[test]
fn whoever_holds_a_secret_leaves_no_core_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let program = home.path().join("docker-credential-watch");
    let seen = home.path().join("seen");
    let script = format!(
        "#!/bin/sh\ngrep 'core file' /proc/$PPID/limits > {}\necho '{{\"Username\":\"u\",\"Secret\":\"{SECRET}\"}}'\n",
        seen.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", home.path().display());
    let variables = [("PATH", path.as_str()), ("DOCKER_AUTH_CONFIG", r#"{"credsStore":"watch"}"#)];
    assert_eq!(explain(home.path(), &variables, "r.example/a:1")["username"], "u");
    let limits = std::fs::read_to_string(seen).unwrap();
    let words: Vec<&str> = limits.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{limits}");
}
