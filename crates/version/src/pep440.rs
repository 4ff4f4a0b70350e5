//! PEP 440: `[N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local]`, in all spellings that PyPA's `packaging` reads.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_items, by_value, cut, digits, is_number};
use crate::numbers;

pub(crate) struct Version<'a> {
    epoch: &'a [u8],
    release: &'a [u8],
    /// The rank of `a`, `b` or `rc`, and its number.
    pre: Option<(u8, &'a [u8])>,
    post: Option<&'a [u8]>,
    dev: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
}

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let text =
            text.trim_matches(|it: char| it.is_ascii_whitespace() || it == '\x0b').as_bytes();
        let text = text.strip_prefix(b"v").or(text.strip_prefix(b"V")).unwrap_or(text);
        let (public, local) = cut(text, b'+');
        let (epoch, rest) = match cut(public, b'!') {
            (epoch, Some(rest)) if is_number(epoch) => (epoch, rest),
            (_, Some(_)) => return Err("the epoch is no number"),
            (rest, None) => (&b""[..], rest),
        };
        let (release, rest) = numbers::dotted_run(rest);
        if release.is_empty() {
            return Err("there is no release of numbers with dots between them");
        }
        let (pre, rest) = match phase(rest, PRE) {
            Some((rank, number, rest)) => (Some((rank, number)), rest),
            None => (None, rest),
        };
        let (post, rest) = post(rest);
        let (dev, rest) = match phase(rest, DEV) {
            Some((_, number, rest)) => (Some(number), rest),
            None => (None, rest),
        };
        if !rest.is_empty() {
            return Err("what follows the release is no pre-, post- or development release");
        }
        let is_local = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric);
        if !local.is_none_or(|local| local.split(is_separator).all(is_local)) {
            return Err("the local version is not letters and digits with separators between them");
        }
        Ok(Self { epoch, release, pre, post, dev, local })
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        by_value(self.epoch, other.epoch)
            .then_with(|| numbers::padded(self.release, other.release))
            .then_with(|| self.phase().cmp(&other.phase()))
            .then_with(|| optional(self.pre.map(|it| it.1), other.pre.map(|it| it.1)))
            .then_with(|| optional(self.post, other.post))
            .then_with(|| match (self.dev, other.dev) {
                (Some(a), Some(b)) => by_value(a, b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            })
            .then_with(|| match (self.local, other.local) {
                (Some(a), Some(b)) => locals(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }

    /// Where a version stands among those of its release: `.dev` alone, `a`, `b`, `rc`, and the release.
    fn phase(&self) -> u8 {
        match (self.pre, self.post, self.dev) {
            (Some((rank, _)), ..) => rank,
            (None, None, Some(_)) => 0,
            _ => 4,
        }
    }
}

/// Spellings, longest first where one begins another, each with its rank.
type Spellings = &'static [(&'static [u8], u8)];

const PRE: Spellings = &[
    (b"alpha", 1),
    (b"a", 1),
    (b"beta", 2),
    (b"b", 2),
    (b"preview", 3),
    (b"pre", 3),
    (b"c", 3),
    (b"rc", 3),
];
const POST: Spellings = &[(b"post", 0), (b"rev", 0), (b"r", 0)];
const DEV: Spellings = &[(b"dev", 0)];

/// Reads a word, its number, and what separates them and stands before them.
fn phase(bytes: &[u8], spellings: Spellings) -> Option<(u8, &[u8], &[u8])> {
    let bytes = without_separator(bytes);
    let (rank, rest) = spellings.iter().find_map(|(word, rank)| {
        let (start, rest) = bytes.split_at_checked(word.len())?;
        start.eq_ignore_ascii_case(word).then_some((*rank, rest))
    })?;
    let (number, after) = digits(without_separator(rest));
    Some((rank, number, after))
}

/// Reads `-1`, or `post` and its spellings.
fn post(bytes: &[u8]) -> (Option<&[u8]>, &[u8]) {
    if let [b'-', rest @ ..] = bytes
        && let (number @ [_, ..], rest) = digits(rest)
    {
        return (Some(number), rest);
    }
    match phase(bytes, POST) {
        Some((_, number, rest)) => (Some(number), rest),
        None => (None, bytes),
    }
}

fn without_separator(bytes: &[u8]) -> &[u8] {
    match bytes {
        [first, rest @ ..] if is_separator(first) => rest,
        bytes => bytes,
    }
}

fn is_separator(byte: &u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.')
}

/// Compares numbers, of which none is older than any.
fn optional(a: Option<&[u8]>, b: Option<&[u8]>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => by_value(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Compares local versions: numbers are newer than words, and more parts newer than fewer.
fn locals(a: &[u8], b: &[u8]) -> Ordering {
    by_items(a.split(is_separator), b.split(is_separator), |a, b| match (a, b) {
        (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
            (true, true) => by_value(a, b),
            (false, false) => {
                a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
            }
            (a, b) => a.cmp(&b),
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}
