//! The credentials of a run: options and variables first, then the files of Docker and Podman.

use std::io::Read as _;
use std::path::PathBuf;

use cutaway_ref::Reference;
use cutaway_ref::auth::{Credential, Keychain, Places, Resolution, Secret, Source};

use crate::args::Common;
use crate::failure::Failure;
use crate::credential_program;

/// The longest password that is read from standard input.
const MAX_PASSWORD: u64 = 64 << 10;
/// The largest credential file that is read.
const MAX_FILE: u64 = 4 << 20;

/// Finds the credential for the repository of `reference`, and says how it was found.
pub(crate) fn resolve(reference: &Reference, common: &Common) -> Result<Resolution, Failure> {
    let mut sources = given(common)?;
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
    for path in places.files() {
        let label = path.display().to_string();
        let mut bytes = Vec::new();
        let read =
            std::fs::File::open(&path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
        sources.push(match read {
            Ok(_) => Source::file(label, &bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Source::absent(label, "there is no such file")
            }
            Err(error) => Source::absent(label, error.to_string()),
        });
    }
    let resolution = Keychain::new(sources).resolve(reference, &credential_program::run);
    tracing::info!(
        kind = resolution.credential.kind(),
        source = resolution.source.as_deref().unwrap_or("none"),
        "credential chosen"
    );
    Ok(resolution)
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
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
