//! Tables and laws of references.

use proptest::prelude::*;

use super::*;

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn strict() -> Defaults {
    Defaults { strict: true, ..Defaults::default() }
}

#[test]
fn normal_forms() {
    let digest = format!("sha256:{HASH}");
    for (text, full) in [
        ("alpine", "docker.io/library/alpine:latest"),
        ("a", "docker.io/library/a:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("index.docker.io/library/alpine:3", "docker.io/library/alpine:3"),
        ("registry-1.docker.io/alpine", "docker.io/library/alpine:latest"),
        ("bitnami/redis", "docker.io/bitnami/redis:latest"),
        ("ghcr.io/a", "ghcr.io/a:latest"),
        ("EXAMPLE.com/foo", "example.com/foo:latest"),
        ("foo__bar/baz", "docker.io/foo__bar/baz:latest"),
        ("foo---bar", "docker.io/library/foo---bar:latest"),
        ("a/b/c/d/e/f:1", "docker.io/a/b/c/d/e/f:1"),
        ("localhost/foo", "localhost/foo:latest"),
        ("localhost:5000/foo", "localhost:5000/foo:latest"),
        ("LOCALHOST/foo", "localhost/foo:latest"),
        ("x.localhost:80/foo", "x.localhost:80/foo:latest"),
        ("[::1]:5000/foo", "[::1]:5000/foo:latest"),
        ("[::1]/foo:1", "[::1]/foo:1"),
        ("[0::1]:5000/x", "[::1]:5000/x:latest"),
        ("10.0.0.1:65535/foo", "10.0.0.1:65535/foo:latest"),
        ("foo:_tag", "docker.io/library/foo:_tag"),
        ("foo:5000", "docker.io/library/foo:5000"),
        ("foo:5000/bar.baz", "foo:5000/bar.baz:latest"),
        (&format!("alpine@{digest}"), &format!("docker.io/library/alpine@{digest}")),
        (&format!("a/b:1@{digest}"), &format!("docker.io/a/b:1@{digest}")),
        (&format!("[::1]:5000/a@{digest}"), &format!("[::1]:5000/a@{digest}")),
        (
            &format!("foo@sha512:{HASH}{HASH}"),
            &format!("docker.io/library/foo@sha512:{HASH}{HASH}"),
        ),
        (&format!("gcr.io/{HASH}"), &format!("gcr.io/{HASH}:latest")),
    ] {
        let reference: Reference = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(reference.to_string(), full, "{text}");
    }
}

#[test]
fn wrong_ones() {
    for (text, rule) in [
        ("", "Empty"),
        (" alpine", "Character"),
        ("alpine ", "Character"),
        ("alpine\n", "Character"),
        ("al\0pine", "Character"),
        ("аlpine", "Character"),
        ("white space", "Character"),
        ("docker://ubuntu", "Scheme"),
        ("https://gcr.io/foo", "Scheme"),
        ("oci://dir", "Scheme"),
        ("gcr.io/a//b", "Component"),
        ("gcr.io//", "Component"),
        ("gcr.io/", "NoRepository"),
        ("/foo", "Component"),
        ("foo/", "Component"),
        ("gcr.io/../foo", "Component"),
        ("../foo", "Host"),
        ("-foo/bar", "Component"),
        ("-oProxy", "Component"),
        (".foo", "Component"),
        ("foo..bar", "Component"),
        ("foo_/bar", "Component"),
        ("foo:-tag", "Tag"),
        ("foo:.tag", "Tag"),
        ("foo:", "Tag"),
        ("foo:a/b:c:", "Tag"),
        (&format!("foo:{}", "t".repeat(300)), "Tag"),
        (&format!("sha256:{HASH}"), "BareHash"),
        (HASH, "BareHash"),
        ("10.0.0.1:99999/foo", "Port"),
        ("host:0/foo", "Port"),
        ("host:port/foo", "Port"),
        ("foo_bar.com/baz", "Host"),
        ("::1/foo", "Host"),
        ("[::1/foo", "Host"),
        ("1.2.3/foo", "Host"),
        ("localhost", "NoRepository"),
        ("localhost:5000", "NoRepository"),
        ("[::1]:5000", "NoRepository"),
        ("Ubuntu", "Component"),
        ("Example/foo", "Component"),
        ("user@host/foo", "Host"),
        ("x:y:z", "Component"),
        ("a/b@sha256:abc", "Digest"),
        ("foo@sha512:abc", "Digest"),
        ("foo@", "Digest"),
        (&format!("foo@sha256:{}", HASH.to_uppercase()), "Digest"),
        (&format!("foo:@sha256:{HASH}"), "Tag"),
        (&format!("@sha256:{HASH}"), "Component"),
        (&format!("a@sha256:{HASH}@sha256:{HASH}"), "TwoDigests"),
        (&"a".repeat(256), "TooLong"),
        (&format!("gcr.io/{}", "a".repeat(249)), "TooLong"),
    ] {
        let error = text.parse::<Reference>().expect_err(text);
        assert!(format!("{:?}", error.rule()).starts_with(rule), "{text}: {:?}", error.rule());
        let shown = error.to_string();
        assert!(shown.len() <= 1024 && !shown.contains(|c: char| c.is_control()), "{shown}");
        // What no default can mend, strict reading does not mend either.
        assert!(Reference::parse(text, &strict()).is_err(), "{text}");
    }
    assert!(format!("gcr.io/{}", "a".repeat(248)).parse::<Reference>().is_ok());
}

#[test]
fn strict_reading() {
    let digest = format!("@sha256:{HASH}");
    for good in [
        "docker.io/library/alpine:3.20",
        "index.docker.io/bitnami/redis:7",
        "localhost:5000/foo:1",
        &format!("gcr.io/foo{digest}"),
        &format!("docker.io/alpine{digest}"),
    ] {
        let reference = Reference::parse(good, &strict()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Reference::parse(&reference.to_string(), &strict()), Ok(reference));
    }
    for (bad, rule) in [
        ("alpine:3.20", Rule::StrictRegistry),
        ("library/alpine:3.20", Rule::StrictRegistry),
        (&format!("alpine{digest}"), Rule::StrictRegistry),
        ("docker.io/library/alpine", Rule::StrictTag),
        ("docker.io/ubuntu:x", Rule::StrictLibrary),
    ] {
        assert_eq!(Reference::parse(bad, &strict()).expect_err(bad).rule(), &rule);
        assert!(bad.parse::<Reference>().is_ok(), "{bad}");
    }
}

#[test]
fn other_defaults() {
    let defaults = Defaults { registry: "myreg".into(), tag: "edge".into(), strict: false };
    let parse =
        |text: &str| Reference::parse(text, &defaults).map(|reference| reference.to_string());
    let digest = format!("sha256:{HASH}");
    assert_eq!(parse("ubuntu").as_deref(), Ok("myreg/ubuntu:edge"));
    assert_eq!(
        parse(&format!("ubuntu@{digest}")).as_deref(),
        Ok(format!("myreg/ubuntu@{digest}").as_str())
    );
    assert_eq!(parse("ghcr.io/x").as_deref(), Ok("ghcr.io/x:edge"));
    let defaults = Defaults { registry: "Index.Docker.IO".into(), ..Defaults::default() };
    assert_eq!(Reference::parse("x", &defaults).unwrap().to_string(), "docker.io/library/x:latest");
    let defaults = Defaults { registry: "bad_host".into(), ..Defaults::default() };
    assert_eq!(
        Reference::parse("x", &defaults).unwrap_err().rule(),
        &Rule::Host("bad_host".into())
    );
}

#[test]
fn api_hosts() {
    let host = |text: &str| text.parse::<Reference>().unwrap().api_host().to_owned();
    assert_eq!(host("alpine"), "registry-1.docker.io");
    assert_eq!(host("localhost:5000/x"), "localhost:5000");
}

fn registries() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("docker.io".to_owned()),
        Just("localhost".to_owned()),
        "[a-z0-9]{1,8}\\.[a-z]{2,5}(:[1-9][0-9]{0,3})?",
        "\\[::[1-9a-f]{1,4}\\](:[1-9][0-9]{0,3})?",
    ]
}

proptest! {
    #[test]
    fn parsing_is_total(text in any::<String>()) {
        if let Err(error) = text.parse::<Reference>() {
            prop_assert!(error.to_string().len() <= 1024 + 512);
        }
    }

    #[test]
    fn parsing_is_total_near_the_grammar(text in "[a-zA-Z0-9._:@/\\[\\]-]{0,80}") {
        if let Ok(reference) = text.parse::<Reference>() {
            prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
        }
    }

    #[test]
    fn full_names_parse_to_themselves(
        registry in registries(),
        path in "[a-z0-9]{1,6}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}(/[a-z0-9]{1,5}){1,3}",
        tag in proptest::option::of("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}"),
        hash in proptest::option::of("[0-9a-f]{64}"),
    ) {
        let tag_text = tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest_text = hash.as_ref().map(|hash| format!("@sha256:{hash}")).unwrap_or_default();
        let text = format!("{registry}/{path}{tag_text}{digest_text}");
        let reference: Reference = text.parse().unwrap();
        prop_assert_eq!(reference.registry(), registry);
        prop_assert_eq!(reference.repository(), path);
        prop_assert_eq!(reference.digest().map(Digest::encoded), hash.as_deref());
        prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
    }

    /// oci-spec follows the distribution project. Where the two disagree, it is one of these:
    /// we refuse bad ports, hosts that are malformed numbers, bare localhosts and hashes, long names,
    /// and a first component in upper case; we take addresses in brackets and digests of unknown algorithms, which it does not.
    #[test]
    fn agrees_with_oci_spec(text in prop_oneof![
        "[a-z0-9._-]{1,8}(/[a-z0-9._-]{1,6}){0,2}(:[a-zA-Z0-9._-]{1,6})?",
        "[a-z]{1,5}(\\.[a-z]{1,4})?(:[0-9]{1,4})?/[a-z]{1,3}(:[a-z]{1,3})?(@sha256:[0-9a-f]{64})?",
        "[a-zA-Z0-9.:/_-]{1,24}",
    ]) {
        use oci_spec::distribution::Reference as Oracle;
        match (text.parse::<Reference>(), text.parse::<Oracle>()) {
            (Ok(ours), Ok(theirs)) => {
                let same_host = theirs.registry().to_ascii_lowercase();
                prop_assert_eq!(ours.registry(), registry_name(&same_host));
                prop_assert_eq!(ours.repository(), theirs.repository());
                prop_assert_eq!(ours.tag(), theirs.tag());
                prop_assert_eq!(ours.digest().map(Digest::as_str), theirs.digest());
            }
            (Ok(ours), Err(_)) => {
                prop_assert!(text.starts_with('['), "{text} is ours alone: {ours}");
            }
            (Err(error), Ok(_)) => {
                let listed = match error.rule() {
                    Rule::Port(_) | Rule::Host(_) | Rule::BareHash | Rule::NoRepository | Rule::TooLong(_) => true,
                    Rule::Component(part) => part.contains(|c: char| c.is_ascii_uppercase()) && text.starts_with(part),
                    _ => false,
                };
                prop_assert!(listed, "{error}");
            }
            (Err(_), Err(_)) => {}
        }
    }
}
