//! The daemons that have images: Docker and Podman, which save them, and containerd, whose blobs are read.

mod places;
pub(crate) mod told;

use std::path::PathBuf;

use cutaway_daemon::{Address, Config, Containerd, Found};
use cutaway_model::Descriptor;

use crate::client::Client;
use crate::error::Error;
use crate::pem::{self, Pem};
use crate::place::Engine;
use crate::settings::Settings;
use crate::{registry, transport};

use places::Places;

impl Client {
    /// Connects to a daemon and finds an image by its name there.
    ///
    /// # Errors
    ///
    /// Returns an error where no daemon answers, or where it has no such image.
    pub async fn find(
        &self,
        engine: Engine,
        name: &str,
    ) -> Result<(cutaway_daemon::Engine, Found), Error> {
        let settings = self.settings();
        let kind = match engine {
            Engine::Docker => "Docker",
            Engine::Podman => "Podman",
        };
        let places = places(engine, settings)?;
        let config = config(&places, settings)?;
        let daemon = cutaway_daemon::Engine::connect(kind, &places.addresses, config).await;
        let daemon = daemon.map_err(|error| Error::Unreachable(error.to_string()))?;
        let found = daemon.find(name).await?;
        Ok((daemon, found))
    }

    /// Finds an image in containerd: by its name there, else by the full name of what was written.
    ///
    /// # Errors
    ///
    /// Returns an error where containerd does not answer, or where it has no such image.
    pub async fn containerd(&self, name: &str) -> Result<(Containerd, Descriptor), Error> {
        let settings = self.settings();
        let variable = |name| settings.environment.as_ref().and_then(|all| all.get(name));
        let address = variable("CONTAINERD_ADDRESS");
        let address = address.unwrap_or_else(|| "/run/containerd/containerd.sock".to_owned());
        let found = || PathBuf::from(address.strip_prefix("unix://").unwrap_or(&address));
        let socket = settings.daemons.containerd.clone().unwrap_or_else(found);
        let namespace = settings.daemons.namespace.clone();
        let namespace = namespace.or_else(|| variable("CONTAINERD_NAMESPACE"));
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        let config = config(&Places::default(), settings)?;
        let daemon = Containerd::connect(&[socket], &namespace, &config).await;
        let daemon = daemon.map_err(|error| Error::Unreachable(error.to_string()))?;
        let full = registry::reference(name).ok().map(|reference| reference.to_string());
        let names: Vec<&str> = std::iter::once(name).chain(full.as_deref()).collect();
        let root = daemon.image(&names).await?;
        Ok((daemon, root))
    }
}

fn places(engine: Engine, settings: &Settings) -> Result<Places, Error> {
    let (told, of_machine): (_, fn(&_) -> _) = match engine {
        Engine::Docker => (&settings.daemons.docker, places::docker),
        Engine::Podman => (&settings.daemons.podman, places::podman),
    };
    match (told, &settings.environment) {
        (Some(told), _) => Ok(Places { addresses: vec![told.clone()], ..Places::default() }),
        (None, Some(environment)) => of_machine(environment),
        (None, None) => Ok(Places::default()),
    }
}

fn config(places: &Places, settings: &Settings) -> Result<Config, Error> {
    let mut transport = transport::config(settings)?;
    transport.insecure |= places.skip_verify;
    if let Some(folder) = &places.certificates {
        let at = |name: &str| folder.join(name);
        if at("ca.pem").is_file() {
            transport.ca_certificates.push(pem::read(&at("ca.pem"))?);
        }
        if transport.client_certificate.is_none() && at("cert.pem").is_file() {
            let (chain, key) = (Pem::File(at("cert.pem")), Pem::File(at("key.pem")));
            transport.client_certificate = Some(pem::client_certificate(&chain, &key)?);
        }
    }
    let secure =
        places.addresses.iter().any(|address| matches!(address, Address::Tcp { secure: true, .. }));
    let wanted = secure
        || places.certificates.is_some()
        || !transport.ca_certificates.is_empty()
        || transport.client_certificate.is_some();
    let tls = wanted.then(|| transport.tls()).transpose().map_err(Error::Usage)?;
    Ok(Config {
        tls,
        plain_tcp: settings.plain_http,
        deadline: settings.deadline(),
        ..Config::default()
    })
}
