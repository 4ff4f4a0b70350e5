//! `auth explain` for every source, in the order of `cli/credentials.rs`: the winner with its file, key or
//! program, what was passed over and why, as JSON and as text, and never the secret.

use std::path::Path;
use std::process::Command;

use crate::home::{Home, SECRET, auth, auths};
use crate::support::{status, stderr, stdout};

/// Each source in its order: what makes it, and what `auth explain` says when it is the first that has one.
struct Place {
    variables: &'static [(&'static str, &'static str)],
    file: Option<(&'static str, String)>,
    /// The user or the kind, a part of the source, and the key.
    wanted: (&'static str, &'static str, &'static str),
}

fn places() -> Vec<Place> {
    let a = |user| auths(&[("ghcr.io", user)]);
    let place =
        |variables, file: Option<(&'static str, String)>, wanted| Place { variables, file, wanted };
    vec![
        place(
            &[("CUTAWAY_REGISTRY_TOKEN", SECRET)],
            None,
            ("registry-token", "--registry-token or CUTAWAY_REGISTRY_TOKEN", ""),
        ),
        place(
            &[("CUTAWAY_USERNAME", "option"), ("CUTAWAY_PASSWORD", SECRET)],
            None,
            ("option", "--username or CUTAWAY_USERNAME", ""),
        ),
        place(
            &[("CUTAWAY_PULL_SECRETS", "~/cluster:~/none")],
            Some(("cluster/.dockerconfigjson", a("cluster").replace("ghcr", "*"))),
            ("cluster", "cluster/.dockerconfigjson", "*.io"),
        ),
        place(
            // variable:c4n4ry:p4ssw0rd
            &[(
                "DOCKER_AUTH_CONFIG",
                r#"{"auths":{"ghcr.io":{"auth":"dmFyaWFibGU6YzRuNHJ5OnA0c3N3MHJk"}}}"#,
            )],
            None,
            ("variable", "DOCKER_AUTH_CONFIG", "ghcr.io"),
        ),
        place(
            &[("XDG_RUNTIME_DIR", "~/run")],
            Some(("run/containers/auth.json", a("runtime"))),
            ("runtime", "/run/containers/auth.json", "ghcr.io"),
        ),
        place(
            &[],
            Some((".config/containers/auth.json", a("podman"))),
            ("podman", ".config/containers/auth.json", "ghcr.io"),
        ),
        place(
            &[],
            Some((".docker/config.json", "{\"credsStore\": \"one\"}".to_owned())),
            ("helped", ".docker/config.json", "docker-credential-one"),
        ),
        place(
            &[],
            Some((
                ".dockercfg",
                format!("{{\"https://ghcr.io\": {{\"auth\": \"{}\"}}}}", auth("legacy")),
            )),
            ("legacy", ".dockercfg", "https://ghcr.io"),
        ),
        place(
            &[],
            Some((".netrc", format!("machine ghcr.io login netrc password \"{SECRET}\"\n"))),
            ("netrc", ".netrc", "ghcr.io"),
        ),
        place(
            &[("GITHUB_TOKEN", SECRET), ("GITHUB_ACTOR", "octocat")],
            None,
            ("octocat", "GITHUB_TOKEN and GITHUB_ACTOR", "ghcr.io"),
        ),
    ]
}

fn home(places: &[Place]) -> Home {
    let home = Home::new();
    home.program(
        "docker-credential-one",
        &format!("echo '{{\"Username\":\"helped\",\"Secret\":\"{SECRET}\"}}'"),
    );
    for (name, text) in places.iter().filter_map(|place| place.file.as_ref()) {
        home.write(name, text);
    }
    home
}

fn variables(places: &[Place]) -> Vec<(&str, &str)> {
    places.iter().flat_map(|place| place.variables).copied().collect()
}

#[test]
fn every_source_wins_over_all_that_follow() {
    let mut places = places();
    while let Some(first) = places.first() {
        let home = home(&places);
        let found = home.explain("ghcr.io/o/a:1", &variables(&places));
        let (who, source, key) = first.wanted;
        assert_eq!((found.who(), found.text("key")), (who, key), "{found:#?}");
        assert!(found.text("source").ends_with(source), "{source}: {found:#?}");
        assert_eq!(found.text("reference"), "ghcr.io/o/a:1");
        places.remove(0);
    }
}

#[test]
fn what_is_asked_instead_is_explained() {
    let home = Home::new();
    home.write(
        ".docker/config.json",
        &auths(&[("reg.example", "typed"), ("moved.example", "asked")]),
    );
    let itself = home.explain("reg.example/x:1", &[]);
    assert_eq!((itself.who(), &itself.0["place"]), ("typed", &serde_json::Value::Null));
    home.write(
        ".config/containers/registries.conf",
        "[[registry]]\nprefix = \"reg.example\"\nlocation = \"moved.example/deep\"\n",
    );
    let moved = home.explain("reg.example/x:1", &[]);
    assert_eq!((moved.who(), moved.text("key")), ("asked", "moved.example"));
    assert_eq!(moved.text("place"), "moved.example/deep/x:1");
}

#[test]
fn every_source_says_why_it_was_passed_over() {
    let home = Home::new();
    let nothing = home.explain("ghcr.io/o/a:1", &[]);
    assert_eq!(nothing.0["kind"], "anonymous");
    for name in ["source", "key", "username"] {
        assert!(nothing.0[name].is_null(), "{nothing:#?}");
    }
    let at = home.path().display();
    let lines = [
        "--registry-token or CUTAWAY_REGISTRY_TOKEN: it is not set".to_owned(),
        "--username or CUTAWAY_USERNAME: it is not set".to_owned(),
        "CUTAWAY_PULL_SECRETS: it is not set".to_owned(),
        "DOCKER_AUTH_CONFIG: it is not set".to_owned(),
        format!("{at}/no-runtime/containers/auth.json: there is no such file"),
        format!("{at}/.config/containers/auth.json: there is no such file"),
        format!("{at}/.docker/config.json: there is no such file"),
        format!("{at}/.dockercfg: there is no such file"),
        format!("{at}/.netrc: there is no such file"),
        "GITHUB_TOKEN and GITHUB_ACTOR: it is not set".to_owned(),
        "clouds: ghcr.io is no registry of theirs".to_owned(),
    ];
    assert_eq!(nothing.passed_over(), lines.join("\n"));

    // Each has something, and nothing for this registry.
    let mut places = places();
    places.drain(..2);
    let home = self::home(&places);
    home.program(
        "docker-credential-one",
        "echo 'credentials not found in native keychain'; exit 1",
    );
    let other = home.explain("gitlab.example/o/a:1", &variables(&places)).passed_over();
    for line in [
        "cluster/.dockerconfigjson: it has no credential for gitlab.example",
        "/none: there is no such file",
        "DOCKER_AUTH_CONFIG: it has no credential for gitlab.example/o/a",
        "/run/containers/auth.json: it has no credential for gitlab.example/o/a",
        ".config/containers/auth.json: it has no credential for gitlab.example/o/a",
        ".docker/config.json: docker-credential-one: it keeps nothing for this registry",
        ".dockercfg: it has no credential for gitlab.example/o/a",
        ".netrc: it has no machine of this name",
        "GITHUB_TOKEN and GITHUB_ACTOR: it is for ghcr.io",
        "clouds: gitlab.example is no registry of theirs",
    ] {
        assert!(other.contains(line), "{line} is not in {other}");
    }
}

#[test]
fn files_that_cannot_be_read_say_why() {
    for (name, text, reason) in [
        (".docker/config.json", "{\"auths\": c4n4ry", "it is no JSON, from line 1, column 11 on"),
        (".docker/config.json", "[\"c4n4ry:p4ss\"]", "it is no JSON object"),
        (
            ".docker/config.json",
            "{\"auths\": {\"a.io\": {\"auth\": \"c4n4ry:p4ss\"}}}",
            "its auth is no base64",
        ),
        (
            ".docker/config.json",
            "{\"auths\": {\"a.io\": {\"auth\": \"dXNlcg\"}}}",
            "its auth has no colon",
        ),
        (
            ".docker/config.json",
            "{\"auths\": {\"a.io\": {\"username\": \"x\"}}}",
            "only one of user name and password",
        ),
        (".netrc", "machine a.io password c4n4ry:p4ss\n", "only one of login and password"),
        (
            ".netrc",
            "machine a.io password \"c4n4ry:p4ss\n",
            "it breaks the format of netrc in line 1",
        ),
        (".netrc", "default login x password c4n4ry:p4ss\n", "its default is not for registries"),
        (".docker/config.json/x", "", "directory"),
    ] {
        let home = Home::new();
        home.write(name, text);
        let found = home.explain("a.io/x", &[]);
        assert_eq!(found.who(), "anonymous", "{name}: {text}");
        assert!(found.passed_over().contains(reason), "{reason}: {found:#?}");
    }
    let home = Home::new();
    home.write(".docker/config.json", &auths(&[("a.io", "u")]));
    let found = home.explain_with("a.io/x", &[], &["--limit", "credential_bytes=20"]);
    assert_eq!(found.who(), "anonymous");
    assert!(found.passed_over().contains("it is over credential_bytes"), "{found:#?}");
}

#[test]
fn patterns_of_pull_secrets_and_names_of_netrc() {
    let home = Home::new();
    let keys = [
        ("*.kube.example", "one-label"),
        ("*.*.kube.example:5000", "two-labels"),
        ("a.kube.example/team", "team"),
        ("https://quay.io/v1/", "quay"),
    ];
    home.write("secret", &auths(&keys));
    home.write(
        ".netrc",
        &format!("machine n.example login plain password {SECRET}\nmachine n.example:5000 login port password {SECRET}\n"),
    );
    let variables = [("CUTAWAY_PULL_SECRETS", "~/secret")];
    for (image, who, key) in [
        ("b.kube.example/x", "one-label", "*.kube.example"),
        ("a.kube.example/team/x", "team", "a.kube.example/team"),
        ("a.kube.example/teams", "one-label", "*.kube.example"),
        ("c.b.kube.example/x", "anonymous", ""),
        ("c.b.kube.example:5000/x", "two-labels", "*.*.kube.example:5000"),
        ("b.kube.example:5000/x", "anonymous", ""),
        ("quay.io/x", "quay", "https://quay.io/v1/"),
        ("n.example/x", "plain", "n.example"),
        ("n.example:5000/x", "port", "n.example:5000"),
        ("n.example:5001/x", "anonymous", ""),
    ] {
        let found = home.explain(image, &variables);
        assert_eq!((found.who(), found.text("key")), (who, key), "{image}");
    }
}

#[test]
fn for_people() {
    let home = Home::new();
    home.write(".docker/config.json", &auths(&[("a.io", "user\\u001b[31m")]));
    let output = home.run(&["auth", "explain", "a.io/x:1"], &[]);
    let at = home.path().display();
    let wanted = format!(
        "reference   a.io/x:1\nkind        basic\nsource      {at}/.docker/config.json\nkey         a.io\n"
    );
    assert!(stdout(&output).starts_with(&wanted), "{}", stdout(&output));
    assert!(!stdout(&output).contains('\u{1b}'));
    let line = format!("passed over {at}/.config/containers/auth.json: there is no such file\n");
    assert!(stdout(&output).contains(&line), "{}", stdout(&output));
    for (arguments, words) in [
        (&["auth", "explain", "A.io/X"][..], "A.io/X"),
        (&["auth", "explain", "a.io/x", "--username", "me"], "--username needs"),
    ] {
        let output = home.run(arguments, &[]);
        assert_eq!(status(&output), 2);
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

/// Without `XDG_RUNTIME_DIR` the folder of the user below `/run` counts, which only a namespace lets a test write.
#[test]
fn the_folder_below_run() {
    let home = Home::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutaway"));
    command.args(["auth", "explain", "a.io/x", "--format", "json"]);
    home.enter(&mut command, &[]);
    let said =
        String::from_utf8(command.env_remove("XDG_RUNTIME_DIR").output().unwrap().stdout).unwrap();
    assert!(!cfg!(target_os = "linux") || said.contains("/run/containers/"), "{said}");

    home.write("auth.json", &auths(&[("a.io", "below-run")]));
    let script = format!(
        "mount -t tmpfs none /run && mkdir -p /run/containers/0 && cp ~/auth.json /run/containers/0/ && \
         exec {} auth explain a.io/x --format json",
        env!("CARGO_BIN_EXE_cutaway")
    );
    if !Path::new("/usr/bin/unshare").exists() {
        eprintln!("skipped: no unshare");
        return;
    }
    let mut command = Command::new("/usr/bin/unshare");
    command.args(["--map-root-user", "--mount", "/bin/sh", "-c", &script]);
    home.enter(&mut command, &[]);
    let output = command.env_remove("XDG_RUNTIME_DIR").output().unwrap();
    if !output.status.success() {
        eprintln!("skipped: no namespaces: {}", stderr(&output));
        return;
    }
    let said: serde_json::Value = crate::support::document(&output);
    assert_eq!(said["username"], "below-run", "{said:#}");
    assert_eq!(said["source"], "/run/containers/0/auth.json");
}
