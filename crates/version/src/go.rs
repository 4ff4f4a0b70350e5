//! Go: SemVer after `v`, as `golang.org/x/mod/semver` reads it, and toolchains such as `go1.22rc1`.
//!
//! Toolchains are ordered among modules' versions by their numbers. What advisories write, neither `v`
//! nor `go` before it, is read, too.

use std::cmp::Ordering;

use crate::bytes::{Rule, is_number, run};
use crate::hex::strict;
use crate::identifiers::{Parts, exactly, has_leading_zero, pre_releases};
use crate::numbers;

pub(crate) struct Version<'a> {
    numbers: &'a [u8],
    pre: Pre<'a>,
}

enum Pre<'a> {
    /// Identifiers after a hyphen, if any.
    Identifiers(Option<&'a [u8]>),
    /// A toolchain's word and number: `rc1` is `-rc.1`.
    Toolchain(&'a [u8], &'a [u8]),
}

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        if let Some(toolchain) = text.strip_prefix("go")
            && let Some(version) = Self::toolchain(toolchain.as_bytes())
        {
            return Ok(version);
        }
        let text = text.strip_prefix("go").or(text.strip_prefix('v')).unwrap_or(text);
        let parts = Parts::of(text.as_bytes());
        let count = parts.numbers.split(|&byte| byte == b'.').count();
        if count > 3 || !numbers::are_dotted(parts.numbers) {
            return Err("it does not begin with three numbers");
        }
        if count < 3 && (parts.pre.is_some() || parts.build.is_some()) {
            return Err("only three numbers can have a pre-release or a build");
        }
        strict(&parts)?;
        Ok(Self { numbers: parts.numbers, pre: Pre::Identifiers(parts.pre) })
    }

    /// Reads `1.22rc1` and `1.22.0rc1`.
    fn toolchain(bytes: &'a [u8]) -> Option<Self> {
        let (numbers, pre) = run(bytes, |byte| byte.is_ascii_digit() || byte == b'.');
        let (word, number) = run(pre, |byte| byte.is_ascii_lowercase());
        let is_known = matches!(word, b"alpha" | b"beta" | b"rc") && is_number(number);
        if !is_known || !numbers::are_dotted(numbers) || has_leading_zero(number) {
            return None;
        }
        Some(Self { numbers, pre: Pre::Toolchain(word, number) })
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        numbers::padded(self.numbers, other.numbers).then_with(|| match (&self.pre, &other.pre) {
            (Pre::Identifiers(a), Pre::Identifiers(b)) => pre_releases(*a, *b, exactly),
            (Pre::Toolchain(a, m), Pre::Toolchain(b, n)) => {
                a.cmp(b).then_with(|| crate::bytes::by_value(m, n))
            }
            (Pre::Toolchain(a, m), Pre::Identifiers(b)) => toolchain(a, m, *b),
            (Pre::Identifiers(a), Pre::Toolchain(b, n)) => toolchain(b, n, *a).reverse(),
        })
    }
}

/// Compares `rc1`, taken as `rc.1`, with a pre-release.
fn toolchain(word: &[u8], number: &[u8], pre: Option<&[u8]>) -> Ordering {
    let Some(pre) = pre else { return Ordering::Less };
    let mut parts = pre.splitn(2, |&byte| byte == b'.');
    let (first, rest) = (parts.next().unwrap_or_default(), parts.next());
    pre_releases(Some(word), Some(first), exactly).then_with(|| match rest {
        None => Ordering::Greater,
        Some(rest) => pre_releases(Some(number), Some(rest), exactly),
    })
}
