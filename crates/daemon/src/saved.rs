//! A saved image as it streams from a daemon.
//!
//! A daemon that fails half way has sent its status already, so the stream itself has to show it: an
//! archive that ends without its end marker, or with a message of the daemon in the place of it.

use std::time::Instant;

use bytes::Bytes;
use cutaway_model::BlobStream;
use futures_util::stream;
use reqwest::Response;
use serde::Deserialize;
use tokio_util::io::StreamReader;

use crate::Error;
use crate::error::{quoted, root_cause};
use crate::settings::Times;

/// The zero bytes that end a tar.
const MARKER: usize = 1024;

/// The body of an answer that is being read.
struct Body {
    response: Response,
    daemon: String,
    times: Times,
    deadline: Option<Instant>,
    /// The last bytes that came.
    tail: Vec<u8>,
}

/// Makes the stream. It fails at its end where the archive is not whole.
pub(crate) fn stream(
    response: Response,
    daemon: String,
    times: Times,
    deadline: Option<Instant>,
) -> BlobStream {
    let body = Body { response, daemon, times, deadline, tail: Vec::new() };
    let chunks = stream::unfold(Some(body), |state| async move {
        let mut body = state?;
        match body.next().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(body))),
            Ok(None) => None,
            Err(error) => Some((Err(std::io::Error::from(error)), None)),
        }
    });
    Box::new(StreamReader::new(Box::pin(chunks)))
}

impl Body {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = within(
            self.response.chunk(),
            self.times.idle,
            self.deadline,
            &self.daemon,
            "no more bytes of the image came",
        )
        .await?;
        let chunk = chunk.map_err(|error| Error::Interrupted {
            daemon: self.daemon.clone(),
            reason: format!("the image broke off: {}", root_cause(&error)),
        })?;
        match chunk {
            Some(chunk) => {
                self.keep_tail(&chunk);
                Ok(Some(chunk))
            }
            None => self.verdict().map(|()| None),
        }
    }

    fn keep_tail(&mut self, chunk: &[u8]) {
        let new = chunk.get(chunk.len().saturating_sub(MARKER)..).unwrap_or(chunk);
        let keep = MARKER.saturating_sub(new.len());
        let old = self.tail.len().saturating_sub(keep);
        self.tail.drain(..old);
        self.tail.extend_from_slice(new);
    }

    fn verdict(&self) -> Result<(), Error> {
        if self.tail.len() == MARKER && self.tail.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        let daemon = self.daemon.clone();
        Err(match message(&self.tail) {
            Some(message) => {
                Error::Interrupted { daemon, reason: format!("saving failed half way: {message}") }
            }
            None => Error::Interrupted {
                daemon,
                reason: "the image ends half way, without an end marker".into(),
            },
        })
    }
}

/// Waits for `work`, as long as idle time and deadline allow.
pub(crate) async fn within<T>(
    work: impl Future<Output = T>,
    limit: std::time::Duration,
    deadline: Option<Instant>,
    daemon: &str,
    what: &str,
) -> Result<T, Error> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let wait = left.map_or(limit, |left| left.min(limit));
    tokio::time::timeout(wait, work).await.map_err(|_| Error::Interrupted {
        daemon: daemon.to_owned(),
        reason: format!("{what} for {:.1} s", wait.as_secs_f32()),
    })
}

/// Returns the message of a daemon at the end of a stream, where there is one.
fn message(tail: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        #[serde(alias = "error", alias = "cause")]
        message: Option<String>,
    }
    let text = tail.trim_ascii_end();
    text.iter().enumerate().filter(|(_, byte)| **byte == b'{').find_map(|(start, _)| {
        let said: Message = serde_json::from_slice(text.get(start..)?).ok()?;
        Some(quoted(said.message?.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        for (tail, wanted) in [
            (&b"junk{\"message\":\"no\\nspace\"}\n"[..], Some("no\\nspace")),
            (b"\0\0{\"errorDetail\":{\"message\":\"gone\"},\"error\":\"gone\"}\r\n", Some("gone")),
            (b"{\"id\":1}", None),
            (b"{{{", None),
            (b"", None),
        ] {
            assert_eq!(message(tail).as_deref(), wanted);
        }
    }
}
