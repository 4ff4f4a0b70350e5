//! Lists of which only what is looked at is kept, so that empty elements take nothing.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// What may be worth keeping.
pub(super) trait Worth {
    /// Returns whether it says anything that is looked at.
    fn is_kept(&self) -> bool;
}

/// The elements of a list that are worth keeping.
#[derive(Debug)]
pub(super) struct Kept<T>(pub(super) Vec<T>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de> + Worth> Deserialize<'de> for Kept<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut kept = Vec::new();
        each(|element: T| kept.extend(Some(element).filter(T::is_kept)))
            .deserialize(deserializer)?;
        Ok(Self(kept))
    }
}

impl Worth for String {
    fn is_kept(&self) -> bool {
        !self.is_empty()
    }
}

/// The hash of an id: relations have many, and only whether one is there is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id(u64);

impl Id {
    pub(crate) fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::of(&text))
    }
}

/// A list whose elements are handed on one by one.
pub(super) struct Each<T, F>(F, PhantomData<T>);

/// Returns a list whose elements are handed on, whatever they are.
pub(super) fn each<T>(mut take: impl FnMut(T)) -> Each<T, impl FnMut(T) -> Result<(), String>> {
    Each::new(move |element| {
        take(element);
        Ok(())
    })
}

impl<T, F: FnMut(T) -> Result<(), String>> Each<T, F> {
    /// Hands elements on to who may refuse one, and says why.
    pub(super) fn new(take: F) -> Self {
        Self(take, PhantomData)
    }
}

impl<'de, T, F> DeserializeSeed<'de> for Each<T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), String>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F> Visitor<'de> for Each<T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), String>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(element) = seq.next_element()? {
            (self.0)(element).map_err(de::Error::custom)?;
        }
        Ok(())
    }

    /// `null` is an empty list.
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A list that is not looked at: whether it is empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Empty(pub(super) bool);

impl Default for Empty {
    fn default() -> Self {
        Self(true)
    }
}

impl<'de> Deserialize<'de> for Empty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut empty = true;
        each(|_: IgnoredAny| empty = false).deserialize(deserializer)?;
        Ok(Self(empty))
    }
}
