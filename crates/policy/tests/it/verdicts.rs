//! Verdicts: what rules say together, exceptions, modes, and until when it holds.

use cutaway_policy::{Decision, Outcome, Policy};
use serde_json::json;

use crate::support::{Case, policy, today};

const BELOW: &str = "packages: {deny: [{source: openssl, below: \"4\"}]}";

#[test]
fn it_fails_closed() {
    let mut case = Case::debian();
    let decide = |case: &Case, rule: &str, more: &str| {
        let verdict = case.judge(&[policy(rule, more)]);
        (verdict.verdict, verdict.allowed)
    };
    let passes = "config.user: {not_root: true}";
    assert_eq!(decide(&case, passes, ""), (Decision::Pass, true));
    assert_eq!(decide(&case, BELOW, ""), (Decision::Block, false));
    let unknown = "secrets: {max: 0}";
    assert_eq!(decide(&case, unknown, ""), (Decision::Undecided, false));
    assert_eq!(decide(&case, unknown, "unknown: warn\n"), (Decision::Pass, true));
    assert_eq!(decide(&case, unknown, "unknown: pass\n"), (Decision::Pass, true));
    // What does not block decides nothing.
    for quiet in ["severity: warn, ", "severity: info, "] {
        assert_eq!(decide(&case, &format!("{quiet}{BELOW}"), ""), (Decision::Pass, true));
    }
    assert_eq!(decide(&case, BELOW, "mode: audit\n"), (Decision::Block, true));
    assert_eq!(decide(&case, &format!("mode: audit, {BELOW}"), ""), (Decision::Block, true));
    assert_eq!(decide(&case, unknown, "mode: audit\n"), (Decision::Undecided, false));
    case.report["complete"] = json!(false);
    assert_eq!(decide(&case, passes, ""), (Decision::Undecided, false));
    assert_eq!(decide(&case, BELOW, ""), (Decision::Block, false));
    assert_eq!(decide(&case, passes, "unknown: pass\nmode: audit\n"), (Decision::Undecided, false));
}

#[test]
fn nothing_known_is_no_pass_unless_it_may_be() {
    let mut case = Case::debian();
    case.report["packages"] = json!([]);
    case.report["distro"] = json!(null);
    let decide = |more: &str| case.judge(&[policy(BELOW, more)]).verdict;
    assert_eq!(decide(""), Decision::Undecided);
    assert_eq!(decide("scratch: allow\n"), Decision::Pass);
}

#[test]
fn exceptions_end() {
    let case = Case::debian();
    let with = |until: &str, what: &str| {
        let more = format!("exceptions: [{{rule: r, {what}, until: {until}, reason: because}}]\n");
        case.judge(&[policy(BELOW, &more)])
    };
    let all = with("2026-11-29", "packages: [\"pkg:deb/**\"]");
    assert_eq!((all.verdict, all.rules[0].outcome), (Decision::Pass, Outcome::Excepted));
    assert_eq!(all.valid_until.as_deref(), Some("2026-11-30T00:00:00Z"));
    assert_eq!(all.exceptions.used.len(), 1);
    let one = with("2026-12-31", "packages: [\"pkg:deb/debian/openssl@*\"]");
    assert_eq!((one.verdict, one.rules[0].evidence_total), (Decision::Block, 1));
    let over = with("2026-11-28", "packages: [\"pkg:deb/**\"]");
    assert_eq!((over.verdict, over.exceptions.expired.len()), (Decision::Block, 1));
    let unused = with("2026-12-31", "images: [\"other.example/**\"]");
    assert_eq!((unused.verdict, unused.exceptions.unused.len()), (Decision::Block, 1));
    let image = with("2026-12-31", "images: [\"registry.example/team/*\"]");
    assert_eq!(image.verdict, Decision::Pass);
}

#[test]
fn policies_are_about_images() {
    let case = Case::debian();
    let about = |matched: &str, more: &str| {
        policy("config.user: {not_root: true}", &format!("match: {{{matched}}}\n{more}"))
    };
    let here = || about("images: [\"registry.example/**\"]", "");
    let elsewhere = |more: &str| about("images: [\"other.example/**\"]", more);
    assert_eq!(case.judge(&[here()]).verdict, Decision::Pass);
    assert_eq!(case.judge(&[elsewhere("")]).verdict, Decision::Block);
    assert_eq!(case.judge(&[elsewhere("no_match: allow\n")]).verdict, Decision::Pass);
    assert_eq!(case.judge(&[elsewhere("no_match: warn\n")]).verdict, Decision::Pass);
    // The strictest of those that are not about it, and only where none is.
    let strict = [elsewhere("no_match: allow\n"), elsewhere("no_match: deny\n")];
    assert_eq!(case.judge(&strict).verdict, Decision::Block);
    assert_eq!(case.judge(&[here(), elsewhere("")]).verdict, Decision::Pass);
    assert_eq!(case.judge(&[about("platforms: [linux/amd64]", "")]).verdict, Decision::Pass);
    assert_eq!(case.judge(&[about("platforms: [linux/arm64]", "")]).verdict, Decision::Block);
    let rule = "applies_to: {images: [\"x/**\"]}, packages: {deny: [{name: openssl}]}";
    assert_eq!(case.rule(rule).outcome, Outcome::NotApplicable);
}

#[test]
fn it_holds_until_something_ends() {
    let mut case = Case::debian();
    let until = |case: &Case, rule: &str| case.judge(&[policy(rule, "")]).valid_until;
    let supported = "distro: {supported: true, grace: 1d}";
    assert_eq!(until(&case, supported).as_deref(), Some("2027-01-02T00:00:00Z"));
    assert_eq!(until(&case, "image: {max_age: 90d}").as_deref(), Some("2027-01-30T00:00:00Z"));
    assert_eq!(until(&case, BELOW), None);
    // At that moment it comes out another way, and not a second earlier.
    for (now, outcome) in
        [("2027-01-01T23:59:59Z", Outcome::Pass), ("2027-01-02T00:00:00Z", Outcome::Fail)]
    {
        case.now = now.parse().unwrap();
        assert_eq!(case.rule(supported).outcome, outcome, "{now}");
    }
}

#[test]
fn equal_inputs_give_equal_bytes_but_for_the_time() {
    let case = Case::debian();
    let policies = || [policy(BELOW, "")];
    let json = |case: &Case| serde_json::to_value(case.judge(&policies())).unwrap();
    let (first, mut second) =
        (json(&case), json(&Case { now: "2026-11-29T12:00:01Z".parse().unwrap(), ..case.clone() }));
    assert_ne!(first, second);
    second["evaluated"] = first["evaluated"].clone();
    assert_eq!(first, second);
}

#[test]
fn the_hash_is_that_of_what_is_said() {
    let hash = |text: &str| {
        let policy = Policy::read(text, today()).unwrap();
        Case::debian().judge(&[policy]).policy[0].hash.clone()
    };
    let yaml =
        "schema: cutaway.policy/1\nname: p # the name\nrules:\n  - id: r\n    image.pinned: true\n";
    let json =
        r#"{"name":"p","rules":[{"image.pinned":true,"id":"r"}],"schema":"cutaway.policy/1"}"#;
    assert_eq!(hash(yaml), hash(json));
    assert_ne!(hash(yaml), hash(&yaml.replace("id: r", "id: s")));
}
