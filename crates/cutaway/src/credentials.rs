//! The credentials of a client, and the order in which they are looked for. The first that has one wins:
//!
//! 1. what the client was told, in the order in which it was told;
//! 2. Kubernetes pull secrets in `CUTAWAY_PULL_SECRETS`: files, or directories with a
//!    `.dockerconfigjson` or `.dockercfg`, separated by colons;
//! 3. `DOCKER_AUTH_CONFIG`, which holds what a `config.json` holds;
//! 4. the file that `REGISTRY_AUTH_FILE` names and no other; or else
//!    `$XDG_RUNTIME_DIR/containers/auth.json` (without the variable `/run/containers/UID/auth.json`),
//!    `$XDG_CONFIG_HOME/containers/auth.json` (`~/.config`), `$DOCKER_CONFIG/config.json` (`~/.docker`)
//!    and `~/.dockercfg`, all that exist one after the other. Where `registries.conf` has
//!    `credential-helpers`, those are asked in their order, and `containers-auth.json` among them stands
//!    for these files;
//! 5. the netrc file that `NETRC` names, or else `~/.netrc`;
//! 6. `GITHUB_TOKEN` with `GITHUB_ACTOR`, for ghcr.io alone;
//! 7. the cloud that the registry belongs to by its name, with the keys that `clouds.rs` lists;
//! 8. no credential.
//!
//! A client without an environment knows the first and the last alone.
//!
//! Within a file the helper of the registry is asked first, then the entries from the repository up to
//! the registry, then `credsStore`. Nothing on the way ends the search: a file that cannot be read and a
//! helper that is absent, fails or takes too long are passed over, since public images need no
//! credential; what was passed over is part of the answer.

pub(crate) mod contents;
pub(crate) mod program;
mod sources;

use std::sync::Arc;

use cutaway_ref::Reference;
use cutaway_ref::auth::{Keychain, Resolution};

use crate::credentials::program::ThesePrograms;
use crate::error::Error;
use crate::memory;
use crate::settings::Settings;

/// Finds the credential for the repository of `reference`, and says how it was found. What the client
/// was told stays untold to a mirror.
pub(crate) async fn resolve(
    reference: &Reference,
    settings: &Arc<Settings>,
    mirror: bool,
) -> Result<Resolution, Error> {
    if settings.protect_memory {
        memory::leave_no_core();
    }
    // Credential programs and standard input may keep a thread waiting; whoever drops this must not
    // wait with it.
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let (wanted, shared) = (reference.clone(), Arc::clone(settings));
    // The receiver is gone where the run has ended.
    std::thread::spawn(move || drop(sender.send(look_up(&wanted, &shared, mirror))));
    let lost = |_| Error::Usage("credentials cannot be looked up".to_owned());
    let mut resolution = receiver.await.map_err(lost)??;
    if resolution.source.is_none() {
        ask_cloud(reference.registry(), settings, &mut resolution).await?;
    }
    tracing::info!(
        kind = resolution.credential.kind(),
        source = resolution.source.as_deref().unwrap_or("none"),
        "credential chosen"
    );
    Ok(resolution)
}

/// Looks in what was told, in variables and files, and asks credential programs.
fn look_up(reference: &Reference, settings: &Settings, mirror: bool) -> Result<Resolution, Error> {
    let told = settings.told.iter();
    let told = told.map(|told| if mirror { Ok(told.withheld()) } else { told.source() });
    let mut sources = told.collect::<Result<Vec<_>, _>>().map_err(Error::Usage)?;
    if let Some(environment) = &settings.environment {
        sources.extend(sources::of(environment, settings)?);
    }
    let programs = ThesePrograms(&settings.limits.lookup);
    Ok(Keychain::new(sources).resolve(reference, &programs))
}

#[cfg(feature = "clouds")]
async fn ask_cloud(
    registry: &str,
    settings: &Settings,
    resolution: &mut Resolution,
) -> Result<(), Error> {
    use cutaway_ref::auth::PassedOver;

    let Some(environment) = &settings.environment else { return Ok(()) };
    let passed_over = |reason, broken| PassedOver { source: "clouds".to_owned(), reason, broken };
    match crate::clouds::find(registry, environment, settings).await? {
        Ok(Some(found)) => {
            resolution.credential = found.credential;
            resolution.source = Some(found.source);
            resolution.key = found.key;
            resolution.passed_over.extend(found.passed_over);
        }
        Ok(None) => {
            let reason = format!("{registry} is no registry of theirs");
            resolution.passed_over.push(passed_over(reason, false));
        }
        Err(cutaway_cloud::Error::NoKey { passed_over, .. }) => {
            resolution.passed_over.extend(passed_over);
        }
        Err(error) => resolution.passed_over.push(passed_over(error.to_string(), true)),
    }
    Ok(())
}

#[cfg(not(feature = "clouds"))]
#[expect(clippy::unused_async, reason = "with clouds it waits for them")]
async fn ask_cloud(_: &str, _: &Settings, _: &mut Resolution) -> Result<(), Error> {
    Ok(())
}
