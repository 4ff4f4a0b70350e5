//! Public names over TLS, behind a proxy that knows where each of them is on this machine.

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use cutaway_fixtures::Canary;
use cutaway_fixtures::registry::{FakeRegistry, Fault};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::stage::{RUNTIME, hold, log};
use crate::front;
use crate::support::{alpine, cutaway};

/// The password of the proxy. Nobody behind it is told.
const PROXY: &str = "pr0xy_Vb5-c4N4ry";
/// The names of registries.
const REGISTRIES: &[&str] = &[
    "registry.example:443",
    "registry-1.docker.io:443",
    "registry.gitlab.com:443",
    "ghcr.io:443",
    "gcr.io:443",
    "mine.azurecr.io:443",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com:443",
];
/// The names of services that give tokens, and of those on other ports.
const TOKENS: &[&str] = &[
    "tokens.example:443",
    "auth.docker.io:443",
    "auth.docker.io:444",
    "gitlab.com:443",
    "oauth2.googleapis.com:443",
];
/// The names of servers that are none of a registry's business.
const OTHERS: &[&str] = &["other.example:443", "registry.example:444"];
/// The name of a certificate for all of them.
const NAMES: &str = "../../../../cli/tests/it/keys/names";

/// The servers behind the names.
pub(crate) struct World {
    pub(crate) registry: FakeRegistry,
    pub(crate) tokens: FakeRegistry,
    pub(crate) other: FakeRegistry,
    pub(crate) home: TempDir,
    proxy: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (registry, tokens, other, proxy) = RUNTIME.block_on(async {
            let (registry, tokens, other) = (
                FakeRegistry::start().await,
                FakeRegistry::start().await,
                FakeRegistry::start().await,
            );
            let mut places = Vec::new();
            for (server, names) in [(&registry, REGISTRIES), (&tokens, TOKENS), (&other, OTHERS)] {
                places.push((front::tls(server.host(), NAMES).await, names));
            }
            let proxy = proxy(places, Arc::clone(&heads)).await;
            (registry, tokens, other, proxy)
        });
        let image = alpine();
        for server in [&registry, &other] {
            hold(server, &image);
        }
        Self { registry, tokens, other, home: tempfile::tempdir().unwrap(), proxy, heads }
    }

    /// Runs the binary on `image`; returns the exit status and all that was said.
    pub(crate) fn run(
        &self,
        words: &[&str],
        image: &str,
        variables: &[(&str, &str)],
    ) -> (Option<i32>, String) {
        let through = format!("http://me:{PROXY}@{}", self.proxy);
        let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/keys/names-ca.pem");
        let mut all = vec!["-vv", "--limit", "tries=2"];
        all.extend(words);
        all.push(image);
        let output = cutaway(&all)
            .env("HOME", self.home.path())
            .env("HTTPS_PROXY", &through)
            .env("HTTP_PROXY", &through)
            .env("NO_PROXY", "127.0.0.1")
            .env("CUTAWAY_CA_CERT", ca)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Checks that those who are named know a secret, and that nobody else does and nothing says it.
    pub(crate) fn knows(&self, place: &str, said: &str, secret: &str, wanted: &[&str]) {
        self.check(place, said, secret, wanted);
        let heads = self.heads.lock().unwrap().join("\n");
        assert!(
            Canary::new(PROXY).found_in(&heads).is_some(),
            "{place}: the proxy is told nothing"
        );
    }

    fn check(&self, place: &str, said: &str, secret: &str, wanted: &[&str]) {
        let canary = Canary::new(secret);
        assert_eq!(canary.found_in(said), None, "{place}: {said}");
        let servers =
            [("registry", &self.registry), ("tokens", &self.tokens), ("other", &self.other)];
        for (name, server) in servers {
            let text = log(server);
            let knows = canary.found_in(&text).is_some();
            assert_eq!(knows, wanted.contains(&name), "{place}: {name} is told: {text}\n{said}");
            assert_eq!(Canary::new(PROXY).found_in(&text), None, "{place}: {name} is told: {text}");
        }
        assert_eq!(Canary::new(PROXY).found_in(said), None, "{place}: {said}");
        let heads = self.heads.lock().unwrap().join("\n");
        assert_eq!(canary.found_in(&heads), None, "{place}: the proxy is told: {heads}");
    }

    /// Checks that no server behind a name knows a secret, and that nothing says it.
    pub(crate) fn knows_nobody(&self, place: &str, said: &str, secret: &str) {
        self.check(place, said, secret, &[]);
    }

    /// Returns where the proxy was asked to connect to, and other requests as they came.
    pub(crate) fn connected(&self) -> HashSet<String> {
        let heads = self.heads.lock().unwrap();
        heads.iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect()
    }

    /// Lets the registry redirect every blob.
    pub(crate) fn blobs_are_at(&self, place: &str) {
        for blob in alpine().blobs() {
            let to = format!("{place}/v2/x/blobs/{}", blob.digest);
            self.registry.always(&format!("/blobs/{}", blob.digest), Fault::redirect(to));
        }
    }
}

/// Starts a proxy that opens tunnels to `places`, and to nobody else.
async fn proxy(
    places: Vec<(String, &'static [&'static str])>,
    heads: Arc<Mutex<Vec<String>>>,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let places = Arc::new(places);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (places, heads) = (Arc::clone(&places), Arc::clone(&heads));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = client.read_u8().await else { return };
                    head.push(byte);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
                let place = target.and_then(|target| {
                    places.iter().find(|(_, names)| names.contains(&target)).map(|(host, _)| host)
                });
                heads.lock().unwrap().push(head.clone());
                let Some(place) = place else {
                    let refusal = b"HTTP/1.1 502 Gateway\r\nContent-Length: 0\r\n\r\n";
                    drop(client.write_all(refusal).await);
                    return;
                };
                let Ok(mut server) = TcpStream::connect(place).await else { return };
                drop(client.write_all(b"HTTP/1.1 200 Open\r\n\r\n").await);
                drop(copy_bidirectional(&mut client, &mut server).await);
            });
        }
    });
    host
}
