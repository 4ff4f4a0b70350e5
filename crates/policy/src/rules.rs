//! The kinds of rules, one file for those that belong together.

mod config;
mod distro;
mod image;
mod licences;
mod packages;
mod unseen;

pub use config::has_named_user;
pub(crate) use distro::day_after;

use crate::error::{Error, Place};
use crate::facts::Facts;
use crate::fields::Fields;
use crate::judgement::Judgement;
use crate::yaml::Node;

/// What a rule asks.
#[derive(Debug)]
pub(crate) enum Kind {
    Registry(image::Registry),
    Pinned(image::Pinned),
    Measures(image::Measures),
    Base(image::Base),
    Distro(distro::Distro),
    Packages(packages::Packages),
    User(config::User),
    Labels(config::Labels),
    Licences(licences::Licences),
    Unseen(unseen::Unseen),
}

/// How the value of a rule's key is read.
type Read = fn(&Node) -> Result<Kind, Error>;

/// What a rule may ask, by its key.
const KINDS: &[(&str, Read)] = &[
    ("image.registry", |node| image::Registry::read(node).map(Kind::Registry)),
    ("image.pinned", |node| image::Pinned::read(node).map(Kind::Pinned)),
    ("image", |node| image::Measures::read(node).map(Kind::Measures)),
    ("base", |node| image::Base::read(node).map(Kind::Base)),
    ("distro", |node| distro::Distro::read(node).map(Kind::Distro)),
    ("packages", |node| packages::Packages::read(node).map(Kind::Packages)),
    ("files", |node| unseen::Unseen::files(node).map(Kind::Unseen)),
    ("secrets", |node| unseen::Unseen::secrets(node).map(Kind::Unseen)),
    ("config.user", |node| config::User::read(node).map(Kind::User)),
    ("config.labels", |node| config::Labels::read(node).map(Kind::Labels)),
    ("licences", |node| licences::Licences::read(node).map(Kind::Licences)),
    ("vulnerabilities", |node| unseen::Unseen::vulnerabilities(node).map(Kind::Unseen)),
    ("signatures", |node| unseen::Unseen::signatures(node).map(Kind::Unseen)),
    ("attestations", |node| unseen::Unseen::attestations(node).map(Kind::Unseen)),
    ("cel", |node| unseen::Unseen::expression(node).map(Kind::Unseen)),
];

impl Kind {
    /// Reads the one key of a rule that says what it asks.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Result<(&'static str, Self), Error> {
        let mut found = None;
        for (key, read) in KINDS {
            if let Some(node) = fields.take(key) {
                if found.is_some() {
                    return Err(Error::new(node.place, "a rule asks one thing: make two of it"));
                }
                found = Some((*key, read(node)?));
            }
        }
        found.ok_or_else(|| Error::new(fields.place, "the rule asks nothing that is known"))
    }

    /// Names of keys that the rule refers to.
    pub(crate) fn keys(&self) -> &[(String, Place)] {
        match self {
            Self::Unseen(unseen) => &unseen.keys,
            _ => &[],
        }
    }

    /// Judges an image; `scratch_is_known` where nothing in an image means that nothing is in it.
    pub(crate) fn judge(&self, facts: &Facts<'_>, scratch_is_known: bool) -> Judgement {
        match self {
            Self::Packages(_) | Self::Licences(_) if facts.is_scratch() && !scratch_is_known => {
                Judgement::unknown("the image has no package and no distribution that are known")
            }
            Self::Registry(rule) => rule.judge(facts),
            Self::Pinned(rule) => rule.judge(facts),
            Self::Measures(rule) => rule.judge(facts),
            Self::Base(rule) => rule.judge(facts),
            Self::Distro(rule) => rule.judge(facts),
            Self::Packages(rule) => rule.judge(facts),
            Self::User(rule) => rule.judge(facts),
            Self::Labels(rule) => rule.judge(facts),
            Self::Licences(rule) => rule.judge(facts),
            Self::Unseen(rule) => rule.judge(),
        }
    }
}
