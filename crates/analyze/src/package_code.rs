//! A package as bytes and back.

use std::sync::Arc;

use crate::wire::{
    get, get_flag, get_list, get_text, put, put_bytes, put_len, put_texts, take, text,
};
use crate::{Details, Ecosystem, InstallReason, Package, Source};

/// The fewest bytes of a package.
pub(crate) const PACKAGE_BYTES: usize = 6;
/// The state that most packages have.
const INSTALLED: &str = "installed";
/// Ecosystems that take one byte.
const KNOWN: [Ecosystem; 8] = [
    Ecosystem::ALPM,
    Ecosystem::APK,
    Ecosystem::DEB,
    Ecosystem::RPM,
    Ecosystem::OPKG,
    Ecosystem::PORTAGE,
    Ecosystem::COS,
    Ecosystem::NIX,
];

pub(crate) fn put_package(out: &mut Vec<u8>, package: &Package) {
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
        install_reason,
        details,
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
        install_reason.is_some(),
        details.is_some(),
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
    if let Some(reason) = install_reason {
        put(out, u64::from(*reason == InstallReason::Dependency));
    }
    if let Some(details) = details {
        put_details(out, details);
    }
}

/// Takes what [`put_package`] wrote; none where the bytes are none of it.
pub(crate) fn get_package(rest: &mut &[u8]) -> Option<Package> {
    let bits = get(rest)?;
    let flag = |position: u32| bits.checked_shr(position).unwrap_or(0) & 1 == 1;
    let ecosystem = get_ecosystem(rest)?;
    let mut package = Package::new(ecosystem, get_text(rest)?, get_text(rest)?);
    let Package { namespace, release, arch, vendor, place, .. } = &mut package;
    for (slot, position) in
        [namespace, release, arch, vendor, place].into_iter().zip([12, 11, 10, 9, 8])
    {
        if flag(position) {
            *slot = Some(text(rest)?);
        }
    }
    if flag(7) {
        package.epoch = Some(get(rest)?);
    }
    if flag(6) {
        let name = text(rest)?;
        let version = if flag(5) { Some(text(rest)?) } else { None };
        package.source = Some(Source { name, version });
    }
    if flag(4) {
        package.licenses = get_list(rest, 1, text)?;
    }
    if flag(3) {
        package.state = text(rest)?;
    }
    package.coinstallable = flag(2);
    if flag(1) {
        let dependency = get_flag(rest)?;
        let reason = if dependency { InstallReason::Dependency } else { InstallReason::Explicit };
        package.install_reason = Some(reason);
    }
    if flag(0) {
        package.details = Some(Arc::new(get_details(rest)?));
    }
    Some(package)
}

/// Appends what is there, and in front in four bytes which that is: details take room, and so have to
/// have bytes that pay for it.
fn put_details(out: &mut Vec<u8>, details: &Details) {
    let texts = details.texts().map(|(_, text)| text);
    let lists = details.lists().map(|(_, list)| list);
    let numbers = [details.installed_size, details.built_at, details.installed_at];
    let bits = texts.iter().map(|text| text.is_some());
    let bits = bits.chain(lists.iter().map(|list| !list.is_empty()));
    let bits = bits.chain(numbers.iter().map(|number| number.is_some()));
    let bits = bits.chain([details.root, details.guessed, details.dev]);
    let bits = bits.fold(0_u32, |bits, flag| (bits << 1) | u32::from(flag));
    out.extend_from_slice(&bits.to_le_bytes());
    texts.into_iter().flatten().for_each(|text| put_bytes(out, text.as_bytes()));
    for list in lists.into_iter().filter(|list| !list.is_empty()) {
        put_len(out, list.len());
        list.iter().for_each(|text| put_bytes(out, text.as_bytes()));
    }
    numbers.into_iter().flatten().for_each(|number| put(out, number));
}

fn get_details(rest: &mut &[u8]) -> Option<Details> {
    let bits = u32::from_le_bytes(*take(rest, 4)?.first_chunk()?);
    let flag = |position: u32| bits.checked_shr(position).unwrap_or(0) & 1 == 1;
    let mut details = Details::default();
    for ((_, slot), position) in details.texts_mut().into_iter().zip((10..23).rev()) {
        if flag(position) {
            *slot = Some(get_text(rest)?.into());
        }
    }
    for ((_, slot), position) in details.lists_mut().into_iter().zip([9, 8, 7, 6]) {
        if flag(position) {
            *slot = get_list(rest, 1, get_text)?.into_iter().collect();
        }
    }
    let Details { installed_size, built_at, installed_at, root, guessed, dev, .. } = &mut details;
    (*root, *guessed, *dev) = (flag(2), flag(1), flag(0));
    for (slot, position) in [(installed_size, 5), (built_at, 4), (installed_at, 3)] {
        if flag(position) {
            *slot = Some(get(rest)?);
        }
    }
    Some(details).filter(|details| !details.is_empty())
}

pub(crate) fn put_reason(out: &mut Vec<u8>, reason: Option<InstallReason>) {
    put(
        out,
        match reason {
            None => 0,
            Some(InstallReason::Explicit) => 1,
            Some(InstallReason::Dependency) => 2,
        },
    );
}

pub(crate) fn get_reason(rest: &mut &[u8]) -> Option<Option<InstallReason>> {
    match get(rest)? {
        0 => Some(None),
        1 => Some(Some(InstallReason::Explicit)),
        2 => Some(Some(InstallReason::Dependency)),
        _ => None,
    }
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
