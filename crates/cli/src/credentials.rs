//! The credentials of a run: options and variables first, then the files of Docker and Podman.

use std::io::Read as _;

use cutaway_ref::Reference;
use cutaway_ref::auth::Credential;

use crate::args::Common;
use crate::failure::Failure;

/// The longest password that is read from standard input.
const MAX_PASSWORD: u64 = 64 << 10;

/// Returns the credentials for the registry of `reference`.
pub(crate) fn resolve(_reference: &Reference, common: &Common) -> Result<Credential, Failure> {
    if let Some(token) = &common.registry_token {
        return Ok(Credential::RegistryToken(cutaway_ref::auth::Secret::new(token.clone())));
    }
    if let Some(username) = &common.username {
        let password = password(common)?;
        let password =
            password.ok_or_else(|| Failure::usage("--username needs --password-stdin or CUTAWAY_PASSWORD"))?;
        return Ok(Credential::basic(username.clone(), password));
    }
    Ok(Credential::Anonymous)
}

fn password(common: &Common) -> Result<Option<String>, Failure> {
    if !common.password_stdin {
        return Ok(variable("CUTAWAY_PASSWORD"));
    }
    let mut password = String::new();
    std::io::stdin()
        .take(MAX_PASSWORD)
        .read_to_string(&mut password)
        .map_err(|error| Failure::usage(format!("cannot read the password from standard input: {error}")))?;
    Ok(Some(password.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Returns an environment variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is the command line")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
