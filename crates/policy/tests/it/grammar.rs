//! What is read, and what is refused with line and column.

use cutaway_policy::Policy;

use crate::support::{text, today};

/// Every kind of rule, and every key of a file.
pub(crate) const WHOLE: &str = r#"schema: cutaway.policy/1
name: production
mode: enforce
match: {images: ["registry.example/**"], namespaces: ["*"], platforms: [linux/amd64, linux/arm64]}
no_match: deny
unknown: deny
scratch: deny
grace_running: 30d
rules:
  - {id: registries, image.registry: {allow: ["registry.example", "mirror.example"]}}
  - {id: pinned, image.pinned: true}
  - {id: base-age, base: {max_age: 90d, known: required}}
  - {id: distro-eol, distro: {supported: true, grace: 30d, allow_extended: [lts]}}
  - {id: no-old-ssl, packages: {deny: [{kind: deb, source: openssl, below: "3.0.15-1~deb12u1"}, {name: "xz-utils", at: ["5.6.0-*", "5.6.1-*"]}]}}
  - {id: no-setuid, files: {deny: {mode_any: [setuid, setgid], except: ["usr/bin/su", "usr/bin/passwd"]}}}
  - {id: no-secrets, secrets: {max: 0, include_hidden_layers: true}}
  - {id: non-root, config.user: {not_root: true}}
  - {id: size, image: {max_compressed: 500MiB, max_layers: 40}}
  - {id: licences, licences: {deny: ["AGPL-3.0-*", "SSPL-1.0"], unknown: warn}}
  - {id: vulns, vulnerabilities: {max_severity: medium, fixable_only: true, grace: {critical: 2d, high: 14d}, kev: deny, vex: [signed-by: release]}}
  - {id: signed, signatures: {any_of: [{key: release}, {keyless: {issuer: "https://issuer.example", subject: "https://git.example/org/*/release.yml@refs/tags/*"}}]}}
  - {id: sbom, attestations: {require: [{predicate: "https://cyclonedx.org/bom", signed_by: release}]}}
  - {id: labels, config.labels: {require: {"org.opencontainers.image.source": "https://git.example/**", "team": "*"}}}
  - {id: no-shell, severity: warn, cel: '!facts.shells.exists(s, s.visible)'}
keys: {release: {cosign: "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----\n"}}
exceptions:
  - {rule: vulns, ids: ["CVE-2026-1234"], packages: ["pkg:deb/debian/zlib*"], images: ["registry.example/team/*"], until: 2026-12-31, reason: "not reachable", ticket: "SEC-17", approved_by: "security-team"}
"#;

#[test]
fn the_whole_grammar_is_read() {
    let policy = Policy::read(WHOLE, today()).unwrap();
    assert_eq!((policy.name(), policy.rules().count()), ("production", 15));
    let asks: Vec<&str> = policy.rules().map(|rule| rule.asks).collect();
    assert!(asks.contains(&"image.registry") && asks.contains(&"cel"), "{asks:?}");
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let file = |more: &str| text("image.pinned: true", more);
    let rule = |rule: &str| text(rule, "");
    for (text, expected) in [
        ("schema: cutaway.policy/1\nname: p\n".to_owned(), "1:1: a policy has no \"rules\""),
        (
            file("").replace("policy/1", "policy/2"),
            "1:9: \"cutaway.policy/2\" is none of cutaway.policy/1",
        ),
        (
            file("mood: x\n"),
            "5:1: a policy knows no \"mood\": known are schema, name, mode, match, no_match, unknown, scratch, grace_running, rules, keys, exceptions",
        ),
        (file("mode: audits\n"), "5:7: \"audits\" is none of enforce, audit"),
        (file("match: {}\n"), "5:8: a match has none of images, namespaces, platforms"),
        (file("match: {platforms: [amd64]}\n"), "5:21: \"amd64\" is not os/arch[/variant]"),
        (
            file("exceptions: [{rule: x, ids: [a], until: 2026-12-31, reason: b}]\n"),
            "5:21: there is no rule \"x\"",
        ),
        (
            file("exceptions: [{rule: r, until: 2026-12-31, reason: b}]\n"),
            "5:14: an exception has none of ids, packages, paths, images",
        ),
        (
            file("exceptions: [{rule: r, ids: [a], until: 2028-01-01, reason: b}]\n"),
            "5:41: an exception ends within 366 days",
        ),
        (
            file("exceptions: [{rule: r, ids: [a], until: 2026-12-31}]\n"),
            "5:14: an exception has no \"reason\"",
        ),
        (
            file("exceptions: [{rule: r, ids: [a], until: 2026-12-31, reason: \" \"}]\n"),
            "5:61: the text is empty",
        ),
        (rule("image.pinned: false"), "4:27: only true has a meaning here: leave the rule out"),
        (rule("image.pinned: \"true\""), "4:27: \"true\" is neither true nor false"),
        (rule("image: {}"), "4:20: image has none of max_compressed, max_layers, max_age"),
        (rule("image: {max_layers: -1}"), "4:33: \"-1\" is no whole number"),
        (rule("image: {max_layers: \"4\"}"), "4:33: \"4\" is no whole number"),
        (rule("distro: {allow: debian}"), "4:29: a list is wanted"),
        (rule("distro: {allow: []}"), "4:29: the list is empty"),
        (
            rule("image.pinned: true, image: {max_layers: 1}"),
            "4:40: a rule asks one thing: make two of it",
        ),
        (rule("packages: {deny: [{name: a, kind: dep}]}"), "4:47: \"dep\" is no kind of packages"),
        (
            rule("packages: {deny: [{name: a, below: 3.0}]}"),
            "4:48: \"3.0\" is no text: put it in quotes",
        ),
        (
            rule("packages: {deny: [{name: a, at: [x], below: y}]}"),
            "4:57: \"below\" and \"at\" exclude each other",
        ),
        (rule("packages: {deny: [{below: y}]}"), "4:31: a package has none of name, source"),
        (rule("signatures: {any_of: [{key: other}]}"), "4:41: there is no key \"other\""),
        (rule("cel: \"\""), "4:18: the text is empty"),
    ] {
        let error = Policy::read(&text, today()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
    let twice = "schema: cutaway.policy/1\nname: p\nrules: [{id: r, image.pinned: true}, {id: r, image.pinned: true}]\n";
    let error = Policy::read(twice, today()).unwrap_err();
    assert_eq!(error.to_string(), "3:38: two rules are called \"r\"");
}
