//! A registry, and the documents that references name in it.

use std::sync::Arc;

use cutaway_model::Error as ModelError;
use cutaway_ref::auth::Credential;
use cutaway_ref::{DOCKER_HUB, DOCKER_HUB_API, Reference};
use cutaway_tar::Escaped;

use crate::exchange::Exchange;
use crate::manifest::{self, Resolved};
use crate::session::Session;
use crate::transport::Transport;
use crate::{Config, Error, Repository};

/// A registry: its connections, and the credential and tokens that open it.
///
/// Making one does no I/O. Clones share everything.
#[derive(Debug, Clone)]
pub struct Registry {
    exchange: Arc<Exchange>,
}

impl Registry {
    /// Makes the registry `registry`, named as in [`Reference::registry`].
    ///
    /// # Errors
    ///
    /// Returns which setting cannot be used: a certificate, a key, a proxy.
    pub fn new(registry: &str, credential: Credential, config: Config) -> Result<Self, Error> {
        let host = if registry == DOCKER_HUB { DOCKER_HUB_API } else { registry };
        let transport = Transport::new(host, config)
            .map_err(|kind| Error::unsent(Escaped::new(registry).to_string(), kind))?;
        Ok(Self { exchange: Arc::new(Exchange::new(transport, Session::new(credential))) })
    }

    /// Returns the repository that `reference` names, here: its registry is not looked at, so
    /// that a mirror can be asked for it.
    pub fn repository(&self, reference: &Reference) -> Repository {
        Repository::new(Arc::clone(&self.exchange), reference.repository())
    }

    /// Fetches the manifest or index that `reference` names, with one request.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Returns [`ModelError::NotFound`] where there is no such document, [`ModelError::Digest`],
    /// [`ModelError::Malformed`] and [`ModelError::Limit`] where it is not what was asked for or what
    /// the registry says it is, and [`ModelError::Transport`] with an [`Error`] for everything on the way.
    pub async fn resolve(&self, reference: &Reference) -> Result<Resolved, ModelError> {
        let resolved = manifest::resolve(&self.exchange, reference).await;
        resolved.map_err(|error| self.exchange.veiled(error))
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.exchange
    }
}
