//! Findings as bytes and back.
//!
//! The sizes that `get_len` and `get_list` are given are the fewest bytes of an item. They keep what is
//! allocated within 64 times the bytes that are read, and nothing is collected twice on its way.

use crate::record_code::{get_files, get_flag, put_files};
use crate::wire::{get, get_len, get_list, get_text, put, put_bytes, put_len, put_texts};
use crate::{Diagnostic, Distro, Ecosystem, Findings, Key, Package, Severity, Source};

/// Ecosystems that take one byte, and the state that most packages have.
const KNOWN: [Ecosystem; 4] = [Ecosystem::ALPM, Ecosystem::APK, Ecosystem::DEB, Ecosystem::RPM];
const INSTALLED: &str = "installed";
/// The fewest bytes of a package.
const PACKAGE_BYTES: usize = 6;

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
    put(out, u64::from(findings.distro().is_some()));
    if let Some(distro) = findings.distro() {
        let Distro { id, version_id, codename, pretty_name, id_like, stated } = distro;
        put_bytes(out, id.as_bytes());
        for optional in [version_id, codename, pretty_name] {
            put_optional(out, optional.as_deref());
        }
        put_texts(out, id_like);
        put(out, u64::from(*stated));
    }
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
        findings.set_distro(Distro {
            id: text(rest)?,
            version_id: get_optional(rest)?,
            codename: get_optional(rest)?,
            pretty_name: get_optional(rest)?,
            id_like: get_list(rest, 1, text)?,
            stated: get_flag(rest)?,
        });
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

fn put_package(out: &mut Vec<u8>, package: &Package) {
    let Package {
        ecosystem,
        namespace,
        name,
        version,
        epoch,
        release,
        arch,
        source,
        licenses,
        vendor,
        state,
        place,
        coinstallable,
    } = package;
    let optional = [namespace, release, arch, vendor, place];
    let source_version = source.as_ref().and_then(|source| source.version.as_deref());
    let flags = [
        epoch.is_some(),
        source.is_some(),
        source_version.is_some(),
        !licenses.is_empty(),
        state != INSTALLED,
        *coinstallable,
    ];
    let bits = optional.iter().map(|text| text.is_some()).chain(flags);
    put(out, bits.fold(0, |bits, flag| (bits << 1) | u64::from(flag)));
    put_ecosystem(out, ecosystem);
    put_bytes(out, name.as_bytes());
    put_bytes(out, version.as_bytes());
    optional.into_iter().flatten().for_each(|text| put_bytes(out, text.as_bytes()));
    epoch.iter().for_each(|epoch| put(out, *epoch));
    source.iter().for_each(|source| put_bytes(out, source.name.as_bytes()));
    source_version.iter().for_each(|version| put_bytes(out, version.as_bytes()));
    if !licenses.is_empty() {
        put_texts(out, licenses);
    }
    if state != INSTALLED {
        put_bytes(out, state.as_bytes());
    }
}

fn get_package(rest: &mut &[u8]) -> Option<Package> {
    let bits = get(rest)?;
    let flag = |position: u32| bits.checked_shr(position).unwrap_or(0) & 1 == 1;
    let ecosystem = get_ecosystem(rest)?;
    let mut package = Package::new(ecosystem, get_text(rest)?, get_text(rest)?);
    let Package { namespace, release, arch, vendor, place, .. } = &mut package;
    for (slot, position) in
        [namespace, release, arch, vendor, place].into_iter().zip([10, 9, 8, 7, 6])
    {
        if flag(position) {
            *slot = Some(text(rest)?);
        }
    }
    if flag(5) {
        package.epoch = Some(get(rest)?);
    }
    if flag(4) {
        let name = text(rest)?;
        let version = if flag(3) { Some(text(rest)?) } else { None };
        package.source = Some(Source { name, version });
    }
    if flag(2) {
        package.licenses = get_list(rest, 1, text)?;
    }
    if flag(1) {
        package.state = text(rest)?;
    }
    package.coinstallable = flag(0);
    Some(package)
}

pub(crate) fn put_ecosystem(out: &mut Vec<u8>, ecosystem: &Ecosystem) {
    match KNOWN.iter().position(|known| known == ecosystem) {
        Some(position) => put_len(out, position.saturating_add(1)),
        None => {
            put(out, 0);
            put_bytes(out, ecosystem.name().as_bytes());
        }
    }
}

pub(crate) fn get_ecosystem(rest: &mut &[u8]) -> Option<Ecosystem> {
    match usize::try_from(get(rest)?).ok()?.checked_sub(1) {
        Some(position) => KNOWN.get(position).cloned(),
        None => get_text(rest).map(Ecosystem::owned),
    }
}

/// Appends a text that may be missing: its length and one, or nothing but 0.
pub(crate) fn put_optional(out: &mut Vec<u8>, text: Option<&str>) {
    put(out, u64::from(text.is_some()));
    if let Some(text) = text {
        put_bytes(out, text.as_bytes());
    }
}

/// Takes what [`put_optional`] wrote; the outer none is for what it did not.
#[expect(clippy::option_option, reason = "the inner one is the value")]
pub(crate) fn get_optional(rest: &mut &[u8]) -> Option<Option<String>> {
    if get_flag(rest)? { Some(Some(text(rest)?)) } else { Some(None) }
}

pub(crate) fn text(rest: &mut &[u8]) -> Option<String> {
    get_text(rest).map(str::to_owned)
}
