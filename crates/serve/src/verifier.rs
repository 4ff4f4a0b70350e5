//! The image verifier of containerd: one call is one image, answered by an exit status and a line.
//!
//! A gate of this machine is asked over its socket, which keeps verdicts and goes on with what takes
//! longer; where nobody listens there, the call decides itself, if it has policies. Whatever goes wrong
//! is no pass.

mod call;
mod settings;
mod socket;

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use cutaway::Client;

pub use call::{Call, is_called_verifier};
pub use settings::{VERIFIER_SETTINGS, VerifierSchema, VerifierSettings};

use crate::asking::{denial_of, reference};
use crate::gate::Gate;
use crate::judge::{Asked, Judging};
use crate::policies::read_policies;
use crate::text;

/// The most bytes of a descriptor on standard input.
const MAX_DESCRIPTOR: u64 = 64 << 10;
/// The most bytes of the line.
const MAX_LINE: usize = 1000;

/// What is said of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Whether it may be pulled: exit status 0, else 1.
    pub allowed: bool,
    /// Why, in one line of at most 1 KiB.
    pub line: String,
}

impl Said {
    pub(crate) fn new(allowed: bool, line: &str) -> Self {
        let mut line = text::line(line);
        let mut end = MAX_LINE.min(line.len());
        while !line.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        line.truncate(end);
        Self { allowed, line }
    }

    fn denied(line: impl AsRef<str>) -> Self {
        Self::new(false, line.as_ref())
    }
}

/// Answers a call of containerd, with standard input and what this machine knows, in a runtime of its
/// own. What is not finished when the time is over is left where it is.
pub fn answer_containerd(words: &[OsString], settings: Option<&Path>) -> Said {
    let settings = settings.unwrap_or(Path::new(VERIFIER_SETTINGS));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Said::denied(format!("cannot start: {error}")),
    };
    let stdin = std::io::stdin().lock();
    let said = runtime.block_on(verify(words, stdin, settings, Client::from_env));
    runtime.shutdown_background();
    said
}

/// Answers a call: the words of the command line, the program's name in front, and a descriptor on
/// standard input. Settings are read from a file; `client` is made where the call decides itself.
///
/// Needs a tokio runtime.
async fn verify(
    words: &[OsString],
    stdin: impl Read,
    settings: &Path,
    client: impl FnOnce() -> Client,
) -> Said {
    let begun = Instant::now();
    let settings = match VerifierSettings::read(settings) {
        Ok(settings) => settings,
        Err(error) => return Said::denied(error.to_string()),
    };
    let mut descriptor = Vec::new();
    if let Err(error) = stdin.take(MAX_DESCRIPTOR.saturating_add(1)).read_to_end(&mut descriptor) {
        return Said::denied(format!("standard input cannot be read: {error}"));
    }
    let call = match Call::read(words, &descriptor) {
        Ok(call) => call,
        Err(error) => return Said::denied(error),
    };
    let end = begun.checked_add(settings.budget()).unwrap_or(begun);
    let answered = tokio::time::timeout_at(end.into(), answer(&call, &settings, end, client)).await;
    answered.unwrap_or_else(|_| Said::denied(format!("{}: {UNFINISHED}", call.name)))
}

/// What is said where the time is over.
const UNFINISHED: &str = "analysis not finished, retry";

async fn answer(
    call: &Call,
    settings: &VerifierSettings,
    end: Instant,
    client: impl FnOnce() -> Client,
) -> Said {
    if let Some(path) = &settings.socket {
        match tokio::net::UnixStream::connect(path).await {
            Ok(stream) => return socket::ask(stream, call, end).await,
            Err(error) if settings.policies.is_empty() => {
                let place = path.display();
                return Said::denied(format!("the gate does not answer at {place}: {error}"));
            }
            Err(_) => {}
        }
    }
    itself(call, settings, end, client()).await
}

/// Decides without a gate: what is not finished in time is lost.
async fn itself(call: &Call, settings: &VerifierSettings, end: Instant, client: Client) -> Said {
    let policies = match read_policies(&settings.policies) {
        Ok(policies) => policies,
        Err(error) => return Said::denied(error.to_string()),
    };
    let reference = match reference(&call.name) {
        Ok(reference) => reference,
        Err(failure) => return Said::denied(failure.message),
    };
    let limits = client.limits().serving.clone();
    let gate = Gate::new(Judging::new(client, policies), Vec::new(), &limits);
    let asked = Asked { reference, namespace: None, platform: None };
    let (answer, is_cached) = gate.judge(&asked, &call.digest, end).await;
    let asking = crate::asking::Asking {
        image: call.name.clone(),
        digest: Some(call.digest.clone()),
        answers: vec![answer],
        is_cached,
    };
    let line = asking.line();
    Said::new(denial_of(&[asking]).is_none(), &line)
}
