//! The client: what it was told, shared by everything that it opens.

use std::sync::Arc;

use cutaway_read::Options;
use cutaway_ref::Platform;

use crate::builder::Builder;
use crate::environment::Environment;
use crate::limits::Limits;
use crate::settings::Settings;

/// Opens images. It is cheap to make and to clone, and holds no connection.
#[derive(Debug, Clone)]
pub struct Client {
    settings: Arc<Settings>,
}

impl Client {
    /// Returns a client that knows what this machine knows: the credentials that Docker, Podman,
    /// Kubernetes, netrc, credential helpers and clouds keep, `registries.conf`, `certs.d`, proxies, and
    /// where daemons listen.
    ///
    /// The variables of the process are read here, once; the files that they lead to are read when a host
    /// is asked for something.
    pub fn from_env() -> Self {
        Self::builder_from_env().build()
    }

    /// Returns the builder of such a client, to tell it more: what it is told goes before what the
    /// machine knows.
    pub fn builder_from_env() -> Builder {
        Self::builder().environment(Environment::of_this_process())
    }

    /// Returns the builder of a client that knows nothing of this machine: no variable, no file of
    /// settings and no socket is looked at unless the builder is told of it.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the platform that is chosen from an index: the one that was told, else Linux on this
    /// machine's architecture.
    pub fn platform(&self) -> Platform {
        let told = self.settings.platform.clone();
        told.unwrap_or_else(|| Platform::linux(std::env::consts::ARCH))
    }

    /// Returns the same client with another platform to choose from indexes.
    #[must_use]
    pub fn for_platform(&self, platform: Platform) -> Self {
        let platform = Some(platform);
        Self::new(Settings { platform, ..Settings::clone(&self.settings) })
    }

    /// Returns the limits.
    pub fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Returns how layers are read.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::new(self.limits().read);
        if let Some(shared) = &self.settings.shared {
            options.windows = shared.windows.clone();
        }
        match &self.settings.observer {
            Some(observer) => options.observed(Arc::clone(observer)),
            None => options,
        }
    }

    pub(crate) fn is_told_platform(&self) -> bool {
        self.settings.platform.is_some()
    }

    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}
