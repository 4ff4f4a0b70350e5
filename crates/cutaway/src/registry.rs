//! The registry that a reference names, with the credentials and settings of a client.

use std::sync::Arc;

use async_trait::async_trait;
use cutaway_fetch::{Elsewhere, Registry, Repository, Resolved};
use cutaway_ref::auth::Resolution;
use cutaway_ref::{Defaults, Endpoint, Reference};
use tokio::sync::OnceCell;

use crate::client::Client;
use crate::error::Error;
use crate::settings::Settings;
use crate::{credentials, documents, hosts, transport};

/// Reads a reference as people write them: `alpine` is `docker.io/library/alpine:latest`.
///
/// # Errors
///
/// Returns an error that names the rule which the text breaks.
pub fn reference(text: &str) -> Result<Reference, Error> {
    Ok(Reference::parse(text, &Defaults::default())?)
}

impl Client {
    /// Makes the registry where `reference` lies, and returns what it is called there: `registries.conf`
    /// may move it. Mirrors are passed over. Its credential is looked up, nothing is asked of it yet.
    ///
    /// Needs a tokio runtime; dropping the future leaves no trace, but a program that is being asked
    /// for a credential runs to the end of its time.
    ///
    /// # Errors
    ///
    /// Returns an error where the settings of the machine or of the client cannot be used.
    pub async fn registry(&self, reference: &Reference) -> Result<(Registry, Reference), Error> {
        let settings = self.settings();
        let mut route = hosts::route(reference, settings)?;
        let itself = route.pop().ok_or_else(nowhere)?;
        Ok((connect(&itself, settings).await?, itself.reference))
    }

    /// Fetches the document that `reference` names from the first place that has it: mirrors, then the
    /// place itself. What else is read of the repository is had from the places behind that one, too,
    /// when it fails.
    ///
    /// Needs a tokio runtime, as [`registry`](Self::registry) does.
    ///
    /// # Errors
    ///
    /// Returns the error of the last place, which names the mirrors that failed before it.
    pub async fn resolve(&self, reference: &Reference) -> Result<(Repository, Resolved), Error> {
        let route = Arc::new(Route::new(reference, self.settings())?);
        let mut failed = Vec::new();
        let mut last = None;
        for (number, stop) in route.stops.iter().enumerate() {
            let there = &stop.endpoint.reference;
            let registry = route.registry(stop).await?;
            match documents::resolve(registry, there, self.settings().cache()).await {
                Ok(resolved) => {
                    tracing::info!(place = %there, mirror = stop.endpoint.mirror, "found");
                    let repository = registry.repository(there);
                    let first = number.saturating_add(1);
                    let behind = Behind { route: Arc::clone(&route), first };
                    return Ok((repository.backed_by(Arc::new(behind)), resolved));
                }
                Err(error) => {
                    tracing::info!(place = %there, %error, "not found here");
                    failed.push(there.registry().to_owned());
                    last = Some(error);
                }
            }
        }
        let source = last.ok_or_else(nowhere)?;
        failed.pop();
        match failed.is_empty() {
            true => Err(source.into()),
            false => Err(Error::Mirrors { source, mirrors: failed }),
        }
    }

    /// Returns the places that are asked for `reference`, in order: mirrors, then the place that has it.
    ///
    /// # Errors
    ///
    /// Returns an error where `registries.conf` cannot be used or forbids the reference.
    pub fn route(&self, reference: &Reference) -> Result<Vec<Endpoint>, Error> {
        hosts::route(reference, self.settings())
    }

    /// Finds the credential for the repository of `reference`, and says where it was found and what was
    /// passed over on the way.
    ///
    /// Needs a tokio runtime, as [`registry`](Self::registry) does.
    ///
    /// # Errors
    ///
    /// Returns an error where the settings of the machine or of the client cannot be used; that no
    /// credential is found is none.
    pub async fn credential(&self, reference: &Reference) -> Result<Resolution, Error> {
        credentials::resolve(reference, self.settings(), false).await
    }
}

fn nowhere() -> Error {
    Error::Usage("there is no place to ask".to_owned())
}

/// The places to ask for a reference, in order. Nobody is asked for a credential before its place is.
#[derive(Debug)]
struct Route {
    stops: Vec<Stop>,
    settings: Arc<Settings>,
}

#[derive(Debug)]
struct Stop {
    endpoint: Endpoint,
    registry: OnceCell<Registry>,
}

impl Route {
    fn new(reference: &Reference, settings: &Arc<Settings>) -> Result<Self, Error> {
        let stop = |endpoint| Stop { endpoint, registry: OnceCell::new() };
        let stops = hosts::route(reference, settings)?.into_iter().map(stop).collect();
        Ok(Self { stops, settings: Arc::clone(settings) })
    }

    async fn registry<'a>(&'a self, stop: &'a Stop) -> Result<&'a Registry, Error> {
        stop.registry.get_or_try_init(|| connect(&stop.endpoint, &self.settings)).await
    }
}

/// The places of a route from one of them on.
#[derive(Debug)]
struct Behind {
    route: Arc<Route>,
    first: usize,
}

#[async_trait]
impl Elsewhere for Behind {
    async fn place(&self, number: usize) -> Option<Result<Repository, cutaway_model::Error>> {
        let stop = self.route.stops.get(self.first.checked_add(number)?)?;
        let registry = self.route.registry(stop).await;
        let registry =
            registry.map_err(|error| cutaway_model::Error::Transport(error.to_string().into()));
        Some(registry.map(|registry| registry.repository(&stop.endpoint.reference)))
    }
}

/// Makes a registry with its credential and its certificates. Nothing is asked of it yet.
async fn connect(endpoint: &Endpoint, settings: &Arc<Settings>) -> Result<Registry, Error> {
    let (place, mirror) = (&endpoint.reference, endpoint.mirror);
    let resolution = credentials::resolve(place, settings, mirror).await?;
    let mut config = transport::config(settings)?;
    config.silent_sources = resolution.broken();
    hosts::add_certificates(place.registry(), settings, &mut config)?;
    config.insecure |= endpoint.insecure;
    config.plain_fallback |= endpoint.insecure;
    let (host, credential) = (place.registry(), resolution.credential);
    let made = match &settings.shared {
        Some(shared) => shared.registry(host, credential, config),
        None => Registry::new(host, credential, config),
    };
    made.map_err(|error| Error::Usage(error.to_string()))
}
