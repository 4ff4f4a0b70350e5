//! Rules on facts that nobody gathers yet: files by mode, secrets, advisories, signatures, attestations
//! and expressions. They are read and refused as all rules are; judged, they are unknown and say so.

use crate::error::{Error, Place};
use crate::fields::{Fields, count, list, only_true, scalar, text, truth, word};
use crate::glob::Glob;
use crate::judgement::Judgement;
use crate::words::{duration, name};
use crate::yaml::{Node, Value};

/// A rule whose facts are not gathered.
#[derive(Debug)]
pub(crate) struct Unseen {
    what: &'static str,
    /// Names of keys that the rule refers to.
    pub(crate) keys: Vec<(String, Place)>,
}

const SEVERITIES: [(&str, ()); 4] = [("low", ()), ("medium", ()), ("high", ()), ("critical", ())];

impl Unseen {
    pub(crate) fn judge(&self) -> Judgement {
        Judgement::unknown(format!("{} are not looked at", self.what))
    }

    fn of(what: &'static str) -> Self {
        Self { what, keys: Vec::new() }
    }

    pub(crate) fn files(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "files")?;
        let deny = fields.need("deny")?;
        fields.end()?;
        let mut fields = Fields::of(deny, "files.deny")?;
        let modes =
            ["setuid", "setgid", "world_writable", "device", "capability"].map(|it| (it, ()));
        fields.read("paths", |node| list(node, Glob::read))?;
        fields.read("mode_any", |node| list(node, |node| word(node, &modes)))?;
        fields.read("unowned", only_true)?;
        fields.read("changed", only_true)?;
        fields.read("except", |node| list(node, Glob::read))?;
        fields.read("include_hidden_layers", truth)?;
        fields.end()?;
        Ok(Self::of("modes and owners of files"))
    }

    pub(crate) fn secrets(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "secrets")?;
        fields.read("max", count)?;
        fields.read("include_hidden_layers", truth)?;
        fields.read("rules", |node| list(node, name))?;
        fields.end()?;
        Ok(Self::of("secrets"))
    }

    pub(crate) fn vulnerabilities(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "vulnerabilities")?;
        let most = [&[("none", ())][..], &SEVERITIES].concat();
        word(fields.need("max_severity")?, &most)?;
        fields.read("fixable_only", truth)?;
        fields.read("grace", grace)?;
        fields.read("kev", |node| word(node, &[("deny", ()), ("ignore", ())]))?;
        fields.read("epss_above", share)?;
        let vex = fields.read("vex", |node| list(node, vex))?.unwrap_or_default();
        fields.end()?;
        Ok(Self { keys: vex.into_iter().flatten().collect(), ..Self::of("advisories") })
    }

    pub(crate) fn signatures(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "signatures")?;
        let (any, all) = (fields.take("any_of"), fields.take("all_of"));
        let signers = match (any, all) {
            (Some(node), None) | (None, Some(node)) => list(node, signer)?,
            _ => return Err(fields.one_is_wanted("any_of, all_of (and only one of them)")),
        };
        fields.end()?;
        Ok(Self { keys: signers.into_iter().flatten().collect(), ..Self::of("signatures") })
    }

    pub(crate) fn attestations(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "attestations")?;
        let keys = list(fields.need("require")?, |node| {
            let mut fields = Fields::of(node, "an attestation")?;
            let predicate = fields.need("predicate")?;
            if !text(predicate)?.contains(':') {
                return Err(Error::new(predicate.place, "a predicate is a URI"));
            }
            let signer = fields.need("signed_by")?;
            fields.end()?;
            Ok((name(signer)?, signer.place))
        })?;
        fields.end()?;
        Ok(Self { keys, ..Self::of("attestations") })
    }

    pub(crate) fn expression(node: &Node) -> Result<Self, Error> {
        if text(node)?.len() > 4096 {
            return Err(Error::new(node.place, "an expression of more than 4 KiB (cel_bytes)"));
        }
        Ok(Self::of("expressions"))
    }
}

/// Durations by severity.
fn grace(node: &Node) -> Result<(), Error> {
    let mut fields = Fields::of(node, "grace")?;
    for (severity, ()) in SEVERITIES {
        fields.read(severity, duration)?;
    }
    fields.end()
}

/// A number from 0 to 1.
fn share(node: &Node) -> Result<f64, Error> {
    let text = &scalar(node)?.text;
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| Error::new(node.place, format!("\"{text}\" is no number from 0 to 1")))
}

/// `attached`, `{signed-by: KEY}` or `{file: PATH}`; returns the key.
fn vex(node: &Node) -> Result<Option<(String, Place)>, Error> {
    if matches!(node.value, Value::Scalar(_)) {
        word(node, &[("attached", ())])?;
        return Ok(None);
    }
    let mut fields = Fields::of(node, "a source of VEX")?;
    let (key, file) = (fields.take("signed-by"), fields.take("file"));
    let found = match (key, file) {
        (Some(key), None) => Some((name(key)?, key.place)),
        (None, Some(file)) => text(file).map(|_| None)?,
        _ => return Err(fields.one_is_wanted("signed-by, file (and only one of them)")),
    };
    fields.end()?;
    Ok(found)
}

/// `{key: KEY}` or `{keyless: {…}}`; returns the key.
fn signer(node: &Node) -> Result<Option<(String, Place)>, Error> {
    let mut fields = Fields::of(node, "a signer")?;
    let (key, keyless) = (fields.take("key"), fields.take("keyless"));
    let found = match (key, keyless) {
        (Some(key), None) => Some((name(key)?, key.place)),
        (None, Some(keyless)) => {
            let mut fields = Fields::of(keyless, "keyless")?;
            text(fields.need("issuer")?)?;
            Glob::read(fields.need("subject")?)?;
            fields.read("trust_root", text)?;
            fields.end()?;
            None
        }
        _ => return Err(fields.one_is_wanted("key, keyless (and only one of them)")),
    };
    fields.end()?;
    Ok(found)
}
