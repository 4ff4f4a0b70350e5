//! Which credential is used, out of all places that may have one, and why.
//!
//! Sources are asked in their order, and the first that has a credential wins. Within a file the
//! helper of the registry comes first, then the entries from the most specific path up to the
//! registry, then the helper for everything. A source that fails is passed over, never the end:
//! public images need no credentials.

use crate::Reference;
use crate::auth::config::Entry;
use crate::auth::key::candidates;
use crate::auth::{
    Credential, DockerConfig, HelperName, Netrc, ParseConfigError, ParseHelperNameError,
    ParseNetrcError, Programs, PullSecret, program,
};
use crate::normalize::registry_name;

/// One place that may have a credential.
#[derive(Debug, Clone)]
pub struct Source {
    label: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Given { registry: Option<String>, credential: Credential },
    File(Result<DockerConfig, ParseConfigError>),
    Netrc(Result<Netrc, ParseNetrcError>),
    PullSecret(Result<PullSecret, ParseConfigError>),
    Helper(Result<HelperName, ParseHelperNameError>),
    Absent(String),
    Broken(String),
}

impl Source {
    /// Makes a source of a credential that was given for whatever registry is asked.
    pub fn given(label: impl Into<String>, credential: Credential) -> Self {
        Self { label: label.into(), kind: Kind::Given { registry: None, credential } }
    }

    /// Makes a source of a credential that is for one registry.
    pub fn for_registry(label: impl Into<String>, registry: &str, credential: Credential) -> Self {
        Self {
            label: label.into(),
            kind: Kind::Given { registry: Some(registry_name(registry)), credential },
        }
    }

    /// Makes a source of the contents of a credential file.
    pub fn file(label: impl Into<String>, bytes: &[u8]) -> Self {
        Self { label: label.into(), kind: Kind::File(DockerConfig::parse(bytes)) }
    }

    /// Makes a source of the contents of a netrc file.
    pub fn netrc(label: impl Into<String>, bytes: &[u8]) -> Self {
        Self { label: label.into(), kind: Kind::Netrc(Netrc::parse(bytes)) }
    }

    /// Makes a source of a Kubernetes pull secret.
    pub fn pull_secret(label: impl Into<String>, bytes: &[u8]) -> Self {
        Self { label: label.into(), kind: Kind::PullSecret(PullSecret::parse(bytes)) }
    }

    /// Makes a source of a helper that is asked for every registry.
    pub fn helper(label: impl Into<String>, name: &str) -> Self {
        Self { label: label.into(), kind: Kind::Helper(name.parse()) }
    }

    /// Makes a source that cannot be read, so that it can be explained.
    pub fn broken(label: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { label: label.into(), kind: Kind::Broken(reason.into()) }
    }

    /// Makes a source that is not there, so that it can be explained.
    pub fn absent(label: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { label: label.into(), kind: Kind::Absent(reason.into()) }
    }
}

/// The credential that is used, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The credential.
    pub credential: Credential,
    /// The label of the source that has it; `None` where none does.
    pub source: Option<String>,
    /// The key in the file, the helper's program, or the registry it is for.
    pub key: Option<String>,
    /// The sources, keys and helpers that were asked before it and had none, in order.
    pub passed_over: Vec<PassedOver>,
}

impl Resolution {
    /// Says which sources may have a credential and could not be read or asked; `None` where all could.
    pub fn broken(&self) -> Option<String> {
        let broken = self.passed_over.iter().filter(|passed| passed.broken);
        let said: Vec<_> =
            broken.map(|passed| format!("{}: {}", passed.source, passed.reason)).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// A place that was asked and had no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The label of the source.
    pub source: String,
    /// Why it was passed over. Says nothing secret.
    pub reason: String,
    /// Whether that is a fault: it may have a credential, and cannot be read or asked.
    pub broken: bool,
}

/// Sources in the order in which they are asked.
#[derive(Debug, Clone, Default)]
pub struct Keychain {
    sources: Vec<Source>,
}

impl Keychain {
    /// Makes a keychain of `sources`.
    pub fn new(sources: Vec<Source>) -> Self {
        Self { sources }
    }

    /// Finds the credential for the repository of `reference`. Blocks while a helper runs.
    pub fn resolve(&self, reference: &Reference, programs: &dyn Programs) -> Resolution {
        self.find(reference.registry(), Some(reference.repository()), programs)
    }

    /// Finds the credential for a registry as a whole. Blocks while a helper runs.
    pub fn resolve_registry(&self, registry: &str, programs: &dyn Programs) -> Resolution {
        self.find(&registry_name(registry), None, programs)
    }

    fn find(
        &self,
        registry: &str,
        repository: Option<&str>,
        programs: &dyn Programs,
    ) -> Resolution {
        let mut search = Search {
            registry,
            repository,
            names: candidates(registry, repository),
            programs,
            passed_over: Vec::new(),
        };
        for source in &self.sources {
            if let Some((credential, key)) = search.ask(source) {
                let source = Some(source.label.clone());
                return Resolution { credential, source, key, passed_over: search.passed_over };
            }
        }
        Resolution {
            credential: Credential::Anonymous,
            source: None,
            key: None,
            passed_over: search.passed_over,
        }
    }
}

/// One search through the sources.
struct Search<'a> {
    registry: &'a str,
    repository: Option<&'a str>,
    names: Vec<String>,
    programs: &'a dyn Programs,
    passed_over: Vec<PassedOver>,
}

impl Search<'_> {
    fn ask(&mut self, source: &Source) -> Option<(Credential, Option<String>)> {
        match &source.kind {
            Kind::Absent(reason) => self.pass(source, reason.clone()),
            Kind::Broken(reason) => self.fail(source, reason.clone()),
            Kind::File(Err(error)) => self.fail(source, error.to_string()),
            Kind::File(Ok(config)) => self.ask_file(source, config),
            Kind::Netrc(Err(error)) => self.fail(source, error.to_string()),
            Kind::Netrc(Ok(netrc)) => match netrc.find(self.registry) {
                Ok((credential, machine)) => Some((credential, Some(machine.to_owned()))),
                Err(reason) => self.pass(source, reason.to_owned()),
            },
            Kind::PullSecret(Err(error)) => self.fail(source, error.to_string()),
            Kind::PullSecret(Ok(secret)) => match secret.find(self.registry, self.repository) {
                Ok((credential, key)) => Some((credential, Some(key.to_owned()))),
                Err(reason) => self.pass(source, reason),
            },
            Kind::Given { registry: Some(registry), .. } if registry != self.registry => {
                self.pass(source, format!("it is for {registry}"))
            }
            Kind::Given { credential, registry } => Some((credential.clone(), registry.clone())),
            Kind::Helper(name) => {
                let name = name.as_ref().map_err(|error| *error);
                self.ask_helper(source, Some(name))
            }
        }
    }

    fn ask_file(
        &mut self,
        source: &Source,
        config: &DockerConfig,
    ) -> Option<(Credential, Option<String>)> {
        if let Some(found) = self.ask_helper(source, config.helper(self.registry)) {
            return Some(found);
        }
        let names = self.names.clone();
        for name in names.iter().filter(|name| config.has_helper_of_path(name)) {
            let rule =
                format!("the helper for {name:?} is not asked: helpers keep whole registries");
            let _: Option<()> = self.pass(source, rule);
        }
        for (key, entry) in names.iter().flat_map(|name| config.entries(name)) {
            match entry {
                Entry::Credential(credential) => {
                    return Some((credential.clone(), Some(key.to_owned())));
                }
                Entry::Empty => {}
                Entry::Unusable(rule) => {
                    let _: Option<()> =
                        self.fail(source, format!("the entry {key:?} cannot be used: {rule}"));
                }
            }
        }
        if let Some(found) = self.ask_helper(source, config.store()) {
            return Some(found);
        }
        self.pass(
            source,
            format!(
                "it has no credential for {}",
                names.first().map_or(self.registry, String::as_str)
            ),
        )
    }

    fn ask_helper(
        &mut self,
        source: &Source,
        helper: Option<Result<&HelperName, ParseHelperNameError>>,
    ) -> Option<(Credential, Option<String>)> {
        let helper = match helper? {
            Ok(helper) => helper,
            Err(error) => return self.fail(source, error.to_string()),
        };
        for server in program::servers(self.registry) {
            match program::ask(self.programs, helper, server) {
                Ok(Some(credential)) => return Some((credential, Some(helper.program()))),
                Ok(None) => {}
                Err(error) => return self.fail(source, format!("{}: {error}", helper.program())),
            }
        }
        self.pass(source, format!("{}: it keeps nothing for this registry", helper.program()))
    }

    fn pass<T>(&mut self, source: &Source, reason: String) -> Option<T> {
        self.passed_over.push(PassedOver { source: source.label.clone(), reason, broken: false });
        None
    }

    fn fail<T>(&mut self, source: &Source, reason: String) -> Option<T> {
        self.passed_over.push(PassedOver { source: source.label.clone(), reason, broken: true });
        None
    }
}

#[cfg(test)]
#[path = "keychain_tests.rs"]
mod tests;
