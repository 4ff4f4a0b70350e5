//! What a record says of a package beside what it is.

use serde::{Deserialize, Serialize};

use crate::Texts;

/// What a record says of a package beside what it is; what it does not say is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Details {
    /// What it needs, one condition each as the database spells it: `libc6 (>= 2.34) | libc6.1`,
    /// `so:libc.musl-x86_64.so.1`, `bash >= 5.0`. Of dpkg `Pre-Depends` and then `Depends`.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub depends: Texts,
    /// What it stands for besides its name, as the database spells it: `awk`, `so:libz.so.1=1.3.1`.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub provides: Texts,
    /// What of it was chosen, or what it was built with: chisel's slices, Gentoo's USE flags.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub features: Texts,
    /// Who looks after the package, or built it: a name, mostly with an address of mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintainer: Option<Box<str>>,
    /// The address of its project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<Box<str>>,
    /// The repository that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Box<str>>,
    /// The commit that it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Box<str>>,
    /// The module of a distribution that it belongs to: `NAME:STREAM:VERSION:CONTEXT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modularity: Option<Box<str>>,
    /// Which of several that may be installed beside each other it is: Gentoo's SLOT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Box<str>>,
    /// The version of the rules that it was built by: Gentoo's EAPI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eapi: Option<Box<str>>,
    /// The id of the key that signed it, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Box<str>>,
    /// The first word of dpkg's Status where it is not `install`: what is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<Box<str>>,
    /// The second word of dpkg's Status where it is not `ok`: `reinstreq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<Box<str>>,
    /// What it is part of, where it lies within another package: its name. Of languages alone, as all below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<str>>,
    /// `direct` or `indirect`, where the format says how it is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Box<str>>,
    /// What the version was taken from, where there are several ways: `buildinfo`, `ldflags`, `symbol`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_from: Option<Box<str>>,
    /// Qualifiers of the package URL that stand in no other field, each as `key=value`.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub qualifiers: Texts,
    /// It is the application itself, and nothing that it needs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub root: bool,
    /// The name or the version is a guess, of the name of a file or of titles.
    #[serde(default, skip_serializing_if = "is_false")]
    pub guessed: bool,
    /// It is needed for developing alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dev: bool,
    /// How many bytes it takes where it is installed, as its builder counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_size: Option<u64>,
    /// When it was built, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_at: Option<u64>,
    /// When it was installed, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<u64>,
}

/// Why a package is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstallReason {
    /// Somebody asked for it by its name.
    Explicit,
    /// Another package needed it.
    Dependency,
}

impl Details {
    /// Returns the texts, each with its name, in the order in which they are written.
    pub fn texts(&self) -> [(&'static str, &Option<Box<str>>); 13] {
        [
            ("maintainer", &self.maintainer),
            ("homepage", &self.homepage),
            ("repository", &self.repository),
            ("commit", &self.commit),
            ("modularity", &self.modularity),
            ("slot", &self.slot),
            ("eapi", &self.eapi),
            ("signer", &self.signer),
            ("want", &self.want),
            ("flag", &self.flag),
            ("parent", &self.parent),
            ("relation", &self.relation),
            ("version_from", &self.version_from),
        ]
    }

    /// Returns the places of the texts, in the same order.
    pub fn texts_mut(&mut self) -> [(&'static str, &mut Option<Box<str>>); 13] {
        [
            ("maintainer", &mut self.maintainer),
            ("homepage", &mut self.homepage),
            ("repository", &mut self.repository),
            ("commit", &mut self.commit),
            ("modularity", &mut self.modularity),
            ("slot", &mut self.slot),
            ("eapi", &mut self.eapi),
            ("signer", &mut self.signer),
            ("want", &mut self.want),
            ("flag", &mut self.flag),
            ("parent", &mut self.parent),
            ("relation", &mut self.relation),
            ("version_from", &mut self.version_from),
        ]
    }

    /// Returns the lists, each with its name, in the order in which they are written.
    pub fn lists(&self) -> [(&'static str, &Texts); 4] {
        [
            ("depends", &self.depends),
            ("provides", &self.provides),
            ("features", &self.features),
            ("qualifiers", &self.qualifiers),
        ]
    }

    /// Returns the places of the lists, in the same order.
    pub fn lists_mut(&mut self) -> [(&'static str, &mut Texts); 4] {
        [
            ("depends", &mut self.depends),
            ("provides", &mut self.provides),
            ("features", &mut self.features),
            ("qualifiers", &mut self.qualifiers),
        ]
    }

    /// Returns whether they say nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the lengths of what it takes beside itself, for each allocation.
    pub(crate) fn heap(&self) -> impl Iterator<Item = usize> {
        let texts = self.texts().into_iter().filter_map(|(_, text)| Some(text.as_ref()?.len()));
        texts.chain(self.lists().map(|(_, list)| list.heap()))
    }
}

impl InstallReason {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Dependency => "dependency",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form in which serde asks")]
fn is_false(flag: &bool) -> bool {
    !flag
}
