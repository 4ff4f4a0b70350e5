//! Where the daemons of a machine are: the variables, files and usual places of Docker and Podman.

use std::path::{Path, PathBuf};

use cutaway_daemon::{Address, AddressError, context};
use cutaway_tar::Escaped;

use crate::environment::Environment;
use crate::error::Error;

/// Where a daemon may be, and the folder of the certificates for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub(super) addresses: Vec<Address>,
    pub(super) certificates: Option<PathBuf>,
    pub(super) skip_verify: bool,
}

/// Docker's order: `DOCKER_HOST`, the context that is named or current, the usual sockets.
pub(super) fn docker(environment: &Environment) -> Result<Places, Error> {
    let at_home = || Some(environment.path("HOME")?.join(".docker"));
    let folder = environment.path("DOCKER_CONFIG").or_else(at_home);
    if let Some(host) = environment.get("DOCKER_HOST") {
        let with_tls = environment.get("DOCKER_TLS_VERIFY").is_some();
        let certificates = environment.path("DOCKER_CERT_PATH");
        return Ok(Places {
            addresses: vec![address(&host)?],
            certificates: certificates.or_else(|| folder.filter(|_| with_tls)),
            skip_verify: false,
        });
    }
    let named = environment.get("DOCKER_CONTEXT");
    let current = || {
        let config = std::fs::read(folder.as_ref()?.join("config.json")).ok()?;
        context::current(&config)
    };
    match named.or_else(current) {
        // Which is what it is called to say that none is meant.
        Some(name) if name != "default" => of_context(&name, folder.as_deref()),
        _ => Ok(Places { addresses: docker_sockets(environment), ..Places::default() }),
    }
}

fn docker_sockets(environment: &Environment) -> Vec<Address> {
    let own = environment.path("XDG_RUNTIME_DIR").map(|runtime| runtime.join("docker.sock"));
    [Some(PathBuf::from("/var/run/docker.sock")), own]
        .into_iter()
        .flatten()
        .map(Address::Unix)
        .collect()
}

fn of_context(name: &str, folder: Option<&Path>) -> Result<Places, Error> {
    let unknown = || {
        let name = Escaped::new(name);
        Error::Usage(format!("there is no Docker context \"{name}\" with the address of a daemon"))
    };
    let contexts = folder.ok_or_else(unknown)?.join("contexts");
    let meta = contexts.join("meta").join(context::folder(name)).join("meta.json");
    let endpoint = std::fs::read(meta).ok().and_then(|meta| context::endpoint(&meta));
    let endpoint = endpoint.ok_or_else(unknown)?;
    let tls = contexts.join("tls").join(context::folder(name)).join("docker");
    Ok(Places {
        addresses: vec![address(&endpoint.host)?],
        certificates: Some(tls).filter(|tls| tls.is_dir()),
        skip_verify: endpoint.skip_tls_verify,
    })
}

/// Podman's order: `CONTAINER_HOST`, the user's own socket, the machine's.
pub(super) fn podman(environment: &Environment) -> Result<Places, Error> {
    if let Some(host) = environment.get("CONTAINER_HOST") {
        return Ok(Places { addresses: vec![address(&host)?], ..Places::default() });
    }
    let runtime = environment.path("XDG_RUNTIME_DIR");
    let own = runtime.map(|runtime| runtime.join("podman/podman.sock"));
    let sockets = [own, Some(PathBuf::from("/run/podman/podman.sock"))];
    let addresses = sockets.into_iter().flatten().map(Address::Unix).collect();
    Ok(Places { addresses, ..Places::default() })
}

fn address(host: &str) -> Result<Address, Error> {
    host.parse().map_err(|error: AddressError| Error::Unreachable(error.to_string()))
}
