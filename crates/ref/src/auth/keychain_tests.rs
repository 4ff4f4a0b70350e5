//! Lookups through files as tools write them.

use std::sync::Mutex;

use super::*;
use crate::auth::{Ended, HelperError, NoPrograms};

/// Helpers by name, with what they keep; notes who was asked for which server.
#[derive(Debug, Default)]
struct Helpers {
    asked: Mutex<Vec<String>>,
}

impl Helpers {
    /// Returns what was asked since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Programs for Helpers {
    fn run(&self, program: &str, _: &[&str], server: &str) -> Result<Ended, HelperError> {
        let name = program.strip_prefix("docker-credential-").unwrap();
        self.asked.lock().unwrap().push(format!("{name} {server}"));
        let ends = |success, output: &str| Ok(Ended { success, output: output.into() });
        match name {
            "good" => ends(true, r#"{"Username": "helped", "Secret": "p"}"#),
            "podman" if server == "docker.io" => {
                ends(true, r#"{"Username": "hub", "Secret": "p"}"#)
            }
            "empty" | "podman" => ends(false, "credentials not found in native keychain"),
            _ => Err(HelperError::Absent),
        }
    }
}

/// Finds the credential in one file, as `user key`.
fn found(file: &str, reference: &str) -> String {
    let keychain = Keychain::new(vec![Source::file("file", file.as_bytes())]);
    let resolution = keychain.resolve(&reference.parse().unwrap(), &NoPrograms);
    let user = resolution.credential.username().unwrap_or(resolution.credential.kind());
    format!("{user} {}", resolution.key.unwrap_or_default())
}

#[test]
fn paths_from_the_most_specific_up() {
    // u:p with a digit behind the u, as base64.
    let file = r#"{"auths": {
        "a.io/x/y/z": {"auth": "dTE6cA=="},
        "a.io/x":     {"auth": "dTI6cA"},
        "a.io":       {"auth": "dTM6cA=="},
        "b.io/other": {"auth": "dTQ6cA=="},
        "a.io:5000":  {"auth": "dTU6cA=="},
        "[::1]:5000/x": {"auth": "dTY6cA=="}
    }}"#;
    for (reference, wanted) in [
        ("a.io/x/y/z", "u1 a.io/x/y/z"),
        ("a.io/x/y/z/w:1", "u1 a.io/x/y/z"),
        ("a.io/x/y", "u2 a.io/x"),
        ("a.io/xx", "u3 a.io"),
        ("a.io/w", "u3 a.io"),
        ("b.io/mine", "anonymous "),
        ("b.io/other", "u4 b.io/other"),
        ("b.io/others", "anonymous "),
        ("a.io:5000/x", "u5 a.io:5000"),
        ("a.io:5001/x", "anonymous "),
        ("[::1]:5000/x/y", "u6 [::1]:5000/x"),
        ("alpine", "anonymous "),
    ] {
        assert_eq!(found(file, reference), wanted, "{reference}");
    }
}

#[test]
fn the_hub_under_all_its_names() {
    for key in [
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "https://index.docker.io/v1/",
        "https://registry-1.docker.io/v2/",
        "index.docker.io/v1/",
        "https://docker.io",
        "docker.io/library",
        "docker.io/library/alpine",
    ] {
        let file = format!("{{\"auths\":{{\"{key}\":{{\"auth\":\"dTE6cA==\"}}}}}}");
        for reference in ["alpine", "docker.io/alpine:3", "index.docker.io/library/alpine"] {
            assert_eq!(found(&file, reference), format!("u1 {key}"), "{reference}");
        }
    }
    // A plain key wins over an address, however they are ordered.
    let file =
        r#"{"auths": {"https://a.io/v1/": {"auth": "dTE6cA=="}, "a.io": {"auth": "dTI6cA=="}}}"#;
    assert_eq!(found(file, "a.io/x"), "u2 a.io");
}

#[test]
fn entries_of_every_kind() {
    let entry = |entry: &str| {
        let file = format!("{{\"auths\":{{\"a.io\":{entry}}}}}");
        let keychain = Keychain::new(vec![Source::file("file", file.as_bytes())]);
        keychain.resolve(&"a.io/x".parse().unwrap(), &NoPrograms)
    };
    let identity = |username: Option<&str>| Credential::IdentityToken {
        username: username.map(ToOwned::to_owned),
        token: crate::auth::Secret::new("t"),
    };
    for (text, wanted) in [
        (r#"{"auth":"dTpwOnc="}"#, Credential::basic("u", "p:w")),
        (r#"{"auth":"dTpwOnc"}"#, Credential::basic("u", "p:w")),
        (r#"{"auth":"dTpwAAA="}"#, Credential::basic("u", "p")),
        (r#"{"auth":"dTpw","username":"x","password":"y"}"#, Credential::basic("u", "p")),
        (r#"{"username":"x","password":"y"}"#, Credential::basic("x", "y")),
        (r#"{"auth":"dTo=","identitytoken":"t"}"#, identity(Some("u"))),
        (r#"{"identitytoken":"t"}"#, identity(None)),
        (r#"{"auth":"PHRva2VuPjp0"}"#, identity(None)),
        (r#"{"registrytoken":"t"}"#, Credential::RegistryToken(crate::auth::Secret::new("t"))),
        (r#"{}"#, Credential::Anonymous),
        (r#"null"#, Credential::Anonymous),
        (r#"{"auth":"***"}"#, Credential::Anonymous),
        (r#"{"auth":"dXA="}"#, Credential::Anonymous),
        (r#"{"auth":"/////w=="}"#, Credential::Anonymous),
        (r#"{"username":"x"}"#, Credential::Anonymous),
    ] {
        assert_eq!(entry(text).credential, wanted, "{text}");
    }
    let reasons = entry(r#"{"auth":"!secret!"}"#).passed_over;
    assert_eq!(reasons[0].reason, "the entry \"a.io\" cannot be used: its auth is no base64");
}

#[test]
fn legacy_files() {
    let file = r#"{"https://index.docker.io/v1/": {"auth": "dTE6cA==", "email": "x"}, "a.io": {"auth": "dTI6cA=="}}"#;
    assert_eq!(found(file, "alpine"), "u1 https://index.docker.io/v1/");
    assert_eq!(found(file, "a.io/x"), "u2 a.io");
    assert_eq!(
        found(r#"{"HttpHeaders": {"a.io": "x"}, "detachKeys": "x"}"#, "a.io/x"),
        "anonymous "
    );
    assert_eq!(found("{}", "a.io/x"), "anonymous ");
}

#[test]
fn files_that_cannot_be_read_say_where_and_not_what() {
    for (file, reason) in [
        ("", "it is no JSON, from line 1, column 0 on"),
        ("{\"auths\": \"hunter2\"}", "auths is no JSON object"),
        ("{\"auths\": {\n\"hunter2", "it is no JSON, from line 2, column 8 on"),
        ("[]", "it is no JSON object"),
        ("{\"credHelpers\": 7}", "credHelpers is no JSON object"),
    ] {
        let keychain = Keychain::new(vec![Source::file("f", file.as_bytes())]);
        let resolution = keychain.resolve_registry("a.io", &NoPrograms);
        assert_eq!(resolution.credential, Credential::Anonymous);
        assert_eq!(
            resolution.passed_over,
            [PassedOver { source: "f".into(), reason: reason.into(), broken: true }]
        );
    }
}

#[test]
fn helpers() {
    let run = Helpers::default();
    let file = r#"{
        "auths": {"https://index.docker.io/v1/": {}, "b.io": {"auth": "dTE6cA=="}, "c.io": {}, "d.io": {"auth": "dTI6cA=="}},
        "credHelpers": {"a.io": "good", "d.io": "absent", "e.io": "../../bin/sh"},
        "credsStore": "good"
    }"#;
    let keychain = Keychain::new(vec![Source::file("file", file.as_bytes())]);
    for (reference, wanted, calls) in [
        ("a.io/x", "helped docker-credential-good", &["good a.io"][..]),
        ("alpine", "helped docker-credential-good", &["good https://index.docker.io/v1/"]),
        ("b.io/x", "u1 b.io", &[]),
        ("c.io/x", "helped docker-credential-good", &["good c.io"]),
        ("d.io/x", "u2 d.io", &["absent d.io"]),
        ("e.io/x", "helped docker-credential-good", &["good e.io"]),
    ] {
        let resolution = keychain.resolve(&reference.parse().unwrap(), &run);
        let shown =
            format!("{} {}", resolution.credential.username().unwrap(), resolution.key.unwrap());
        assert_eq!(shown, wanted, "{reference}");
        assert_eq!(run.asked(), calls, "{reference}");
    }
    let keychain = Keychain::new(vec![Source::file("file", br#"{"credsStore": "empty"}"#)]);
    let resolution = keychain.resolve(&"a.io/x".parse().unwrap(), &run);
    assert_eq!(resolution.credential, Credential::Anonymous);
    assert_eq!(
        resolution.passed_over[0].reason,
        "docker-credential-empty: it keeps nothing for this registry"
    );
    // A helper keeps whole registries, and one that Podman filled knows the Hub by its name.
    let file = br#"{"credHelpers": {"a.io/x": "good", "docker.io": "podman"}}"#;
    let keychain =
        Keychain::new(vec![Source::file("file", file), Source::helper("registries.conf", "empty")]);
    run.asked();
    let hub = keychain.resolve(&"alpine".parse().unwrap(), &run);
    assert_eq!(hub.credential.username(), Some("hub"));
    assert_eq!(run.asked(), ["podman https://index.docker.io/v1/", "podman docker.io"]);
    let resolution = keychain.resolve(&"a.io/x".parse().unwrap(), &run);
    let reasons: Vec<_> = resolution.passed_over.iter().map(|p| p.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the helper for \"a.io/x\" is not asked: helpers keep whole registries",
            "it has no credential for a.io/x",
            "docker-credential-empty: it keeps nothing for this registry",
        ]
    );
}

#[test]
fn sources_in_their_order() {
    let keychain = Keychain::new(vec![
        Source::absent("/run/auth.json", "no such file"),
        Source::for_registry("GITHUB_TOKEN", "ghcr.io", Credential::basic("unset", "canary")),
        Source::file("/h/config.json", br#"{"auths":{"a.io":{"auth":"dTE6Y2FuYXJ5"}}}"#),
    ]);
    let resolution = keychain.resolve(&"a.io/x".parse().unwrap(), &NoPrograms);
    assert_eq!(resolution.source.as_deref(), Some("/h/config.json"));
    assert_eq!(
        resolution.passed_over,
        [
            PassedOver {
                source: "/run/auth.json".into(),
                reason: "no such file".into(),
                broken: false
            },
            PassedOver {
                source: "GITHUB_TOKEN".into(),
                reason: "it is for ghcr.io".into(),
                broken: false
            },
        ]
    );
    assert_eq!(
        keychain.resolve(&"ghcr.io/x".parse().unwrap(), &NoPrograms).source.as_deref(),
        Some("GITHUB_TOKEN")
    );
    assert_eq!(keychain.resolve(&"b.io/x".parse().unwrap(), &NoPrograms).source, None);
    let shown = format!("{keychain:?} {resolution:?}");
    assert!(!shown.contains("canary") && !shown.contains("Y2FuYXJ5"), "{shown}");
    let keychain = Keychain::new(vec![Source::given("--username", Credential::basic("me", "p"))]);
    assert_eq!(
        keychain.resolve(&"b.io/x".parse().unwrap(), &NoPrograms).credential.username(),
        Some("me")
    );
}
