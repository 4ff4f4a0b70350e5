//! Bills in the form that Syft and Trivy give them.

use cutaway_report::{PackageReport, Report, SourceKind};
use cutaway_sbom::{Limits, read};

const SYFT: &str = r#"{"$schema":"http://cyclonedx.org/schema/bom-1.6.schema.json","bomFormat":"CycloneDX",
"specVersion":"1.6","serialNumber":"urn:uuid:1","version":1,"metadata":{"timestamp":"2024-01-01T00:00:00Z",
"tools":{"components":[{"type":"application","author":"anchore","name":"syft","version":"1.0.0"}]},
"component":{"bom-ref":"x","type":"container","name":"debian:12",
"version":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},"components":[
{"bom-ref":"1","type":"library","publisher":"GNU","name":"libc6","version":"2.36-9","licenses":[{"license":{"id":"GPL-2.0-only"}},{"license":{"name":"GFDL-1.3"}}],
"cpe":"cpe:2.3:a:libc6:libc6:2.36-9:*:*:*:*:*:*:*","purl":"pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc",
"properties":[{"name":"syft:package:foundBy","value":"dpkg-db-cataloger"},{"name":"syft:location:0:path","value":"/var/lib/dpkg/status"}]},
{"bom-ref":"2","type":"library","group":"@angular","name":"cli","version":"1.0.0","purl":"pkg:npm/%40angular/cli@1.0.0"},
{"bom-ref":"3","type":"library","name":"nameless","version":"1"},
{"bom-ref":"4","type":"file","name":"/etc/hosts"},
{"bom-ref":"os","type":"operating-system","name":"debian","version":"12","description":"Debian GNU/Linux 12 (bookworm)",
"swid":{"tagId":"debian","name":"debian","version":"12"},"properties":[{"name":"syft:distro:versionCodename","value":"bookworm"}]}]}"#;

const TRIVY: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{
"component":{"bom-ref":"pkg:oci/ubi@sha256%3Abb?arch=amd64","type":"container","name":"ubi:9","purl":"pkg:oci/ubi@sha256%3Abb?arch=amd64",
"properties":[{"name":"aquasecurity:trivy:ImageID","value":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}]}},
"components":[{"bom-ref":"a","type":"operating-system","name":"redhat","version":"9.3"},
{"bom-ref":"b","type":"library","supplier":{"name":"Red Hat"},"name":"vim","version":"2:9.0-1.el9","licenses":[{"expression":"Vim AND MIT"}],
"purl":"pkg:rpm/redhat/vim@9.0-1.el9?arch=x86_64&distro=redhat-9.3&epoch=2",
"properties":[{"name":"aquasecurity:trivy:SrcEpoch","value":"2"},{"name":"aquasecurity:trivy:SrcName","value":"vim"},
{"name":"aquasecurity:trivy:SrcRelease","value":"1.el9"},{"name":"aquasecurity:trivy:SrcVersion","value":"9.0"}]},
{"type":"application","name":"app","components":[{"type":"library","name":"x","purl":"pkg:maven/org.a/x@1"}]}],
"dependencies":[{"ref":"a","dependsOn":["b"]}],"vulnerabilities":[]}"#;

const SYFT_SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"alpine",
"documentNamespace":"https://a/b","creationInfo":{"creators":["Organization: Anchore, Inc","Tool: syft-1.0.0"],"created":"2024-01-01T00:00:00Z"},
"packages":[{"name":"busybox","SPDXID":"SPDXRef-1","versionInfo":"1.36.1-r5","supplier":"Person: A (a@b.c)","downloadLocation":"x","filesAnalyzed":false,
"sourceInfo":"acquired package info from APK DB: /lib/apk/db/installed","licenseConcluded":"NOASSERTION","licenseDeclared":"LicenseRef-9","copyrightText":"NOASSERTION",
"externalRefs":[{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:b:b:1:*:*:*:*:*:*:*"},
{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:apk/alpine/busybox@1.36.1-r5?arch=x86_64&distro=alpine-3.18.4"}]},
{"name":"alpine","SPDXID":"SPDXRef-DocumentRoot-Image-alpine","versionInfo":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","primaryPackagePurpose":"CONTAINER","downloadLocation":"NOASSERTION",
"externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:oci/alpine@sha256%3Acc?arch=amd64&tag=latest"}]}],
"files":[{"fileName":"/etc/hosts","SPDXID":"SPDXRef-File"}],
"hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-9","extractedText":"the text","name":"GPL-2"}],
"relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relatedSpdxElement":"SPDXRef-DocumentRoot-Image-alpine","relationshipType":"DESCRIBES"}]}"#;

const TRIVY_SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[
{"name":"busybox-binsh","SPDXID":"SPDXRef-Package-1","versionInfo":"1.36.1-r5","supplier":"NOASSERTION","primaryPackagePurpose":"LIBRARY",
"sourceInfo":"built package from: busybox 1.36.1-r5","licenseDeclared":"GPL-2.0-only",
"externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:apk/alpine/busybox-binsh@1.36.1-r5?arch=x86_64&distro=3.18.4"}]}]}"#;

fn of(bill: &str) -> Report {
    let report = read(bill.as_bytes(), "sbom:a", &Limits::default()).unwrap();
    assert_eq!((report.image.source, report.complete), (SourceKind::Sbom, true));
    report
}

/// Name, version, source with its version, licences, database.
fn row(package: &PackageReport) -> (String, String, String, String, String) {
    let source = package
        .source
        .as_ref()
        .map(|source| format!("{} {}", source.name, source.version.as_deref().unwrap_or("?")));
    let PackageReport { name, version, database, .. } = package.clone();
    (name, version, source.unwrap_or_default(), package.licenses.join("; "), database)
}

fn rows(report: &Report) -> Vec<(String, String, String, String, String)> {
    report.packages.iter().map(row).collect()
}

fn words(words: [&str; 5]) -> (String, String, String, String, String) {
    let [name, version, source, licenses, database] = words.map(str::to_owned);
    (name, version, source, licenses, database)
}

#[test]
fn bills_of_syft() {
    let report = of(SYFT);
    let libc = ["libc6", "2.36-9", "glibc 2.36-9", "GPL-2.0-only; GFDL-1.3", "var/lib/dpkg/status"];
    assert_eq!(rows(&report), [words(libc), words(["@angular/cli", "1.0.0", "", "", ""])]);
    let distro = report.distro.unwrap();
    assert_eq!((distro.id.as_str(), distro.version_id.as_deref()), ("debian", Some("12")));
    assert_eq!(distro.codename.as_deref(), Some("bookworm"));
    assert_eq!(report.image.name, "debian:12");
    assert_eq!(report.image.digest.unwrap().encoded(), "a".repeat(64));
    let codes: Vec<&str> = report.diagnostics.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["sbom-component-without-purl", "sbom-layers-unknown"]);
}

#[test]
fn bills_of_trivy() {
    let report = of(TRIVY);
    let x = words(["org.a:x", "1", "", "", ""]);
    let vim = words(["vim", "2:9.0-1.el9", "vim 2:9.0-1.el9", "Vim AND MIT", ""]);
    assert_eq!(rows(&report), [x, vim]);
    let vim = &report.packages[1];
    assert_eq!((vim.epoch, vim.release.as_deref()), (Some(2), Some("1.el9")));
    assert_eq!(report.distro.unwrap().id, "rhel");
    assert_eq!(report.image.id.unwrap().encoded(), "b".repeat(64));
}

#[test]
fn bills_of_syft_in_spdx() {
    let report = of(SYFT_SPDX);
    let busybox = ["busybox", "1.36.1-r5", "", "GPL-2", "lib/apk/db/installed"];
    assert_eq!(rows(&report), [words(busybox)]);
    let distro = report.distro.unwrap();
    assert_eq!((distro.id.as_str(), distro.version_id.as_deref()), ("alpine", Some("3.18.4")));
    assert_eq!(report.image.digest.unwrap().encoded(), "c".repeat(64));
}

#[test]
fn bills_of_trivy_in_spdx() {
    let report = of(&format!("\u{feff}{TRIVY_SPDX}"));
    let busybox = ["busybox-binsh", "1.36.1-r5", "busybox 1.36.1-r5", "GPL-2.0-only", ""];
    assert_eq!(rows(&report), [words(busybox)]);
    let distro = report.distro.unwrap();
    assert_eq!((distro.id.as_str(), distro.version_id.as_deref()), ("alpine", Some("3.18.4")));
}

/// Package managers without a type of package URL are named in front of what stands before the name.
#[test]
fn package_managers_without_a_type() {
    for (purl, kind, namespace, name) in [
        ("pkg:generic/opkg/ubus@1", "opkg", None, "ubus"),
        (
            "pkg:generic/portage/app-containers/skopeo@1",
            "portage",
            Some("app-containers"),
            "skopeo",
        ),
        ("pkg:generic/ours/opkg/a@1", "generic", None, "ours/opkg/a"),
        ("pkg:generic/a@1", "generic", None, "a"),
        ("pkg:npm/opkg/a@1", "npm", None, "opkg/a"),
    ] {
        let bill = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{{"type":"library","name":"x","version":"1","purl":"{purl}"}}]}}"#
        );
        let report = of(&bill);
        let package = &report.packages[0];
        let found = (package.kind.name(), package.namespace.as_deref(), package.name.as_str());
        assert_eq!(found, (kind, namespace, name), "{purl}");
    }
}
