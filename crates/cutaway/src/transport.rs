//! The settings of a client, as the transport takes them.

use cutaway_fetch::Config;

use crate::error::Error;
use crate::pem::{self, Pem};
use crate::proxies;
use crate::settings::Settings;

/// Returns how hosts are reached. Certificates in files are read.
pub(crate) fn config(settings: &Settings) -> Result<Config, Error> {
    let of_machine = || settings.environment.as_ref().and_then(proxies::of);
    let limits = settings.limits.clone();
    let mut config = Config {
        plain_http: settings.plain_http,
        insecure: settings.insecure,
        foreign_urls: settings.foreign_urls,
        proxy: settings.proxy.clone().or_else(of_machine),
        veil: settings.veil.clone(),
        token_hosts: settings.token_hosts.clone(),
        deadline: settings.deadline(),
        limits: limits.transport.limits,
        times: limits.transport.times,
        retry: limits.transport.retry,
        ..Config::default()
    };
    config.limits.manifest_bytes = limits.read.model.manifest_bytes;
    let authorities = settings.authorities.iter().map(Pem::read_certificate);
    let authorities = authorities.collect::<Result<_, _>>();
    config.ca_certificates = authorities.map_err(|error| named(error, "--ca-cert"))?;
    config.client_certificate = match (&settings.certificate, &settings.key) {
        (Some(chain), Some(key)) => {
            let own = pem::client_certificate(chain, key).map_err(|error| named(error, OWN))?;
            own.check().map_err(|rule| named(Error::Usage(rule), OWN))?;
            Some(own)
        }
        (None, None) => None,
        _ => {
            let rule = "a client certificate and its key go together".to_owned();
            return Err(named(Error::Usage(rule), OWN));
        }
    };
    Ok(config)
}

/// The options that name a client certificate.
const OWN: &str = "--client-cert, --client-key";

/// Says by which options was asked for what cannot be used.
fn named(error: Error, options: &str) -> Error {
    match error {
        Error::Usage(rule) => Error::Usage(format!("{rule} ({options})")),
        error => error,
    }
}
