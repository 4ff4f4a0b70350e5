//! Maven: any text, as `ComparableVersion` of Maven 3.9 and 4 orders it.
//!
//! A version is a list, in which a hyphen, or a change between digits and letters, opens a list inside;
//! nothing follows such a list in the one around it. So a version is also one row of items, with
//! [`Item::Open`] where a list begins.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_items, by_value, digits, run, without_zeros};

pub(crate) struct Version<'a>(&'a [u8]);

impl<'a> Version<'a> {
    #[expect(clippy::unnecessary_wraps, reason = "as every family")]
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        Ok(Self(text.as_bytes()))
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        by_items(Items::of(self.0), Items::of(other.0), |a, b| match (a, b) {
            (Some(a), Some(b)) => a.order(&b),
            (Some(a), None) => a.with_nothing(),
            (None, Some(b)) => b.with_nothing().reverse(),
            (None, None) => Ordering::Equal,
        })
    }
}

#[derive(Clone, Copy)]
enum Item<'a> {
    Number(&'a [u8]),
    Word(&'a [u8]),
    /// A word and the number behind it.
    Combination(&'a [u8], &'a [u8]),
    /// A list begins.
    Open,
}

impl Item<'_> {
    fn order(&self, other: &Self) -> Ordering {
        use Item::{Combination, Number, Word};
        match (*self, *other) {
            (Number(a), Number(b)) => by_value(a, b),
            (Word(a), Word(b)) => words(a, false, b, false),
            (Word(a), Combination(b, _)) => words(a, false, b, true).then(Ordering::Less),
            (Combination(a, _), Word(b)) => words(a, true, b, false).then(Ordering::Greater),
            (Combination(a, m), Combination(b, n)) => {
                words(a, true, b, true).then_with(|| by_value(m, n))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// The order of kinds: words, lists, numbers.
    fn rank(&self) -> u8 {
        match self {
            Self::Word(_) | Self::Combination(..) => 0,
            Self::Open => 1,
            Self::Number(_) => 2,
        }
    }

    /// Compares with a version that ends here.
    fn with_nothing(&self) -> Ordering {
        match *self {
            Self::Number(number) => by_value(number, b""),
            Self::Word(word) => qualifier(word, false).cmp(&RELEASE),
            Self::Combination(word, _) => qualifier(word, true).cmp(&RELEASE),
            Self::Open => Ordering::Equal,
        }
    }
}

/// Compares qualifiers, each of which may have a number behind it.
fn words(a: &[u8], a_is_numbered: bool, b: &[u8], b_is_numbered: bool) -> Ordering {
    let (rank, other) = (qualifier(a, a_is_numbered), qualifier(b, b_is_numbered));
    rank.cmp(&other).then_with(|| match rank {
        UNKNOWN => a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)),
        _ => Ordering::Equal,
    })
}

/// The rank of a version without a qualifier.
const RELEASE: u8 = 5;
/// The rank of qualifiers that Maven does not know.
const UNKNOWN: u8 = 7;

fn qualifier(word: &[u8], is_numbered: bool) -> u8 {
    const KNOWN: [(&[u8], u8); 10] = [
        (b"alpha", 0),
        (b"beta", 1),
        (b"milestone", 2),
        (b"rc", 3),
        (b"cr", 3),
        (b"snapshot", 4),
        (b"ga", RELEASE),
        (b"final", RELEASE),
        (b"release", RELEASE),
        (b"sp", 6),
    ];
    match word {
        b"a" | b"A" if is_numbered => 0,
        b"b" | b"B" if is_numbered => 1,
        b"m" | b"M" if is_numbered => 2,
        word => KNOWN.iter().find(|it| word.eq_ignore_ascii_case(it.0)).map_or(UNKNOWN, |it| it.1),
    }
}

/// The items that are left of [`Tokens`] when zeros without meaning are dropped.
struct Items<'a> {
    tokens: Tokens<'a>,
    /// What was found ahead, while zeros and beginnings of lists follow each other.
    ahead: Option<Ahead<'a>>,
}

/// What follows zeros and beginnings of lists.
struct Ahead<'a> {
    /// How many lists begin before it.
    lists: usize,
    /// Whether zeros stand before it in its own list.
    after_zeros: bool,
    item: Option<Item<'a>>,
}

impl Ahead<'_> {
    /// Returns whether zeros here are dropped: before the end, before a word, and before a list that
    /// begins with one.
    fn drops_zeros(&self) -> bool {
        match (self.item, self.lists) {
            (None, _) | (Some(Item::Word(_)), 0 | 1) => true,
            (Some(Item::Combination(..)), 1) => !self.after_zeros,
            _ => false,
        }
    }
}

impl<'a> Items<'a> {
    fn of(rest: &'a [u8]) -> Self {
        Self { tokens: Tokens { rest, filled: false, held: None }, ahead: None }
    }

    /// Looks once for what follows zeros and beginnings of lists.
    fn ahead(&mut self) -> &mut Ahead<'a> {
        let tokens = &self.tokens;
        self.ahead.get_or_insert_with(|| {
            let mut ahead = Ahead { lists: 0, after_zeros: false, item: None };
            for item in tokens.clone() {
                match item {
                    Item::Open => {
                        ahead.lists = ahead.lists.saturating_add(1);
                        ahead.after_zeros = false;
                    }
                    Item::Number(number) if without_zeros(number).is_empty() => {
                        ahead.after_zeros = true;
                    }
                    item => {
                        ahead.item = Some(item);
                        break;
                    }
                }
            }
            ahead
        })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            let ahead = self.ahead();
            let drops = ahead.drops_zeros();
            let ended = ahead.item.is_none();
            match self.tokens.next()? {
                _ if ended => return None,
                Item::Open => {
                    let ahead = self.ahead();
                    ahead.lists = ahead.lists.saturating_sub(1);
                    return Some(Item::Open);
                }
                Item::Number(number) if without_zeros(number).is_empty() => {
                    if !drops {
                        return Some(Item::Number(number));
                    }
                }
                item => {
                    self.ahead = None;
                    return Some(item);
                }
            }
        }
    }
}

/// The items as they are written.
#[derive(Clone)]
struct Tokens<'a> {
    rest: &'a [u8],
    /// Whether the list that is open has an item.
    filled: bool,
    /// What comes next, before anything else is read.
    held: Option<Item<'a>>,
}

impl<'a> Tokens<'a> {
    /// Reads on after a number: a hyphen or a letter opens a list.
    fn after_number(&mut self, item: Item<'a>, rest: &'a [u8]) -> Item<'a> {
        self.filled = true;
        match rest {
            [] | [b'.'] => self.rest = &[],
            [b'.', rest @ ..] => self.rest = rest,
            [b'-', rest @ ..] | rest => self.open(rest),
        }
        item
    }

    fn open(&mut self, rest: &'a [u8]) {
        (self.rest, self.filled, self.held) = (rest, false, Some(Item::Open));
    }

    /// Reads a word and what is behind it.
    fn word(&mut self) -> Item<'a> {
        let (word, rest) = run(self.rest, |byte| !matches!(byte, b'0'..=b'9' | b'.' | b'-'));
        match rest {
            [b'0'..=b'9', ..] => self.combination(word, rest),
            [b'-', number @ ..] if matches!(number, [b'0'..=b'9', ..]) => {
                self.combination(word, number)
            }
            [b'.', rest @ ..] => {
                (self.rest, self.filled) = (rest, true);
                Item::Word(word)
            }
            [_, rest @ ..] => {
                self.open(rest);
                Item::Word(word)
            }
            [] if self.filled => self.begin(),
            [] => {
                self.rest = rest;
                Item::Word(word)
            }
        }
    }

    fn combination(&mut self, word: &'a [u8], rest: &'a [u8]) -> Item<'a> {
        if self.filled {
            return self.begin();
        }
        let (number, rest) = digits(rest);
        self.after_number(Item::Combination(word, number), rest)
    }

    /// Begins a list, into which the word that was met is read next.
    fn begin(&mut self) -> Item<'a> {
        self.filled = false;
        Item::Open
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        match self.rest {
            [] => None,
            rest @ [b'.' | b'-', ..] => Some(self.after_number(Item::Number(b""), rest)),
            rest @ [b'0'..=b'9', ..] => {
                let (number, rest) = digits(rest);
                Some(self.after_number(Item::Number(number), rest))
            }
            _ => Some(self.word()),
        }
    }
}
