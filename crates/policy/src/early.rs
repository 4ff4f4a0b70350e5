//! What a policy says of an image by its name alone, before anybody is asked for the image.

use crate::facts::Asked;
use crate::policy::Policy;
use crate::rule::{Rule, Severity};
use crate::rules::Kind;

impl Policy {
    /// Returns why an image may not pass whatever is in it: a rule is broken that blocks and needs no more
    /// than the name. None where more has to be known, also because an exception may cover it.
    pub fn refuses(&self, asked: &Asked, namespace: Option<&str>) -> Option<String> {
        let name = format!("{}/{}", asked.registry, asked.repository);
        if self.is_audit || !self.about.fits_by_name(&name, namespace) {
            return None;
        }
        let is_sure = |rule: &&Rule| {
            rule.severity == Severity::Block
                && !rule.is_audit
                && rule.applies_to.fits_by_name(&name, namespace)
                && !self.exceptions.iter().any(|exception| exception.rule == rule.id)
        };
        self.rules.iter().filter(is_sure).find_map(|rule| {
            let why = match &rule.kind {
                Kind::Registry(registry) => registry.refuses(asked),
                Kind::Pinned(_) if !asked.pinned => {
                    Some("the image is not named by its digest".to_owned())
                }
                _ => None,
            }?;
            Some(format!("{}/{}: {}", self.name, rule.id, rule.message.as_ref().unwrap_or(&why)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_name_decides_is_refused() {
        let refused = |more: &str, rule: &str, registry: &str, pinned: bool| {
            let text = format!(
                "schema: cutaway.policy/1\nname: p\n{more}\nrules:\n  - {{id: r, {rule}}}\n"
            );
            let policy = Policy::read(&text, jiff::civil::date(2026, 1, 1)).unwrap();
            let (registry, repository) = (registry.to_owned(), "a/b".to_owned());
            policy.refuses(&Asked { registry, repository, pinned }, Some("n"))
        };
        let allow = "image.registry: {allow: [\"good.example\"]}";
        assert_eq!(
            refused("", allow, "bad.example", true).as_deref(),
            Some("p/r: images may not come from bad.example")
        );
        assert_eq!(refused("", allow, "good.example", true), None);
        assert!(refused("", "image.pinned: true", "a.example", false).is_some());
        assert!(refused("", "image.pinned: true", "a.example", true).is_none());
        for (more, rule) in [
            ("mode: audit", allow.to_owned()),
            ("match: {platforms: [linux/amd64]}", allow.to_owned()),
            ("match: {namespaces: [other]}", allow.to_owned()),
            ("match: {images: [\"good.example/**\"]}", allow.to_owned()),
            ("", format!("severity: warn, {allow}")),
            ("", format!("mode: audit, {allow}")),
            ("", format!("applies_to: {{platforms: [linux/arm64]}}, {allow}")),
            (
                "exceptions: [{rule: r, images: [\"bad.example/**\"], until: 2026-02-01, reason: x}]",
                allow.to_owned(),
            ),
            ("", "config.user: {not_root: true}".to_owned()),
        ] {
            assert_eq!(refused(more, &rule, "bad.example", true), None, "{more} {rule}");
        }
    }
}
