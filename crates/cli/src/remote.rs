//! The registry that a reference names, with the credentials and settings of this run.

use std::path::Path;
use std::time::Instant;

use cutaway_fetch::{ClientCertificate, Config, Registry};
use cutaway_ref::auth::Secret;
use cutaway_ref::{Defaults, Reference};

use crate::args::Common;
use crate::failure::{Exit, Failure};
use crate::{credentials, limits};

/// Reads a reference as people write them.
pub(crate) fn reference(text: &str) -> Result<Reference, Failure> {
    Reference::parse(text, &Defaults::default()).map_err(|error| Failure::usage(error.to_string()))
}

/// Makes the registry of `reference`. Nothing is asked yet.
pub(crate) fn registry(reference: &Reference, common: &Common) -> Result<Registry, Failure> {
    let credential = credentials::resolve(reference, common)?.credential;
    Registry::new(reference.registry(), credential, config(common)?)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// Returns the settings of this run.
pub(crate) fn config(common: &Common) -> Result<Config, Failure> {
    let mut config = Config {
        plain_http: common.plain_http,
        insecure: common.insecure,
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
