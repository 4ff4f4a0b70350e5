//! Credential helpers: programs named `docker-credential-NAME` that keep secrets (Docker's credential protocol).
//!
//! Running one is the caller's: it writes [`Request::server`] to standard input of `docker-credential-NAME get`
//! and hands what comes on standard output to [`parse_answer`]. What comes on standard error is not shown
//! to anybody, since helpers print secrets there.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::auth::{Credential, Secret};
use crate::normalize::DOCKER_HUB;

/// The name of a helper, `[a-z0-9-]+`, so that it can stand in the name of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HelperName(String);

impl HelperName {
    /// Returns the name of the program, such as `docker-credential-pass`.
    pub fn program(&self) -> String {
        format!("docker-credential-{}", self.0)
    }
}

impl FromStr for HelperName {
    type Err = ParseHelperNameError;

    fn from_str(text: &str) -> Result<Self, ParseHelperNameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(ParseHelperNameError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for HelperName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no name of a helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a credential helper is 1 to 64 of the characters a-z, 0-9 and -")]
pub struct ParseHelperNameError;

/// What a helper is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Which helper.
    pub helper: &'a HelperName,
    /// The text for its standard input.
    pub server: &'a str,
}

/// Why a helper gave no credential. The texts say nothing that the helper said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// There is no such program.
    #[error("the program is not installed")]
    Absent,
    /// It took longer than it may: `helper_ms`.
    #[error("the program took longer than helper_ms")]
    TimedOut,
    /// It wrote more than it may: `helper_bytes`.
    #[error("the program wrote more than helper_bytes")]
    TooLong,
    /// It ended with an error.
    #[error("the program failed")]
    Failed,
    /// What it wrote is no credential.
    #[error("the program's answer is not of Docker's credential protocol")]
    Answer,
}

/// Returns what a helper is asked for a registry, one after the other while it keeps nothing: Docker stores
/// the Hub under its old address and Podman under its name; others go by their name.
pub(crate) fn servers(registry: &str) -> Vec<&str> {
    let old = (registry == DOCKER_HUB).then_some("https://index.docker.io/v1/");
    old.into_iter().chain([registry]).collect()
}

/// Parses what a helper wrote to standard output. `None` where it keeps nothing for the server.
///
/// # Errors
///
/// Returns [`HelperError::Answer`] where it is no credential.
pub fn parse_answer(stdout: &[u8]) -> Result<Option<Credential>, HelperError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        #[serde(default)]
        username: String,
        secret: String,
    }
    let text = std::str::from_utf8(stdout).map_err(|_| HelperError::Answer)?.trim();
    // The protocol's word for it; it comes on standard output, with a failing status.
    if text.is_empty() || text.contains("credentials not found in native keychain") {
        return Ok(None);
    }
    let answer: Answer = serde_json::from_str(text).map_err(|_| HelperError::Answer)?;
    Ok(match (answer.username.as_str(), answer.secret) {
        (_, secret) if secret.is_empty() => None,
        ("<token>", secret) => {
            Some(Credential::IdentityToken { username: None, token: Secret::new(secret) })
        }
        (username, secret) => Some(Credential::basic(username, secret)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(
            "ecr-login".parse::<HelperName>().unwrap().program(),
            "docker-credential-ecr-login"
        );
        for bad in ["", "../../bin/sh", "A", "a b", "a_b", "a;b", "a\n", &"a".repeat(65)] {
            assert_eq!(bad.parse::<HelperName>(), Err(ParseHelperNameError), "{bad}");
        }
    }

    #[test]
    fn answers() {
        let basic = Credential::basic("u", "p");
        let token = Credential::IdentityToken { username: None, token: Secret::new("t") };
        for (stdout, wanted) in [
            (&br#"{"ServerURL":"x","Username":"u","Secret":"p"}"#[..], Ok(Some(basic.clone()))),
            (br#"{"Username":"<token>","Secret":"t"}"#, Ok(Some(token))),
            (br#"{"Username":"u","Secret":""}"#, Ok(None)),
            (b"credentials not found in native keychain\n", Ok(None)),
            (b"", Ok(None)),
            (b"secret-in-plain-text", Err(HelperError::Answer)),
            (br#"{"Username":"u"}"#, Err(HelperError::Answer)),
            (b"\xff", Err(HelperError::Answer)),
        ] {
            assert_eq!(parse_answer(stdout), wanted);
        }
    }
}
