//! Where the daemons of this machine are: the variables, files and usual places of Docker and Podman.

use std::path::{Path, PathBuf};
use std::time::Instant;

use cutaway_daemon::{Address, Config, Containerd, Found, context};
use cutaway_model::Descriptor;

use crate::args::Common;
use crate::credentials::variable;
use crate::failure::{Exit, Failure};
use crate::remote;

/// A kind of daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Docker.
    Docker,
    /// Podman, as a service.
    Podman,
}

/// Where a daemon may be, and the folder of the certificates for it.
#[derive(Debug, Default)]
struct Places {
    addresses: Vec<Address>,
    certificates: Option<PathBuf>,
    skip_verify: bool,
}

/// Finds an image by its name at the daemon, which is connected to.
pub(crate) async fn find(
    engine: Engine,
    name: &str,
    common: &Common,
) -> Result<(cutaway_daemon::Engine, Found), Failure> {
    let (kind, places) = match engine {
        Engine::Docker => ("Docker", docker()?),
        Engine::Podman => ("Podman", podman()?),
    };
    let config = config(&places, common)?;
    let daemon = cutaway_daemon::Engine::connect(kind, &places.addresses, config)
        .await
        .map_err(|error| Failure::new(Exit::Fetch, error.to_string()))?;
    let found = daemon.find(name).await?;
    Ok((daemon, found))
}

/// Finds an image in containerd: by its name there, else by the full name of what was written.
pub(crate) async fn containerd(
    name: &str,
    common: &Common,
) -> Result<(Containerd, Descriptor), Failure> {
    let address = variable("CONTAINERD_ADDRESS");
    let address = address.unwrap_or_else(|| "/run/containerd/containerd.sock".to_owned());
    let socket = PathBuf::from(address.strip_prefix("unix://").unwrap_or(&address));
    let namespace = common.namespace.clone().or_else(|| variable("CONTAINERD_NAMESPACE"));
    let namespace = namespace.unwrap_or_else(|| "default".to_owned());
    let config = config(&Places::default(), common)?;
    let daemon = Containerd::connect(&[socket], &namespace, &config)
        .await
        .map_err(|error| Failure::new(Exit::Fetch, error.to_string()))?;
    let full = remote::reference(name).ok().map(|reference| reference.to_string());
    let names: Vec<&str> = std::iter::once(name).chain(full.as_deref()).collect();
    let root = daemon.image(&names).await?;
    Ok((daemon, root))
}

/// Docker's order: `DOCKER_HOST`, the context that is named or current, the usual sockets.
fn docker() -> Result<Places, Failure> {
    let home = variable("HOME").map(PathBuf::from);
    let folder = variable("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| home.map(|home| home.join(".docker")));
    if let Some(host) = variable("DOCKER_HOST") {
        let with_tls = variable("DOCKER_TLS_VERIFY").is_some();
        let certificates = variable("DOCKER_CERT_PATH").map(PathBuf::from);
        return Ok(Places {
            addresses: vec![address(&host)?],
            certificates: certificates.or_else(|| folder.filter(|_| with_tls)),
            skip_verify: false,
        });
    }
    let named = variable("DOCKER_CONTEXT");
    let current = || {
        let config = std::fs::read(folder.as_ref()?.join("config.json")).ok()?;
        context::current(&config)
    };
    match named.or_else(current) {
        // Which is what it is called to say that none is meant.
        Some(name) if name != "default" => of_context(&name, folder.as_deref()),
        _ => Ok(Places { addresses: docker_sockets(), ..Places::default() }),
    }
}

fn docker_sockets() -> Vec<Address> {
    let own = variable("XDG_RUNTIME_DIR").map(|runtime| Path::new(&runtime).join("docker.sock"));
    [Some(PathBuf::from("/var/run/docker.sock")), own]
        .into_iter()
        .flatten()
        .map(Address::Unix)
        .collect()
}

fn of_context(name: &str, folder: Option<&Path>) -> Result<Places, Failure> {
    let unknown = || {
        let name = name.escape_debug();
        Failure::usage(format!(
            "there is no Docker context \"{name}\" with the address of a daemon"
        ))
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
fn podman() -> Result<Places, Failure> {
    if let Some(host) = variable("CONTAINER_HOST") {
        return Ok(Places { addresses: vec![address(&host)?], ..Places::default() });
    }
    let own =
        variable("XDG_RUNTIME_DIR").map(|runtime| Path::new(&runtime).join("podman/podman.sock"));
    let sockets = [own, Some(PathBuf::from("/run/podman/podman.sock"))];
    let addresses = sockets.into_iter().flatten().map(Address::Unix).collect();
    Ok(Places { addresses, ..Places::default() })
}

fn address(host: &str) -> Result<Address, Failure> {
    host.parse()
        .map_err(|error: cutaway_daemon::AddressError| Failure::new(Exit::Fetch, error.to_string()))
}

fn config(places: &Places, common: &Common) -> Result<Config, Failure> {
    let mut transport = remote::config(common)?;
    transport.insecure |= places.skip_verify;
    if let Some(folder) = &places.certificates {
        let at = |name: &str| folder.join(name);
        if at("ca.pem").is_file() {
            transport.ca_certificates.push(remote::read(&at("ca.pem"))?);
        }
        if transport.client_certificate.is_none() && at("cert.pem").is_file() {
            let own = remote::client_certificate(&at("cert.pem"), &at("key.pem"))?;
            transport.client_certificate = Some(own);
        }
    }
    let secure =
        places.addresses.iter().any(|address| matches!(address, Address::Tcp { secure: true, .. }));
    let wanted = secure
        || places.certificates.is_some()
        || !transport.ca_certificates.is_empty()
        || transport.client_certificate.is_some();
    let tls = wanted.then(|| transport.tls()).transpose().map_err(Failure::usage)?;
    Ok(Config {
        tls,
        plain_tcp: common.plain_http,
        deadline: common.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        ..Config::default()
    })
}
