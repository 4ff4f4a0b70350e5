//! A list of short texts in two allocations, for lists of which an image has thousands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A list of texts that does not change any more: any texts, also empty ones. Texts that go over
/// 4 GiB together are left out.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Texts {
    /// All texts behind each other.
    text: Box<str>,
    /// Where each of them ends.
    ends: Box<[u32]>,
}

impl Texts {
    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the texts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0_usize;
        self.ends.iter().map(move |&end| {
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            let text = self.text.get(start..end).unwrap_or_default();
            start = end;
            text
        })
    }

    /// Returns the bytes of memory that it takes beside itself.
    pub(crate) fn heap(&self) -> usize {
        self.text.len().saturating_add(size_of_val(&*self.ends))
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for one in texts {
            let Ok(end) = u32::try_from(text.len().saturating_add(one.as_ref().len())) else {
                break;
            };
            text.push_str(one.as_ref());
            ends.push(end);
        }
        Self { text: text.into(), ends: ends.into() }
    }
}

/// Prints the texts as a list.
impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts, A::Error> {
                let mut texts: Vec<String> = Vec::new();
                while let Some(text) = seq.next_element()? {
                    texts.push(text);
                }
                Ok(texts.iter().collect())
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is put together comes apart again.
        #[test]
        fn is_a_list(texts in proptest::collection::vec(any::<String>(), 0..6)) {
            let list: Texts = texts.iter().collect();
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), texts.clone());
            prop_assert_eq!((list.len(), list.is_empty()), (texts.len(), texts.is_empty()));
            prop_assert_eq!(format!("{list:?}"), format!("{texts:?}"));
        }
    }
}
