//! What is known to be broken, in the forms that other programs read.

use cutaway_report::{Format, Junit, Report};
use cutaway_sbom::{CycloneDx, CycloneDxVex, Gitlab, Options, Sarif};
use serde_json::{Value, json};

use crate::judge::Judge;

fn report() -> Report {
    let purl = "pkg:deb/debian/zlib1g@1:2.3-4?arch=amd64&distro=debian-12";
    let package = |name: &str, purl: &str| {
        json!({"kind": "deb", "name": name, "version": "1:2.3-4", "epoch": 1, "release": "4",
            "arch": "amd64", "source": null, "licenses": [], "vendor": null, "state": "installed",
            "purl": purl, "database": "var/lib/dpkg/status:a", "layer": 1})
    };
    let finding = |id: &str, severity: &str, suppressed: Value| {
        json!({"id": id, "aliases": ["GHSA-1"], "severity": severity, "state": "fixed", "score": 9.8,
            "package": {"kind": "deb", "name": "zlib1g", "version": "1:2.3-4", "purl": purl,
                "layer": 1, "database": "var/lib/dpkg/status:a", "created_by": "RUN a", "in_base": false,
                "hidden_by": null},
            "fixed_version": "1:2.3-5", "kev": null, "epss": {"score": 0.5, "percentile": 0.9, "date": null},
            "source": {"record": "DSA-1", "ecosystem": "Debian:12", "name": "zlib", "role": "source",
                "compared": "1:2.3-4", "family": "dpkg", "notes": ["<&\u{1}"],
                "range": {"introduced": "0", "fixed": "1:2.3-5", "last_affected": null, "listed": null}},
            "suppressed": suppressed})
    };
    let accepted = json!({"by": "vex", "reason": "not reached", "until": null, "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path", "document": "a.json"});
    let report = json!({"schema": "cutaway.scan/1", "image": {"name": "docker.io/library/a:1",
            "source": "registry", "digest": null, "id": null, "media_type": null,
            "platform": {"os": "linux", "architecture": "amd64", "variant": null}},
        "created": "2024-01-27T00:30:48Z", "distro": null, "layers": [],
        "packages": [package("zlib1g", purl), package("other", "pkg:deb/debian/other@1:2.3-4")],
        "removed": [], "keys": [], "diagnostics": [], "complete": true,
        "vulnerabilities": [finding("CVE-1", "critical", Value::Null), finding("CVE-2", "low", accepted)],
        "database": {"digest": format!("sha256:{}", "a".repeat(64)), "sources": []}});
    Report::read(report.to_string().as_bytes()).unwrap()
}

fn document(form: &dyn Format) -> Value {
    let mut out = Vec::new();
    form.write(&report(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn documents_are_what_their_schemas_say() {
    let Some(judge) = Judge::find(|purl| purl.starts_with("pkg:")) else { return };
    for document in [document(&CycloneDx::default()), document(&Sarif)] {
        assert_eq!(judge.complaints(&document), Vec::<String>::new(), "{document}");
    }
    // It has no components of its own; those that it names are in another document.
    let complaints = judge.complaints(&document(&CycloneDxVex::default()));
    let of_schema: Vec<_> = complaints.iter().filter(|it| it.starts_with('/')).collect();
    assert_eq!(of_schema, Vec::<&String>::new());
}

#[test]
fn statements_point_at_the_bill() {
    let mut bill = report();
    (bill.vulnerabilities, bill.database) = (None, None);
    let mut out = Vec::new();
    CycloneDx::default().write(&bill, &mut out).unwrap();
    let bill: Value = serde_json::from_slice(&out).unwrap();
    let vex = document(&CycloneDxVex::default());
    let serial = bill["serialNumber"].as_str().unwrap().strip_prefix("urn:uuid:").unwrap();
    let reference = vex["vulnerabilities"][0]["affects"][0]["ref"].as_str().unwrap();
    assert!(reference.starts_with(&format!("urn:cdx:{serial}/1#pkg%3Adeb")), "{reference}");
    assert_eq!(vex["vulnerabilities"][0]["analysis"], Value::Null);
    let analysis = &vex["vulnerabilities"][1]["analysis"];
    assert_eq!(
        *analysis,
        json!({"state": "not_affected", "justification": "code_not_reachable", "detail": "not reached"})
    );
    let inside = document(&CycloneDx::default());
    assert_eq!(inside["vulnerabilities"][0]["ratings"][0]["score"], 9.8);
    let refs: Vec<&Value> =
        inside["components"].as_array().unwrap().iter().map(|it| &it["bom-ref"]).collect();
    assert!(refs.contains(&&inside["vulnerabilities"][0]["affects"][0]["ref"]), "{refs:?}");
}

#[test]
fn sarif_has_a_rule_for_each_flaw() {
    let run = document(&Sarif)["runs"][0].clone();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules[0]["properties"]["security-severity"], "9.8");
    let results = run["results"].as_array().unwrap();
    assert_eq!((rules.len(), results.len()), (2, 2));
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        // A colon would make a scheme of what stands before it.
        assert_eq!(place["artifactLocation"]["uri"], "var/lib/dpkg/status%3Aa");
        assert_eq!(place["region"]["startLine"], 1);
    }
    assert_eq!((&results[0]["level"], &results[1]["level"]), (&json!("error"), &json!("note")));
    assert_eq!(results[1]["suppressions"][0]["justification"], "not reached");
    assert_eq!(results[0]["properties"]["createdBy"], "RUN a");
}

#[test]
fn gitlab_and_junit_list_what_counts() {
    let gitlab = document(&Gitlab(Options::default()));
    let found = gitlab["vulnerabilities"].as_array().unwrap();
    assert_eq!((found.len(), &found[0]["severity"]), (1, &json!("Critical")));
    assert_eq!(
        found[0]["identifiers"][0],
        json!({"type": "cve", "name": "CVE-1", "value": "CVE-1"})
    );
    assert_eq!(gitlab["scan"]["start_time"], "2024-01-27T00:30:48");
    let mut out = Vec::new();
    Junit.write(&report(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("tests=\"2\" failures=\"1\" skipped=\"1\""), "{text}");
    assert!(text.contains("DSA-1 in Debian:12 holds all versions before 1:2.3-5"), "{text}");
    assert!(text.contains("(&lt;&amp;\u{fffd})"), "{text}");
}
