//! Asking the gate of this machine over its socket.

use std::time::Instant;

use cutaway_report::percent_encode;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::{Call, Said, UNFINISHED};

/// The most bytes of an answer.
const MAX_ANSWER: u64 = 64 << 10;

#[derive(Deserialize)]
struct Short {
    allowed: bool,
    message: String,
}

/// Asks about one image. Whatever is not an answer is no pass.
pub(super) async fn ask(mut stream: UnixStream, call: &Call, end: Instant) -> Said {
    let left = end.saturating_duration_since(Instant::now()).as_millis();
    let request = format!(
        "GET /v1/check?form=short&timeout={left}ms&digest={}&image={} HTTP/1.0\r\nhost: gate\r\n\r\n",
        call.digest,
        encoded(&call.name)
    );
    let mut bytes = Vec::new();
    let exchange = async {
        stream.write_all(request.as_bytes()).await?;
        stream.take(MAX_ANSWER).read_to_end(&mut bytes).await
    };
    if let Err(error) = exchange.await {
        return Said::denied(format!("{}: the gate broke off: {error}", call.name));
    }
    said(&bytes, &call.name)
}

/// Reads an answer of HTTP/1.0: a line with the status, a head, and a body up to the end.
fn said(bytes: &[u8], name: &str) -> Said {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    match head.split(' ').nth(1) {
        Some("200") => match serde_json::from_str::<Short>(body) {
            Ok(Short { allowed, message }) => Said::new(allowed, &message),
            Err(_) => Said::denied(format!("{name}: the gate's answer is none")),
        },
        Some("202" | "429") => Said::denied(format!("{name}: {UNFINISHED}")),
        Some(_) => Said::denied(format!("{name}: {}", body.trim_end())),
        None => Said::denied(format!("{name}: the gate did not answer")),
    }
}

/// Encodes what stands for something else in a query.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    percent_encode(text, b"/:", &mut encoded);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_is_no_pass() {
        let answer = |status: &str, body: &str| {
            said(format!("HTTP/1.0 {status}\r\na: b\r\n\r\n{body}").as_bytes(), "a")
        };
        let allowed = answer("200 OK", r#"{"allowed": true, "message": "pass"}"#);
        assert_eq!(allowed, Said { allowed: true, line: "pass".to_owned() });
        for (status, body, line) in [
            ("200 OK", r#"{"allowed": false, "message": "a\nb"}"#, "a\\nb"),
            ("200 OK", r#"{"allowed": "true", "message": ""}"#, "a: the gate's answer is none"),
            ("200 OK", r#"{"allowed": true"#, "a: the gate's answer is none"),
            ("202 Accepted", "", "a: analysis not finished, retry"),
            ("429 x", "", "a: analysis not finished, retry"),
            ("502 x", "no registry\n", "a: no registry"),
        ] {
            let expected = Said { allowed: false, line: line.to_owned() };
            assert_eq!(answer(status, body), expected, "{status} {body}");
        }
        for bytes in [&b""[..], b"HTTP/1.0", b"\xff"] {
            assert!(!said(bytes, "a").allowed);
        }
        assert_eq!(encoded("a/b:1@x&y\n"), "a/b:1%40x%26y%0A");
    }
}
