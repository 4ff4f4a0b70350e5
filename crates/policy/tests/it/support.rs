//! A report, facts about it, and policies of one rule.

use std::collections::BTreeMap;

use cutaway_model::Run;
use cutaway_policy::{Asked, Facts, Policy, RuleReport, Verdict, judge};
use cutaway_report::Report;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

/// A digest, whose value means nothing.
const DIGEST: &str = "sha256:57b6921e441674df08162fffab3bbef2a6b30071108c230cbc2918ea513851ef";

/// The day of all tests.
pub(crate) fn today() -> Date {
    date(2026, 11, 29)
}

/// What is judged, as a test puts it together.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) report: Value,
    pub(crate) run: Option<Run>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) asked: Option<Asked>,
    pub(crate) passwd: Option<Vec<u8>>,
    pub(crate) now: Timestamp,
}

impl Case {
    /// A Debian image of one layer with openssl and a package that was removed.
    pub(crate) fn debian() -> Self {
        let package = |name: &str, version: &str| {
            json!({"kind": "deb", "name": name, "version": version, "arch": "amd64",
                "source": {"name": "openssl", "version": version}, "licenses": ["Apache-2.0"],
                "state": "installed", "purl": format!("pkg:deb/debian/{name}@{version}"),
                "database": "var/lib/dpkg/status", "layer": 0})
        };
        let mut removed = package("nano", "7.2-1");
        removed["hidden_by"] = json!(0);
        let report = json!({
            "schema": "cutaway.scan/1",
            "image": {"name": "registry.example/team/app:1", "source": "registry", "digest": DIGEST,
                "id": DIGEST, "media_type": null,
                "platform": {"os": "linux", "architecture": "amd64", "variant": null}},
            "created": "2026-11-01T00:00:00Z",
            "distro": {"id": "debian", "version_id": "12", "codename": null, "pretty_name": null,
                "id_like": [], "path": "etc/os-release", "layer": 0, "eol": "2026-12-31"},
            "layers": [{"index": 0, "digest": DIGEST, "diff_id": DIGEST, "chain_id": DIGEST,
                "media_type": null, "size": 1_048_576, "uncompressed_size": 4_194_304,
                "created_by": "RUN apt-get", "verified": true}],
            "packages": [package("libssl3", "3.0.11-1"), package("openssl", "3.0.11-1")],
            "removed": [removed],
            "keys": [], "diagnostics": [], "complete": true,
        });
        Self {
            report,
            run: Some(Run { user: "1000:1000".to_owned(), ..Run::default() }),
            annotations: BTreeMap::new(),
            asked: Some(Asked {
                registry: "registry.example".to_owned(),
                repository: "team/app".to_owned(),
                pinned: false,
            }),
            passwd: None,
            now: "2026-11-29T12:00:00Z".parse().unwrap(),
        }
    }

    /// Judges it.
    pub(crate) fn judge(&self, policies: &[Policy]) -> Verdict {
        let report = Report::read(self.report.to_string().as_bytes()).unwrap();
        judge(
            policies,
            &Facts {
                report: &report,
                config: self.run.as_ref(),
                annotations: &self.annotations,
                index_digest: None,
                asked: self.asked.clone(),
                passwd: self.passwd.as_deref(),
                namespace: None,
                now: self.now,
            },
        )
    }

    /// Judges it by one rule.
    pub(crate) fn rule(&self, rule: &str) -> RuleReport {
        self.judge(&[policy(rule, "")]).rules.remove(0)
    }
}

/// A policy of one rule, with more of its keys.
pub(crate) fn policy(rule: &str, more: &str) -> Policy {
    Policy::read(&text(rule, more), today()).unwrap()
}

/// Its text.
pub(crate) fn text(rule: &str, more: &str) -> String {
    format!("schema: cutaway.policy/1\nname: p\nrules:\n  - {{id: r, {rule}}}\n{more}")
}
