//! The keys of a mapping, taken one by one: what nobody took is a key that is not known.

use crate::error::{Error, Place};
use crate::yaml::{Key, Node, Scalar, Value};

/// The entries of a mapping that are left.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    /// Where the mapping stands, and what it is, for errors.
    pub(crate) place: Place,
    what: &'static str,
    left: Vec<&'a (Key, Node)>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Takes a mapping apart.
    pub(crate) fn of(node: &'a Node, what: &'static str) -> Result<Self, Error> {
        match &node.value {
            Value::Map(entries) => Ok(Self {
                place: node.place,
                what,
                left: entries.iter().collect(),
                asked: Vec::new(),
            }),
            _ => Err(Error::new(node.place, format!("{what} is a mapping"))),
        }
    }

    /// Takes the value of a key that may be missing.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        self.asked.push(name);
        let at = self.left.iter().position(|(key, _)| key.text == name)?;
        Some(&self.left.remove(at).1)
    }

    /// Takes the value of a key that has to be there.
    pub(crate) fn need(&mut self, name: &'static str) -> Result<&'a Node, Error> {
        let (place, what) = (self.place, self.what);
        self.take(name).ok_or_else(|| Error::new(place, format!("{what} has no \"{name}\"")))
    }

    /// Reads the value of a key that may be missing.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a Node) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.take(name).map(read).transpose()
    }

    /// Says that one of some keys is wanted, or what stands there instead.
    pub(crate) fn one_is_wanted(&self, names: &str) -> Error {
        let none = || Error::new(self.place, format!("{} has none of {names}", self.what));
        self.stranger().unwrap_or_else(none)
    }

    /// Refuses what nobody took.
    pub(crate) fn end(self) -> Result<(), Error> {
        self.stranger().map_or(Ok(()), Err)
    }

    /// Names the first key that nobody took.
    fn stranger(&self) -> Option<Error> {
        let (key, _) = self.left.first()?;
        let (what, known) = (self.what, self.asked.join(", "));
        let message = format!("{what} knows no \"{}\": known are {known}", key.text);
        Some(Error::new(key.place, message))
    }
}

/// Reads a list, each item by itself; an empty list is refused.
pub(crate) fn list<'a, T>(
    node: &'a Node,
    item: impl Fn(&'a Node) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    match &node.value {
        Value::List(items) if items.is_empty() => Err(Error::new(node.place, "the list is empty")),
        Value::List(items) => items.iter().map(item).collect(),
        _ => Err(Error::new(node.place, "a list is wanted")),
    }
}

/// Reads a scalar.
pub(crate) fn scalar(node: &Node) -> Result<&Scalar, Error> {
    match &node.value {
        Value::Scalar(scalar) => Ok(scalar),
        _ => Err(Error::new(node.place, "a single value is wanted")),
    }
}

/// Reads a text: one without quotes that YAML has for nothing, a truth or a number has to be quoted.
pub(crate) fn text(node: &Node) -> Result<String, Error> {
    let Scalar { text, plain } = scalar(node)?;
    let is_other = text.parse::<f64>().is_ok()
        || ["", "~", "null", "true", "false", "yes", "no", "on", "off"]
            .contains(&text.to_ascii_lowercase().as_str());
    match (*plain && is_other, text.trim().is_empty()) {
        (true, _) => {
            Err(Error::new(node.place, format!("\"{text}\" is no text: put it in quotes")))
        }
        (_, true) => Err(Error::new(node.place, "the text is empty")),
        _ => Ok(text.clone()),
    }
}

/// Reads one of some words.
pub(crate) fn word<T: Copy>(node: &Node, words: &[(&str, T)]) -> Result<T, Error> {
    let Scalar { text, .. } = scalar(node)?;
    words.iter().find(|(name, _)| name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        Error::new(node.place, format!("\"{text}\" is none of {}", names.join(", ")))
    })
}

/// Reads `true` or `false`.
pub(crate) fn truth(node: &Node) -> Result<bool, Error> {
    let Scalar { text, plain } = scalar(node)?;
    match (text.as_str(), plain) {
        ("true", true) => Ok(true),
        ("false", true) => Ok(false),
        _ => Err(Error::new(node.place, format!("\"{text}\" is neither true nor false"))),
    }
}

/// Reads `true`: of a rule that asks for something, `false` means nothing.
pub(crate) fn only_true(node: &Node) -> Result<(), Error> {
    match truth(node)? {
        true => Ok(()),
        false => Err(Error::new(node.place, "only true has a meaning here: leave the rule out")),
    }
}

/// Reads a whole number that is not negative.
pub(crate) fn count(node: &Node) -> Result<u64, Error> {
    let Scalar { text, plain } = scalar(node)?;
    let number = text.parse().ok().filter(|_| *plain && text.bytes().all(|it| it.is_ascii_digit()));
    number.ok_or_else(|| Error::new(node.place, format!("\"{text}\" is no whole number")))
}
