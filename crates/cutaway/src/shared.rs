//! What the images of one run share: connections, layers that are read, windows, memory.

use std::sync::{Arc, Mutex, PoisonError};

use cutaway_analyze::FactsCache;
use cutaway_cache::{Cache, Key, MemoryStore};
use cutaway_fetch::{Config, Registry};
use cutaway_model::Windows;
use cutaway_ref::auth::Credential;
use cutaway_scan::Flights;

/// How many bytes of facts are held where nothing is kept on disk.
const MEMORY: u64 = 64 << 20;

/// What they share. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) flights: Flights,
    pub(crate) windows: Windows,
    pub(crate) memory: Arc<dyn FactsCache>,
    registries: Arc<Mutex<Vec<Known>>>,
}

/// A registry that was made already.
#[derive(Debug)]
struct Known {
    host: String,
    insecure: bool,
    credential: Credential,
    registry: Registry,
}

impl Shared {
    pub(crate) fn new() -> Self {
        // Nobody else ever sees what it seals.
        let memory = Cache::new(Arc::new(MemoryStore::new(MEMORY)), Key::of_bytes(b"in memory"));
        Self {
            flights: Flights::default(),
            windows: Windows::one_at_a_time(),
            memory: Arc::new(memory),
            registries: Arc::default(),
        }
    }

    /// Returns the registry at `host` for who has this credential, made once: what it allows, how long it wants
    /// to be left alone and what it has granted hold for all that is asked of it.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::new`].
    pub(crate) fn registry(
        &self,
        host: &str,
        credential: Credential,
        config: Config,
    ) -> Result<Registry, cutaway_fetch::Error> {
        let mut registries = self.registries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = registries.iter().find(|it| {
            it.host == host && it.insecure == config.insecure && it.credential == credential
        });
        if let Some(known) = known {
            return Ok(known.registry.clone());
        }
        let insecure = config.insecure;
        let registry = Registry::new(host, credential.clone(), config)?;
        let (host, held) = (host.to_owned(), registry.clone());
        registries.push(Known { host, insecure, credential, registry: held });
        Ok(registry)
    }
}
