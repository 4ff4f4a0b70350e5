//! Packagist: versions as Composer normalises them, in the order of PHP's `version_compare`.
//!
//! What Composer does not normalise is taken apart as PHP takes it apart. Branches (`dev-main`) are older
//! than all versions.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_items, by_value, cut, digits, run};

pub(crate) struct Version<'a> {
    /// The name of a branch; `None` for a version.
    branch: Option<&'a [u8]>,
    text: &'a [u8],
}

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let text = text.trim_ascii().as_bytes();
        if let Some(branch) = branch(text) {
            return Ok(Self { branch: Some(branch), text: &[] });
        }
        let (text, _) = cut(text, b'+');
        let (text, _) = cut(text, b'@');
        let text = text.strip_prefix(b"v").or(text.strip_prefix(b"V")).unwrap_or(text);
        if !text.first().is_some_and(u8::is_ascii_digit) {
            return Err("it does not begin with a number, and is no branch such as dev-main");
        }
        if !text
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || is_separator(byte) || byte == b'*')
        {
            return Err("it has other characters than letters, digits and separators");
        }
        Ok(Self { branch: None, text })
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self.branch, other.branch) {
            (Some(a), Some(b)) => a.cmp(b),
            (None, None) => {
                let (a, b) = (Parts::of(self.text), Parts::of(other.text));
                by_items(a, b, |a, b| {
                    let (a, b) = (a.unwrap_or(Part::End), b.unwrap_or(Part::End));
                    a.rank().cmp(&b.rank()).then_with(|| match (a, b) {
                        (Part::Number(a), Part::Number(b)) => by_value(a, b),
                        _ => Ordering::Equal,
                    })
                })
            }
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
}

/// The name of a branch, where a text is one.
fn branch(text: &[u8]) -> Option<&[u8]> {
    match text {
        b"master" | b"trunk" | b"default" => Some(text),
        text => {
            let (dev, name) = text.split_at_checked(4)?;
            dev.eq_ignore_ascii_case(b"dev-").then_some(name)
        }
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_' | b'#' | b'~')
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Number(&'a [u8]),
    /// A word, by its rank.
    Word(u8),
    End,
}

impl Part<'_> {
    fn rank(self) -> u8 {
        match self {
            Self::Word(rank) => rank,
            Self::End => 5,
            Self::Number(_) => 6,
        }
    }
}

/// The parts of a version: numbers first, and as many zeros as make them four.
struct Parts<'a> {
    rest: &'a [u8],
    /// How many numbers have been given, until something else was.
    numbers: Option<u8>,
}

impl<'a> Parts<'a> {
    fn of(rest: &'a [u8]) -> Self {
        Self { rest, numbers: Some(0) }
    }
}

/// What `x` and `*` stand for in the number of a branch, such as `1.x-dev`.
const ANY: &[u8] = b"9999999";

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        loop {
            let bytes = run(self.rest, is_separator).1;
            let (part, rest) = match bytes {
                [] => (None, bytes),
                [b'0'..=b'9', ..] => {
                    let (number, rest) = digits(bytes);
                    (Some(Part::Number(number)), rest)
                }
                [b'x' | b'X' | b'*', rest @ ..]
                    if !rest.first().is_some_and(u8::is_ascii_alphanumeric) =>
                {
                    (Some(Part::Number(ANY)), rest)
                }
                [b'*', rest @ ..] => (Some(Part::Word(0)), rest),
                bytes => {
                    let (word, rest) = run(bytes, |byte| byte.is_ascii_alphabetic());
                    if word.eq_ignore_ascii_case(b"stable") {
                        self.rest = rest;
                        continue;
                    }
                    (Some(Part::Word(rank(word))), rest)
                }
            };
            match (self.numbers, part) {
                (Some(count), Some(Part::Number(_))) => self.numbers = count.checked_add(1),
                (Some(count @ 0..4), _) => {
                    self.numbers = count.checked_add(1);
                    return Some(Part::Number(b""));
                }
                _ => self.numbers = None,
            }
            self.rest = rest;
            return part;
        }
    }
}

/// The rank of a word: one that is not known, `dev`, `alpha`, `beta`, `RC`; then the end and numbers; `patch`.
fn rank(word: &[u8]) -> u8 {
    const KNOWN: [(&[u8], u8); 9] = [
        (b"dev", 1),
        (b"alpha", 2),
        (b"a", 2),
        (b"beta", 3),
        (b"b", 3),
        (b"rc", 4),
        (b"patch", 7),
        (b"pl", 7),
        (b"p", 7),
    ];
    KNOWN.iter().find(|it| word.eq_ignore_ascii_case(it.0)).map_or(0, |it| it.1)
}
