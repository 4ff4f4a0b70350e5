//! What goes wrong on the way to a registry's bytes, in one line and without secrets.
//!
//! Whatever comes from a server is cut and escaped before it gets here; addresses lose their
//! query and user information, which may hold signatures and passwords.

use std::fmt;
use std::time::Duration;

use cutaway_tar::Escaped;
use reqwest::Url;

/// A request that failed for good.
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    /// The address, without query and user information.
    pub url: String,
    /// What went wrong the last time.
    pub kind: Kind,
    /// How it was tried.
    pub tries: Box<Tries>,
}

/// How often a request was tried, and where it stood in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many times it was tried.
    pub count: u32,
    /// The name of the limit that ended the tries.
    pub limit: Option<&'static str>,
    /// How far a blob had come.
    pub offset: Option<Offset>,
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
    /// Makes the error of a request that was tried `count` times.
    pub(crate) fn new(url: &Url, count: u32, kind: Kind) -> Self {
        let tries = Box::new(Tries { count, ..Tries::default() });
        Self { url: redacted(url), kind, tries }
    }

    /// Makes the error of what was never asked; `place` is shown as it is.
    pub(crate) fn unsent(place: String, kind: Kind) -> Self {
        Self { url: place, kind, tries: Box::default() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.url, self.kind, self.tries)
    }
}

impl fmt::Display for Tries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Offset { bytes, size }) = self.offset {
            write!(f, ", no progress at offset {bytes} of {size}")?;
        }
        if self.count > 1 || self.limit.is_some() {
            let plural = if self.count == 1 { "try" } else { "tries" };
            write!(f, " ({} {plural})", self.count)?;
        }
        if let Some(limit) = self.limit {
            write!(f, "; the limit {limit} was met")?;
        }
        if !self.before.is_empty() {
            let hosts = quoted(self.before.join(", ").as_bytes(), 200);
            write!(f, " (mirrors failed too: {hosts})")?;
        }
        Ok(())
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
    /// The server's certificate or its TLS is not acceptable, or ours is not to the server; and what helps.
    #[error("no secure connection: {0}")]
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
    /// An answer that goes on with a blob has other bytes than those that came before.
    #[error("not a registry's answer: it sent other bytes for the same blob than the first time")]
    Differs,
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

/// Returns at most `max` bytes of what a server sent, in one line.
pub(crate) fn quoted(bytes: &[u8], max: usize) -> String {
    Escaped::new(bytes).at_most(max).to_string()
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
