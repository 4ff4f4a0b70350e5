//! The credentials of a run, and the order in which they are looked for. The first that has one wins:
//!
//! 1. `--registry-token` or `CUTAWAY_REGISTRY_TOKEN`;
//! 2. `--username` with `--password-stdin`, or `CUTAWAY_USERNAME` and `CUTAWAY_PASSWORD`;
//! 3. Kubernetes pull secrets in `CUTAWAY_PULL_SECRETS`: files, or directories with a
//!    `.dockerconfigjson` or `.dockercfg`, separated by colons;
//! 4. `DOCKER_AUTH_CONFIG`, which holds what a `config.json` holds;
//! 5. the file that `REGISTRY_AUTH_FILE` names and no other; or else
//!    `$XDG_RUNTIME_DIR/containers/auth.json`, `$XDG_CONFIG_HOME/containers/auth.json`,
//!    `$DOCKER_CONFIG/config.json` and `~/.dockercfg`, each with its credential helpers;
//! 6. the netrc file that `NETRC` names, or else `~/.netrc`;
//! 7. `GITHUB_TOKEN` with `GITHUB_ACTOR`, for ghcr.io alone;
//! 8. the cloud that the registry belongs to by its name, with the keys that `clouds.rs` lists;
//! 9. no credential.
//!
//! Libraries know the formats; the environment and the disk are read here alone.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use cutaway_ref::Reference;
use cutaway_ref::auth::{Credential, Keychain, PassedOver, Places, Resolution, Secret, Source};

use crate::args::Common;
use crate::failure::Failure;
use crate::{clouds, credential_program, secrecy};

/// The longest password that is read from standard input.
const MAX_PASSWORD: u64 = 64 << 10;
/// The largest credential file that is read.
const MAX_FILE: u64 = 4 << 20;

/// Finds the credential for the repository of `reference`, and says how it was found.
pub(crate) async fn resolve(reference: &Reference, common: &Common) -> Result<Resolution, Failure> {
    secrecy::leave_no_core();
    // Credential programs and standard input may keep a thread waiting; a signal must not wait with it.
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let (wanted, options) = (reference.clone(), common.clone());
    // The receiver is gone where the run has ended.
    std::thread::spawn(move || drop(sender.send(look_up(&wanted, &options))));
    let found = receiver.await.map_err(|_| Failure::usage("credentials cannot be looked up"))?;
    let mut resolution = found?;
    if resolution.source.is_none() {
        match clouds::find(reference.registry(), common).await? {
            Ok(Some(found)) => {
                resolution.credential = found.credential;
                resolution.source = Some(found.source);
            }
            Ok(None) => resolution.passed_over.push(PassedOver {
                source: "clouds".to_owned(),
                reason: format!("{} is no registry of theirs", reference.registry()),
            }),
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
fn look_up(reference: &Reference, common: &Common) -> Result<Resolution, Failure> {
    let mut sources = given(common)?;
    sources.extend(pull_secrets());
    if let Some(config) = variable("DOCKER_AUTH_CONFIG") {
        sources.push(Source::file("DOCKER_AUTH_CONFIG", config.as_bytes()));
    }
    let directory = |name| variable(name).map(PathBuf::from);
    let places = Places {
        auth_file: directory("REGISTRY_AUTH_FILE"),
        runtime_dir: directory("XDG_RUNTIME_DIR"),
        config_home: directory("XDG_CONFIG_HOME"),
        docker_config: directory("DOCKER_CONFIG"),
        home: directory("HOME"),
    };
    sources.extend(places.files().iter().map(|path| from_file(path, Source::file)));
    let netrc = directory("NETRC").or_else(|| Some(directory("HOME")?.join(".netrc")));
    sources.extend(netrc.map(|path| from_file(&path, Source::netrc)));
    sources.push(github());
    Ok(Keychain::new(sources).resolve(reference, &credential_program::run))
}

/// Reads a file for a source, or makes one that says why there is none.
fn from_file(path: &Path, parse: impl FnOnce(String, &[u8]) -> Source) -> Source {
    let label = path.display().to_string();
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(MAX_FILE.saturating_add(1)).read_to_end(&mut bytes));
    match read {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= MAX_FILE) => {
            parse(label, &bytes)
        }
        Ok(_) => Source::absent(label, format!("it is larger than {MAX_FILE} bytes")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Source::absent(label, "there is no such file")
        }
        Err(error) => Source::absent(label, error.to_string()),
    }
}

/// Returns the pull secrets, as a cluster mounts them.
fn pull_secrets() -> Vec<Source> {
    let places = variable("CUTAWAY_PULL_SECRETS").unwrap_or_default();
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
        sources.extend(files.iter().map(|file| from_file(file, Source::pull_secret)));
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
        None => Source::absent(label, "it is not set"),
    }
}

/// Returns the credentials that options and our own variables give.
fn given(common: &Common) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    match &common.registry_token {
        Some(token) => {
            let token = Credential::RegistryToken(Secret::new(token.clone()));
            sources.push(Source::given("--registry-token or CUTAWAY_REGISTRY_TOKEN", token));
        }
        None => sources
            .push(Source::absent("--registry-token or CUTAWAY_REGISTRY_TOKEN", "it is not set")),
    }
    match &common.username {
        Some(username) => {
            let password = password(common)?.ok_or_else(|| {
                Failure::usage("--username needs --password-stdin or CUTAWAY_PASSWORD")
            })?;
            let basic = Credential::basic(username.clone(), password);
            sources.push(Source::given("--username or CUTAWAY_USERNAME", basic));
        }
        None => sources.push(Source::absent("--username or CUTAWAY_USERNAME", "it is not set")),
    }
    Ok(sources)
}

fn password(common: &Common) -> Result<Option<String>, Failure> {
    if !common.password_stdin {
        return Ok(variable("CUTAWAY_PASSWORD"));
    }
    let mut password = String::new();
    std::io::stdin().take(MAX_PASSWORD).read_to_string(&mut password).map_err(|error| {
        Failure::usage(format!("cannot read the password from standard input: {error}"))
    })?;
    Ok(Some(password.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Returns an environment variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is the command line")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
