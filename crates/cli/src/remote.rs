//! The registry that a reference names, with the credentials and settings of this run.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use cutaway_fetch::{ClientCertificate, Config, Elsewhere, Registry, Repository, Resolved};
use cutaway_ref::auth::Secret;
use cutaway_ref::{Defaults, Endpoint, Reference};
use tokio::sync::OnceCell;

use crate::args::Common;
use crate::failure::{Exit, Failure};
use crate::{credentials, hosts, limits, proxies, secrecy};

/// Reads a reference as people write them.
pub(crate) fn reference(text: &str) -> Result<Reference, Failure> {
    Reference::parse(text, &Defaults::default()).map_err(|error| Failure::usage(error.to_string()))
}

/// Makes the registry where `reference` lies, and returns what it is called there. Mirrors are passed over.
pub(crate) async fn registry(
    reference: &Reference,
    common: &Common,
) -> Result<(Registry, Reference), Failure> {
    let mut route = hosts::route(reference)?;
    let itself = route.pop().ok_or_else(|| Failure::usage("there is no place to ask"))?;
    Ok((connect(&itself, common).await?, itself.reference))
}

/// Fetches the document that `reference` names from the first place that has it: mirrors, then the place itself.
///
/// What else is read of the repository is had from the places behind that one, too, when it fails.
pub(crate) async fn resolve(
    reference: &Reference,
    common: &Common,
) -> Result<(Repository, Resolved), Failure> {
    let route = Arc::new(Route::new(reference, common)?);
    let mut failed = Vec::new();
    let mut last = None;
    for (number, stop) in route.stops.iter().enumerate() {
        let there = &stop.endpoint.reference;
        match route.registry(stop).await?.resolve(there).await {
            Ok(resolved) => {
                tracing::info!(place = %there, mirror = stop.endpoint.mirror, "found");
                let repository = route.registry(stop).await?.repository(there);
                let first = number.saturating_add(1);
                let behind = Behind { route: Arc::clone(&route), first };
                return Ok((repository.backed_by(Arc::new(behind)), resolved));
            }
            Err(error) => {
                tracing::info!(place = %there, %error, "not found here");
                failed.push(there.registry().to_owned());
                last = Some(Failure::from(error));
            }
        }
    }
    let mut failure = last.unwrap_or_else(|| Failure::usage("there is no place to ask"));
    failed.pop();
    if !failed.is_empty() {
        failure.message =
            format!("{} (mirrors failed too: {})", failure.message, failed.join(", "));
    }
    Err(failure)
}

/// The places to ask for a reference, in order. Nobody is asked for a credential before its place is.
struct Route {
    stops: Vec<Stop>,
    common: Common,
}

struct Stop {
    endpoint: Endpoint,
    registry: OnceCell<Registry>,
}

impl Route {
    fn new(reference: &Reference, common: &Common) -> Result<Self, Failure> {
        let stop = |endpoint| Stop { endpoint, registry: OnceCell::new() };
        let stops = hosts::route(reference)?.into_iter().map(stop).collect();
        Ok(Self { stops, common: common.clone() })
    }

    async fn registry<'a>(&'a self, stop: &'a Stop) -> Result<&'a Registry, Failure> {
        stop.registry.get_or_try_init(|| connect(&stop.endpoint, &self.common)).await
    }
}

/// The places of a route from one of them on.
struct Behind {
    route: Arc<Route>,
    first: usize,
}

// The arguments may hold a token.
impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Behind").field("first", &self.first).finish_non_exhaustive()
    }
}

#[async_trait]
impl Elsewhere for Behind {
    async fn place(&self, number: usize) -> Option<Result<Repository, cutaway_model::Error>> {
        let stop = self.route.stops.get(self.first.checked_add(number)?)?;
        let registry = self.route.registry(stop).await;
        let registry =
            registry.map_err(|failure| cutaway_model::Error::Transport(failure.message.into()));
        Some(registry.map(|registry| registry.repository(&stop.endpoint.reference)))
    }
}

/// Makes a registry with its credential and its certificates. Nothing is asked of it yet.
async fn connect(endpoint: &Endpoint, common: &Common) -> Result<Registry, Failure> {
    let host = endpoint.reference.registry();
    // What was given for this run is for the registry that was named, and no mirror is told it.
    let untold =
        Common { username: None, password_stdin: false, registry_token: None, ..common.clone() };
    let told = if endpoint.mirror { &untold } else { common };
    let credential = credentials::resolve(&endpoint.reference, told).await?.credential;
    let mut config = config(common)?;
    hosts::add_certificates(host, &mut config)?;
    config.insecure |= endpoint.insecure;
    config.plain_fallback |= endpoint.insecure;
    Registry::new(host, credential, config)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// Returns the settings of this run.
pub(crate) fn config(common: &Common) -> Result<Config, Failure> {
    let mut config = Config {
        plain_http: common.plain_http,
        insecure: common.insecure,
        foreign_urls: common.foreign_urls,
        proxy: proxies::of_environment(),
        veil: secrecy::veil(),
        token_hosts: common.token_host.clone(),
        deadline: common.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        ..Config::default()
    };
    let transport = limits::transport(&common.limit)?;
    (config.limits, config.times, config.retry) =
        (transport.limits, transport.times, transport.retry);
    config.ca_certificates =
        common.ca_cert.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    config.client_certificate = match (&common.client_cert, &common.client_key) {
        (Some(chain), Some(key)) => Some(client_certificate(chain, key)?),
        (None, None) => None,
        _ => return Err(Failure::usage("--client-cert and --client-key go together")),
    };
    Ok(config)
}

/// Reads a certificate and its key.
pub(crate) fn client_certificate(chain: &Path, key: &Path) -> Result<ClientCertificate, Failure> {
    let secret = String::from_utf8(read(key)?)
        .map_err(|_| Failure::usage(format!("{} is no PEM file", key.display())))?;
    Ok(ClientCertificate { chain: read(chain)?, key: Secret::new(secret) })
}

/// Reads a file that an option names.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
}
