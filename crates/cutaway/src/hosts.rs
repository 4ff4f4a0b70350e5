//! Which hosts stand for a registry on this machine, and whom they are trusted by: `registries.conf` and `certs.d`.
//!
//! A client without an environment knows the rules that it was told, and no folder of certificates.
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

use crate::environment::Environment;
use crate::error::Error;
use crate::pem::{self, Pem};
use crate::settings::Settings;

/// The folder of the machine's settings.
const MACHINE: &str = "/etc/containers";

/// Returns the places to ask for `reference`, in order.
pub(crate) fn route(reference: &Reference, settings: &Settings) -> Result<Vec<Endpoint>, Error> {
    rules(settings)?
        .route(reference)
        .map_err(|source| Error::Route { reference: reference.to_string(), source })
}

/// Returns the credential helpers that the files list; empty where they say nothing.
pub(crate) fn credential_helpers(settings: &Settings) -> Result<Vec<String>, Error> {
    Ok(rules(settings)?.credential_helpers().to_vec())
}

/// Adds the certificates of a host.
pub(crate) fn add_certificates(
    host: &str,
    settings: &Settings,
    config: &mut Config,
) -> Result<(), Error> {
    let Some(environment) = &settings.environment else { return Ok(()) };
    let of_user = user(environment).map(|folder| folder.join("certs.d"));
    let of_machine = [format!("{MACHINE}/certs.d"), "/etc/docker/certs.d".to_owned()];
    let places = of_user.into_iter().chain(of_machine.map(PathBuf::from));
    let Some(folder) = places.map(|place| place.join(host)).find(|folder| folder.is_dir()) else {
        return Ok(());
    };
    for file in files(&folder)? {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("crt") => config.ca_certificates.push(pem::read(&file)?),
            Some("cert") if config.client_certificate.is_none() => {
                let (chain, key) = (Pem::from(&*file), Pem::File(file.with_extension("key")));
                config.client_certificate = Some(pem::client_certificate(&chain, &key)?);
            }
            _ => {}
        }
    }
    Ok(())
}

fn rules(settings: &Settings) -> Result<RegistriesConf, Error> {
    match (&settings.registries, &settings.environment) {
        (Some(told), _) => Ok(told.clone()),
        (None, Some(environment)) => read(environment),
        (None, None) => Ok(RegistriesConf::default()),
    }
}

fn read(environment: &Environment) -> Result<RegistriesConf, Error> {
    let machine = PathBuf::from(MACHINE);
    let user = user(environment);
    let main = match environment.path("CONTAINERS_REGISTRIES_CONF") {
        Some(named) => named,
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
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
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

fn user(environment: &Environment) -> Option<PathBuf> {
    let config = environment
        .path("XDG_CONFIG_HOME")
        .or_else(|| Some(environment.path("HOME")?.join(".config")));
    Some(config?.join("containers"))
}

fn unreadable(path: &Path, reason: &str) -> Error {
    Error::Settings { path: path.to_owned(), reason: reason.to_owned() }
}
