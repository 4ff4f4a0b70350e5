//! Credential helpers: programs named `docker-credential-NAME` that keep secrets (Docker's credential protocol).
//!
//! What is said to one and what its answer means stands here; starting one is up to [`Programs`], so that
//! this crate starts none.

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

/// What starts programs for a [`Keychain`](crate::auth::Keychain).
pub trait Programs: fmt::Debug + Send + Sync {
    /// Runs `program` with `arguments`, writes `input` to its standard input, and waits for its end.
    ///
    /// It may block for as long as a program may run: a keychain is asked on a thread that may wait. An
    /// implementation bounds the time and the length of the answer, ends a program that goes beyond them,
    /// and shows standard error to nobody, since helpers print secrets there.
    ///
    /// # Errors
    ///
    /// Returns why the program did not come to its end. One that ended with a failing status did.
    fn run(&self, program: &str, arguments: &[&str], input: &str) -> Result<Ended, HelperError>;
}

/// Starts no program: every helper is passed over.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPrograms;

impl Programs for NoPrograms {
    fn run(&self, _: &str, _: &[&str], _: &str) -> Result<Ended, HelperError> {
        Err(HelperError::NotRun)
    }
}

/// How a program ended. Its `Debug` shows nothing of the output, which may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether its status says that it succeeded.
    pub success: bool,
    /// What it wrote to standard output.
    pub output: Vec<u8>,
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").field("success", &self.success).finish_non_exhaustive()
    }
}

/// Asks `helper` for the credential of `server`; `None` where it keeps none.
///
/// # Errors
///
/// Returns why the program gave no answer, or [`HelperError::Answer`] where its answer is no credential.
pub(crate) fn ask(
    programs: &dyn Programs,
    helper: &HelperName,
    server: &str,
) -> Result<Option<Credential>, HelperError> {
    let ended = programs.run(&helper.program(), &["get"], server)?;
    match parse_answer(&ended.output) {
        // "Not found" comes with a failing status, too.
        Ok(None) if !ended.output.is_empty() => Ok(None),
        parsed if ended.success => parsed,
        _ => Err(HelperError::Failed),
    }
}

/// Why a helper gave no credential. The texts say nothing that the helper said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// Programs are not run at all, as with [`NoPrograms`].
    #[error("programs are not run")]
    NotRun,
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

/// Reads what a helper wrote to standard output. `None` where it keeps nothing for the server.
///
/// # Errors
///
/// Returns [`HelperError::Answer`] where it is no credential.
pub(crate) fn parse_answer(stdout: &[u8]) -> Result<Option<Credential>, HelperError> {
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

    /// A program that ends in the one way it is given.
    #[derive(Debug)]
    struct Ends(bool, &'static str);

    impl Programs for Ends {
        fn run(
            &self,
            program: &str,
            arguments: &[&str],
            input: &str,
        ) -> Result<Ended, HelperError> {
            assert_eq!((program, arguments, input), ("docker-credential-x", &["get"][..], "a.io"));
            Ok(Ended { success: self.0, output: self.1.into() })
        }
    }

    #[test]
    fn a_status_beside_an_answer() {
        let helper: HelperName = "x".parse().unwrap();
        let basic = r#"{"Username":"u","Secret":"p"}"#;
        for (programs, wanted) in [
            (Ends(true, basic), Ok(Some(Credential::basic("u", "p")))),
            (Ends(false, basic), Err(HelperError::Failed)),
            (Ends(true, ""), Ok(None)),
            (Ends(false, ""), Err(HelperError::Failed)),
            (Ends(false, "credentials not found in native keychain"), Ok(None)),
            (Ends(true, "nonsense"), Err(HelperError::Answer)),
            (Ends(false, "nonsense"), Err(HelperError::Failed)),
        ] {
            assert_eq!(ask(&programs, &helper, "a.io"), wanted, "{programs:?}");
        }
        assert_eq!(ask(&NoPrograms, &helper, "a.io"), Err(HelperError::NotRun));
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
