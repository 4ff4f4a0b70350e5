//! Findings as bytes and back.
//!
//! The sizes that `get_len` and `get_list` are given are the fewest bytes of an item. They keep what is
//! allocated within 64 times the bytes that are read, and nothing is collected twice on its way.

use crate::package_code::{
    PACKAGE_BYTES, get_ecosystem, get_package, get_reason, put_ecosystem, put_package, put_reason,
};
use crate::record_code::{get_files, put_files};
use crate::wire::{
    get_flag, get_len, get_list, get_optional, get_text, put, put_bytes, put_len, put_optional,
    put_texts, text,
};
use crate::{ContentDigest, Diagnostic, Distro, Findings, Key, NamedReason, Reasons, Severity};

/// The fewest bytes of why one package is there.
const REASON_BYTES: usize = 4;
/// The fewest bytes of a digest.
const DIGEST_BYTES: usize = 17;

pub(crate) fn put_findings(out: &mut Vec<u8>, findings: &Findings) {
    put_len(out, findings.packages().len());
    findings.packages().iter().for_each(|package| put_package(out, package));
    put_len(out, findings.keys().len());
    for Key { name, version, summary } in findings.keys() {
        put_bytes(out, name.as_bytes());
        put_bytes(out, version.as_bytes());
        put_optional(out, summary.as_deref());
    }
    put_texts(out, findings.licenses());
    put(out, u64::from(findings.reasons().is_some()));
    if let Some(Reasons { ecosystem, others, named }) = findings.reasons() {
        put_ecosystem(out, ecosystem);
        put_reason(out, *others);
        put_len(out, named.len());
        for NamedReason { name, arch, reason, repository } in named {
            put_bytes(out, name.as_bytes());
            put_optional(out, arch.as_deref());
            put_reason(out, *reason);
            put_optional(out, repository.as_deref());
        }
    }
    put(out, u64::from(findings.distro().is_some()));
    if let Some(distro) = findings.distro() {
        let Distro { id, id_like, stated, .. } = distro;
        put_bytes(out, id.as_bytes());
        for optional in distro.texts() {
            put_optional(out, optional.as_deref());
        }
        put_texts(out, id_like);
        put(out, u64::from(*stated));
    }
    put_len(out, findings.digests().count());
    findings.digests().for_each(|digest| {
        out.push(digest.tag());
        out.extend_from_slice(digest.bytes());
    });
    put_len(out, findings.diagnostics().len());
    for Diagnostic { severity, code, message } in findings.diagnostics() {
        put(out, u64::from(*severity == Severity::Error));
        put_bytes(out, code.as_bytes());
        put_bytes(out, message.as_bytes());
    }
    put(out, u64::from(!findings.files.is_empty()));
    if !findings.files.is_empty() {
        put_files(out, &findings.files);
    }
}

/// Adds what [`put_findings`] wrote; none where the bytes are none of it.
pub(crate) fn get_findings(rest: &mut &[u8], findings: &mut Findings) -> Option<()> {
    let packages = get_len(rest, PACKAGE_BYTES)?;
    findings.expect_packages(packages);
    for _ in 0..packages {
        findings.package(get_package(rest)?);
    }
    for _ in 0..get_len(rest, 3)? {
        findings.key(Key { name: text(rest)?, version: text(rest)?, summary: get_optional(rest)? });
    }
    for _ in 0..get_len(rest, 1)? {
        findings.license(get_text(rest)?);
    }
    if get_flag(rest)? {
        let (ecosystem, others) = (get_ecosystem(rest)?, get_reason(rest)?);
        let named = get_list(rest, REASON_BYTES, |rest| {
            Some(NamedReason {
                name: text(rest)?,
                arch: get_optional(rest)?,
                reason: get_reason(rest)?,
                repository: get_optional(rest)?,
            })
        })?;
        findings.set_reasons(Reasons { ecosystem, others, named });
    }
    if get_flag(rest)? {
        findings.set_distro(Distro {
            id: text(rest)?,
            version_id: get_optional(rest)?,
            codename: get_optional(rest)?,
            pretty_name: get_optional(rest)?,
            cpe: get_optional(rest)?,
            home_url: get_optional(rest)?,
            bug_report_url: get_optional(rest)?,
            support_end: get_optional(rest)?,
            id_like: get_list(rest, 1, text)?,
            stated: get_flag(rest)?,
        });
    }
    let digests = get_list(rest, DIGEST_BYTES, ContentDigest::read)?;
    if !digests.is_empty() {
        findings.set_digests(&digests);
    }
    for _ in 0..get_len(rest, 3)? {
        let severity = if get_flag(rest)? { Severity::Error } else { Severity::Warning };
        findings.note(Diagnostic { severity, code: text(rest)?.into(), message: text(rest)? });
    }
    if get_flag(rest)? {
        get_files(rest, &mut findings.files)?;
    }
    findings.shrink();
    Some(())
}
