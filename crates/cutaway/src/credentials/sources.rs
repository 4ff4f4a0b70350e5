//! Where credentials lie on a machine: variables, the files of Kubernetes, Docker and Podman, netrc.

use std::path::Path;

use cutaway_ref::auth::{Credential, Places, Source};

use super::contents;
use crate::environment::Environment;
use crate::error::Error;
use crate::hosts;
use crate::limits::Lookup;
use crate::settings::{Settings, UNSET};

/// What stands for the credential files in the list of helpers of `registries.conf`.
const FILES: &str = "containers-auth.json";

/// Returns the sources of a machine in the order in which they are asked.
pub(super) fn of(environment: &Environment, settings: &Settings) -> Result<Vec<Source>, Error> {
    let limits = &settings.limits.lookup;
    let mut sources = pull_secrets(environment, limits);
    sources.push(match environment.get("DOCKER_AUTH_CONFIG") {
        Some(config) => Source::file("DOCKER_AUTH_CONFIG", config.as_bytes()),
        None => Source::absent("DOCKER_AUTH_CONFIG", UNSET),
    });
    sources.extend(kept(environment, hosts::credential_helpers(settings)?, limits));
    let at_home = || Some(environment.path("HOME")?.join(".netrc"));
    let netrc = environment.path("NETRC").or_else(at_home);
    sources.extend(netrc.map(|path| from_file(&path, Source::netrc, limits)));
    sources.push(github(environment));
    Ok(sources)
}

/// Returns the files of Podman and Docker, and the helpers that `registries.conf` puts beside them.
fn kept(environment: &Environment, mut helpers: Vec<String>, limits: &Lookup) -> Vec<Source> {
    let places = Places {
        auth_file: environment.path("REGISTRY_AUTH_FILE"),
        runtime_dir: environment.path("XDG_RUNTIME_DIR"),
        uid: environment.user(),
        config_home: environment.path("XDG_CONFIG_HOME"),
        docker_config: environment.path("DOCKER_CONFIG"),
        home: environment.path("HOME"),
    };
    // A file that is named stands alone.
    if helpers.is_empty() || places.auth_file.is_some() {
        helpers = vec![FILES.to_owned()];
    }
    let mut sources = Vec::new();
    for helper in &helpers {
        if helper == FILES {
            sources.extend(places.files().iter().map(|path| from_file(path, Source::file, limits)));
        } else {
            sources.push(Source::helper(format!("{helper} in registries.conf"), helper));
        }
    }
    if !helpers.iter().any(|helper| helper == FILES) {
        let rule = format!("the credential-helpers of registries.conf do not list {FILES}");
        sources.push(Source::absent("credential files", rule));
    }
    sources
}

/// Reads a file for a source, or makes one that says why there is none.
fn from_file(path: &Path, parse: impl FnOnce(String, &[u8]) -> Source, limits: &Lookup) -> Source {
    let label = path.display().to_string();
    match contents::read(path, limits) {
        Ok(bytes) => parse(label, &bytes),
        Err(reason) if matches!(path.try_exists(), Ok(false)) => Source::absent(label, reason),
        Err(reason) => Source::broken(label, reason),
    }
}

/// Returns the pull secrets, as a cluster mounts them.
fn pull_secrets(environment: &Environment, limits: &Lookup) -> Vec<Source> {
    let Some(places) = environment.get("CUTAWAY_PULL_SECRETS") else {
        return vec![Source::absent("CUTAWAY_PULL_SECRETS", UNSET)];
    };
    let mut sources = Vec::new();
    for place in std::env::split_paths(&places).filter(|place| !place.as_os_str().is_empty()) {
        let mut files = vec![place.clone()];
        if place.is_dir() {
            files = [".dockerconfigjson", ".dockercfg"].map(|name| place.join(name)).to_vec();
            // A directory has one of the two, and says so with one of them.
            files.retain(|file| file.exists());
            if files.is_empty() {
                let rule = "it has neither .dockerconfigjson nor .dockercfg";
                sources.push(Source::absent(place.display().to_string(), rule));
            }
        }
        sources.extend(files.iter().map(|file| from_file(file, Source::pull_secret, limits)));
    }
    sources
}

/// Returns the token of a workflow, which opens GitHub's registry and no other.
fn github(environment: &Environment) -> Source {
    let label = "GITHUB_TOKEN and GITHUB_ACTOR";
    match environment.get("GITHUB_TOKEN") {
        // The name is not looked at.
        Some(token) => {
            let actor = environment.get("GITHUB_ACTOR").unwrap_or_else(|| "unset".to_owned());
            Source::for_registry(label, "ghcr.io", Credential::basic(actor, token))
        }
        None => Source::absent(label, UNSET),
    }
}
