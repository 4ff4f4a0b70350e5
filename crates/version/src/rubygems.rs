//! RubyGems, as `Gem::Version` reads and orders it: parts are digits or letters, a letter makes a
//! pre-release, and `-` is read as `.pre.`.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_items, by_value, cut, digits, run};

pub(crate) struct Version<'a>(&'a [u8]);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let text = text.trim_ascii().as_bytes();
        let (release, pre) = cut(text, b'-');
        let mut parts = release.split(|&byte| byte == b'.');
        // `Gem::Version` wants a number first; its order knows words right behind it.
        let are_parts = text.first().is_some_and(u8::is_ascii_digit)
            && parts.all(|part| is_part(part, u8::is_ascii_alphanumeric));
        let is_hyphenated = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let is_pre =
            |pre: &[u8]| pre.split(|&byte| byte == b'.').all(|part| is_part(part, is_hyphenated));
        match text.is_empty() || (are_parts && pre.is_none_or(is_pre)) {
            true => Ok(Self(text)),
            false => Err("it is not a number, then letters and digits with dots between them"),
        }
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        by_items(Segments::of(self.0), Segments::of(other.0), |a, b| {
            match (a.unwrap_or(ZERO), b.unwrap_or(ZERO)) {
                (Segment::Number(a), Segment::Number(b)) => by_value(a, b),
                (Segment::Letters(a), Segment::Letters(b)) => a.cmp(b),
                (Segment::Letters(_), Segment::Number(_)) => Ordering::Less,
                (Segment::Number(_), Segment::Letters(_)) => Ordering::Greater,
            }
        })
    }
}

fn is_part(part: &[u8], is_known: impl Fn(&u8) -> bool) -> bool {
    !part.is_empty() && part.iter().all(is_known)
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Number(&'a [u8]),
    Letters(&'a [u8]),
}

/// What a version is continued with.
const ZERO: Segment<'static> = Segment::Number(b"");

/// The runs of digits and of letters, without zeros before the first letters.
struct Segments<'a> {
    rest: &'a [u8],
    /// How many bytes are left when it has to be asked again whether zeros stand before letters.
    asked_until: usize,
}

impl<'a> Segments<'a> {
    fn of(rest: &'a [u8]) -> Self {
        Self { rest, asked_until: rest.len() }
    }

    /// Drops zeros that only the first letters follow.
    fn drop_zeros(&mut self) {
        if self.rest.len() > self.asked_until {
            return;
        }
        let after = run(self.rest, |byte| byte == b'0' || byte == b'.').1;
        match after {
            [first, ..] if first.is_ascii_digit() => {
                self.asked_until = after.len().saturating_sub(1);
            }
            _ => (self.rest, self.asked_until) = (after, 0),
        }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        self.drop_zeros();
        let bytes = run(self.rest, |byte| byte == b'.').1;
        let (segment, rest) = match bytes {
            [] => return None,
            [b'-', rest @ ..] => (Segment::Letters(b"pre"), rest),
            [b'0'..=b'9', ..] => {
                let (number, rest) = digits(bytes);
                (Segment::Number(number), rest)
            }
            bytes => {
                let (letters, rest) = run(bytes, |byte| byte.is_ascii_alphabetic());
                self.asked_until = 0;
                (Segment::Letters(letters), rest)
            }
        };
        self.rest = rest;
        Some(segment)
    }
}
