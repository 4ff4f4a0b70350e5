//! What Debian's security tracker says beyond OSV: which flaws get no update of their own.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::osv::Standing;

/// Releases, by the words by which the tracker calls them.
const RELEASES: &[(&str, &str)] = &[
    ("wheezy", "Debian:7"),
    ("jessie", "Debian:8"),
    ("stretch", "Debian:9"),
    ("buster", "Debian:10"),
    ("bullseye", "Debian:11"),
    ("bookworm", "Debian:12"),
    ("trixie", "Debian:13"),
    ("forky", "Debian:14"),
];

/// Flaws without an update of their own: by ecosystem, package and CVE.
#[derive(Debug, Default)]
pub(crate) struct Tracker(HashMap<(&'static str, String, String), Standing>);

#[derive(Deserialize)]
struct Flaw {
    #[serde(default)]
    releases: HashMap<String, Release>,
}

#[derive(Deserialize)]
struct Release {
    /// There where nobody writes a notice.
    #[serde(default)]
    nodsa: Option<IgnoredAny>,
    #[serde(default)]
    nodsa_reason: Option<String>,
}

impl Tracker {
    /// Returns what is said of a flaw in a package of an ecosystem.
    pub(crate) fn standing(&self, ecosystem: &str, package: &str, cve: &str) -> Option<Standing> {
        let (_, ecosystem) = RELEASES.iter().find(|(_, known)| *known == ecosystem)?;
        self.0.get(&(*ecosystem, package.to_owned(), cve.to_owned())).copied()
    }
}

impl<'de> Deserialize<'de> for Tracker {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Packages)
    }
}

/// Reads one package after the other: all of them are some hundred megabytes.
struct Packages;

impl<'de> Visitor<'de> for Packages {
    type Value = Tracker;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packages with their flaws")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut packages: A) -> Result<Tracker, A::Error> {
        let mut known = HashMap::new();
        while let Some((package, flaws)) = packages.next_entry::<String, HashMap<String, Flaw>>()? {
            for (cve, flaw) in flaws {
                for (word, release) in flaw.releases {
                    let ecosystem = RELEASES.iter().find(|(known, _)| *known == word);
                    let (Some((_, ecosystem)), Some(_)) = (ecosystem, release.nodsa) else {
                        continue;
                    };
                    let standing = match release.nodsa_reason.as_deref() {
                        Some("ignored") => Standing::WontFix,
                        _ => Standing::Deferred,
                    };
                    known.insert((*ecosystem, package.clone(), cve.clone()), standing);
                }
            }
        }
        Ok(Tracker(known))
    }
}
