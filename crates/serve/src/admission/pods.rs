//! The images of a pod, wherever one may stand: containers of three kinds, and volumes.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// An image by its name, and where that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name as it was written.
    pub image: String,
    /// Where it stands in the object, as a JSON pointer.
    pub pointer: String,
}

/// The images of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// All that have to be judged, as they stand.
    pub images: Vec<Named>,
}

/// Lists of a pod's `spec` whose members name images, and the way to the name.
const LISTS: &[(&str, &[&str])] = &[
    ("containers", &["image"]),
    ("initContainers", &["image"]),
    ("ephemeralContainers", &["image"]),
    ("volumes", &["image", "reference"]),
];

impl Places {
    /// Reads the images of an object that has a pod's `spec` at the end of `path`. Every name has to be a
    /// text; what is something else, or stands twice, is refused.
    pub(crate) fn read(object: &str, path: &[&str], most: usize) -> Result<Self, String> {
        let mut places = Self::default();
        let mut way: Vec<&str> = path.to_vec();
        way.push("spec");
        let is_pod = path.is_empty();
        let mut found = Found { places: &mut places, most, is_pod, pointer: String::new() };
        let mut reader = serde_json::Deserializer::from_str(object);
        OrNull(Into { way: &way, found: &mut found })
            .deserialize(&mut reader)
            .and_then(|()| reader.end())
            .map_err(|error| format!("the images of the object cannot be read: {error}"))?;
        Ok(places)
    }

    /// Leaves out what names an image that stood there before: who changes something else is not asked.
    pub(crate) fn leave_out(&mut self, before: &Self) {
        let known: BTreeSet<&str> = before.images.iter().map(|it| it.image.as_str()).collect();
        self.images.retain(|it| !known.contains(it.image.as_str()));
    }
}

/// Where reading has come to.
struct Found<'a> {
    places: &'a mut Places,
    most: usize,
    is_pod: bool,
    pointer: String,
}

/// Reads what another one reads, and null as nothing: Go writes it for what is left open.
struct OrNull<S>(S);

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for OrNull<S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for OrNull<S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value or null")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        self.0.deserialize(reader)
    }
}

/// Goes down one key after the other, and reads what stands at the end. What does not lead there is
/// passed over, and so bounded in memory; a key of the way that stands twice is refused.
struct Into<'a, 'b> {
    way: &'a [&'a str],
    found: &'a mut Found<'b>,
}

impl<'de> DeserializeSeed<'de> for Into<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Into<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen: Vec<&str> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let known = match self.way {
                [next, ..] => (key == *next).then_some(*next),
                [] => LISTS.iter().map(|(list, _)| *list).find(|list| *list == key),
            };
            let Some(known) = known else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&known) {
                return Err(serde::de::Error::custom(format!("{known} stands twice")));
            }
            seen.push(known);
            let length = self.found.pointer.len();
            self.found.pointer.push('/');
            self.found.pointer.push_str(known);
            match self.way {
                [_, rest @ ..] => {
                    map.next_value_seed(OrNull(Into { way: rest, found: self.found }))?;
                }
                [] => {
                    let way = LISTS.iter().find(|(list, _)| *list == known);
                    let way = way.map_or(&[][..], |(_, way)| *way);
                    map.next_value_seed(OrNull(List { way, found: self.found }))?;
                }
            }
            self.found.pointer.truncate(length);
        }
        Ok(())
    }
}

/// A list whose members name images.
struct List<'a, 'b> {
    way: &'static [&'static str],
    found: &'a mut Found<'b>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let length = self.found.pointer.len();
        let mut number = 0_usize;
        loop {
            self.found.pointer.push_str(&format!("/{number}"));
            let is_volume = self.way.len() > 1;
            let mut name = None;
            let member = Member { way: self.way, name: &mut name };
            if list.next_element_seed(OrNull(member))?.is_none() {
                self.found.pointer.truncate(length);
                return Ok(());
            }
            self.found.take(name, self.way, is_volume).map_err(serde::de::Error::custom)?;
            self.found.pointer.truncate(length);
            number = number.saturating_add(1);
        }
    }
}

impl Found<'_> {
    fn take(&mut self, name: Option<String>, way: &[&str], is_volume: bool) -> Result<(), String> {
        let pointer = format!("{}/{}", self.pointer, way.join("/"));
        let Some(image) = name.filter(|name| !name.is_empty()) else {
            // A template may leave it open: what comes of it is a pod, which is asked about again.
            return match self.is_pod && !is_volume {
                true => Err(format!("{pointer} names no image")),
                false => Ok(()),
            };
        };
        if self.places.images.len() >= self.most {
            return Err(format!("there are more than {} images (review_images)", self.most));
        }
        self.places.images.push(Named { image, pointer });
        Ok(())
    }
}

/// A member of such a list.
struct Member<'a> {
    way: &'static [&'static str],
    name: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        match self.way {
            [] => {
                *self.name = serde::Deserialize::deserialize(reader)?;
                Ok(())
            }
            _ => reader.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (next, rest) = self.way.split_first().unwrap_or((&"", &[]));
        let mut seen = false;
        while let Some(key) = map.next_key::<String>()? {
            if key != *next {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if seen {
                return Err(serde::de::Error::custom(format!("{next} stands twice")));
            }
            seen = true;
            map.next_value_seed(OrNull(Member { way: rest, name: &mut *self.name }))?;
        }
        Ok(())
    }
}
