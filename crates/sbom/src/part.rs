//! A component of a bill that is read, whatever form it had.

/// A component of CycloneDX, or a package of SPDX.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its id in the document.
    pub(crate) id: Option<String>,
    /// What it is, in the word of CycloneDX.
    pub(crate) kind: Kind,
    pub(crate) group: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) purl: Option<String>,
    pub(crate) supplier: Option<String>,
    /// Its licences as they stand there: identifiers, expressions, names.
    pub(crate) licenses: Vec<String>,
    /// The first place where it was found.
    pub(crate) place: Option<String>,
    /// Names and values of what tools say beside the fields.
    pub(crate) facts: Vec<(String, String)>,
    /// The algorithms of its hashes, in capital letters without dashes.
    pub(crate) hashes: Vec<String>,
    /// Whether it has an identifier beside the package URL: CPE, SWID.
    pub(crate) identified: bool,
    /// Whether its maker can be reached: an address of mail or of the web.
    pub(crate) reachable: bool,
    /// Whether it is not there any more.
    pub(crate) excluded: bool,
}

/// What a component is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A package.
    #[default]
    Package,
    /// The image.
    Image,
    /// The distribution.
    System,
    /// A file, or what else is no package.
    Other,
}

impl Part {
    /// Returns what a tool says under a name.
    pub(crate) fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns what a bill of ours says under a name.
    pub(crate) fn own(&self, name: &str) -> Option<&str> {
        self.facts
            .iter()
            .find(|(known, _)| known.strip_prefix(OURS) == Some(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What the names of our own facts begin with.
pub(crate) const OURS: &str = "cutaway:";
