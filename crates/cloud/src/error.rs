//! What keeps a cloud from giving a credential, in one line and without secrets.

use cutaway_ref::auth::PassedOver;

/// Why there is no credential.
///
/// Of what a service answers, only its status and the code of its error are shown: services have
/// been seen to repeat what they were told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings cannot be used: a certificate, a proxy.
    #[error("{0}")]
    Settings(String),
    /// No source has a key of this cloud.
    #[error("there is no key of {cloud}: {}", listed(.passed_over))]
    NoKey {
        /// The cloud.
        cloud: &'static str,
        /// The sources that were asked, with what each said.
        passed_over: Vec<PassedOver>,
    },
    /// A key, or the file that should hold it, cannot be used.
    #[error("{what}: {rule}")]
    Unusable {
        /// What cannot be used.
        what: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// A service could not be reached or did not end its answer.
    #[error("{service}: {reason}")]
    Unreachable {
        /// The service.
        service: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// A service refused.
    #[error("{service} answers HTTP status {status}{}", code_note(.code))]
    Refused {
        /// The service.
        service: &'static str,
        /// The status.
        status: u16,
        /// The code of its error, where it has one; letters and dots.
        code: String,
    },
    /// An answer is not what the service is documented to say.
    #[error("{service}: {rule}")]
    Answer {
        /// The service.
        service: &'static str,
        /// What is wrong with the answer.
        rule: &'static str,
    },
}

fn listed(passed_over: &[PassedOver]) -> String {
    let lines = passed_over.iter().map(|passed| format!("{}: {}", passed.source, passed.reason));
    lines.collect::<Vec<_>>().join("; ")
}

fn code_note(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!(", {code}") }
}
