//! What can be told to a client.

use std::sync::Arc;
use std::time::Duration;

use cutaway_fetch::Proxy;
use cutaway_read::Observer;
use cutaway_ref::auth::{Credential, Veil};
use cutaway_ref::{Platform, RegistriesConf};

use crate::client::Client;
use crate::environment::Environment;
use crate::limits::Limits;
use crate::pem::Pem;
use crate::settings::{Settings, Told};

/// Tells a [`Client`] what it needs to know.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    /// Returns the client.
    pub fn build(self) -> Client {
        Client::new(self.settings)
    }

    /// Chooses this platform from indexes, not that of this machine.
    pub fn platform(mut self, platform: Platform) -> Self {
        self.settings.platform = Some(platform);
        self
    }

    /// Shows this credential to the registries that are named, and to none of their mirrors.
    pub fn credential(self, credential: Credential) -> Self {
        self.credential_of("the client", move || Ok(Some(credential.clone())))
    }

    /// Asks for a credential when a registry is about to be asked for something, each time; `label`
    /// says where it is from. Of several, the first that has one wins. An error ends what was asked for.
    pub fn credential_of(
        mut self,
        label: impl Into<String>,
        lookup: impl Fn() -> Result<Option<Credential>, String> + Send + Sync + 'static,
    ) -> Self {
        self.settings.told.push(Told::new(label.into(), lookup));
        self
    }

    /// Follows these rules for hosts and mirrors, and no file of this machine.
    pub fn registries(mut self, rules: RegistriesConf) -> Self {
        self.settings.registries = Some(rules);
        self
    }

    /// Tells these token servers, as `host` or `host:port`, the password of a registry, though they are
    /// on other hosts.
    pub fn token_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.settings.token_hosts.extend(hosts);
        self
    }

    /// Accepts any certificate. It weakens every connection.
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.settings.insecure = insecure;
        self
    }

    /// Talks plain HTTP to registries. Hosts on this machine need no flag for it.
    pub fn plain_http(mut self, plain_http: bool) -> Self {
        self.settings.plain_http = plain_http;
        self
    }

    /// Asks the other addresses that an image names for a layer that its registry lacks.
    pub fn foreign_urls(mut self, foreign_urls: bool) -> Self {
        self.settings.foreign_urls = foreign_urls;
        self
    }

    /// Trusts the authorities in this PEM as well.
    pub fn authority(mut self, authority: Pem) -> Self {
        self.settings.authorities.push(authority);
        self
    }

    /// Shows this certificate to who asks for one. It needs a [`key`](Self::key).
    pub fn certificate(mut self, chain: Pem) -> Self {
        self.settings.certificate = Some(chain);
        self
    }

    /// Tells the key of the [`certificate`](Self::certificate).
    pub fn key(mut self, key: Pem) -> Self {
        self.settings.key = Some(key);
        self
    }

    /// Sends requests through these proxies.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.settings.proxy = Some(proxy);
        self
    }

    /// Gives each image this long, from its opening on.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Shares a veil: it gets to know every secret that is told to a registry or a token server.
    pub fn veil(mut self, veil: Veil) -> Self {
        self.settings.veil = veil;
        self
    }

    /// Has `observer` told how far layers and archives are read.
    pub fn observed(mut self, observer: Arc<dyn Observer>) -> Self {
        self.settings.observer = Some(observer);
        self
    }

    /// Keeps what was read of images in this folder, and uses what is kept there. A client that knows a machine
    /// keeps it where its user's caches are.
    pub fn cache_directory(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
        self.settings.cache.folder = Some(folder.into());
        self
    }

    /// Seals what is kept with the key in this file, not with one that the folder has.
    pub fn cache_key_file(mut self, file: impl Into<std::path::PathBuf>) -> Self {
        self.settings.cache.key_file = Some(file.into());
        self
    }

    /// Keeps nothing and uses nothing that was kept.
    pub fn no_cache(mut self, off: bool) -> Self {
        self.settings.cache.off = off;
        self
    }

    /// Lets the process leave no core file, and lets no other process look into its memory, from the
    /// first look-up of a credential on. It is for the whole process and stays.
    pub fn protect_memory(mut self, protect: bool) -> Self {
        self.settings.protect_memory = protect;
        self
    }

    /// Finds what was not told on the machine that has this environment.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.settings.environment = Some(environment);
        self
    }
}

#[cfg(feature = "daemons")]
impl Builder {
    /// Asks Docker at this address.
    pub fn docker(mut self, address: cutaway_daemon::Address) -> Self {
        self.settings.daemons.docker = Some(address);
        self
    }

    /// Asks Podman at this address.
    pub fn podman(mut self, address: cutaway_daemon::Address) -> Self {
        self.settings.daemons.podman = Some(address);
        self
    }

    /// Asks containerd at this socket.
    pub fn containerd(mut self, socket: impl Into<std::path::PathBuf>) -> Self {
        self.settings.daemons.containerd = Some(socket.into());
        self
    }

    /// Looks in this namespace of containerd.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.settings.daemons.namespace = Some(namespace.into());
        self
    }
}
