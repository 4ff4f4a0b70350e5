//! Which images a policy or a rule is about.

use crate::error::Error;
use crate::facts::Facts;
use crate::fields::{Fields, list, text};
use crate::glob::{Glob, any};
use crate::yaml::Node;

/// What a policy or a rule is about; each part that is there has to fit.
#[derive(Debug, Default)]
pub(crate) struct About {
    images: Option<Vec<Glob>>,
    namespaces: Option<Vec<Glob>>,
    platforms: Option<Vec<String>>,
}

impl About {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "a match")?;
        let globs = |node| list(node, Glob::read);
        let images = fields.read("images", globs)?;
        let namespaces = fields.read("namespaces", globs)?;
        let platforms = fields.read("platforms", |node| list(node, platform))?;
        if images.is_none() && namespaces.is_none() && platforms.is_none() {
            return Err(fields.one_is_wanted("images, namespaces, platforms"));
        }
        fields.end()?;
        Ok(Self { images, namespaces, platforms })
    }

    pub(crate) fn is_of_namespaces(&self) -> bool {
        self.namespaces.is_some()
    }

    /// Whether it is about an image for certain, of which the name is known and nothing else.
    pub(crate) fn fits_by_name(&self, image: &str, namespace: Option<&str>) -> bool {
        let namespace = namespace.unwrap_or_default();
        self.platforms.is_none()
            && self.images.as_ref().is_none_or(|globs| any(globs, image))
            && self.namespaces.as_ref().is_none_or(|globs| any(globs, namespace))
    }

    pub(crate) fn fits(&self, facts: &Facts<'_>) -> bool {
        let platform = facts.platform();
        let is_platform = |wanted: &String| {
            *wanted == platform
                || platform.strip_prefix(wanted).is_some_and(|it| it.starts_with('/'))
        };
        let namespace = facts.namespace.as_deref().unwrap_or_default();
        self.images.as_ref().is_none_or(|globs| any(globs, &facts.image()))
            && self.namespaces.as_ref().is_none_or(|globs| any(globs, namespace))
            && self.platforms.as_ref().is_none_or(|all| all.iter().any(is_platform))
    }
}

fn platform(node: &Node) -> Result<String, Error> {
    let platform = text(node)?;
    let is_word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric());
    let parts: Vec<&str> = platform.split('/').collect();
    match (2..=3).contains(&parts.len()) && parts.iter().all(|part| is_word(part)) {
        true => Ok(platform),
        false => Err(Error::new(node.place, format!("\"{platform}\" is not os/arch[/variant]"))),
    }
}
