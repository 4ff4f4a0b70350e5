//! Why dnf (from version 5) has what is installed: `usr/lib/sysimage/libdnf5/packages.toml`.
//!
//! ```text
//! version = "1.0"
//! [packages]
//! "git.x86_64" = {reason = "User"}
//! ```
//!
//! Of TOML no more is read than what libdnf5 writes: one package a line, or a table for each
//! (`[packages."git.x86_64"]`). Format: libdnf5's `system/state.cpp`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Ecosystem, File, Findings, InstallReason, Interest, NamedReason, Outcome,
    Reasons,
};

use crate::line::{lines, without_mark};
use crate::reporter::{Reporter, quote};

/// The reader of dnf's state.
#[derive(Debug)]
pub(crate) struct DnfState;

impl Analyzer for DnfState {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dnf-state", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["usr/lib/sysimage/libdnf5/packages.toml"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let (mut named, mut table) = (Vec::new(), String::new());
        for line in lines(without_mark(file.start())) {
            if line.is_too_long() {
                reporter.error("line-over-limit", line.too_long());
                continue;
            }
            let text = String::from_utf8_lossy(line.text);
            let text = text.trim();
            if let Some(header) = text.strip_prefix('[') {
                table = header.trim_end_matches(']').trim().to_owned();
                continue;
            }
            let (package, value) = match table.strip_prefix("packages") {
                _ if text.is_empty() || text.starts_with('#') => continue,
                Some("") => match text.split_once(" = ") {
                    Some((package, value)) => (package, reason_in(value)),
                    None => (text, None),
                },
                Some(package) if text.starts_with("reason") => {
                    (package.trim_start_matches('.'), reason_in(text))
                }
                _ => continue,
            };
            match (unquoted(package).rsplit_once('.'), value) {
                (Some((name, arch)), Some(reason)) if !name.is_empty() => named.push(NamedReason {
                    name: name.to_owned(),
                    arch: Some(arch.to_owned()),
                    reason: meaning(reason),
                    repository: None,
                }),
                _ => reporter.warning(
                    "dnf-state-unreadable",
                    format_args!(
                        "line {} says no reason of a package: {}",
                        line.number,
                        quote(line.text)
                    ),
                ),
            }
        }
        let reasons = Reasons { ecosystem: Ecosystem::RPM, others: None, named };
        reporter.findings().set_reasons(reasons);
        reporter.finish();
        Outcome::Done
    }
}

/// Returns the text behind `reason =`, in braces or not.
fn reason_in(text: &str) -> Option<&str> {
    let (_, behind) = text.split_once("reason")?;
    let behind = behind.trim_start().strip_prefix('=')?.trim_start();
    let (reason, _) = behind.strip_prefix('"')?.split_once('"')?;
    Some(reason)
}

fn unquoted(key: &str) -> &str {
    let key = key.trim();
    key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)
}

/// Returns what a reason means; what another program installed is nobody's wish that dnf knows of.
fn meaning(reason: &str) -> Option<InstallReason> {
    match reason {
        "User" | "Group" => Some(InstallReason::Explicit),
        "Dependency" | "Weak Dependency" => Some(InstallReason::Dependency),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::read;

    #[test]
    fn lines_and_tables() {
        for (content, expected) in [
            (
                "version = \"1.0\"\n[packages]\n\"git.x86_64\" = {reason = \"User\"}\n\"a-b.c.noarch\" = { reason = \"Weak Dependency\" }\n\"x.i686\" = {reason = \"External User\"}\n",
                "git x86_64 explicit, a-b.c noarch dependency, x i686 -",
            ),
            (
                "[packages.\"git.x86_64\"]\nreason = \"Group\"\n\n[packages.\"b.noarch\"]\nreason=\"Dependency\"\n[groups]\nreason = \"User\"\n",
                "git x86_64 explicit, b noarch dependency",
            ),
            ("[packages]\n# x\n\"git.x86_64\" = {reason = \"Us", "; dnf-state-unreadable"),
            (
                "[packages]\n\"git\" = {reason = \"User\"}\nx\n",
                "; dnf-state-unreadable dnf-state-unreadable",
            ),
            ("", ""),
        ] {
            let path = "usr/lib/sysimage/libdnf5/packages.toml";
            let findings = read(&DnfState, path, content.as_bytes());
            let of = |it: &NamedReason| {
                let reason = it.reason.map_or("-", InstallReason::name);
                format!("{} {} {reason}", it.name, it.arch.as_deref().unwrap_or_default())
            };
            let named: Vec<String> = findings.reasons().unwrap().named.iter().map(of).collect();
            let codes: Vec<&str> = findings.diagnostics().iter().map(|it| &*it.code).collect();
            let behind =
                if codes.is_empty() { String::new() } else { format!("; {}", codes.join(" ")) };
            assert_eq!(named.join(", ") + &behind, expected, "{content}");
        }
    }
}
