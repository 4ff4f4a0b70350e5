//! Rules as the manual page and real machines have them.

use super::*;

/// Returns the places, as `name`, with `!` where insecure and `~` where a mirror.
fn route(conf: &str, reference: &str) -> Result<Vec<String>, RouteError> {
    let conf = RegistriesConf::parse(conf).unwrap();
    let endpoints = conf.route(&reference.parse().unwrap())?;
    let shown = |endpoint: &Endpoint| {
        format!(
            "{}{}{}",
            if endpoint.mirror { "~" } else { "" },
            if endpoint.insecure { "!" } else { "" },
            endpoint.reference
        )
    };
    Ok(endpoints.iter().map(shown).collect())
}

const DIGEST: &str = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const CONF: &str = r#"
unqualified-search-registries = ["example.com"]
short-name-mode = "enforcing"

[[registry]]
prefix = "example.com/foo"
location = "internal.example.com:5000/bar"
insecure = true

[[registry.mirror]]
location = "one.example.com"
insecure = true
[[registry.mirror]]
location = "two.example.com/deep"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "three.example.com"
pull-from-mirror = "tag-only"

[[registry]]
prefix = "example.com/foo/blocked"
blocked = true

[[registry]]
location = "index.docker.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "mirror.gcr.io"

[[registry]]
prefix = "*.corp.example"
location = "proxy.example/corp"

[[registry]]
prefix = "*.lab.example"
insecure = true

[[registry]]
prefix = "*.evil.lab.example"
blocked = true
"#;

#[test]
fn routes() {
    for (reference, wanted) in [
        ("example.com/other:1", vec!["example.com/other:1".to_owned()]),
        (
            "example.com/foo/x:1",
            vec![
                "~!one.example.com/x:1".to_owned(),
                "~three.example.com/x:1".to_owned(),
                "!internal.example.com:5000/bar/x:1".to_owned(),
            ],
        ),
        (
            &format!("example.com/foo/x:1{DIGEST}"),
            vec![
                format!("~!one.example.com/x:1{DIGEST}"),
                format!("~two.example.com/deep/x:1{DIGEST}"),
                format!("!internal.example.com:5000/bar/x:1{DIGEST}"),
            ],
        ),
        // A prefix ends at the border of a component, and a port makes another registry.
        ("example.com/foobar:1", vec!["example.com/foobar:1".to_owned()]),
        ("example.com:5000/foo/x:1", vec!["example.com:5000/foo/x:1".to_owned()]),
        ("alpine:3", vec!["docker.io/library/alpine:3".to_owned()]),
        (
            &format!("alpine{DIGEST}"),
            vec![
                format!("~mirror.gcr.io/library/alpine{DIGEST}"),
                format!("docker.io/library/alpine{DIGEST}"),
            ],
        ),
        ("a.corp.example/team/x:1", vec!["proxy.example/corp/team/x:1".to_owned()]),
        ("corp.example/team/x:1", vec!["corp.example/team/x:1".to_owned()]),
        ("b.a.lab.example/x:1", vec!["!b.a.lab.example/x:1".to_owned()]),
    ] {
        assert_eq!(route(CONF, reference).unwrap(), wanted, "{reference}");
    }
    for reference in
        ["example.com/foo/blocked:1", "example.com/foo/blocked/x:1", "a.evil.lab.example/x"]
    {
        assert!(matches!(route(CONF, reference), Err(RouteError::Blocked { .. })), "{reference}");
    }
    assert_eq!(route("", "alpine:1").unwrap(), ["docker.io/library/alpine:1"]);
}

#[test]
fn later_files_replace_rules() {
    let earlier = RegistriesConf::parse(CONF).unwrap();
    let later = RegistriesConf::parse(
        "[[registry]]\nprefix=\"example.com/foo\"\nlocation=\"else.example.com\"\n[[registry]]\nlocation=\"new.example\"\nblocked=true",
    )
    .unwrap();
    let conf = earlier.overlaid(later);
    let routed = conf.route(&"example.com/foo/x:1".parse().unwrap()).unwrap();
    assert_eq!(routed.len(), 1);
    assert_eq!(routed[0].reference.to_string(), "else.example.com/x:1");
    assert!(conf.route(&"new.example/x".parse().unwrap()).is_err());
    assert!(conf.route(&"example.com/foo/blocked".parse().unwrap()).is_err());
}

#[test]
fn the_first_version_of_the_format() {
    let conf = "[registries.search]\nregistries=['a.io']\n[registries.insecure]\nregistries=['b.io','c.io']\n\
        [registries.block]\nregistries=['c.io']\n";
    assert_eq!(route(conf, "b.io/x:1").unwrap(), ["!b.io/x:1"]);
    assert!(route(conf, "c.io/x:1").is_err());
    assert_eq!(route(conf, "a.io/x:1").unwrap(), ["a.io/x:1"]);
}

#[test]
fn what_breaks_the_format_is_said() {
    for (conf, words) in [
        ("x", "line 1"),
        ("\n[[registry]]\nprefix = 7", "line 3"),
        ("[[registry]]\n", "neither prefix nor location"),
        ("[[registry]]\nprefix=\"foo/bar\"", "does not begin with a registry"),
        ("[[registry]]\nlocation=\"foo\"", "does not begin with a registry"),
        ("[[registry]]\nprefix=\"*.a.io/x\"", "both *. and a path"),
        (
            "[[registry]]\nprefix=\"a.io\"\n[[registry.mirror]]\nlocation=\"mine\"",
            "a mirror whose location",
        ),
        (
            "[[registry]]\nprefix=\"a.io\"\n[[registry.mirror]]\nlocation=\"b.io\"\npull-from-mirror=\"never\"",
            "pull-from-mirror that is not",
        ),
        (
            "[[registry]]\nprefix=\"a.io\"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation=\"b.io\"\npull-from-mirror=\"all\"",
            "both mirror-by-digest-only and",
        ),
        (
            "[registries.block]\nregistries=['c.io']\n[[registry]]\nlocation=\"a.io\"",
            "mixes both versions",
        ),
    ] {
        let error = RegistriesConf::parse(conf).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{conf}: {error}");
    }
    // A rule may lead nowhere that can be asked.
    let conf = "[[registry]]\nprefix=\"a.io\"\nlocation=\"b.io/UPPER\"";
    assert!(matches!(route(conf, "a.io/x"), Err(RouteError::Location { .. })));
}

proptest::proptest! {
    /// Where a rule leads, the image keeps its own name below the prefix, its tag and its digest.
    #[test]
    fn what_is_below_a_prefix_stays(path in "[a-z]{1,5}(/[a-z]{1,5}){0,3}", depth in 0_usize..4) {
        let above: Vec<&str> = path.split('/').take(depth).collect();
        let prefix = [&["a.io"], above.as_slice()].concat().join("/");
        let conf = format!("[[registry]]\nprefix = \"{prefix}\"\nlocation = \"b.io/x\"\n");
        let routed = route(&conf, &format!("a.io/{path}:t")).unwrap();
        let below: Vec<&str> = path.split('/').skip(depth).collect();
        let wanted = [&["b.io/x"], below.as_slice()].concat().join("/");
        proptest::prop_assert_eq!(routed, [format!("{wanted}:t")]);
    }
}

#[test]
fn credential_helpers_of_the_last_file_that_has_some() {
    let conf = |text: &str| RegistriesConf::parse(text).unwrap();
    let first = conf("credential-helpers = [\"secretservice\", \"containers-auth.json\"]\n");
    assert_eq!(first.credential_helpers(), ["secretservice", "containers-auth.json"]);
    let later = first.overlaid(conf("")).overlaid(conf("credential-helpers = [\"pass\"]"));
    assert_eq!(later.credential_helpers(), ["pass"]);
    assert!(conf("").credential_helpers().is_empty());
}
