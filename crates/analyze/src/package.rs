//! One record of a package database.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Details, Ecosystem, InstallReason};

/// One record of a package database, or one artefact of a language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Package {
    /// Whose package it is.
    pub ecosystem: Ecosystem,
    /// What stands before the name where names alone are not unique: Maven's group, npm's scope.
    pub namespace: Option<String>,
    /// The name, as the database has it.
    pub name: String,
    /// The full version as the package manager prints it: deb `1:2.3-4`, apk `1.2.3-r0`, rpm `[epoch:]version-release`.
    pub version: String,
    /// The epoch, where the record has one.
    pub epoch: Option<u64>,
    /// The release of an rpm or the revision of a deb, where the record has one.
    pub release: Option<String>,
    /// The architecture, where the record has one.
    pub arch: Option<String>,
    /// The source package this was built from, where it is known.
    pub source: Option<Source>,
    /// The licences, each as the database spells it.
    pub licenses: Vec<String>,
    /// The vendor, where the record has one.
    pub vendor: Option<String>,
    /// The third word of dpkg's and opkg's Status as it stands; `installed` where a format has none.
    pub state: String,
    /// What tells copies apart that lie beside each other, such as the directory of a Python
    /// distribution; none where one system has one.
    pub place: Option<String>,
    /// Whether copies for several architectures may be installed: dpkg's `Multi-Arch: same`.
    pub coinstallable: bool,
    /// Why it is there, where the record says so.
    pub install_reason: Option<InstallReason>,
    /// What else the record says; none where that is nothing.
    pub details: Option<Arc<Details>>,
}

/// The source package of a binary package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// The name of the source package.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
}

/// What makes two records the same package, whatever their version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity<'a> {
    /// Whose package it is.
    pub ecosystem: &'a Ecosystem,
    /// What stands before the name.
    pub namespace: Option<&'a str>,
    /// The name.
    pub name: &'a str,
    /// The architecture.
    pub arch: Option<&'a str>,
    /// What tells copies apart that lie beside each other.
    pub place: Option<&'a str>,
}

impl Package {
    /// Returns an installed package of which no more is known than this.
    pub fn new(ecosystem: Ecosystem, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            ecosystem,
            namespace: None,
            name: name.into(),
            version: version.into(),
            epoch: None,
            release: None,
            arch: None,
            source: None,
            licenses: Vec::new(),
            vendor: None,
            state: "installed".to_owned(),
            place: None,
            coinstallable: false,
            install_reason: None,
            details: None,
        }
    }

    /// Sets what else the record says.
    pub fn set_details(&mut self, details: Details) {
        self.details = (!details.is_empty()).then(|| Arc::new(details));
    }

    /// Returns whether another record of the same database says the same of what the package is; what
    /// else they say may differ.
    pub fn is_repeated_by(&self, other: &Self) -> bool {
        let own = |it: &Self| Self { details: None, install_reason: None, ..it.clone() };
        self == other || own(self) == own(other)
    }

    /// Returns what makes this the same package as another record.
    pub fn identity(&self) -> Identity<'_> {
        Identity {
            ecosystem: &self.ecosystem,
            namespace: self.namespace.as_deref(),
            name: &self.name,
            arch: self.arch.as_deref(),
            place: self.place.as_deref(),
        }
    }

    /// Returns whether the files of the package are there, at least in part.
    ///
    /// True for dpkg's `installed`, `triggers-awaited`, `triggers-pending`, `half-configured`,
    /// `unpacked` and `half-installed`, and for opkg's `post-inst-failed` and `removal-failed`; false for
    /// `config-files`, `not-installed` and what is unknown.
    pub fn is_installed(&self) -> bool {
        state_is_installed(&self.state)
    }

    /// Returns the bytes of memory that the record takes, about, with what allocators add to its texts.
    pub fn weight(&self) -> usize {
        let details = self.details.iter();
        let details = details.flat_map(|it| [size_of::<Details>()].into_iter().chain(it.heap()));
        let details = details.filter(|len| *len > 0).map(|len| len.saturating_add(ALLOCATED));
        details.fold(self.weight_of_row(), usize::saturating_add)
    }

    /// Returns the bytes of memory that a copy of the record takes, about: copies share details.
    pub fn weight_of_row(&self) -> usize {
        let optional = [&self.namespace, &self.release, &self.arch, &self.vendor, &self.place];
        let optional = optional.into_iter().flatten().map(String::len);
        let source = self
            .source
            .iter()
            .map(|it| it.name.len().saturating_add(it.version.as_ref().map_or(0, String::len)));
        let own = [self.ecosystem.heap(), self.name.len(), self.version.len(), self.state.len()];
        let licenses = self.licenses.iter().map(|it| text_weight(it));
        let texts = own.into_iter().chain(optional).chain(source).chain(licenses);
        let texts = texts.filter(|len| *len > 0).map(|len| len.saturating_add(ALLOCATED));
        texts.fold(size_of::<Self>(), usize::saturating_add)
    }
}

/// What an allocator takes beside a short text, about.
const ALLOCATED: usize = 20;

/// Returns whether a package in this state has its files on the system, at least in part; see
/// [`Package::is_installed`].
pub fn state_is_installed(state: &str) -> bool {
    matches!(
        state,
        "installed"
            | "triggers-awaited"
            | "triggers-pending"
            | "half-configured"
            | "unpacked"
            | "half-installed"
            | "post-inst-failed"
            | "removal-failed"
    )
}

/// Returns the bytes of memory that a text in a list takes.
pub(crate) fn text_weight(text: &str) -> usize {
    text.len().saturating_add(size_of::<String>())
}
