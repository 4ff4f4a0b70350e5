//! What is looked at of CycloneDX. Everything may be absent.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::kept::{Empty, Id, Kept, Worth, each};
use super::{Head, Parts};
use crate::part::{Kind, OURS, Part};

/// Names of properties that are kept.
const KEPT: &[&str] = &[
    OURS,
    "aquasecurity:trivy:",
    "syft:location:0:",
    "syft:metadata:",
    "syft:distro:",
    "bsi:component:",
];

/// The list of components.
pub(super) struct Components<'p, 't>(pub(super) &'p mut Parts<'t>);

impl<'de> DeserializeSeed<'de> for Components<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Components<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of components")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(part) = seq.next_element_seed(Component(self.0))? {
            self.0.put(part).map_err(de::Error::custom)?;
        }
        Ok(())
    }

    /// `null` is an empty list.
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A component; those within it are handed on before it.
struct Component<'p, 't>(&'p mut Parts<'t>);

impl<'de> DeserializeSeed<'de> for Component<'_, '_> {
    type Value = Part;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Part, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Component<'_, '_> {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a component")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        let mut part = Part::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => part.kind = kind(&map.next_value::<String>()?),
                "bom-ref" => part.id = map.next_value()?,
                "group" => part.group = map.next_value()?,
                "name" => part.name = map.next_value()?,
                "version" => part.version = map.next_value()?,
                "description" => part.description = map.next_value()?,
                "purl" => part.purl = map.next_value()?,
                "scope" => {
                    part.excluded =
                        map.next_value::<Option<String>>()?.as_deref() == Some("excluded");
                }
                "supplier" | "manufacturer" => {
                    let Organization { name, url, contact } = map.next_value()?;
                    part.supplier = name.or(part.supplier);
                    part.reachable |= !url.0 || contact.0.iter().any(|it| it.email.is_some());
                }
                "licenses" => {
                    let take = |choice: Choice| part.licenses.extend(choice.text());
                    map.next_value_seed(each(take))?;
                }
                "hashes" => {
                    let take = |hash: Hash| {
                        let algorithm = hash.alg.replace('-', "").to_ascii_uppercase();
                        if !algorithm.is_empty() && !part.hashes.contains(&algorithm) {
                            part.hashes.push(algorithm);
                        }
                    };
                    map.next_value_seed(each(take))?;
                }
                "cpe" | "swid" => {
                    map.next_value::<IgnoredAny>()?;
                    part.identified = true;
                }
                "evidence" => part.place = map.next_value::<Evidence>()?.place(),
                "properties" => {
                    let take = |Property { name, value }: Property| {
                        if KEPT.iter().any(|kept| name.starts_with(kept)) {
                            part.facts.push((name, value.unwrap_or_default()));
                        }
                    };
                    map.next_value_seed(each(take))?;
                }
                "components" => map.next_value_seed(Components(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(part)
    }
}

fn kind(word: &str) -> Kind {
    match word {
        "container" => Kind::Image,
        "operating-system" => Kind::System,
        "library" | "application" | "framework" | "firmware" | "platform" => Kind::Package,
        _ => Kind::Other,
    }
}

/// What stands above the components.
pub(super) struct Metadata<'h, 'p, 't> {
    pub(super) head: &'h mut Head,
    pub(super) parts: &'p mut Parts<'t>,
}

impl<'de> DeserializeSeed<'de> for Metadata<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Metadata<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { head, parts } = self;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "timestamp" => head.timestamp = !map.next_value::<String>()?.is_empty(),
                "lifecycles" => head.context = !map.next_value::<Empty>()?.0,
                "tools" => {
                    map.next_value::<IgnoredAny>()?;
                    head.tools = true;
                }
                "authors" => {
                    let take = |author: Contact| {
                        head.authors |= author.name.is_some() || author.email.is_some();
                        head.reachable |= author.email.is_some();
                    };
                    map.next_value_seed(each(take))?;
                }
                "manufacturer" | "manufacture" | "supplier" => {
                    let Organization { name, url, contact } = map.next_value()?;
                    head.authors |= name.is_some();
                    head.reachable |= !url.0 || contact.0.iter().any(|it| it.email.is_some());
                }
                "component" => {
                    let mut part = map.next_value_seed(Component(parts))?;
                    part.kind = Kind::Image;
                    parts.put(part).map_err(de::Error::custom)?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Composition {
    #[serde(default)]
    aggregate: String,
    #[serde(default)]
    assemblies: Empty,
    #[serde(default)]
    dependencies: Empty,
}

impl Composition {
    /// Notes what a document says of how far its lists can be relied on.
    pub(super) fn note(self, head: &mut Head) {
        let lists_parts = !self.assemblies.0 || self.dependencies.0;
        head.incomplete |= lists_parts && self.aggregate.starts_with("incomplete");
        head.graded |= !self.dependencies.0;
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    #[serde(rename = "ref")]
    from: Id,
    #[serde(default, rename = "dependsOn")]
    to: Vec<Id>,
}

impl Dependency {
    pub(super) fn note(self, head: &mut Head) {
        head.related.insert(self.from);
        head.related.extend(self.to);
    }
}

#[derive(Debug, Deserialize)]
struct Organization {
    name: Option<String>,
    #[serde(default)]
    url: Empty,
    #[serde(default)]
    contact: Kept<Contact>,
}

#[derive(Debug, Deserialize)]
struct Contact {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Hash {
    #[serde(default)]
    alg: String,
}

#[derive(Debug, Deserialize)]
struct Property {
    #[serde(default)]
    name: String,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    license: Option<License>,
    expression: Option<String>,
}

#[derive(Debug, Deserialize)]
struct License {
    id: Option<String>,
    name: Option<String>,
}

impl Choice {
    fn text(self) -> Option<String> {
        let of_license = self.license.and_then(|license| license.id.or(license.name));
        self.expression.or(of_license)
    }
}

#[derive(Debug, Deserialize)]
struct Evidence {
    #[serde(default)]
    occurrences: Kept<Occurrence>,
}

#[derive(Debug, Deserialize)]
struct Occurrence {
    location: Option<String>,
}

impl Evidence {
    fn place(self) -> Option<String> {
        self.occurrences.0.into_iter().find_map(|occurrence| occurrence.location)
    }
}

impl Worth for Contact {
    fn is_kept(&self) -> bool {
        self.email.is_some()
    }
}

impl Worth for Occurrence {
    fn is_kept(&self) -> bool {
        self.location.is_some()
    }
}
