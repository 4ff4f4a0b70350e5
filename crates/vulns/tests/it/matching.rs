//! Packages of images: each answer that other programs are known to get wrong, with the right one.

use cutaway_report::{DistroReport, FlawSeverity, FlawState, PackageReport, VulnerabilityReport};
use cutaway_vulns::{Findings, find};
use serde_json::{Value, json};

use crate::support::{builder, open};

pub(crate) fn distro(id: &str, version: &str) -> DistroReport {
    serde_json::from_value(json!({"id": id, "version_id": version, "codename": null,
        "pretty_name": null, "id_like": [], "path": "etc/os-release", "layer": 0}))
    .unwrap()
}

/// A package: kind, name, version, and what else is known.
pub(crate) fn package(kind: &str, name: &str, version: &str, more: Value) -> PackageReport {
    let mut package = json!({"kind": kind, "name": name, "version": version, "epoch": null,
        "release": null, "arch": "x86_64", "source": null, "licenses": [], "vendor": null,
        "state": "installed", "purl": format!("pkg:{kind}/{name}"), "database": "db", "layer": 0});
    for (key, value) in more.as_object().unwrap() {
        package[key] = value.clone();
    }
    serde_json::from_value(package).unwrap()
}

/// A record of one package: id, flaws, ecosystem, name, and the version that mends it.
pub(crate) fn record(
    id: &str,
    upstream: &[&str],
    ecosystem: &str,
    name: &str,
    fixed: Option<&str>,
) -> Value {
    let mut events = vec![json!({"introduced": "0"})];
    events.extend(fixed.map(|fixed| json!({"fixed": fixed})));
    json!({"id": id, "modified": "2024-01-01T00:00:00Z", "upstream": upstream,
        "affected": [{"package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}]}]})
}

pub(crate) fn matched(
    records: &[Value],
    distro: &DistroReport,
    package: PackageReport,
) -> Findings {
    find(&mut open(builder(records)), Some(distro), [&package]).unwrap()
}

pub(crate) fn only(
    records: &[Value],
    distro: &DistroReport,
    package: PackageReport,
) -> VulnerabilityReport {
    let mut found = matched(records, distro, package).vulnerabilities;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

pub(crate) fn none(records: &[Value], distro: &DistroReport, package: PackageReport) {
    assert_eq!(matched(records, distro, package).vulnerabilities, []);
}

#[test]
fn a_deb_is_judged_by_its_source_and_the_version_of_that() {
    let records =
        [record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "acl", Some("1:2.4.47-2"))];
    let acl = |version: &str, source: &str| {
        package("deb", "libacl1", version, json!({"source": {"name": "acl", "version": source}}))
    };
    let debian = distro("debian", "12.4");
    // The epoch is the source's, and so is a rebuild of the binary alone.
    none(&records, &debian, acl("2.4.47-2+b1", "1:2.4.47-2"));
    let found = only(&records, &debian, acl("2.4.47-1+b1", "1:2.4.47-1"));
    assert_eq!(found.id, "CVE-2024-1");
    assert_eq!(found.aliases, ["DEBIAN-CVE-2024-1"]);
    assert_eq!(
        (found.state, found.fixed_version.as_deref()),
        (FlawState::Fixed, Some("1:2.4.47-2"))
    );
    assert_eq!((found.source.name.as_str(), found.source.compared.as_str()), ("acl", "1:2.4.47-1"));
    assert_eq!(found.source.range.fixed.as_deref(), Some("1:2.4.47-2"));
    none(&records, &distro("debian", "11"), acl("1-1", "1-1"));
}

#[test]
fn one_flaw_is_one_finding_with_all_its_ids() {
    let mut ghsa = record("GHSA-1", &[], "PyPI", "flask", Some("2.0"));
    ghsa["aliases"] = json!(["CVE-2024-1"]);
    ghsa["database_specific"] = json!({"severity": "HIGH"});
    let mut pysec = record("PYSEC-2024-1", &[], "PyPI", "Flask", Some("2.1"));
    pysec["aliases"] = json!(["CVE-2024-1"]);
    let found =
        only(&[ghsa, pysec], &distro("debian", "12"), package("pypi", "Flask", "1.0", json!({})));
    assert_eq!(
        (found.id.as_str(), &found.aliases[..]),
        ("CVE-2024-1", &["GHSA-1".to_owned(), "PYSEC-2024-1".into()][..])
    );
    assert_eq!(found.fixed_version.as_deref(), Some("2.1"));
    assert_eq!(found.severity, FlawSeverity::High);
}

#[test]
fn a_record_of_the_release_decides_and_notices_are_ids() {
    let flaw = record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "a", Some("3-1"));
    let notice = record("DSA-1-1", &["CVE-2024-1"], "Debian:12", "a", Some("2-1"));
    let debian = distro("debian", "12");
    let records = [flaw, notice.clone()];
    let found = only(&records, &debian, package("deb", "a", "1-1", json!({})));
    assert_eq!((found.fixed_version.as_deref(), found.aliases.len()), (Some("3-1"), 2));
    let fixed = record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "a", Some("1-1"));
    none(&[fixed, notice], &debian, package("deb", "a", "1-1", json!({})));
}

#[test]
fn kernel_headers_are_no_kernel() {
    let records =
        [record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "linux", Some("6.2-1"))];
    let debian = distro("debian", "12");
    for (name, state) in [
        ("linux-libc-dev", FlawState::KernelHeaders),
        ("linux-kbuild-6.1", FlawState::KernelHeaders),
        ("linux-image-6.1.0-18-amd64", FlawState::Fixed),
    ] {
        let source = json!({"source": {"name": "linux", "version": "6.1-1"}});
        let found = only(&records, &debian, package("deb", name, "6.1-1", source));
        assert_eq!(found.state, state, "{name}");
        assert_eq!(found.state.counts(), state == FlawState::Fixed);
    }
}

#[test]
fn epochs_count() {
    let records =
        [record("ALSA-1", &["CVE-2024-1"], "AlmaLinux:9", "openssl", Some("1:3.0.7-27.el9"))];
    let alma = distro("almalinux", "9.4");
    none(&records, &alma, package("rpm", "openssl", "1:3.0.7-27.el9", json!({"epoch": 1})));
    only(&records, &alma, package("rpm", "openssl", "1:3.0.7-26.el9", json!({"epoch": 1})));
    // A sibling with no epoch: its source's is not known.
    let httpd =
        [record("RLSA-1", &["CVE-2024-1"], "Rocky Linux:9", "httpd", Some("1:2.4.57-8.el9"))];
    let sibling = |source: &str| {
        package(
            "rpm",
            "mod_lua",
            "5-1.el9",
            json!({"source": {"name": "httpd", "version": source}}),
        )
    };
    none(&httpd, &distro("rocky", "9.3"), sibling("2.4.57-8.el9"));
    let found = only(&httpd, &distro("rocky", "9.3"), sibling("2.4.57-7.el9"));
    assert_eq!(found.source.notes, ["epoch-unknown"]);
}

#[test]
fn modules_are_apart() {
    let fixed = "1:18.20.2-1.module+el8.9.0+21729+b5a7a8e0";
    let records = [record("RLSA-1", &["CVE-2024-1"], "Rocky Linux:8", "nodejs", Some(fixed))];
    let rocky = distro("rocky", "8.9");
    let node = |version: &str| package("rpm", "nodejs", version, json!({"epoch": 1}));
    let state = |version: &str| only(&records, &rocky, node(version)).state;
    assert_eq!(state("1:18.20.1-1.module+el8.9.0+21000+aaaaaaaa"), FlawState::Fixed);
    assert_eq!(state("1:16.20.2-1.module+el8.9.0+21001+bbbbbbbb"), FlawState::ModuleUnclear);
    none(&records, &rocky, node("1:18.12.1-1.el8"));
    none(&records, &rocky, node("1:20.1.0-1.module+el8.9.0+22000+cccccccc"));
}

#[test]
fn what_an_extended_line_has_fixed_is_fixed_for_who_follows_it() {
    let main = record(
        "RHSA-1",
        &["CVE-2024-1"],
        "Red Hat:enterprise_linux:8::baseos",
        "glibc",
        Some("2.28-164.el8_5"),
    );
    let eus = record(
        "RHSA-2",
        &["CVE-2024-1"],
        "Red Hat:rhel_eus:8.4::baseos",
        "glibc",
        Some("2.28-151.el8_4"),
    );
    let other = record(
        "RHSA-3",
        &["CVE-2024-2"],
        "Red Hat:rhel_eus:8.2::baseos",
        "glibc",
        Some("2.28-999.el8_2"),
    );
    let records = [main, eus, other];
    let rhel = distro("rhel", "8.4");
    none(&records, &rhel, package("rpm", "glibc", "2.28-151.el8_4", json!({})));
    only(&records, &rhel, package("rpm", "glibc", "2.28-150.el8_4", json!({})));
    only(&records, &rhel, package("rpm", "glibc", "2.28-151.el8", json!({})));
    none(&records, &distro("rhel", "9.4"), package("rpm", "glibc", "2.28-1.el9", json!({})));
}

#[test]
fn what_pro_fixes_is_not_fixed_for_all() {
    let mut vips = record("UBUNTU-CVE-2025-1", &["CVE-2025-1"], "Ubuntu:22.04:LTS", "vips", None);
    let pro = record("", &[], "Ubuntu:Pro:22.04:LTS", "vips", Some("8.12.1-1ubuntu0.1~esm1"));
    vips["affected"].as_array_mut().unwrap().push(pro["affected"][0].clone());
    vips["severity"] = json!([{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
        {"type": "Ubuntu", "score": "medium"}]);
    let records = [vips];
    let ubuntu = distro("ubuntu", "22.04");
    let found = only(&records, &ubuntu, package("deb", "vips", "8.12.1-1", json!({})));
    assert_eq!((found.state, found.severity), (FlawState::FixedInPro, FlawSeverity::Medium));
    assert_eq!(found.fixed_version.as_deref(), Some("8.12.1-1ubuntu0.1~esm1"));
    assert_eq!(found.source.ecosystem, "Ubuntu:22.04:LTS");
    none(&records, &ubuntu, package("deb", "vips", "8.12.1-1ubuntu0.1~esm1", json!({})));
}

#[test]
fn go_built_from_a_working_tree_says_nothing_and_its_library_does() {
    let mut records = [
        record("GO-1", &[], "Go", "example.com/tool", Some("1.0.0")),
        record("GO-2", &[], "Go", "stdlib", Some("1.22.4")),
    ];
    for record in &mut records {
        record["affected"][0]["ranges"][0]["type"] = json!("SEMVER");
    }
    let none_known = distro("debian", "12");
    let tool = |version: &str| package("golang", "example.com/tool", version, json!({}));
    for version in ["(devel)", "v0.0.0-20240101000000-0123456789ab+dirty"] {
        let found = matched(&records, &none_known, tool(version));
        assert_eq!(found.vulnerabilities, []);
        assert_eq!(found.diagnostics[0].code.to_string(), "version-unordered");
    }
    let found = only(&records, &none_known, tool("v0.0.0-20240101000000-0123456789ab"));
    assert_eq!(found.source.notes, ["pseudo-version"]);
    only(&records, &none_known, package("golang", "stdlib", "1.22.3", json!({})));
    only(&records, &none_known, package("golang", "stdlib", "go1.22.3 X:boringcrypto", json!({})));
    none(&records, &none_known, package("golang", "stdlib", "1.22.4", json!({})));
}

#[test]
fn a_custom_range_that_says_less_is_a_note() {
    let mut lxd = record("GO-1", &[], "Go", "github.com/lxc/lxd", None);
    lxd["affected"][0]["ecosystem_specific"] = json!({"custom_ranges": [{"type": "ECOSYSTEM",
        "events": [{"introduced": "6.0.0"}, {"fixed": "6.5.0"}]}]});
    let lxd_at = |version: &str| package("golang", "github.com/lxc/lxd", version, json!({}));
    let debian = distro("debian", "12");
    assert_eq!(only(&[lxd.clone()], &debian, lxd_at("v6.5.0")).source.notes, ["custom-range"]);
    assert_eq!(only(&[lxd], &debian, lxd_at("v6.4.0")).source.notes, [""; 0]);
}

#[test]
fn withdrawn_denied_and_listed_records() {
    let mut gone = record("CGA-1", &["CVE-2024-1"], "Wolfi", "a", None);
    gone["withdrawn"] = json!("2024-01-02T00:00:00Z");
    let origin = record("CGA-2", &["CVE-2024-2"], "Wolfi", "a", Some("2-r0"));
    let denied = record("CGA-3", &["CVE-2024-2"], "Wolfi", "a-compat", Some("0"));
    let mut other = record("CGA-4", &["CVE-2024-3"], "Wolfi", "a", None);
    other["affected"][0]["package"]["purl"] = json!("pkg:apk/wolfi/a?arch=aarch64");
    let records = [gone, origin, denied, other];
    let wolfi = distro("wolfi", "20230201");
    let of = |name: &str| {
        package("apk", name, "1-r0", json!({"source": {"name": "a", "version": null}}))
    };
    assert_eq!(only(&records, &wolfi, of("a")).id, "CVE-2024-2");
    only(&records, &wolfi, of("a-doc"));
    none(&records, &wolfi, of("a-compat"));
}

#[test]
fn a_range_of_commits_in_front_hides_nothing() {
    let mut record = record("PYSEC-1", &[], "PyPI", "a", Some("2.0"));
    let ranges = record["affected"][0]["ranges"].as_array_mut().unwrap();
    ranges.insert(0, json!({"type": "GIT", "repo": "r", "events": [{"introduced": "0"}]}));
    only(&[record], &distro("debian", "12"), package("pypi", "a", "1.0", json!({})));
}

#[test]
fn urgencies_of_debian() {
    let of = |urgency: &str| {
        let mut record = record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "a", None);
        record["affected"][0]["ecosystem_specific"] = json!({"urgency": urgency});
        let found = only(&[record], &distro("debian", "12"), package("deb", "a", "1-1", json!({})));
        (found.state, found.severity)
    };
    assert_eq!(of("unimportant"), (FlawState::Negligible, FlawSeverity::Negligible));
    assert_eq!(of("not yet assigned"), (FlawState::Unfixed, FlawSeverity::Unknown));
    assert_eq!(of("end-of-life"), (FlawState::EndOfLife, FlawSeverity::Unknown));
    assert_eq!(of("low"), (FlawState::Unfixed, FlawSeverity::Low));
}

#[test]
fn without_a_source_there_is_no_answer() {
    let records = [record("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "Debian:12", "a", None)];
    for (distro, package, expected) in [
        (
            distro("debian", "11"),
            package("deb", "a", "1", json!({})),
            "the database has no advisories for deb packages of debian 11",
        ),
        (
            distro("amzn", "2023"),
            package("rpm", "a", "1-1", json!({})),
            "the database has no advisories for rpm packages of amzn 2023",
        ),
        // An rpm on Debian is none of Debian's.
        (
            distro("debian", "12"),
            package("rpm", "a", "1-1", json!({})),
            "the database has no advisories for rpm packages of debian 12",
        ),
        (
            distro("debian", "12"),
            package("npm", "a", "1.0.0", json!({})),
            "the database has no advisories for npm packages",
        ),
        (
            distro("debian", "12"),
            package("conda", "a", "1.0.0", json!({})),
            "nobody publishes advisories for conda packages",
        ),
    ] {
        let found = matched(&records, &distro, package);
        assert_eq!(found.vulnerabilities, []);
        let told: Vec<_> =
            found.diagnostics.iter().map(|it| (it.code.to_string(), it.message.as_str())).collect();
        let code = if expected.starts_with("nobody") {
            "kind-without-advisories"
        } else {
            "no-advisories"
        };
        assert_eq!(told, [(code.to_owned(), expected)]);
    }
}
