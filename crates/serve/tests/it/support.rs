//! A gate in this process, whose judge does what a test says, and a small client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cutaway::Serving;
use cutaway::names::Digest;
use cutaway_policy::{Decision, Exceptions, JudgedImage, Verdict};
use cutaway_serve::{Asked, Config, Depends, Failure, Gate, Judge, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What a judge of tests does and has done.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// How long a judgement takes.
    pub(crate) takes: Mutex<Duration>,
    /// How often each image was judged.
    pub(crate) judged: Mutex<BTreeMap<String, usize>>,
    pub(crate) at_once: AtomicUsize,
    pub(crate) most_at_once: AtomicUsize,
}

/// A judge that knows an image by the last part of its repository: what begins with `bad` is blocked, with
/// `open` undecided, and with `gone` cannot be had.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scripted(pub(crate) Arc<Script>);

pub(crate) fn digest_of(name: &str) -> Digest {
    Digest::sha256(name.as_bytes())
}

fn name(asked: &Asked) -> String {
    asked.reference.repository().rsplit('/').next().unwrap().to_owned()
}

#[async_trait]
impl Judge for Scripted {
    async fn look_up(&self, asked: &Asked) -> Result<Digest, Failure> {
        match name(asked) {
            name if name.starts_with("lost") => {
                Err(Failure { may_pass: true, message: "no registry answers".to_owned() })
            }
            name => Ok(digest_of(&name)),
        }
    }

    async fn judge(&self, asked: &Asked, digest: &Digest) -> Result<Verdict, Failure> {
        let script = &self.0;
        let now = script.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        script.most_at_once.fetch_max(now, Ordering::SeqCst);
        *script.judged.lock().unwrap().entry(name(asked)).or_default() += 1;
        let takes = *script.takes.lock().unwrap();
        tokio::time::sleep(takes).await;
        script.at_once.fetch_sub(1, Ordering::SeqCst);
        let name = name(asked);
        if name.starts_with("gone") {
            return Err(Failure { may_pass: true, message: "the layer is gone".to_owned() });
        }
        assert!(!name.starts_with("panic"), "told to");
        let verdict = match name.get(..3) {
            Some("bad") => Decision::Block,
            Some("ope") => Decision::Undecided,
            _ => Decision::Pass,
        };
        // Another image's digest where the test wants to see that it is found out.
        let digest = if name.starts_with("swap") { digest_of("other") } else { digest.clone() };
        Ok(Verdict {
            schema: "cutaway.verdict/1",
            verdict,
            allowed: verdict == Decision::Pass,
            enforced: true,
            complete: true,
            image: JudgedImage {
                name: asked.reference.to_string(),
                digest: Some(digest),
                index_digest: None,
                platform: "linux/amd64".to_owned(),
            },
            policy: Vec::new(),
            database: None,
            evaluated: "2026-01-01T00:00:00Z".to_owned(),
            valid_until: None,
            rules: Vec::new(),
            exceptions: Exceptions::default(),
            report: Digest::sha256(b"report"),
        })
    }

    fn depends(&self) -> Depends {
        Depends::default()
    }
}

/// A gate that serves until it is dropped.
pub(crate) struct Served {
    pub(crate) gate: Arc<Gate>,
    pub(crate) address: SocketAddr,
    pub(crate) end: Option<oneshot::Sender<()>>,
    pub(crate) task: JoinHandle<()>,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) const TOKEN: &str = "t0k3n";

/// Limits under which a test ends soon.
pub(crate) fn limits() -> Serving {
    Serving { leaving: Duration::ZERO, drain: Duration::from_secs(5), ..Serving::default() }
}

/// Serves a gate on a port of loopback, with a token, and on a socket `gate.sock` of its folder.
pub(crate) async fn serve(judge: impl Judge, limits: &Serving) -> Served {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), TOKEN).unwrap();
    let here = folder.path().display();
    let config = format!(
        "schema: cutaway.serve/1\npolicies: [none]\ntoken_file: {here}/token\n\
         events: {{registry: registry.example}}\n\
         listen: [{{address: \"127.0.0.1:0\"}}, {{unix: {here}/gate.sock}}]\n"
    );
    let gate = Gate::new(judge, Vec::new(), limits);
    serve_with(gate, &Config::parse(&config).unwrap(), folder).await
}

pub(crate) async fn serve_with(
    gate: Arc<Gate>,
    config: &Config,
    folder: tempfile::TempDir,
) -> Served {
    let server = Server::bind(Arc::clone(&gate), config).await.unwrap();
    let address = server.addresses()[0];
    let (end, ended) = oneshot::channel();
    let task = tokio::spawn(server.serve(async move { drop(ended.await) }));
    Served { gate, address, end: Some(end), task, folder }
}

/// An answer of HTTP.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl Served {
    pub(crate) async fn get(&self, path: &str) -> Answered {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\r\n"
        );
        self.raw(request.as_bytes()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Answered {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    pub(crate) async fn raw(&self, request: &[u8]) -> Answered {
        exchange(TcpStream::connect(self.address).await.unwrap(), request).await
    }

    /// Asks whether a pod with these images may run.
    pub(crate) async fn validate(&self, images: &[&str], query: &str) -> Value {
        let answered = self.post(&format!("/validate{query}"), &review(images)).await;
        assert_eq!(answered.status, 200, "{answered:?}");
        let json = answered.json();
        assert_eq!(json["kind"], "AdmissionReview");
        assert_eq!(json["response"]["uid"], "u-1");
        json["response"].clone()
    }
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
) -> Answered {
    // Whoever refuses early closes early.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let at = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..at]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default();
    let body = bytes.get(at + 4..).unwrap_or_default().to_vec();
    Answered { status, head, body }
}

/// Returns an admission review of a pod with these images.
pub(crate) fn review(images: &[&str]) -> Vec<u8> {
    let containers: Vec<Value> =
        images.iter().map(|image| json!({"name": "c", "image": image})).collect();
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u-1", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE",
        "namespace": "n", "object": {"metadata": {"name": "p"}, "spec": {"containers": containers}}}})
    .to_string()
    .into_bytes()
}
