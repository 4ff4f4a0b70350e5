//! Why packages are there, where a file beside their database says so.

use crate::package::text_weight;
use crate::{Ecosystem, InstallReason};

/// What a file says of why packages of one ecosystem are there: `etc/apk/world`, apt's `extended_states`,
/// dnf's history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reasons {
    /// Whose packages they are.
    pub ecosystem: Ecosystem,
    /// Why those are there that are not named, where that follows.
    pub others: Option<InstallReason>,
    /// Those that are named.
    pub named: Vec<NamedReason>,
}

/// Why one package is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedReason {
    /// Its name, or that of something that it provides.
    pub name: String,
    /// Its architecture, where that is said.
    pub arch: Option<String>,
    /// Why it is there, where that is said.
    pub reason: Option<InstallReason>,
    /// The repository that it came from, where that is said.
    pub repository: Option<String>,
}

impl Reasons {
    /// Returns the bytes of memory that this takes, about.
    pub(crate) fn weight(&self) -> usize {
        let of = |named: &NamedReason| {
            let texts = [Some(&named.name), named.arch.as_ref(), named.repository.as_ref()];
            let texts = texts.into_iter().flatten().map(|text| text_weight(text));
            texts.fold(size_of::<NamedReason>(), usize::saturating_add)
        };
        self.named.iter().map(of).fold(size_of::<Self>(), usize::saturating_add)
    }
}
