//! What documents say of flaws in products, in each form, and of whom they say it.

use cutaway_report::{FlawState, ImageReport, VulnerabilityReport};
use cutaway_vulns::{Ignores, Vex, VexSubject};
use serde_json::{Value, json};

use crate::matching::{distro, only, package, record};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn image() -> ImageReport {
    serde_json::from_value(json!({"name": "docker.io/library/app:1", "source": "registry",
        "digest": DIGEST, "id": null, "media_type": null,
        "platform": {"os": null, "architecture": null, "variant": null}}))
    .unwrap()
}

fn finding() -> VulnerabilityReport {
    let records = [record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "openssl", None)];
    let purl = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl";
    let source = json!({"name": "openssl", "version": "3.0.11-1"});
    let deb = package("deb", "libssl3", "3.0.11-1", json!({"purl": purl, "source": source}));
    only(&records, &distro("debian", "12"), deb)
}

/// Applies documents, and returns the finding.
fn told(documents: &[Value]) -> VulnerabilityReport {
    let mut vex = Vex::default();
    for document in documents {
        vex.read(document.to_string().as_bytes(), "a.json").unwrap();
    }
    let mut found = [finding()];
    let distro = distro("debian", "12");
    vex.apply(&mut found, &VexSubject { image: Some(&image()), distro: Some(&distro) });
    let [found] = found;
    found
}

fn open_vex(product: Value, more: Value) -> Value {
    let mut statement = json!({"vulnerability": {"name": "CVE-2024-1"}, "products": [product],
        "status": "not_affected", "justification": "vulnerable_code_not_present"});
    for (key, value) in more.as_object().unwrap() {
        statement[key] = value.clone();
    }
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "a", "author": "a", "version": 1,
        "timestamp": "2024-01-01T00:00:00Z", "statements": [statement]})
}

#[test]
fn products_are_the_image_or_the_package() {
    let deb = "pkg:deb/debian/libssl3";
    for (product, expected) in [
        (json!({"@id": deb}), true),
        (json!({"@id": format!("{deb}@3.0.11-1?arch=amd64")}), true),
        (json!({"@id": format!("{deb}@3.0.12-1")}), false),
        (json!({"@id": format!("{deb}?arch=arm64")}), false),
        (json!({"@id": format!("{deb}?distro=debian-11")}), false),
        (json!(deb), true),
        (json!({"@id": "https://a/b", "identifiers": {"purl": deb}}), true),
        (json!({"@id": "pkg:oci/app"}), true),
        (json!({"@id": format!("pkg:oci/app@{DIGEST}")}), true),
        (json!({"@id": "pkg:oci/app@sha256:bbbb"}), false),
        (json!({"@id": "pkg:oci/other"}), false),
        (json!({"@id": "pkg:oci/app?repository_url=docker.io/library/app"}), true),
        (json!({"@id": "pkg:oci/app?repository_url=index.docker.io/library/app"}), true),
        (json!({"@id": "pkg:oci/app?repository_url=ghcr.io/a/app"}), false),
        (json!({"@id": "pkg:oci/app", "subcomponents": [{"@id": deb}]}), true),
        (json!({"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:deb/debian/zlib1g"}]}), false),
        (json!({"@id": "pkg:oci/other", "subcomponents": [{"@id": deb}]}), false),
    ] {
        let found = told(&[open_vex(product.clone(), json!({}))]);
        assert_eq!(found.suppressed.is_some(), expected, "{product}");
    }
}

#[test]
fn statements_are_what_they_say() {
    let deb = || json!({"@id": "pkg:deb/debian/libssl3"});
    let found = told(&[open_vex(deb(), json!({}))]);
    assert_eq!(
        serde_json::to_value(&found.suppressed).unwrap(),
        json!({"by": "vex", "reason": "vulnerable_code_not_present", "until": null,
            "status": "not_affected", "justification": "vulnerable_code_not_present",
            "document": "a.json"})
    );
    for (more, suppressed, state) in [
        (json!({"status": "fixed"}), true, FlawState::Unfixed),
        (json!({"status": "affected"}), false, FlawState::Unfixed),
        (json!({"status": "under_investigation"}), false, FlawState::UnderInvestigation),
        // Nobody says why.
        (json!({"justification": null}), false, FlawState::Unfixed),
        (
            json!({"justification": null, "impact_statement": "not reached"}),
            true,
            FlawState::Unfixed,
        ),
        // Any of its ids, and an address whose end is one.
        (json!({"vulnerability": {"name": "DEBIAN-CVE-2024-1"}}), true, FlawState::Unfixed),
        (json!({"vulnerability": "CVE-2024-1"}), true, FlawState::Unfixed),
        (
            json!({"vulnerability": {"@id": "https://nvd/CVE-2024-1", "name": "x"}}),
            true,
            FlawState::Unfixed,
        ),
        (json!({"vulnerability": {"name": "CVE-2024-2"}}), false, FlawState::Unfixed),
    ] {
        let found = told(&[open_vex(deb(), more.clone())]);
        assert_eq!((found.suppressed.is_some(), found.state), (suppressed, state), "{more}");
    }
    // The later one counts, whatever comes first, and a statement's own time before the document's.
    let old = open_vex(deb(), json!({}));
    let new = open_vex(deb(), json!({"status": "affected", "timestamp": "2025-01-01T00:00:00Z"}));
    assert_eq!(told(&[old.clone(), new.clone()]).suppressed, None);
    assert_eq!(told(&[new, old]).suppressed, None);
}

fn csaf(status: &str, purl: &str, more: Value) -> Value {
    let mut flaw = json!({"cve": "CVE-2024-1", "product_status": {status: ["P"]}});
    for (key, value) in more.as_object().unwrap() {
        flaw[key] = value.clone();
    }
    json!({"document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "t",
        "tracking": {"current_release_date": "2024-01-01T00:00:00Z"}},
        "product_tree": {
            "branches": [{"category": "vendor", "name": "v", "branches": [
                {"category": "product_version", "name": "c",
                    "product": {"name": "c", "product_id": "C", "product_identification_helper": {"purl": purl}}},
                {"category": "product_version", "name": "i",
                    "product": {"name": "i", "product_id": "I", "product_identification_helper": {"purl": "pkg:oci/app"}}},
                {"category": "product_version", "name": "r", "product": {"name": "r", "product_id": "R",
                    "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9"}}}]}],
            "relationships": [{"category": "default_component_of", "product_reference": "C",
                "relates_to_product_reference": more["relates"].as_str().unwrap_or("I"),
                "full_product_name": {"name": "p", "product_id": "P"}}]},
        "vulnerabilities": [flaw]})
}

#[test]
fn csaf_names_products_by_a_tree() {
    let deb = "pkg:deb/debian/libssl3";
    let flag = json!({"flags": [{"label": "component_not_present", "product_ids": ["P"]}],
        "threats": [{"category": "impact", "details": "not built", "product_ids": ["P"]}]});
    let found = told(&[csaf("known_not_affected", deb, flag)]);
    let suppressed = found.suppressed.unwrap();
    assert_eq!(
        (suppressed.reason.as_str(), suppressed.justification.as_deref()),
        ("not built", Some("component_not_present"))
    );
    let wont = json!({"remediations": [{"category": "no_fix_planned", "details": "x", "product_ids": ["P"]}]});
    for (status, purl, more, suppressed, state) in [
        ("fixed", deb, json!({}), true, FlawState::Unfixed),
        ("known_affected", deb, json!({}), false, FlawState::Unfixed),
        ("known_affected", deb, wont, false, FlawState::WontFix),
        ("under_investigation", deb, json!({}), false, FlawState::UnderInvestigation),
        ("fixed", "pkg:deb/debian/other", json!({}), false, FlawState::Unfixed),
        // A platform that this is not.
        ("fixed", deb, json!({"relates": "R"}), false, FlawState::Unfixed),
    ] {
        let found = told(&[csaf(status, purl, more.clone())]);
        assert_eq!(
            (found.suppressed.is_some(), found.state),
            (suppressed, state),
            "{status} {more}"
        );
    }
}

#[test]
fn cyclonedx_names_components_of_any_document() {
    let of = |state: &str, reference: &str| {
        json!({"bomFormat": "CycloneDX", "specVersion": "1.6",
            "components": [{"type": "library", "bom-ref": "c1", "name": "libssl3", "purl": "pkg:deb/debian/libssl3@3.0.11-1"}],
            "vulnerabilities": [{"id": "CVE-2024-1", "analysis": {"state": state, "detail": "why",
                "justification": "code_not_reachable"}, "affects": [{"ref": reference}]}]})
    };
    let link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Adeb%2Fdebian%2Flibssl3%403.0.11-1%3Farch%3Damd64";
    for (state, reference, suppressed) in [
        ("not_affected", "c1", true),
        ("false_positive", "c1", true),
        ("resolved", "c1", true),
        ("resolved_with_pedigree", "c1", true),
        ("exploitable", "c1", false),
        ("in_triage", "c1", false),
        ("not_affected", "c2", false),
        ("not_affected", link, true),
        ("not_affected", "pkg:deb/debian/libssl3@3.0.11-1?package-id=0123", true),
    ] {
        let found = told(&[of(state, reference)]);
        assert_eq!(found.suppressed.is_some(), suppressed, "{state} {reference}");
    }
}

#[test]
fn forms_are_mixed_and_what_is_none_is_refused() {
    let mut vex = Vex::default();
    for (text, expected) in [
        ("{", "EOF"),
        ("{}", "no OpenVEX, CSAF or CycloneDX document"),
        ("[1]", "no OpenVEX, CSAF or CycloneDX document"),
    ] {
        let told = vex.read(text.as_bytes(), "x").unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
    let other = open_vex(json!({"@id": "pkg:npm/a"}), json!({}));
    vex.read(other.to_string().as_bytes(), "other.json").unwrap();
    let silent = csaf("fixed", "pkg:deb/debian/libssl3", json!({}));
    vex.read(silent.to_string().as_bytes(), "csaf.json").unwrap();
    let mut found = [finding()];
    let subject = VexSubject { image: Some(&image()), distro: None };
    let remarks = vex.apply(&mut found, &subject);
    assert_eq!(remarks, ["other.json says nothing of what was found"]);
    assert_eq!(found[0].suppressed.as_ref().unwrap().document.as_deref(), Some("csaf.json"));
    // What was accepted once stays what it was.
    let ignores = Ignores::read("[[ignore]]\nid = \"DEBIAN-CVE-2024-1\"\nreason = \"r\"").unwrap();
    assert_eq!(ignores.apply(&mut found, 0), Vec::<String>::new());
    assert_eq!(found[0].suppressed.as_ref().unwrap().by, "vex");
}
