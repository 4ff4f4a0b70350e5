//! Which image of several is meant.

use cutaway_ref::Digest;
use cutaway_tar::Escaped;

use crate::Error;

/// What names one image among those of a layout or an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The only one there is.
    Only,
    /// The one of this name: as it is stored, or the same name in another form.
    Tag(String),
    /// The one of this digest.
    Digest(Digest),
}

impl Selector {
    /// Reads what stands behind the path: nothing, `:TAG` or `@DIGEST`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Ambiguous`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::Only);
        }
        if let Some(digest) = text.strip_prefix('@') {
            return digest.parse().map(Self::Digest).map_err(|error| {
                Error::Ambiguous(format!("digest \"{}\": {error}", Escaped::new(digest)))
            });
        }
        match text.strip_prefix(':') {
            Some(tag) if !tag.is_empty() => Ok(Self::Tag(tag.to_owned())),
            _ => Err(Error::Ambiguous(format!(
                "\"{}\" behind the path is neither :TAG nor @DIGEST",
                Escaped::new(text)
            ))),
        }
    }

    /// Returns whether a stored name is the one that is meant: verbatim, or both in full form alike.
    pub(crate) fn names(&self, stored: &str) -> bool {
        match self {
            Self::Tag(wanted) => {
                stored == wanted || full(stored) == full(wanted) || tag_of(stored) == Some(wanted)
            }
            _ => false,
        }
    }
}

/// Returns names for a message: the first eight of them, or how many images have none.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a String>, images: usize) -> String {
    let names: Vec<String> = names.take(8).map(|name| Escaped::new(name).to_string()).collect();
    if names.is_empty() { format!("{images} images without a tag") } else { names.join(", ") }
}

/// Returns the name in the full form that Docker gives it: registry, repository and tag.
fn full(name: &str) -> String {
    let (path, tag) = match tag_of(name) {
        Some(tag) => {
            (name.strip_suffix(tag).and_then(|rest| rest.strip_suffix(':')).unwrap_or(name), tag)
        }
        None => (name, "latest"),
    };
    let path = match path.split_once('/') {
        Some(("index.docker.io" | "registry-1.docker.io", rest)) => format!("docker.io/{rest}"),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => path.to_owned(),
        Some(_) => format!("docker.io/{path}"),
        None => format!("docker.io/library/{path}"),
    };
    format!("{path}:{tag}")
}

/// Returns what stands behind the last colon, where that is a tag and no port.
fn tag_of(name: &str) -> Option<&str> {
    name.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/') && !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_every_form() {
        for (wanted, stored, same) in [
            ("app", "app:latest", true),
            ("app:1", "docker.io/library/app:1", true),
            ("docker.io/library/app:1", "app:1", true),
            ("1", "app:1", true),
            ("1", "1", true),
            ("app:2", "app:1", false),
            ("localhost:5000/app", "localhost:5000/app:latest", true),
            ("team/app:1", "index.docker.io/team/app:1", true),
            ("other/app:1", "app:1", false),
        ] {
            assert_eq!(Selector::Tag(wanted.into()).names(stored), same, "{wanted} {stored}");
        }
    }

    #[test]
    fn parses() {
        assert_eq!(Selector::parse("").unwrap(), Selector::Only);
        assert_eq!(Selector::parse(":a/b:c").unwrap(), Selector::Tag("a/b:c".into()));
        assert!(Selector::parse("@sha256:1").is_err());
        assert!(Selector::parse(":").is_err());
        assert!(Selector::parse("x").is_err());
    }
}
