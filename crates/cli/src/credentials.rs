//! The credentials of a run, and the order in which they are looked for. The first that has one wins:
//!
//! 1. `--registry-token` or `CUTAWAY_REGISTRY_TOKEN`;
//! 2. `--username` with `--password-stdin`, or `CUTAWAY_USERNAME` and `CUTAWAY_PASSWORD`;
//! 3. Kubernetes pull secrets in `CUTAWAY_PULL_SECRETS`: files, or directories with a
//!    `.dockerconfigjson` or `.dockercfg`, separated by colons;
//! 4. `DOCKER_AUTH_CONFIG`, which holds what a `config.json` holds;
//! 5. the file that `REGISTRY_AUTH_FILE` names and no other; or else
//!    `$XDG_RUNTIME_DIR/containers/auth.json` (without the variable `/run/containers/UID/auth.json`),
//!    `$XDG_CONFIG_HOME/containers/auth.json` (`~/.config`), `$DOCKER_CONFIG/config.json` (`~/.docker`)
//!    and `~/.dockercfg`, all that exist one after the other. Where `registries.conf` has
//!    `credential-helpers`, those are asked in their order, and `containers-auth.json` among them stands
//!    for these files;
//! 6. the netrc file that `NETRC` names, or else `~/.netrc`;
//! 7. `GITHUB_TOKEN` with `GITHUB_ACTOR`, for ghcr.io alone;
//! 8. the cloud that the registry belongs to by its name, with the keys that `clouds.rs` lists;
//! 9. no credential.
//!
//! Within a file the helper of the registry is asked first, then the entries from the repository up to
//! the registry, then `credsStore`. Nothing on the way ends the search: a file that cannot be read and a
//! helper that is absent, fails or takes too long are passed over, since public images need no
//! credential; `auth explain` and `-v` say so.
//!
//! Libraries know the formats; the environment and the disk are read here alone.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cutaway_ref::Reference;
use cutaway_ref::auth::{
    Credential, HelperRequest, Keychain, PassedOver, Places, Resolution, Secret, Source,
};

use crate::args::Common;
use crate::failure::Failure;
use crate::limits::{self, Lookup};
use crate::{clouds, credential_program, hosts, secrecy};

/// Why a source that is a variable has nothing.
const UNSET: &str = "it is not set";

/// What stands for the credential files in the list of helpers of `registries.conf`.
const FILES: &str = "containers-auth.json";

/// Finds the credential for the repository of `reference`, and says how it was found.
pub(crate) async fn resolve(reference: &Reference, common: &Common) -> Result<Resolution, Failure> {
    secrecy::leave_no_core();
    let limits = limits::lookup(&common.limit)?;
    let bounds = limits.clone();
    // Credential programs and standard input may keep a thread waiting; a signal must not wait with it.
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let (wanted, options) = (reference.clone(), common.clone());
    // The receiver is gone where the run has ended.
    std::thread::spawn(move || drop(sender.send(look_up(&wanted, &options, &bounds))));
    let found = receiver.await.map_err(|_| Failure::usage("credentials cannot be looked up"))?;
    let mut resolution = found?;
    if resolution.source.is_none() {
        match clouds::find(reference.registry(), common, &limits).await? {
            Ok(Some(found)) => {
                resolution.credential = found.credential;
                resolution.source = Some(found.source);
                resolution.key = found.key;
                resolution.passed_over.extend(found.passed_over);
            }
            Ok(None) => resolution.passed_over.push(PassedOver {
                source: "clouds".to_owned(),
                reason: format!("{} is no registry of theirs", reference.registry()),
            }),
            Err(cutaway_cloud::Error::NoKey { passed_over, .. }) => {
                resolution.passed_over.extend(passed_over);
            }
            Err(error) => resolution
                .passed_over
                .push(PassedOver { source: "clouds".to_owned(), reason: error.to_string() }),
        }
    }
    tracing::info!(
        kind = resolution.credential.kind(),
        source = resolution.source.as_deref().unwrap_or("none"),
        "credential chosen"
    );
    Ok(resolution)
}

/// Looks in options, variables and files, and asks credential programs.
fn look_up(reference: &Reference, common: &Common, limits: &Lookup) -> Result<Resolution, Failure> {
    let mut sources = given(common, limits)?;
    sources.extend(pull_secrets(limits));
    sources.push(match variable("DOCKER_AUTH_CONFIG") {
        Some(config) => Source::file("DOCKER_AUTH_CONFIG", config.as_bytes()),
        None => Source::absent("DOCKER_AUTH_CONFIG", UNSET),
    });
    sources.extend(kept(limits)?);
    let netrc = place("NETRC").or_else(|| Some(place("HOME")?.join(".netrc")));
    sources.extend(netrc.map(|path| from_file(&path, Source::netrc, limits)));
    sources.push(github());
    let ask = |request: HelperRequest<'_>| credential_program::ask(request, limits);
    Ok(Keychain::new(sources).resolve(reference, &ask))
}

/// Returns the files of Podman and Docker, and the helpers that `registries.conf` puts beside them.
fn kept(limits: &Lookup) -> Result<Vec<Source>, Failure> {
    let places = Places {
        auth_file: place("REGISTRY_AUTH_FILE"),
        runtime_dir: place("XDG_RUNTIME_DIR"),
        uid: cfg!(target_os = "linux").then(|| rustix::process::getuid().as_raw()),
        config_home: place("XDG_CONFIG_HOME"),
        docker_config: place("DOCKER_CONFIG"),
        home: place("HOME"),
    };
    let mut helpers = hosts::credential_helpers()?;
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
    Ok(sources)
}

/// Reads a file for a source, or makes one that says why there is none.
fn from_file(path: &Path, parse: impl FnOnce(String, &[u8]) -> Source, limits: &Lookup) -> Source {
    let label = path.display().to_string();
    match contents(path, limits) {
        Ok(bytes) => parse(label, &bytes),
        Err(reason) => Source::absent(label, reason),
    }
}

/// Reads a file that has or may have a secret.
///
/// # Errors
///
/// Returns why it is not read, as text that says nothing of what is in it.
pub(crate) fn contents(path: &Path, limits: &Lookup) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let longest = limits.credential_bytes;
    let read = File::open(path)
        .and_then(|file| file.take(longest.saturating_add(1)).read_to_end(&mut bytes));
    match read {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= longest) => Ok(bytes),
        Ok(_) => Err("it is over credential_bytes".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err("there is no such file".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Returns the pull secrets, as a cluster mounts them.
fn pull_secrets(limits: &Lookup) -> Vec<Source> {
    let Some(places) = variable("CUTAWAY_PULL_SECRETS") else {
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
fn github() -> Source {
    let label = "GITHUB_TOKEN and GITHUB_ACTOR";
    match variable("GITHUB_TOKEN") {
        // The name is not looked at.
        Some(token) => {
            let actor = variable("GITHUB_ACTOR").unwrap_or_else(|| "unset".to_owned());
            Source::for_registry(label, "ghcr.io", Credential::basic(actor, token))
        }
        None => Source::absent(label, UNSET),
    }
}

/// Returns the credentials that options and our own variables give.
fn given(common: &Common, limits: &Lookup) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    match &common.registry_token {
        Some(token) => {
            let token = Credential::RegistryToken(token.clone());
            sources.push(Source::given("--registry-token or CUTAWAY_REGISTRY_TOKEN", token));
        }
        None => sources.push(Source::absent("--registry-token or CUTAWAY_REGISTRY_TOKEN", UNSET)),
    }
    match &common.username {
        Some(username) => {
            let password = password(common, limits)?.ok_or_else(|| {
                Failure::usage("--username needs --password-stdin or CUTAWAY_PASSWORD")
            })?;
            let basic = Credential::basic(username.clone(), password);
            sources.push(Source::given("--username or CUTAWAY_USERNAME", basic));
        }
        None => sources.push(Source::absent("--username or CUTAWAY_USERNAME", UNSET)),
    }
    Ok(sources)
}

fn password(common: &Common, limits: &Lookup) -> Result<Option<String>, Failure> {
    if !common.password_stdin {
        return Ok(variable("CUTAWAY_PASSWORD"));
    }
    // Every registry of a run asks for it, and it can be read only once.
    static PASSWORD: OnceLock<Result<Secret, String>> = OnceLock::new();
    let password = PASSWORD.get_or_init(|| from_stdin(limits.credential_bytes));
    match password {
        Ok(password) => Ok(Some(password.expose().to_owned())),
        Err(reason) => Err(Failure::usage(reason)),
    }
}

fn from_stdin(longest: u64) -> Result<Secret, String> {
    let mut password = String::new();
    let read = std::io::stdin().take(longest.saturating_add(1)).read_to_string(&mut password);
    let length =
        read.map_err(|error| format!("cannot read the password from standard input: {error}"))?;
    if !u64::try_from(length).is_ok_and(|length| length <= longest) {
        return Err("the password on standard input is over credential_bytes".to_owned());
    }
    Ok(Secret::new(password.trim_end_matches(['\r', '\n'])))
}

/// Returns the place that a variable names.
fn place(name: &str) -> Option<PathBuf> {
    variable(name).map(PathBuf::from)
}

/// Returns an environment variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is the command line")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
