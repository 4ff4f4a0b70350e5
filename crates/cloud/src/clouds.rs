//! Asking by the name of a registry, and keeping what was got until it expires.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use crate::aws::{self, AwsSources};
use crate::azure::{self, AzureSources};
use crate::call::Caller;
use crate::google::{self, GoogleSources};
use crate::machine::Machine;
use crate::search::Search;
use crate::{Error, Found, Host, Settings};

/// Where keys may be found, cloud by cloud.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Those of Amazon.
    pub aws: AwsSources,
    /// Those of Google.
    pub google: GoogleSources,
    /// Those of Azure.
    pub azure: AzureSources,
    /// Who reads files and runs programs that the settings of a source name; nobody where it is `None`.
    pub machine: Option<Arc<dyn Machine>>,
}

/// The clouds, as one place to ask.
pub struct Clouds {
    sources: Sources,
    caller: Caller,
    kept: Mutex<HashMap<String, Found>>,
}

/// How long before its end a credential is no longer given out.
const MARGIN: Duration = Duration::from_secs(60);

impl Clouds {
    /// Makes the place to ask. Makes no request.
    ///
    /// # Errors
    ///
    /// Returns which setting cannot be used.
    pub fn new(sources: Sources, settings: Settings) -> Result<Self, Error> {
        Ok(Self { sources, caller: Caller::new(settings)?, kept: Mutex::default() })
    }

    /// Returns a credential for `registry`; `None`, and no request, where it is no registry of a cloud.
    ///
    /// Several that ask at once wait for one exchange.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the exchange.
    ///
    /// # Errors
    ///
    /// Returns why there is no credential; an image that is public can be had without one.
    pub async fn find(&self, registry: &str) -> Result<Option<Found>, Error> {
        let Some(host) = Host::of(registry) else { return Ok(None) };
        let mut kept = self.kept.lock().await;
        let soon = SystemTime::now().checked_add(MARGIN);
        if let Some(found) = kept.get(registry)
            && soon.is_some_and(|soon| soon < found.expires)
        {
            return Ok(Some(found.clone()));
        }
        let search = |cloud| Search::new(&self.caller, self.sources.machine.as_ref(), cloud);
        let found = match &host {
            Host::Ecr { .. } | Host::EcrPublic => {
                aws::find(search("Amazon"), &self.sources.aws, &host).await?
            }
            Host::Google => google::find(search("Google"), &self.sources.google).await?,
            Host::Azure => azure::find(search("Azure"), &self.sources.azure, registry).await?,
        };
        kept.insert(registry.to_owned(), found.clone());
        Ok(Some(found))
    }
}

impl fmt::Debug for Clouds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clouds").field("sources", &self.sources).finish_non_exhaustive()
    }
}
