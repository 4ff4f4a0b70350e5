//! What goes wrong on the way to a registry's bytes, in one line and without secrets.
//!
//! Whatever comes from a server is cut and escaped before it gets here; addresses lose their
//! query and user information, which may hold signatures and passwords.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

use crate::retry::Retry;

/// A request that failed for good.
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    /// The address, without query and user information.
    pub url: String,
    /// How many times it was tried.
    pub attempts: u32,
    /// What went wrong the last time.
    pub kind: Kind,
    /// Where a blob stood.
    pub offset: Option<Offset>,
    /// The name of the limit that ended the tries.
    pub limit: Option<&'static str>,
    /// The hosts that had failed before this one was asked.
    pub before: Vec<String>,
}

/// How far a blob had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// The bytes that had come.
    pub bytes: u64,
    /// The bytes that there should be.
    pub size: u64,
}

impl Error {
    /// Makes the error of a request that was tried `attempts` times.
    pub(crate) fn new(url: &Url, attempts: u32, kind: Kind) -> Self {
        Self { attempts, ..Self::unsent(redacted(url), kind) }
    }

    /// Makes the error of what was never asked; `place` is shown as it is.
    pub(crate) fn unsent(place: String, kind: Kind) -> Self {
        Self { url: place, attempts: 0, kind, offset: None, limit: None, before: Vec::new() }
    }

    /// Makes the error of a request that is given up, with what its tries tell.
    pub(crate) fn given_up(url: &Url, retry: &Retry, kind: Kind) -> Self {
        let kind = match kind {
            Kind::Status { status, body, .. } => {
                Kind::Status { status, body, waited: retry.asked_to_wait() }
            }
            kind => kind,
        };
        Self { limit: retry.limit(), ..Self::new(url, retry.attempts(), kind) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.kind)?;
        if let Some(Offset { bytes, size }) = self.offset {
            write!(f, ", no progress at offset {bytes} of {size}")?;
        }
        f.write_str(&tries(self.attempts, self.limit))?;
        if !self.before.is_empty() {
            let hosts = quoted(self.before.join(", ").as_bytes(), 200);
            write!(f, " (mirrors failed too: {hosts})")?;
        }
        Ok(())
    }
}

/// Says how many tries there were, where it was more than one or a limit has ended them.
pub(crate) fn tries(attempts: u32, limit: Option<&'static str>) -> String {
    match (attempts, limit) {
        (attempts, Some(limit)) => {
            let plural = if attempts == 1 { "try" } else { "tries" };
            format!(" ({attempts} {plural}); the limit {limit} was met")
        }
        (0 | 1, None) => String::new(),
        (attempts, None) => format!(" ({attempts} tries)"),
    }
}

impl std::error::Error for Error {}

impl From<Error> for cutaway_model::Error {
    fn from(error: Error) -> Self {
        Self::Transport(Box::new(error))
    }
}

/// What went wrong. The texts are escaped and at most a few hundred bytes long.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// The settings cannot be used: a certificate, a key, a proxy.
    #[error("{0}")]
    Settings(String),
    /// No connection came about.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The server's certificate or its TLS is not acceptable.
    #[error("no secure connection: {0}; an authority of your own is trusted by its CA certificate")]
    Tls(String),
    /// The answer broke off, or never came, once or more often.
    #[error("{0}")]
    Interrupted(String),
    /// The server refused with a status.
    #[error("HTTP status {status}{}{}", rate_note(.status, .waited), body_note(.body))]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the answer, escaped.
        body: String,
        /// How long was waited because the server asked for it.
        waited: Duration,
    },
    /// The credentials, or having none, did not open the way.
    #[error("authentication refused: {0}")]
    Refused(String),
    /// The token server gave no token.
    #[error("no token from {0}")]
    Token(String),
    /// A step that is never taken: a redirect or a token server that is out of bounds.
    #[error("refused to follow: {0}")]
    OutOfBounds(String),
    /// The answer is not what a registry says.
    #[error("not a registry's answer: {0}")]
    Answer(String),
    /// The time for everything is over.
    #[error("the time limit of the whole run was met")]
    Deadline,
}

fn rate_note(status: &u16, waited: &Duration) -> String {
    match (status, waited.is_zero()) {
        (429, true) => ", rate limited".to_owned(),
        (429, false) => format!(", rate limited, waited {:.1} s", waited.as_secs_f32()),
        _ => String::new(),
    }
}

fn body_note(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(": {body}") }
}

/// Returns the address without what may be secret in it, cut to a readable length.
pub(crate) fn redacted(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    quoted(format!("{}://{host}{port}{}", url.scheme(), url.path()).as_bytes(), 360)
}

/// Returns at most `max` bytes of what a server sent, with everything but plain characters escaped.
pub(crate) fn quoted(bytes: &[u8], max: usize) -> String {
    let cut = bytes.get(..max).unwrap_or(bytes);
    let mut text = String::new();
    for character in String::from_utf8_lossy(cut).chars() {
        match character {
            // Quotes are everywhere in JSON and do no harm.
            '"' | '\'' => text.push(character),
            _ => text.extend(character.escape_debug()),
        }
        if text.len() >= max {
            break;
        }
    }
    if cut.len() < bytes.len() || text.len() >= max {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_secrets() {
        let url =
            Url::parse("https://user:pw@storage.example.com:8443/a/b?signature=abc#x").unwrap();
        assert_eq!(redacted(&url), "https://storage.example.com:8443/a/b");
        let url = Url::parse(&format!("https://a.io/{}", "x".repeat(5000))).unwrap();
        assert!(redacted(&url).len() < 400);
    }

    #[test]
    fn what_servers_say_is_escaped_and_cut() {
        assert_eq!(quoted(b"{\"a\":\"\x1b[31m\n\"}", 80), "{\"a\":\"\\u{1b}[31m\\n\"}");
        assert_eq!(quoted(&[b'x'; 300], 4), "xxxx…");
        assert!(quoted(&[0xff; 300], 256).len() < 300);
        assert_eq!(quoted(b"", 10), "");
    }
}
