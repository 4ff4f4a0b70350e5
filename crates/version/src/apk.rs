//! apk: `number{.number}{letter}{_suffix[number]}{~hash}{-rN}`, as apk-tools 3 reads and orders it.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_value, digits, is_number, run};

pub(crate) struct Version<'a>(&'a [u8]);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let mut tokens = Tokens::of(text.as_bytes());
        loop {
            match tokens.next() {
                Some(_) => {}
                None if tokens.rest.is_empty() && tokens.last.is_some() => {
                    return Ok(Self(text.as_bytes()));
                }
                None => {
                    return Err("it is not number{.number}{letter}{_suffix[number]}{~hash}{-rN}");
                }
            }
        }
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let (a, b) = (Tokens::of(self.0), Tokens::of(other.0));
        crate::bytes::by_items(a, b, |a, b| {
            let rank = |token: &Option<Token<'_>>| token.as_ref().map_or(Kind::End, |it| it.kind);
            rank(&a).cmp(&rank(&b)).then_with(|| match (a, b) {
                (Some(a), Some(b)) => values(&a, &b),
                _ => Ordering::Equal,
            })
        })
    }
}

fn values(a: &Token<'_>, b: &Token<'_>) -> Ordering {
    match a.kind {
        // A number with a zero before it is compared as text, and a number that is no zero begins with none.
        Kind::Number if a.value.starts_with(b"0") || b.value.starts_with(b"0") => {
            a.value.cmp(b.value)
        }
        Kind::First | Kind::Number | Kind::SuffixNumber | Kind::Revision => {
            by_value(a.value, b.value)
        }
        _ => a.value.cmp(b.value),
    }
}

/// What can follow, oldest first: a version that goes on is newer than one that ends, except for
/// suffixes of pre-releases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Before(u8),
    End,
    Revision,
    Hash,
    SuffixNumber,
    After(u8),
    Letter,
    Number,
    First,
}

struct Token<'a> {
    kind: Kind,
    value: &'a [u8],
}

/// The tokens of a version, up to its end or to what is none.
struct Tokens<'a> {
    rest: &'a [u8],
    last: Option<Kind>,
}

impl<'a> Tokens<'a> {
    fn of(rest: &'a [u8]) -> Self {
        Self { rest, last: None }
    }

    /// Reads the next token, with what has to stand before it.
    fn token(&self) -> Option<(Token<'a>, &'a [u8])> {
        use Kind::{After, Before, First, Hash, Letter, Number, Revision, SuffixNumber};
        let number = |kind, bytes| {
            let (value, rest) = digits(bytes);
            is_number(value).then_some((Token { kind, value }, rest))
        };
        match (self.last, self.rest) {
            (None, bytes) => number(First, bytes),
            (Some(First | Number), [b'.', bytes @ ..]) => number(Number, bytes),
            (Some(First | Number), bytes @ [b'a'..=b'z', rest @ ..]) => {
                let (value, _) = bytes.split_at_checked(1)?;
                Some((Token { kind: Letter, value }, rest))
            }
            (Some(Before(_) | After(_)), bytes @ [b'0'..=b'9', ..]) => number(SuffixNumber, bytes),
            (
                Some(First | Number | Letter | Before(_) | After(_) | SuffixNumber),
                [b'_', bytes @ ..],
            ) => {
                let (word, rest) = run(bytes, |byte| byte.is_ascii_lowercase());
                Some((Token { kind: suffix(word)?, value: &[] }, rest))
            }
            (Some(Revision | Hash), [b'~', ..]) => None,
            (Some(_), [b'~', bytes @ ..]) => {
                let (value, rest) = run(bytes, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                (!value.is_empty()).then_some((Token { kind: Hash, value }, rest))
            }
            (Some(Revision), _) => None,
            (Some(_), [b'-', b'r', bytes @ ..]) => number(Revision, bytes),
            _ => None,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let (token, rest) = self.token()?;
        self.rest = rest;
        self.last = Some(token.kind);
        Some(token)
    }
}

fn suffix(word: &[u8]) -> Option<Kind> {
    const BEFORE: [&[u8]; 4] = [b"alpha", b"beta", b"pre", b"rc"];
    const AFTER: [&[u8]; 5] = [b"cvs", b"svn", b"git", b"hg", b"p"];
    let place = |words: &[&[u8]]| words.iter().zip(0..).find(|(it, _)| **it == word).map(|it| it.1);
    place(&BEFORE).map(Kind::Before).or_else(|| place(&AFTER).map(Kind::After))
}
