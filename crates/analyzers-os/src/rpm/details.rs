//! What a header says of a package beside what it is: relations, times, who made and signed it.
//!
//! Conditions are written as rpm prints them, `bash >= 5.0`. Those on rpm itself (`rpmlib(…)`) name no
//! package and are left out, and what stands there for several scripts counts once. Format: `rpmtag.h`,
//! `rpmds.h`.

use std::collections::HashSet;

use cutaway_analyze::{Details, Texts};

use super::header::{Error, Header};
use super::signature;

/// Tags.
const BUILD_TIME: u32 = 1006;
const INSTALL_TIME: u32 = 1008;
const SIZE: u32 = 1009;
const PACKAGER: u32 = 1015;
const URL: u32 = 1020;
const PROVIDES: [u32; 3] = [1047, 1112, 1113];
const REQUIRES: [u32; 3] = [1049, 1048, 1050];
/// The size of what has more than 32 bits of it.
const LONG_SIZE: u32 = 5009;
const MODULARITY_LABEL: u32 = 5096;
/// Signatures of the header, then those of header and content: RSA, then DSA and what came later.
const SIGNATURES: [u32; 4] = [268, 267, 259, 262];

/// Flags of a condition.
const LESS: u32 = 1 << 1;
const GREATER: u32 = 1 << 2;
const EQUAL: u32 = 1 << 3;
const RPMLIB: u32 = 1 << 24;

/// Returns what a header says; each part that cannot be read goes to `broken` and is absent.
pub(super) fn details(header: Header<'_>, broken: &mut dyn FnMut(Error)) -> Details {
    let mut told = |error: Error| broken(error);
    let mut details = Details::default();
    details.depends = conditions(header, REQUIRES).map_err(&mut told).unwrap_or_default();
    details.provides = conditions(header, PROVIDES).map_err(&mut told).unwrap_or_default();
    let mut text = |tag| {
        let value = header.string(tag).map_err(&mut told).ok().flatten();
        let value = value.filter(|value| !matches!(*value, b"" | b"(none)"));
        value.map(|value| String::from_utf8_lossy(value).into())
    };
    details.maintainer = text(PACKAGER);
    details.homepage = text(URL);
    details.modularity = text(MODULARITY_LABEL);
    let mut time = |tag| header.number(tag).map_err(&mut told).ok().flatten().map(u64::from);
    details.built_at = time(BUILD_TIME);
    details.installed_at = time(INSTALL_TIME);
    let size = time(SIZE).or_else(|| header.long(LONG_SIZE));
    details.installed_size = size;
    let signatures = SIGNATURES.iter().filter_map(|&tag| header.binary(tag));
    details.signer = signatures.filter_map(signature::signer).next().map(Into::into);
    details
}

/// Returns the conditions whose names, flags and versions stand under three tags.
fn conditions(header: Header<'_>, tags: [u32; 3]) -> Result<Texts, Error> {
    let [names, flags, versions] = tags;
    let names = header.strings(names)?;
    let (flags, versions) = (header.numbers(flags)?, header.strings(versions)?);
    let mut seen = HashSet::with_capacity(names.len());
    let mut flags = flags.into_iter().map(Some).chain(std::iter::repeat(None));
    let mut versions = versions.into_iter().chain(std::iter::repeat(&b""[..]));
    let mut conditions = Vec::with_capacity(names.len());
    for name in names {
        let flags = flags.next().flatten().unwrap_or_default();
        let version = versions.next().unwrap_or_default();
        if flags & RPMLIB == 0 && !name.is_empty() {
            let condition = condition(name, flags, version);
            if seen.insert(condition.clone()) {
                conditions.push(condition);
            }
        }
    }
    Ok(conditions.iter().collect())
}

fn condition(name: &[u8], flags: u32, version: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(name).into_owned();
    let signs = [(LESS, '<'), (GREATER, '>'), (EQUAL, '=')];
    let signs: String =
        signs.into_iter().filter(|(flag, _)| flags & flag != 0).map(|(_, sign)| sign).collect();
    if !signs.is_empty() && !version.is_empty() {
        text.push(' ');
        text.push_str(&signs);
        text.push(' ');
        text.push_str(&String::from_utf8_lossy(version));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_written_as_rpm_prints_them() {
        for (flags, version, expected) in [
            (0, "", "a"),
            (EQUAL, "1:2-3", "a = 1:2-3"),
            (LESS | EQUAL, "2", "a <= 2"),
            (GREATER, "2", "a > 2"),
            (GREATER | EQUAL | 1 << 14, "2", "a >= 2"),
            (EQUAL, "", "a"),
            (0, "2", "a"),
        ] {
            assert_eq!(condition(b"a", flags, version.as_bytes()), expected);
        }
    }
}
