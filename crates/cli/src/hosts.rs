//! Which hosts stand for a registry on this machine, and whom they are trusted by: `registries.conf` and `certs.d`.
//!
//! `CONTAINERS_REGISTRIES_CONF` names the file; otherwise it is `~/.config/containers/registries.conf`, or
//! else `/etc/containers/registries.conf`. The files `*.conf` in `registries.conf.d` of both places
//! follow in the order of their names, the user's after the machine's. A file that cannot be read
//! ends the run: it may block what is asked for.
//!
//! Certificates are in `HOST[:PORT]` below `~/.config/containers/certs.d`, `/etc/containers/certs.d` or
//! `/etc/docker/certs.d`, the first that is there: `*.crt` are authorities, and `*.cert` with the `*.key`
//! of the same name is shown to the registry.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cutaway_fetch::Config;
use cutaway_ref::{Endpoint, Reference, RegistriesConf};

use crate::credentials::variable;
use crate::failure::{Exit, Failure};
use crate::remote;

/// The folder of the machine's settings.
const MACHINE: &str = "/etc/containers";

/// Returns the places to ask for `reference`, in order.
pub(crate) fn route(reference: &Reference) -> Result<Vec<Endpoint>, Failure> {
    let conf = read()?;
    conf.route(reference)
        .map_err(|error| Failure::new(Exit::Fetch, format!("{reference}: {error}")))
}

/// Returns the credential helpers that the files list; empty where they say nothing.
pub(crate) fn credential_helpers() -> Result<Vec<String>, Failure> {
    Ok(read()?.credential_helpers().to_vec())
}

/// Adds the certificates of a host.
pub(crate) fn add_certificates(host: &str, config: &mut Config) -> Result<(), Failure> {
    let of_user = user().map(|folder| folder.join("certs.d"));
    let of_machine = [format!("{MACHINE}/certs.d"), "/etc/docker/certs.d".to_owned()];
    let places = of_user.into_iter().chain(of_machine.map(PathBuf::from));
    let Some(folder) = places.map(|place| place.join(host)).find(|folder| folder.is_dir()) else {
        return Ok(());
    };
    for file in files(&folder)? {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("crt") => config.ca_certificates.push(remote::read(&file)?),
            Some("cert") if config.client_certificate.is_none() => {
                let key = file.with_extension("key");
                config.client_certificate = Some(remote::client_certificate(&file, &key)?);
            }
            _ => {}
        }
    }
    Ok(())
}

fn read() -> Result<RegistriesConf, Failure> {
    let machine = PathBuf::from(MACHINE);
    let user = user();
    let main = match variable("CONTAINERS_REGISTRIES_CONF") {
        Some(named) => PathBuf::from(named),
        None => {
            let of_user = user.as_ref().map(|folder| folder.join("registries.conf"));
            of_user.filter(|file| file.exists()).unwrap_or_else(|| machine.join("registries.conf"))
        }
    };
    let mut all = vec![main];
    for folder in [Some(machine), user].into_iter().flatten() {
        let dropped = files(&folder.join("registries.conf.d"))?;
        all.extend(
            dropped
                .into_iter()
                .filter(|file| file.extension().is_some_and(|extension| extension == "conf")),
        );
    }
    let mut conf = RegistriesConf::default();
    for file in all {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(&file, &error.to_string())),
        };
        let parsed =
            RegistriesConf::parse(&text).map_err(|error| unreadable(&file, &error.to_string()))?;
        conf = conf.overlaid(parsed);
    }
    Ok(conf)
}

/// Returns the files of a folder by their names; none where there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error.to_string())),
    };
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(folder, &error.to_string()))?;
    files.sort();
    Ok(files)
}

fn user() -> Option<PathBuf> {
    let config = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")));
    Some(config?.join("containers"))
}

fn unreadable(path: &Path, reason: &str) -> Failure {
    Failure::usage(format!("cannot use {}: {reason}", path.display()))
}
