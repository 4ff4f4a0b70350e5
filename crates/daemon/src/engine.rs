//! The API of Docker, which Podman speaks too: finding an image and having it saved.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{BlobStream, Error as ModelError};
use reqwest::{Client, Response, Url, redirect};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use crate::error::{quoted, root_cause};
use crate::saved::{self, within};
use crate::{Address, Config, Error, Found, socket};

/// The most that is read of an answer that is no image.
const MAX_ANSWER: usize = 4 << 20;

/// What an error says besides where a daemon over TLS was shown no certificate.
const UNSHOWN: &str = "; no certificate of a client is set, which it may want";

/// A daemon that answers.
#[derive(Debug, Clone)]
pub struct Engine {
    client: Client,
    base: Url,
    /// How errors call it.
    name: String,
    /// The version of the API that it speaks itself, as part of a path.
    version: String,
    config: Config,
}

impl Engine {
    /// Connects to the first of `addresses` at which a daemon answers; `kind` names it in errors.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Absent`] with what happened at each address.
    pub async fn connect(kind: &str, addresses: &[Address], config: Config) -> Result<Self, Error> {
        let mut tried = Vec::new();
        for address in addresses {
            match Self::at(kind, address, &config).await {
                Ok(engine) => return Ok(engine),
                Err(error) => tried.push(match error {
                    Error::Interrupted { reason, .. } => format!("{address}: {reason}"),
                    other => other.to_string(),
                }),
            }
        }
        Err(Error::Absent { engine: kind.to_owned(), tried: tried.join("; ") })
    }

    async fn at(kind: &str, address: &Address, config: &Config) -> Result<Self, Error> {
        let name = format!("{kind} at {address}");
        let (client, base) = client(address, config)?;
        let mut engine =
            Self { client, base, name, version: String::new(), config: config.clone() };
        let response = engine.ask("_ping", config.times.idle).await?;
        let spoken = response.headers().get("api-version").and_then(|value| value.to_str().ok());
        let is_version = |text: &str| {
            text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        };
        // A daemon speaks its own version, so it can refuse neither a newer nor an older client.
        engine.version = spoken
            .filter(|text| is_version(text))
            .map_or_else(String::new, |text| format!("v{text}/"));
        let status = response.status().as_u16();
        let body = engine.body(response).await?;
        if status != 200 {
            return Err(engine.refused(status, &body));
        }
        tracing::debug!(daemon = engine.name, version = engine.version, "connected");
        Ok(engine)
    }

    /// Returns how errors call the daemon.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds the image that the daemon knows by `name`, which may be a name, an ID or the beginning of one.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Returns [`ModelError::NotFound`] where there is none, [`ModelError::Ambiguous`] for what is no name,
    /// and [`ModelError::Transport`] with an [`Error`].
    pub async fn find(&self, name: &str) -> Result<Found, ModelError> {
        let fine = |c: char| c.is_ascii_alphanumeric() || "._-/:@+".contains(c);
        if name.is_empty() || !name.chars().all(fine) || name.split('/').any(|part| part == "..") {
            let shown = quoted(name.as_bytes());
            return Err(ModelError::Ambiguous(format!("\"{shown}\" is no name of an image")));
        }
        let path = format!("images/{name}/json");
        let response = self.versioned(&path, self.config.times.idle).await?;
        let status = response.status().as_u16();
        let body = self.body(response).await?;
        match status {
            200 => Ok(Found::parse(&body, &self.name)?),
            404 => Err(ModelError::NotFound {
                what: name.to_owned(),
                place: format!("{}: {}", self.name, message(&body)),
            }),
            status => Err(self.refused(status, &body).into()),
        }
    }

    /// Has the image saved, and returns the archive as it comes: uncompressed, in the form that
    /// [`Found::form`] says, with the image under [`Found::selector`].
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// As [`Engine::find`]; the stream fails with the same where it ends early.
    pub async fn save(&self, found: &Found) -> Result<BlobStream, ModelError> {
        let path = format!("images/{}/get", found.id);
        let response = self.versioned(&path, self.config.times.prepare).await?;
        let status = response.status().as_u16();
        if status != 200 {
            let body = self.body(response).await?;
            if status == 404 {
                let place = format!("{}: {}", self.name, message(&body));
                return Err(ModelError::NotFound { what: found.id.to_string(), place });
            }
            return Err(self.refused(status, &body).into());
        }
        let (name, times) = (self.name.clone(), self.config.times.clone());
        Ok(saved::stream(response, name, times, self.config.deadline))
    }

    async fn versioned(&self, path: &str, patience: Duration) -> Result<Response, Error> {
        self.ask(&format!("{}{path}", self.version), patience).await
    }

    async fn ask(&self, path: &str, patience: Duration) -> Result<Response, Error> {
        let interrupted = |reason: String| Error::Interrupted { daemon: self.name.clone(), reason };
        let url = self.base.join(path).map_err(|_| interrupted("its address is none".into()))?;
        tracing::debug!(daemon = self.name, path, "asked");
        let sent = self.client.get(url).send();
        let deadline = self.config.deadline;
        let response = within(sent, patience, deadline, &self.name, "no answer came").await?;
        response.map_err(|error| {
            let reason = root_cause(&error);
            // A daemon that wants a certificate ends a connection that is made already. What is seen of
            // that depends on which comes first, its alert or the end.
            let untold = !error.is_connect() && self.shows_no_certificate();
            let hint = if untold { UNSHOWN } else { "" };
            interrupted(format!("{reason}{hint}"))
        })
    }

    /// Returns whether the connection is TLS without a certificate of ours.
    fn shows_no_certificate(&self) -> bool {
        let shown = |tls: &ClientConfig| tls.client_auth_cert_resolver.has_certs();
        self.base.scheme() == "https" && !self.config.tls.as_ref().is_some_and(shown)
    }

    /// Reads the body of an answer that is no image.
    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Error> {
        let (idle, deadline) = (self.config.times.idle, self.config.deadline);
        let mut bytes = Vec::new();
        loop {
            let what = "no more bytes of the answer came";
            let chunk = within(response.chunk(), idle, deadline, &self.name, what).await?;
            let Some(chunk) = chunk.map_err(|error| Error::Interrupted {
                daemon: self.name.clone(),
                reason: root_cause(&error),
            })?
            else {
                return Ok(bytes);
            };
            if bytes.len().saturating_add(chunk.len()) > MAX_ANSWER {
                let rule = format!("an answer of more than {MAX_ANSWER} bytes");
                return Err(Error::Answer { daemon: self.name.clone(), rule });
            }
            bytes.extend_from_slice(&chunk);
        }
    }

    fn refused(&self, status: u16, body: &[u8]) -> Error {
        Error::Refused { daemon: self.name.clone(), status, message: message(body) }
    }
}

/// Returns what a daemon says in an error.
fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Wire {
        message: String,
    }
    match serde_json::from_slice::<Wire>(body) {
        Ok(wire) => quoted(wire.message.as_bytes()),
        Err(_) => quoted(body),
    }
}

fn client(address: &Address, config: &Config) -> Result<(Client, Url), Error> {
    let unusable = |rule: String| Error::Address { address: address.to_string(), rule };
    let none = no_trust().map_err(unusable)?;
    let builder = Client::builder()
        .tls_backend_preconfigured(none)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(config.times.connect)
        .user_agent(concat!("cutaway/", env!("CARGO_PKG_VERSION")));
    let (builder, base) = match address {
        Address::Unix(path) => {
            socket::check(path).map_err(unusable)?;
            // The host is nobody's: the connection is the socket's.
            (builder.unix_socket(path.as_path()), "http://localhost/".to_owned())
        }
        Address::Tcp { authority, secure } => match &config.tls {
            Some(tls) => {
                let mut tls = tls.clone();
                tls.alpn_protocols = vec![b"http/1.1".to_vec()];
                (builder.tls_backend_preconfigured(tls), format!("https://{authority}/"))
            }
            None if *secure => return Err(unusable("wants TLS, for which nothing is set".into())),
            None if config.plain_tcp => (builder, format!("http://{authority}/")),
            None => {
                let rule = "is TCP without TLS, over which anybody on the way can send any image; \
                            it has to be asked for";
                return Err(unusable(rule.into()));
            }
        },
    };
    let base = Url::parse(&base).map_err(|_| unusable("is no host and port".into()))?;
    let client = builder.build().map_err(|error| unusable(root_cause(&error)))?;
    Ok((client, base))
}

/// Returns TLS settings that trust nobody, for connections without TLS: a client has to have some.
fn no_trust() -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS settings: {error}"))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}
