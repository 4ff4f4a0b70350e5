//! What a client was told, as its parts read it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cutaway_fetch::Proxy;
use cutaway_read::Observer;
use cutaway_ref::auth::{Credential, Source, Veil};
use cutaway_ref::{Platform, RegistriesConf};

use crate::environment::Environment;
use crate::kept::Kept;
use crate::limits::Limits;
use crate::pem::Pem;
use crate::shared::Shared;

/// Everything that a client was told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The machine to ask for what was not told; none is asked without it.
    pub(crate) environment: Option<Environment>,
    pub(crate) platform: Option<Platform>,
    pub(crate) told: Vec<Told>,
    pub(crate) registries: Option<RegistriesConf>,
    pub(crate) token_hosts: Vec<String>,
    pub(crate) insecure: bool,
    pub(crate) plain_http: bool,
    pub(crate) foreign_urls: bool,
    pub(crate) authorities: Vec<Pem>,
    pub(crate) certificate: Option<Pem>,
    pub(crate) key: Option<Pem>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) limits: Limits,
    pub(crate) veil: Veil,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) protect_memory: bool,
    pub(crate) cache: Kept,
    /// What many images share, where a client is for many.
    pub(crate) shared: Option<Shared>,
    #[cfg(feature = "daemons")]
    pub(crate) daemons: crate::daemons::told::Told,
}

impl Settings {
    /// Returns the moment at which what begins now has to have ended.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }
}

type Lookup = dyn Fn() -> Result<Option<Credential>, String> + Send + Sync;

/// A credential that the client was told, or who has it.
#[derive(Clone)]
pub(crate) struct Told {
    label: String,
    lookup: Arc<Lookup>,
}

/// Why a credential that may be told has nothing.
pub(crate) const UNSET: &str = "it is not set";

impl Told {
    pub(crate) fn new(
        label: String,
        lookup: impl Fn() -> Result<Option<Credential>, String> + Send + Sync + 'static,
    ) -> Self {
        Self { label, lookup: Arc::new(lookup) }
    }

    /// Returns the credential as a source among others.
    pub(crate) fn source(&self) -> Result<Source, String> {
        Ok(match (self.lookup)()? {
            Some(credential) => Source::given(&self.label, credential),
            None => self.withheld(),
        })
    }

    /// Returns the source for somebody who must not be told.
    pub(crate) fn withheld(&self) -> Source {
        Source::absent(&self.label, UNSET)
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Told").field(&self.label).finish()
    }
}
