//! YAML as policies have it: one document of mappings, lists and scalars, each with its place.
//!
//! Anchors, aliases, tags, tabs, a byte order mark, a key that stands twice, a second document, nesting
//! above 32 and more than 1 MiB are refused: nothing of them is needed, and each has hurt a reader. JSON
//! is YAML, and is read too.

use std::collections::HashSet;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use crate::error::{Error, Place};

/// The most bytes of a policy: the limit `policy_bytes`.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting: the limit `policy_depth`.
const MAX_DEPTH: usize = 32;

/// What stands at a place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key and its place.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// A text, and whether it stands without quotes, so that it may be a number or a word instead.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) plain: bool,
}

/// Reads the one document of a text.
pub(crate) fn read(text: &str) -> Result<Node, Error> {
    let start = Place { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        return Err(Error::new(start, "it has more than 1 MiB (policy_bytes)"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(at) = line.find('\t') {
            let column = line.get(..at).map_or(0, |before| before.chars().count());
            let place = Place { line: number, column: column.saturating_add(1) };
            return Err(Error::new(place, "a tab: blanks are wanted"));
        }
    }
    if text.starts_with('\u{feff}') {
        return Err(Error::new(start, "a byte order mark is in front"));
    }
    let mut reader = Reader { events: Parser::new_from_str(text) };
    reader.expect(|event| matches!(event, Event::StreamStart))?;
    let (event, span) = reader.next()?;
    if matches!(event, Event::StreamEnd) {
        return Err(Error::new(start, "it is empty"));
    }
    let (event, span) = match event {
        Event::DocumentStart(_) => reader.next()?,
        other => (other, span),
    };
    let node = reader.node(event, span, 0)?;
    reader.expect(|event| matches!(event, Event::DocumentEnd))?;
    let (event, span) = reader.next()?;
    match event {
        Event::StreamEnd => Ok(node),
        _ => Err(Error::new(place(&span.start), "a second document")),
    }
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Error> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                Err(Error::new(place(error.marker()), format!("no YAML: {}", error.info())))
            }
            None => Err(Error::new(Place { line: 1, column: 1 }, "it ends too early")),
        }
    }

    fn expect(&mut self, is: impl Fn(&Event<'_>) -> bool) -> Result<(), Error> {
        let (event, span) = self.next()?;
        match is(&event) {
            true => Ok(()),
            false => Err(Error::new(place(&span.start), "something else is wanted here")),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Error> {
        let place = place(&span.start);
        if depth > MAX_DEPTH {
            return Err(Error::new(place, "nested more than 32 deep (policy_depth)"));
        }
        let depth = depth.saturating_add(1);
        let value = match event {
            Event::Alias(_) => return Err(Error::new(place, "an alias: write it out")),
            Event::Scalar(text, style, anchor, tag) => {
                plain_node(place, anchor, tag.is_some())?;
                Value::Scalar(Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                })
            }
            Event::SequenceStart(anchor, tag) => {
                plain_node(place, anchor, tag.is_some())?;
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if matches!(event, Event::SequenceEnd) {
                        break Value::List(items);
                    }
                    items.push(self.node(event, span, depth)?);
                }
            }
            Event::MappingStart(anchor, tag) => {
                plain_node(place, anchor, tag.is_some())?;
                Value::Map(self.entries(depth)?)
            }
            _ => return Err(Error::new(place, "a value is wanted here")),
        };
        Ok(Node { place, value })
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<(Key, Node)>, Error> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut known = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(entries);
            }
            let key = self.node(event, span, depth)?;
            let Value::Scalar(Scalar { text, .. }) = key.value else {
                return Err(Error::new(key.place, "a key is a word"));
            };
            if !known.insert(text.clone()) {
                return Err(Error::new(key.place, format!("the key \"{text}\" stands twice")));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth)?;
            entries.push((Key { place: key.place, text }, value));
        }
    }
}

fn plain_node(place: Place, anchor: usize, tagged: bool) -> Result<(), Error> {
    match (anchor, tagged) {
        (0, false) => Ok(()),
        (0, true) => Err(Error::new(place, "a tag: types are those of the policy")),
        _ => Err(Error::new(place, "an anchor: write it out")),
    }
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line(), column: marker.col().saturating_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_hurt_readers_is_refused_with_its_place() {
        let deep = "[".repeat(40) + &"]".repeat(40);
        for (text, expected) in [
            ("", "1:1: it is empty"),
            ("# nothing\n", "1:1: it is empty"),
            ("a: &x 1\n", "1:4: an anchor: write it out"),
            ("a: 1\nb: *x\n", "2:4: no YAML: while parsing node, found unknown anchor"),
            ("a: !!str 1\n", "1:4: a tag: types are those of the policy"),
            ("a:\n\tb: 1\n", "2:1: a tab: blanks are wanted"),
            ("a: 1\na: 2\n", "2:1: the key \"a\" stands twice"),
            ("a: 1\n---\nb: 2\n", "2:1: a second document"),
            ("\u{feff}a: 1\n", "1:1: a byte order mark is in front"),
            ("? [a]\n: 1\n", "1:3: a key is a word"),
            (&deep, "1:34: nested more than 32 deep (policy_depth)"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text:?}");
        }
        assert!(read(&" ".repeat(MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn json_is_read() {
        let node = read(r#"{"a": ["b", {"c": "d"}]}"#).unwrap();
        let Value::Map(entries) = &node.value else { panic!("{node:?}") };
        assert_eq!(entries.len(), 1);
    }
}
