//! Credential helpers as programs: which of them is asked, what they may answer, and that none of them
//! ends a pull that needs no credential.

use std::time::{Duration, Instant};

use cutaway_fixtures::registry::{FakeRegistry, Gate};

use crate::home::{Explained, Home, SECRET, auth};
use crate::support::{alpine, status, stderr};

/// Answers with the user that is its first word, for the server `$server`; writes down what it was asked.
fn helper(user: &str) -> String {
    format!(
        "read server; echo \"$1 $server\" >> ~/asked\n\
         echo \"{{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"{user}\\\",\\\"Secret\\\":\\\"{SECRET}\\\"}}\""
    )
}

const NOT_FOUND: &str = "echo 'credentials not found in native keychain'; exit 1";

struct Row {
    name: &'static str,
    config: String,
    image: &'static str,
    /// The user, and the key.
    found: (&'static str, &'static str),
    /// What is said of those that were passed over.
    reason: &'static str,
    /// What programs were asked.
    asked: &'static str,
}

#[test]
fn which_program_is_asked_and_what_it_may_answer() {
    let home = Home::new();
    home.program("docker-credential-one", &helper("one"));
    home.program("docker-credential-store", &helper("store"));
    home.program("docker-credential-token", &helper("<token>"));
    home.program("docker-credential-empty", NOT_FOUND);
    home.program(
        "docker-credential-podman",
        &format!("read server; echo \"$1 $server\" >> ~/asked; case $server in docker.io) ;; *) {NOT_FOUND};; esac\n\
            echo '{{\"Username\":\"hub\",\"Secret\":\"{SECRET}\"}}'"),
    );
    home.program("docker-credential-fails", &format!("echo {SECRET}; echo {SECRET} >&2; exit 3"));
    home.program("docker-credential-talks", &format!("echo hello, {SECRET}"));
    home.program("docker-credential-floods", "exec yes c4n4ry");
    home.program("docker-credential-hangs", "exec sleep 30");
    home.program("docker-credential-stays", "exec >&-; exec sleep 30");
    let of_host = |name: &str| format!("{{\"credHelpers\": {{\"a.io\": \"{name}\"}}}}");
    let store = |name: &str| format!("{{\"credsStore\": \"{name}\"}}");
    let entry = format!("\"auths\": {{\"a.io\": {{\"auth\": \"{}\"}}}}", auth("entry"));
    let row = |name, config: String, image, found, reason, asked| Row {
        name,
        config,
        image,
        found,
        reason,
        asked,
    };
    let one = ("one", "docker-credential-one");
    let stored = ("store", "docker-credential-store");
    let nobody = ("anonymous", "");
    let rows = [
        row("of the registry", of_host("one"), "a.io/x/y", one, "", "get a.io\n"),
        row(
            "with a port",
            of_host("one").replace("a.io", "a.io:5000"),
            "a.io:5000/x",
            one,
            "",
            "get a.io:5000\n",
        ),
        row(
            "not of another port",
            of_host("one"),
            "a.io:5000/x",
            nobody,
            "no credential for a.io:5000/x",
            "",
        ),
        row(
            "not of a repository",
            of_host("one").replace("a.io", "a.io/x"),
            "a.io/x",
            nobody,
            "the helper for \"a.io/x\" is not asked: helpers keep whole registries",
            "",
        ),
        row(
            "of Docker Hub, as Docker writes it",
            of_host("one").replace("a.io", "https://index.docker.io/v1/"),
            "alpine",
            one,
            "",
            "get https://index.docker.io/v1/\n",
        ),
        row(
            "of Docker Hub, as Podman stores it",
            of_host("podman").replace("a.io", "docker.io"),
            "alpine",
            ("hub", "docker-credential-podman"),
            "",
            "get https://index.docker.io/v1/\nget docker.io\n",
        ),
        row(
            "before the entries",
            format!("{{{entry}, \"credHelpers\": {{\"a.io\": \"one\"}}}}"),
            "a.io/x",
            one,
            "",
            "get a.io\n",
        ),
        row("of everything", store("store"), "a.io/x", stored, "", "get a.io\n"),
        row(
            "of everything, and entries without a secret",
            "{\"auths\": {\"a.io\": {}}, \"credsStore\": \"store\"}".to_owned(),
            "a.io/x",
            stored,
            "",
            "get a.io\n",
        ),
        row(
            "of everything, after the entries",
            format!("{{{entry}, \"credsStore\": \"store\"}}"),
            "a.io/x",
            ("entry", "a.io"),
            "",
            "",
        ),
        row(
            "an identity token",
            of_host("token"),
            "a.io/x",
            ("identity-token", "docker-credential-token"),
            "",
            "get a.io\n",
        ),
        row(
            "keeps nothing",
            store("empty"),
            "a.io/x",
            nobody,
            "docker-credential-empty: it keeps nothing",
            "",
        ),
        row(
            "absent",
            store("absent"),
            "a.io/x",
            nobody,
            "docker-credential-absent: the program is not installed",
            "",
        ),
        row(
            "fails",
            store("fails"),
            "a.io/x",
            nobody,
            "docker-credential-fails: the program failed",
            "",
        ),
        row(
            "talks",
            store("talks"),
            "a.io/x",
            nobody,
            "docker-credential-talks: the program's answer is not of Docker's credential protocol",
            "",
        ),
        row(
            "floods",
            store("floods"),
            "a.io/x",
            nobody,
            "docker-credential-floods: the program wrote more than helper_bytes",
            "",
        ),
        row(
            "hangs",
            store("hangs"),
            "a.io/x",
            nobody,
            "docker-credential-hangs: the program took longer than helper_ms",
            "",
        ),
        row(
            "stays",
            store("stays"),
            "a.io/x",
            nobody,
            "docker-credential-stays: the program took longer than helper_ms",
            "",
        ),
        row(
            "a path in the place of a name",
            store("../../bin/sh"),
            "a.io/x",
            nobody,
            "the name of a credential helper is 1 to 64 of the characters",
            "",
        ),
        row(
            "one that fails, and an entry",
            format!("{{{entry}, \"credHelpers\": {{\"a.io\": \"fails\"}}}}"),
            "a.io/x",
            ("entry", "a.io"),
            "docker-credential-fails: the program failed",
            "",
        ),
        row(
            "one that is absent, and one that is not",
            "{\"credHelpers\": {\"a.io\": \"absent\"}, \"credsStore\": \"store\"}".to_owned(),
            "a.io/x",
            stored,
            "docker-credential-absent: the program is not installed",
            "get a.io\n",
        ),
    ];
    for Row { name, config, image, found, reason, asked } in rows {
        home.write(".docker/config.json", &config);
        home.write("asked", "");
        let started = Instant::now();
        let explained = home.explain_with(image, &[], &["--limit", "helper_ms=700"]);
        assert!(started.elapsed() < Duration::from_secs(10), "{name}");
        assert_eq!((explained.who(), explained.text("key")), found, "{name}: {explained:#?}");
        assert!(explained.passed_over().contains(reason), "{name}: {explained:#?}");
        assert_eq!(std::fs::read_to_string(home.path().join("asked")).unwrap(), asked, "{name}");
    }
}

#[test]
fn helpers_that_registries_conf_lists() {
    let home = Home::new();
    home.program("docker-credential-one", &helper("one"));
    home.program("docker-credential-empty", NOT_FOUND);
    home.write(
        ".docker/config.json",
        &format!("{{\"auths\": {{\"a.io\": {{\"auth\": \"{}\"}}}}}}", auth("entry")),
    );
    let named = home.write("named.json", "{}");
    let explain = |list: &str, variables: &[(&str, &str)]| -> Explained {
        home.write(
            ".config/containers/registries.conf",
            &format!("credential-helpers = [{list}]\n"),
        );
        home.explain("a.io/x", variables)
    };
    for (list, who, source) in [
        ("\"one\", \"containers-auth.json\"", "one", "one in registries.conf"),
        ("\"containers-auth.json\", \"one\"", "entry", "config.json"),
        ("\"empty\", \"absent\", \"containers-auth.json\"", "entry", "config.json"),
        ("\"one\"", "one", "one in registries.conf"),
        ("\"empty\"", "anonymous", ""),
        ("", "entry", "config.json"),
    ] {
        let found = explain(list, &[]);
        assert_eq!(found.who(), who, "{list}: {found:#?}");
        assert!(found.text("source").contains(source), "{list}: {found:#?}");
    }
    let passed_over = explain("\"empty\"", &[]).passed_over();
    for line in [
        "empty in registries.conf: docker-credential-empty: it keeps nothing for this registry",
        "credential files: the credential-helpers of registries.conf do not list containers-auth.json",
    ] {
        assert!(passed_over.contains(line), "{passed_over}");
    }
    // A file that is named stands alone.
    assert_eq!(explain("\"one\"", &[("REGISTRY_AUTH_FILE", &named)]).who(), "anonymous");
}

/// The digest of an image is asked for with what the file says; the registry lets the right one in.
#[test]
fn what_is_found_is_what_the_registry_is_told() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = runtime.block_on(FakeRegistry::start());
    let image = alpine();
    registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.clone());
    let home = Home::new();
    home.program("docker-credential-one", &helper("user"));
    let reference = format!("{}/team/app:1", registry.host());
    let digest = || home.run(&["-vvv", "digest", &reference], &[]);
    let (host, padded) = (registry.host(), auth("user"));
    let bare = padded.trim_end_matches('=');

    // A registry that lets everybody in is told nothing worse than before, whatever the helper does.
    home.program("docker-credential-fails", "exit 3");
    for store in ["absent", "fails", "../sh"] {
        home.write(".docker/config.json", &format!("{{\"credsStore\": \"{store}\"}}"));
        let output = digest();
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    }
    assert!(registry.requests().iter().all(|request| request.header("authorization").is_none()));

    registry.gate(Gate::Exactly {
        challenges: vec!["Basic realm=\"r\"".to_owned()],
        authorization: format!("Basic {padded}"),
    });
    for (name, config, wanted) in [
        ("padded", format!("{{\"auths\": {{\"{host}\": {{\"auth\": \"{padded}\"}}}}}}"), 0),
        ("unpadded", format!("{{\"auths\": {{\"{host}\": {{\"auth\": \"{bare}\"}}}}}}"), 0),
        (
            "a namespace, and a colon in the password",
            format!(
                "{{\"auths\": {{\"{host}/team\": {{\"username\": \"user\", \"password\": \"{SECRET}\"}}}}}}"
            ),
            0,
        ),
        (
            "auth overrides",
            format!(
                "{{\"auths\": {{\"{host}\": {{\"auth\": \"{padded}\", \"username\": \"x\", \"password\": \"y\"}}}}}}"
            ),
            0,
        ),
        ("a helper", format!("{{\"credHelpers\": {{\"{host}\": \"one\"}}}}"), 0),
        (
            "another namespace",
            format!("{{\"auths\": {{\"{host}/other\": {{\"auth\": \"{padded}\"}}}}}}"),
            3,
        ),
        (
            "another user",
            format!("{{\"auths\": {{\"{host}\": {{\"auth\": \"{}\"}}}}}}", auth("x")),
            3,
        ),
    ] {
        home.write(".docker/config.json", &config);
        let output = digest();
        assert_eq!(status(&output), wanted, "{name}: {}", stderr(&output));
    }
}
