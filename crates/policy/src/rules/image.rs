//! Rules on the image as a whole: its registry, its name, its size, its age and its base.

use crate::choice::Choice;
use crate::error::Error;
use crate::facts::{Asked, Facts, later};
use crate::fields::{Fields, count, list, only_true, word};
use crate::glob::{Glob, any};
use crate::judgement::{Evidence, Judgement};
use crate::words::{duration, size};
use crate::yaml::Node;

/// `image.registry`: which registries images may come from.
#[derive(Debug)]
pub(crate) struct Registry(Choice);

impl Registry {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "image.registry")?;
        let choice = Choice::read(&mut fields)?;
        if choice.is_none() {
            return Err(fields.one_is_wanted("allow, deny"));
        }
        fields.end()?;
        Ok(Self(choice))
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let Some(asked) = &facts.asked else {
            return Judgement::unknown("the image does not come from a registry");
        };
        let host = &asked.registry;
        match self.refuses(asked) {
            None => Judgement::pass(format!("images may come from {host}")),
            Some(why) => Judgement::fail(why, vec![Evidence::of_value(host)]),
        }
    }

    /// Returns why images may not come from where one was asked for.
    pub(crate) fn refuses(&self, asked: &Asked) -> Option<String> {
        let host = &asked.registry;
        (!self.0.permits(&[host])).then(|| format!("images may not come from {host}"))
    }
}

/// `image.pinned`: the image is named by its digest.
#[derive(Debug)]
pub(crate) struct Pinned;

impl Pinned {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        only_true(node)?;
        Ok(Self)
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        match &facts.asked {
            None => Judgement::unknown("the image does not come from a registry"),
            Some(asked) if asked.pinned => Judgement::pass("the image is named by its digest"),
            Some(_) => {
                let name = &facts.report.image.name;
                let judgement = Judgement::fail(
                    "the image is not named by its digest",
                    vec![Evidence::of_value(name)],
                );
                match &facts.report.image.digest {
                    Some(digest) => {
                        judgement.mended_by(format!("name it {}@{digest}", facts.image()))
                    }
                    None => judgement,
                }
            }
        }
    }
}

/// `image`: how large and how old it may be.
#[derive(Debug)]
pub(crate) struct Measures {
    max_compressed: Option<u64>,
    max_layers: Option<u64>,
    max_age: Option<u64>,
}

impl Measures {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "image")?;
        let max_compressed = fields.read("max_compressed", size)?;
        let max_layers = fields.read("max_layers", count)?;
        let max_age = fields.read("max_age", duration)?;
        if max_compressed.is_none() && max_layers.is_none() && max_age.is_none() {
            return Err(fields.one_is_wanted("max_compressed, max_layers, max_age"));
        }
        fields.end()?;
        Ok(Self { max_compressed, max_layers, max_age })
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let layers = &facts.report.layers;
        let bytes = layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add);
        let count = cutaway_tar::len64(layers.len());
        let mut broken = Vec::new();
        if let Some(max) = self.max_compressed.filter(|max| bytes > *max) {
            broken.push(format!("its layers are {bytes} bytes of at most {max}"));
        }
        if let Some(max) = self.max_layers.filter(|max| count > *max) {
            broken.push(format!("it has {count} layers of at most {max}"));
        }
        let mut flips = None;
        let mut unknown = None;
        if let Some(max) = self.max_age {
            match facts.created() {
                Ok(created) => {
                    let end = later(created, max);
                    match end.filter(|end| *end < facts.now) {
                        Some(end) => broken.push(format!(
                            "it was made on {created}, and was too old from {end} on"
                        )),
                        None => flips = end,
                    }
                }
                Err(cause) => unknown = Some(cause),
            }
        }
        match (broken.is_empty(), unknown) {
            (false, _) => {
                let evidence = broken.iter().map(Evidence::of_value).collect();
                Judgement::fail(broken.join("; "), evidence)
            }
            (true, Some(cause)) => Judgement::unknown(cause),
            (true, None) => Judgement::pass("it is neither too large nor too old").until(flips),
        }
    }
}

/// `base`: what it is built on.
#[derive(Debug)]
pub(crate) struct Base {
    has_max_age: bool,
    allow: Option<Vec<Glob>>,
    is_required: bool,
}

/// The annotation that names the base (OCI image specification, annotations.md). It is a claim.
const BASE_NAME: &str = "org.opencontainers.image.base.name";

impl Base {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "base")?;
        let has_max_age = fields.read("max_age", duration)?.is_some();
        let allow = fields.read("allow", |node| list(node, Glob::read))?;
        let known = [("required", true), ("optional", false)];
        let is_required = fields.read("known", |node| word(node, &known))?.unwrap_or(true);
        if !has_max_age && allow.is_none() {
            return Err(fields.one_is_wanted("max_age, allow"));
        }
        fields.end()?;
        Ok(Self { has_max_age, allow, is_required })
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let missing = |cause: &str| match self.is_required {
            true => Judgement::unknown(cause),
            false => Judgement::not_applicable(cause),
        };
        let Some(name) = facts.annotations.get(BASE_NAME) else {
            return missing("the image does not name its base");
        };
        let allowed = self.allow.as_ref().is_none_or(|allow| any(allow, name));
        match (allowed, self.has_max_age) {
            (false, _) => Judgement::fail(
                format!("images may not be built on {name}"),
                vec![Evidence::of_value(name)],
            ),
            (true, true) => missing("the image does not say when its base was made"),
            (true, false) => Judgement::pass(format!("images may be built on {name}")),
        }
    }
}
