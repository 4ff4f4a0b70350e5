//! A client for the images of one run.

use std::sync::Arc;
use std::time::Duration;

use cutaway_analyze::FactsCache;

use crate::client::Client;
use crate::settings::Settings;
use crate::shared::Shared;

impl Client {
    /// Returns a client for many images, which tells nobody how far each is.
    pub(crate) fn for_many(&self) -> Self {
        let mut settings: Settings = self.settings().as_ref().clone();
        settings.shared = Some(Shared::new());
        settings.observer = None;
        // Each wait is bounded; that of all grows with their number.
        settings.limits.transport.retry.run_patience = Duration::MAX;
        Self::new(settings)
    }

    /// Returns where the facts of layers are kept.
    pub(crate) fn facts_cache(&self) -> Option<Arc<dyn FactsCache>> {
        let on_disk = self.settings().cache();
        let on_disk = on_disk.map(|cache| -> Arc<dyn FactsCache> { Arc::new(cache.clone()) });
        let shared = self.settings().shared.as_ref();
        on_disk.or_else(|| shared.map(|shared| Arc::clone(&shared.memory)))
    }
}
