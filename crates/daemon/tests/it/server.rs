//! A daemon that answers as it is told.

use std::path::PathBuf;
use std::time::Duration;

use cutaway_daemon::{Address, Config, Engine, Times};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// What is sent for a path: bytes as they go over the socket, and whether the connection then stays open in silence.
pub(crate) type Script = Vec<(&'static str, Vec<u8>, bool)>;

/// A socket in a directory of its own, with a daemon behind it.
pub(crate) struct Server {
    directory: TempDir,
}

/// The ID that the daemon gives to its only image.
pub(crate) const ID: &str =
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Returns an answer with a body of known length.
pub(crate) fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nApi-Version: 1.41\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Returns an answer in chunks, with or without the last one.
pub(crate) fn chunked(body: &[u8], whole: bool) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(1000) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    if whole {
        bytes.extend(b"0\r\n\r\n");
    }
    bytes
}

/// Returns the script of a daemon that has one image, which it saves as `saved` says.
pub(crate) fn with_image(saved: Vec<u8>, silent: bool) -> Script {
    let description = format!("{{\"Id\":\"{ID}\"}}");
    vec![
        ("/_ping", answer("200 OK", b"OK"), false),
        ("/v1.41/images/app:1/json", answer("200 OK", description.as_bytes()), false),
        ("/v1.41/images/sha256:", saved, silent),
    ]
}

impl Server {
    pub(crate) fn start(script: Script) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone()));
            }
        });
        Self { directory }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    pub(crate) async fn connect(&self) -> Result<Engine, cutaway_daemon::Error> {
        Engine::connect("Docker", &[Address::Unix(self.socket())], config()).await
    }
}

/// Settings under which silence is soon over.
pub(crate) fn config() -> Config {
    let soon = Duration::from_millis(300);
    Config { times: Times { connect: soon, idle: soon, prepare: soon }, ..Config::default() }
}

async fn serve(mut stream: UnixStream, script: Script) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap();
    let known = script.into_iter().find(|(known, _, _)| path.starts_with(known));
    let (_, bytes, silent) =
        known.unwrap_or(("", answer("404 Not Found", b"{\"message\":\"no such\\nimage\"}"), false));
    // Whoever reads may be gone.
    let _ = stream.write_all(&bytes).await;
    if silent {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}
