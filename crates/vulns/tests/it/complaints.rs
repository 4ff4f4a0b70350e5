//! More answers that other programs are known to get wrong, with the right one.

use cutaway_report::{FlawSeverity, FlawState};
use cutaway_vulns::Gate;
use serde_json::json;

use crate::matching::{distro, matched, none, only, package, record};

#[test]
fn a_stream_of_a_module_is_what_advisories_call_themselves() {
    let of = |id: &str, stream: &str, fixed: &str| {
        let mut notice = record(id, &["CVE-2024-1"], "Rocky Linux:8", "nodejs", Some(fixed));
        notice["summary"] = json!(format!("Important: nodejs:{stream} security update"));
        notice
    };
    let records = [
        of("RLSA-1", "16", "1:16.20.2-4.module+el8.9.0+1653+71dbd6a2"),
        of("RLSA-2", "18", "1:18.20.2-1.module+el8.9.0+1733+cbb8eb7d"),
        of("RLSA-3", "20", "1:20.12.2-2.module+el8.9.0+1737+f06a2dc4"),
    ];
    let rocky = distro("rocky", "8.9");
    let node = |version: &str, label: Option<&str>| {
        package("rpm", "nodejs", version, json!({"epoch": 1, "modularity": label}))
    };
    let label = Some("nodejs:18:8090020240301:rhel8");
    let found = only(&records, &rocky, node("1:18.19.0-1.module+el8.9.0+1700+aaaaaaaa", label));
    assert_eq!((found.source.record.as_str(), found.state), ("RLSA-2", FlawState::Fixed));
    none(&records, &rocky, node("1:18.20.2-1.module+el8.9.0+1733+cbb8eb7d", label));
    // Without a label, what the same build or line says is enough.
    none(&records, &rocky, node("1:18.20.2-1.module+el8.9.0+1733+cbb8eb7d", None));
    let found = only(&records, &rocky, node("1:18.20.1-1.module+el8.9.0+1701+aaaaaaaa", None));
    assert_eq!(found.source.record, "RLSA-2");
    let found = only(&records, &rocky, node("1:18.19.0-1.module+el8.9.0+1700+aaaaaaaa", None));
    assert_eq!(found.state, FlawState::ModuleUnclear);
    assert!(!found.state.counts());
    // A member of the module has versions of its own.
    let mut npm = record(
        "RLSA-9",
        &["CVE-2024-2"],
        "Rocky Linux:8",
        "npm",
        Some("1:10.5.0-1.18.20.2.1.module+el8.9.0+1733+cbb8eb7d"),
    );
    npm["summary"] = json!("Important: nodejs:18 security update");
    let old = package(
        "rpm",
        "npm",
        "1:9.2.0-1.18.12.1.1.module+el8.9.0+1+a",
        json!({"modularity": label}),
    );
    assert_eq!(only(&[npm], &rocky, old).state, FlawState::Fixed);
}

#[test]
fn the_kernel_of_a_container_is_that_of_its_host() {
    let rpm = [
        record("ALSA-1", &["CVE-2024-1"], "AlmaLinux:9", "kernel-headers", Some("5.14.0-500.el9")),
        record("ALSA-2", &["CVE-2024-2"], "AlmaLinux:9", "kernel-core", Some("5.14.0-500.el9")),
        record("ALSA-3", &["CVE-2024-3"], "AlmaLinux:9", "perf", Some("5.14.0-500.el9")),
    ];
    let source = json!({"source": {"name": "kernel", "version": "5.14.0-400.el9"}});
    for (name, state) in [
        ("kernel-headers", FlawState::KernelHeaders),
        ("kernel-core", FlawState::Fixed),
        ("perf", FlawState::KernelHeaders),
    ] {
        let told = package("rpm", name, "5.14.0-400.el9", source.clone());
        assert_eq!(only(&rpm, &distro("almalinux", "9.4"), told).state, state, "{name}");
    }
    let deb = [record("UBUNTU-CVE-2024-1", &["CVE-2024-1"], "Ubuntu:22.04:LTS", "linux", None)];
    for (name, state) in [
        ("linux-libc-dev", FlawState::KernelHeaders),
        ("linux-tools-5.15.0-100", FlawState::KernelHeaders),
        ("linux-headers-5.15.0-100", FlawState::KernelHeaders),
        ("linux-modules-5.15.0-100-generic", FlawState::Unfixed),
    ] {
        let source = json!({"source": {"name": "linux", "version": "5.15.0-100.110"}});
        let told = package("deb", name, "5.15.0-100.110", source);
        assert_eq!(only(&deb, &distro("ubuntu", "22.04"), told).state, state, "{name}");
    }
}

#[test]
fn systems_without_advisories_in_this_form_are_said() {
    let records = [record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "a", None)];
    for (id, version, kind) in [
        ("amzn", "2023", "rpm"),
        ("ol", "9.3", "rpm"),
        ("fedora", "40", "rpm"),
        ("arch", "", "alpm"),
        ("gentoo", "2.15", "portage"),
        ("openwrt", "23.05", "opkg"),
        ("debian", "13", "deb"),
    ] {
        let told = matched(&records, &distro(id, version), package(kind, "a", "1-1", json!({})));
        assert_eq!(told.vulnerabilities, [], "{id}");
        assert_eq!(told.diagnostics[0].code.to_string(), "no-advisories", "{id}");
    }
    let stream = matched(
        &[record("RHSA-1", &["CVE-2024-1"], "Red Hat:enterprise_linux:9::baseos", "a", None)],
        &serde_json::from_value(json!({"id": "centos", "version_id": "9", "codename": null,
            "pretty_name": "CentOS Stream 9", "id_like": [], "path": "", "layer": 0}))
        .unwrap(),
        package("rpm", "a", "1-1", json!({})),
    );
    assert_eq!((stream.vulnerabilities.len(), stream.diagnostics.len()), (0, 1));
}

#[test]
fn malicious_packages_are_critical_by_any_id() {
    let mut report = record("GHSA-1", &[], "npm", "evil", None);
    report["aliases"] = json!(["MAL-2024-1"]);
    let mut malicious = record("MAL-2024-1", &[], "npm", "evil", None);
    malicious["affected"][0]["versions"] = json!(["1.0.0"]);
    malicious["affected"][0]["ranges"] = json!([]);
    let evil = package("npm", "evil", "1.0.0", json!({}));
    let found = only(&[report, malicious], &distro("debian", "12"), evil);
    assert_eq!((found.id.as_str(), found.severity), ("GHSA-1", FlawSeverity::Critical));
    let severity = Some(FlawSeverity::Critical);
    assert!(Gate { severity, ignore_unfixed: true, ..Gate::default() }.refuses(&found));
}

#[test]
fn flaws_of_old_notices_are_apart() {
    let mut notice = record("DSA-1-1", &[], "Debian:7", "nginx", Some("1.2.1-2.2+wheezy3"));
    notice["aliases"] = json!(["CVE-2014-1", "CVE-2014-2"]);
    let alpine = record("ALPINE-CVE-2026-1", &[], "Alpine:v3.20", "a", Some("2-r0"));
    let nginx = package("deb", "nginx", "1.2.1-2.2", json!({}));
    let found = matched(&[notice, alpine.clone()], &distro("debian", "7"), nginx).vulnerabilities;
    let ids: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.aliases.join(" "))).collect();
    assert_eq!(ids, [("CVE-2014-1", "DSA-1-1".to_owned()), ("CVE-2014-2", "DSA-1-1".into())]);
    let found =
        only(&[alpine], &distro("alpine", "3.20.1"), package("apk", "a", "1-r0", json!({})));
    assert_eq!(
        (found.id.as_str(), found.aliases.join(" ")),
        ("CVE-2026-1", "ALPINE-CVE-2026-1".into())
    );
}

#[test]
fn names_of_languages_are_as_their_repositories_have_them() {
    let drupal = "Packagist:https://packages.drupal.org/8";
    for (ecosystem, listed, kind, name) in [
        ("PyPI", "flask-cors", "pypi", "Flask_Cors"),
        ("NuGet", "Newtonsoft.Json", "nuget", "newtonsoft.json"),
        ("Packagist", "Drupal/Core", "composer", "drupal/core"),
        (drupal, "drupal/ckeditor", "composer", "drupal/ckeditor"),
        ("Maven", "org.apache:log4j", "maven", "org.apache:log4j"),
        ("SwiftURL", "https://github.com/vapor/vapor.git", "swift", "github.com/vapor/vapor"),
        ("npm", "@a/b", "npm", "@a/b"),
    ] {
        let records = [record("GHSA-1", &[], ecosystem, listed, Some("2.0.0"))];
        let found =
            only(&records, &distro("debian", "12"), package(kind, name, "1.0.0", json!({})));
        assert_eq!(found.source.ecosystem, ecosystem, "{name}");
    }
}

#[test]
fn what_somebody_has_rebuilt_is_judged_by_them() {
    let records = [
        record(
            "ROOT-1",
            &["CVE-2024-1"],
            "Root:Alpine:3.18",
            "rootio-util-linux",
            Some("2.38.1-r10071"),
        ),
        record("ALPINE-CVE-2024-2", &["CVE-2024-2"], "Alpine:v3.18", "util-linux", Some("2.40-r0")),
    ];
    let alpine = distro("alpine", "3.18.4");
    let source = json!({"source": {"name": "util-linux", "version": null}});
    let rebuilt = |version: &str| package("apk", "rootio-util-linux", version, source.clone());
    assert_eq!(matched(&records, &alpine, rebuilt("2.38.1-r10070")).vulnerabilities.len(), 2);
    assert_eq!(only(&records, &alpine, rebuilt("2.38.1-r10071")).id, "CVE-2024-2");
    let plain = package("apk", "util-linux", "2.38.1-r0", json!({}));
    assert_eq!(only(&records, &alpine, plain).id, "CVE-2024-2");
}

#[test]
fn what_is_not_mended_says_why() {
    let of = |status: &str| {
        let mut notice = record("CGA-1", &["CVE-2024-1"], "Chainguard", "a", None);
        notice["affected"][0]["ecosystem_specific"] = json!({"components": [{"status": status}]});
        only(&[notice], &distro("chainguard", "20230214"), package("apk", "a", "1-r0", json!({})))
            .state
    };
    assert_eq!(of("under_investigation"), FlawState::UnderInvestigation);
    assert_eq!(of("fix-not-planned"), FlawState::WontFix);
    assert_eq!(of("pending-upstream-fix"), FlawState::Deferred);
    assert_eq!(of("affected"), FlawState::Unfixed);
}

#[test]
fn products_of_suse_are_those_of_the_service_pack() {
    let sp6 = "SUSE:Linux Enterprise Module for Basesystem 15 SP6";
    let mut notice =
        record("SUSE-SU-2024:1", &["CVE-2024-1"], sp6, "openssl-3", Some("3.1.4-150600.5.7.1"));
    notice["affected"][0]["ecosystem_specific"] =
        json!({"binaries": [{"libopenssl3": "3.1.4-150600.5.7.1"}]});
    let records = [notice];
    let source = json!({"source": {"name": "openssl-3", "version": "3.1.4-150600.5.1.1"}});
    let of = |name: &str| package("rpm", name, "3.1.4-150600.5.1.1", source.clone());
    let found = only(&records, &distro("sles", "15.6"), of("libopenssl3"));
    assert_eq!((found.id.as_str(), found.source.notes.len()), ("CVE-2024-1", 0));
    let found = only(&records, &distro("sles", "15.6"), of("openssl-3-doc"));
    assert_eq!(found.source.notes, ["binary-not-listed"]);
    none(&records, &distro("sles", "15.5"), of("libopenssl3"));
}

#[test]
fn a_flaw_is_enriched_by_any_of_its_ids() {
    let mut ghsa = record("GHSA-1", &[], "npm", "a", Some("2.0.0"));
    ghsa["aliases"] = json!(["CVE-2024-1"]);
    ghsa["severity"] =
        json!([{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]);
    let mut builder = crate::support::builder(&[ghsa]);
    let mut known = cutaway_vulns::Enrichment::default();
    known
        .read_kev(
            &br#"{"vulnerabilities": [{"cveID": "CVE-2024-1", "dateAdded": "2024-02-01"}]}"#[..],
        )
        .unwrap();
    known.read_epss(&b"#score_date:2026-01-02T00:00:00Z\nCVE-2024-1,0.94,0.999\n"[..]).unwrap();
    builder.enrich(known);
    let a = package("npm", "a", "1.0.0", json!({}));
    let mut database = crate::support::open(builder);
    database.verify().unwrap();
    let found = cutaway_vulns::find(&mut database, None, [&a]).unwrap().vulnerabilities;
    let told = serde_json::to_value(&found[0]).unwrap();
    assert_eq!(told["kev"], json!({"added": "2024-02-01", "due": null, "ransomware": null}));
    assert_eq!(told["epss"], json!({"score": 0.94, "percentile": 0.999, "date": "2026-01-02"}));
    assert_eq!(told["score"], 9.8);
    assert!(Gate { kev: true, ..Gate::default() }.refuses(&found[0]));
}

#[test]
fn what_gets_no_notice_is_no_less_there() {
    let tracker = json!({"a": {"CVE-2024-1": {"description": "x", "releases": {
            "bookworm": {"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""},
            "sid": {"status": "open", "nodsa": "x", "nodsa_reason": "ignored"}}},
        "CVE-2024-2": {"releases": {"bookworm": {"nodsa": "Too intrusive", "nodsa_reason": "ignored"}}},
        "CVE-2024-3": {"releases": {"bookworm": {"status": "open"}}}}});
    let mut known = cutaway_vulns::Enrichment::default();
    known.read_tracker(tracker.to_string().as_bytes()).unwrap();
    let mut builder = cutaway_vulns::Builder::new(cutaway_vulns::Limits::default());
    builder.enrich(known);
    for number in 1..4 {
        let cve = format!("CVE-2024-{number}");
        let row = record(&format!("DEBIAN-{cve}"), &[&cve], "Debian:12", "a", None);
        builder.add(row.to_string().as_bytes()).unwrap();
    }
    let a = package("deb", "a", "1-1", json!({}));
    let mut database = crate::support::open(builder);
    let found = cutaway_vulns::find(&mut database, Some(&distro("debian", "12")), [&a]).unwrap();
    let states: Vec<FlawState> = found.vulnerabilities.iter().map(|it| it.state).collect();
    assert_eq!(states, [FlawState::Deferred, FlawState::WontFix, FlawState::Unfixed]);
    assert!(cutaway_vulns::Enrichment::default().read_tracker(&b"[]"[..]).is_err());
}
