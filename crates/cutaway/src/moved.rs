//! Names of repositories where a registry is asked under another name: as they were asked for, and as they are there.

use cutaway_ref::Reference;

/// A part of a registry and the part of another one that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    asked: String,
    there: String,
}

impl Moved {
    /// Returns how everything is called at or below the repository of `asked`, which is that of `there`.
    pub fn repository(asked: &Reference, there: &Reference) -> Self {
        Self { asked: asked.repository().to_owned(), there: there.repository().to_owned() }
    }

    /// Returns how everything is called in the registry of `asked`, of which `there` is the same repository.
    pub fn registry(asked: &Reference, there: &Reference) -> Self {
        let moved = there.repository().strip_suffix(asked.repository()).unwrap_or_default();
        Self { asked: String::new(), there: moved.trim_end_matches('/').to_owned() }
    }

    /// Returns by which name a repository is asked for that is called `there`; `None` where it is not in this part.
    pub fn asked(&self, there: &str) -> Option<String> {
        let rest = match self.there.as_str() {
            "" => there,
            part => match there.strip_prefix(part)? {
                "" => "",
                rest => rest.strip_prefix('/')?,
            },
        };
        match (self.asked.as_str(), rest) {
            ("", "") => None,
            ("", rest) => Some(rest.to_owned()),
            (asked, "") => Some(asked.to_owned()),
            (asked, rest) => Some(format!("{asked}/{rest}")),
        }
    }

    /// Returns what the whole part is called where it is; empty where that is the whole registry.
    pub fn there(&self) -> &str {
        &self.there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let reference = |text: &str| -> Reference { text.parse().unwrap() };
        let part = Moved::repository(&reference("r.io/team"), &reference("h.io/kept/it"));
        let all = Moved::registry(&reference("r.io/a/b"), &reference("h.io/kept/a/b"));
        let same = Moved::registry(&reference("r.io/a/b"), &reference("r.io/a/b"));
        for (moved, there, asked) in [
            (&part, "kept/it", Some("team")),
            (&part, "kept/it/app", Some("team/app")),
            (&part, "kept/item", None),
            (&part, "other", None),
            (&all, "kept/app", Some("app")),
            (&all, "kept", None),
            (&all, "keptover", None),
            (&all, "other/app", None),
            (&same, "any/app", Some("any/app")),
        ] {
            assert_eq!(moved.asked(there).as_deref(), asked, "{moved:?} {there}");
        }
    }
}
