//! A daemon of one image, which it describes and saves as a recording has it.

use std::io::{Read, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

/// A socket in a directory of its own, served as long as the test runs.
pub(crate) struct FakeEngine {
    directory: TempDir,
}

impl FakeEngine {
    /// Starts a daemon that knows its image by every name; `save` starts the archive anew.
    pub(crate) fn start<R: Read>(
        description: &Value,
        save: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("docker.sock")).unwrap();
        let (description, save) = (description.to_string(), Arc::new(save));
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (description, save) = (description.clone(), Arc::clone(&save));
                std::thread::spawn(move || serve(stream, &description, save.as_ref()));
            }
        });
        Self { directory }
    }

    /// Returns where it listens, as in `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("docker.sock")
    }
}

/// Answers one request; whoever asks may be gone in the middle of it.
fn serve<R: Read>(mut stream: UnixStream, description: &str, save: &impl Fn() -> R) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.extend(byte),
            _ => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap();
    let head = "HTTP/1.1 200 OK\r\nApi-Version: 1.50\r\nConnection: close\r\n";
    if path.ends_with("/get") {
        drop(chunks(&mut stream, head, save()));
        return;
    }
    let body = if path == "/_ping" { "OK" } else { description };
    drop(write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()));
}

fn chunks(stream: &mut UnixStream, head: &str, mut archive: impl Read) -> std::io::Result<()> {
    write!(stream, "{head}Transfer-Encoding: chunked\r\n\r\n")?;
    let mut chunk = vec![0; 64 << 10];
    loop {
        let count = archive.read(&mut chunk)?;
        write!(stream, "{count:x}\r\n")?;
        stream.write_all(&chunk[..count])?;
        stream.write_all(b"\r\n")?;
        if count == 0 {
            return Ok(());
        }
    }
}
