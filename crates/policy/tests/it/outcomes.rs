//! What each kind of rule says of an image.

use cutaway_policy::Outcome;
use serde_json::json;

use crate::support::Case;

#[track_caller]
fn expect(case: &Case, rules: &[(&str, Outcome, &str)]) {
    for (rule, outcome, message) in rules {
        let report = case.rule(rule);
        assert_eq!((report.outcome, report.message.as_str()), (*outcome, *message), "{rule}");
    }
}

use Outcome::{Fail, NotApplicable, Pass, Unknown};

#[test]
fn names_and_registries() {
    let mut case = Case::debian();
    expect(
        &case,
        &[
            (
                "image.registry: {allow: [registry.example]}",
                Pass,
                "images may come from registry.example",
            ),
            (
                "image.registry: {allow: [\"*.other\"]}",
                Fail,
                "images may not come from registry.example",
            ),
            (
                "image.registry: {deny: [\"registry.*\"]}",
                Fail,
                "images may not come from registry.example",
            ),
            ("image.pinned: true", Fail, "the image is not named by its digest"),
        ],
    );
    case.asked.as_mut().unwrap().pinned = true;
    expect(&case, &[("image.pinned: true", Pass, "the image is named by its digest")]);
    case.asked = None;
    let cause = "the image does not come from a registry";
    expect(
        &case,
        &[("image.pinned: true", Unknown, cause), ("image.registry: {allow: [a]}", Unknown, cause)],
    );
}

#[test]
fn measures() {
    let mut case = Case::debian();
    expect(
        &case,
        &[
            (
                "image: {max_compressed: 1MiB, max_layers: 1, max_age: 30d}",
                Pass,
                "it is neither too large nor too old",
            ),
            (
                "image: {max_compressed: 1023KiB, max_layers: 0}",
                Fail,
                "its layers are 1048576 bytes of at most 1047552; it has 1 layers of at most 0",
            ),
            (
                "image: {max_age: 28d}",
                Fail,
                "it was made on 2026-11-01T00:00:00Z, and was too old from 2026-11-29T00:00:00Z on",
            ),
        ],
    );
    for created in ["1970-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "yesterday", ""] {
        case.report["created"] = json!(created);
        assert_eq!(case.rule("image: {max_age: 28d}").outcome, Unknown, "{created}");
        // What is known to be broken is broken.
        assert_eq!(case.rule("image: {max_age: 28d, max_layers: 0}").outcome, Fail, "{created}");
    }
}

#[test]
fn bases() {
    let mut case = Case::debian();
    let unknown = "the image does not name its base";
    expect(
        &case,
        &[
            ("base: {allow: [\"**\"]}", Unknown, unknown),
            ("base: {allow: [\"**\"], known: optional}", NotApplicable, unknown),
        ],
    );
    let key = "org.opencontainers.image.base.name".to_owned();
    case.annotations.insert(key, "registry.example/base:1".to_owned());
    expect(
        &case,
        &[
            (
                "base: {allow: [\"registry.example/*\"]}",
                Pass,
                "images may be built on registry.example/base:1",
            ),
            (
                "base: {allow: [\"other/*\"], known: optional}",
                Fail,
                "images may not be built on registry.example/base:1",
            ),
            ("base: {max_age: 90d}", Unknown, "the image does not say when its base was made"),
        ],
    );
}

#[test]
fn distributions() {
    let mut case = Case::debian();
    expect(
        &case,
        &[
            ("distro: {supported: true}", Pass, "debian:12 is supported until 2026-12-31"),
            ("distro: {allow: [\"debian:12\"]}", Pass, "debian:12 is allowed"),
            ("distro: {allow: [debian]}", Pass, "debian:12 is allowed"),
            ("distro: {allow: [\"debian:13\", alpine]}", Fail, "debian:12 is not allowed"),
            ("distro: {deny: [\"debian:*\"]}", Fail, "debian:12 is not allowed"),
        ],
    );
    case.report["distro"]["eol"] = json!("2026-11-28");
    let ended = "debian:12 was supported until 2026-11-28";
    expect(
        &case,
        &[
            ("distro: {supported: true}", Fail, ended),
            (
                "distro: {supported: true, grace: 1d}",
                Pass,
                "debian:12 is supported until 2026-11-28",
            ),
            (
                "distro: {supported: true, allow_extended: [lts]}",
                Unknown,
                "debian:12 was supported until 2026-11-28; until when others support it is not known",
            ),
        ],
    );
    // The last day counts whole.
    case.report["distro"]["eol"] = json!("2026-11-29");
    assert_eq!(case.rule("distro: {supported: true}").outcome, Pass);
    case.report["distro"]["eol"] = json!(null);
    assert_eq!(case.rule("distro: {supported: true}").outcome, Unknown);
    case.report["distro"] = json!(null);
    assert_eq!(case.rule("distro: {allow: [debian]}").outcome, Unknown);
}

#[test]
fn packages() {
    let mut case = Case::debian();
    let denied = |selection: &str| format!("packages: {{deny: [{{{selection}}}]}}");
    for (selection, outcome) in [
        ("kind: deb, source: openssl, below: \"3.0.15-1~deb12u1\"", Fail),
        ("kind: deb, source: openssl, below: \"3.0.11-1\"", Pass),
        ("kind: rpm, source: openssl, below: \"3.0.15\"", Pass),
        ("name: \"lib*\"", Fail),
        ("name: openssl, at: [\"3.0.1*\"]", Fail),
        ("name: openssl, at: [\"3.0.1\"]", Pass),
        ("name: nano", Pass),
    ] {
        assert_eq!(case.rule(&denied(selection)).outcome, outcome, "{selection}");
    }
    assert_eq!(case.rule("packages: {deny: [{name: nano}], include_removed: true}").outcome, Fail);
    let required = case.rule("packages: {require: [{name: ca-certificates}]}");
    assert_eq!(required.message, "ca-certificates is not installed");
    let broken = case.rule(&denied("source: openssl, below: \"4\""));
    assert_eq!(broken.evidence_total, 2);
    assert_eq!(broken.message, "libssl3 3.0.11-1 is below 4, and 1 more");
    assert_eq!(broken.fix.as_deref(), Some("upgrade to at least 4"));
    assert_eq!(broken.evidence[0].layer, Some(0));
    assert_eq!(broken.evidence[0].created_by.as_deref(), Some("RUN apt-get"));
    // What has no version that can be compared is not known to be above.
    case.report["packages"][0]["version"] = json!("a b");
    case.report["packages"][0]["source"]["version"] = json!("a b");
    assert_eq!(case.rule(&denied("name: libssl3, below: \"4\"")).outcome, Unknown);
    case.report["packages"] = json!([]);
    assert_eq!(case.rule(&denied("name: openssl")).outcome, Pass);
    case.report["distro"] = json!(null);
    assert_eq!(case.rule(&denied("name: openssl")).outcome, Unknown);
}

#[test]
fn users_and_labels() {
    let mut case = Case::debian();
    let user = |case: &mut Case, user: &str| case.run.as_mut().unwrap().user = user.to_owned();
    for (name, outcome) in [
        ("1000", Pass),
        ("1000:0", Pass),
        ("0", Fail),
        ("00", Fail),
        ("", Fail),
        ("root", Fail),
        (":5", Fail),
        ("app", Unknown),
    ] {
        user(&mut case, name);
        assert_eq!(case.rule("config.user: {not_root: true}").outcome, outcome, "{name}");
    }
    case.passwd = Some(b"root:x:0:0::/:/bin/sh\ntoor:x:0:0\napp:x:7:7\napp:x:0:0\nbad\n".to_vec());
    for (name, outcome) in [("app", Pass), ("toor", Fail), ("bad", Unknown), ("none", Unknown)] {
        user(&mut case, name);
        assert_eq!(case.rule("config.user: {not_root: true}").outcome, outcome, "{name}");
    }
    user(&mut case, "1000");
    assert_eq!(case.rule("config.user: {allow: [1000, app]}").outcome, Pass);
    assert_eq!(case.rule("config.user: {allow: [app]}").outcome, Fail);
    let rule = "config.labels: {require: {team: \"*\", source: \"https://git.example/**\"}}";
    assert_eq!(case.rule(rule).message, "the label source is missing; the label team is missing");
    let labels = &mut case.run.as_mut().unwrap().labels;
    labels.insert("team".to_owned(), "a".to_owned());
    labels.insert("source".to_owned(), "https://git.example/a/b".to_owned());
    assert_eq!(case.rule(rule).outcome, Pass);
    case.run = None;
    assert_eq!(case.rule(rule).outcome, Unknown);
    assert_eq!(case.rule("config.user: {not_root: true}").outcome, Unknown);
}

#[test]
fn licences() {
    let mut case = Case::debian();
    for (licence, rule, outcome) in [
        ("Apache-2.0", "licences: {deny: [\"AGPL-3.0-*\"]}", Pass),
        ("AGPL-3.0-only", "licences: {deny: [\"AGPL-3.0-*\"]}", Fail),
        ("AGPL-3.0-only OR MIT", "licences: {deny: [\"AGPL-3.0-*\"]}", Pass),
        ("AGPL-3.0-only AND MIT", "licences: {deny: [\"AGPL-3.0-*\"]}", Fail),
        ("MIT AND (AGPL-3.0-only OR MIT)", "licences: {deny: [\"AGPL-3.0-*\"]}", Fail),
        ("MIT", "licences: {allow: [\"MIT\"]}", Fail),
        ("MIT", "licences: {allow: [\"MIT\", \"Apache-*\"]}", Pass),
    ] {
        case.report["packages"][0]["licenses"] = json!([licence]);
        assert_eq!(case.rule(rule).outcome, outcome, "{licence} {rule}");
    }
    case.report["packages"][0]["licenses"] = json!([]);
    assert_eq!(case.rule("licences: {deny: [X], unknown: deny}").outcome, Fail);
    let told = case.rule("licences: {deny: [X]}");
    assert_eq!(
        (told.outcome, told.message.as_str()),
        (Pass, "no licence is against it; those of 1 packages are not known")
    );
}
