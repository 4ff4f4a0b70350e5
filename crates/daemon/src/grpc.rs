//! Calls over HTTP/2 on a unix socket, as gRPC frames them (gRPC, "gRPC over HTTP2").

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes, BytesMut};
use h2::client::SendRequest;
use h2::{RecvStream, client};
use http::{HeaderMap, Request};
use tokio::net::UnixStream;

use crate::error::quoted;
use crate::saved::within;
use crate::{Config, Error, socket};

/// The flag and the length in front of each message.
const PREFIX: usize = 5;
/// The largest message that is taken: gRPC's own limit is 4 MiB, containerd's is 16 MiB.
const MAX_MESSAGE: usize = 16 << 20;
/// How many bytes may be on their way.
const WINDOW: u32 = 1 << 20;
/// The status of what is not there.
const NOT_FOUND: &str = "5";

/// A connection to a service.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    requests: SendRequest<Bytes>,
    /// How errors call it.
    pub(crate) name: String,
    /// A header that goes with every call.
    header: (&'static str, String),
    idle: Duration,
    deadline: Option<Instant>,
}

/// The answer to a call: messages, and then a status.
#[derive(Debug)]
pub(crate) struct Answer {
    body: RecvStream,
    received: BytesMut,
    channel: Channel,
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service says that what was asked for is not there.
    NotFound(String),
    /// Everything else.
    Other(Error),
}

impl Channel {
    /// Connects to the socket at `path`; `name` is how errors call the service.
    pub(crate) async fn connect(
        path: &Path,
        name: String,
        header: (&'static str, String),
        config: &Config,
    ) -> Result<Self, Error> {
        let (connect, deadline) = (config.times.connect, config.deadline);
        let failed = |rule: String| Error::Address { address: name.clone(), rule };
        socket::check(path).map_err(failed)?;
        let stream = UnixStream::connect(path);
        let stream = within(stream, connect, deadline, &name, "no connection was made").await?;
        let stream = stream.map_err(|error| failed(error.to_string()))?;
        let mut builder = client::Builder::new();
        builder
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW.saturating_mul(4));
        let shake = builder.handshake::<_, Bytes>(stream);
        let shaken = within(shake, connect, deadline, &name, "no answer came").await?;
        let (requests, connection) = shaken.map_err(|error| failed(error.to_string()))?;
        tokio::spawn(async move {
            // What ends the connection is told to each call.
            let _ = connection.await;
        });
        Ok(Self { requests, name, header, idle: config.times.idle, deadline })
    }

    /// Calls `method` with one message.
    pub(crate) async fn call(&self, method: &str, message: &[u8]) -> Result<Answer, Failure> {
        let failed = |error: h2::Error| Failure::Other(self.interrupted(&error));
        let request = Request::post(format!("http://localhost/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header(self.header.0, &self.header.1)
            .body(())
            .map_err(|_| self.answer("a header that cannot be sent".into()))?;
        let ready = self.patient(self.requests.clone().ready()).await?;
        let (response, mut body) =
            ready.map_err(failed)?.send_request(request, false).map_err(failed)?;
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let framed = [&[0][..], &length.to_be_bytes(), message].concat();
        // What keeps it from being sent shows better in the answer.
        let _ = body.send_data(Bytes::from(framed), true);
        let response = self.patient(response).await?.map_err(failed)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(self.answer(format!("HTTP status {status}")));
        }
        self.judge(response.headers())?;
        Ok(Answer { body: response.into_body(), received: BytesMut::new(), channel: self.clone() })
    }

    async fn patient<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let waited = within(work, self.idle, self.deadline, &self.name, "no answer came").await;
        waited.map_err(Failure::Other)
    }

    /// Reads the status of a call, where the headers have one.
    fn judge(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let text = |name: &str| headers.get(name).map(|value| quoted(value.as_bytes()));
        match text("grpc-status").as_deref() {
            None | Some("0") => Ok(()),
            Some(NOT_FOUND) => Err(Failure::NotFound(text("grpc-message").unwrap_or_default())),
            Some(status) => Err(Failure::Other(Error::Refused {
                daemon: self.name.clone(),
                status: status.parse().unwrap_or_default(),
                message: text("grpc-message").unwrap_or_default(),
            })),
        }
    }

    fn answer(&self, rule: String) -> Failure {
        Failure::Other(Error::Answer { daemon: self.name.clone(), rule })
    }

    fn interrupted(&self, error: &h2::Error) -> Error {
        let reason = quoted(error.to_string().as_bytes());
        Error::Interrupted { daemon: self.name.clone(), reason }
    }
}

impl Answer {
    /// Returns the next message; `None` where the call has ended well.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            match self.channel.patient(self.body.data()).await? {
                Some(Ok(bytes)) => {
                    // The window opens again for what was taken; a stream that is gone needs none.
                    let _ = self.body.flow_control().release_capacity(bytes.len());
                    self.received.extend_from_slice(&bytes);
                }
                Some(Err(error)) => return Err(Failure::Other(self.channel.interrupted(&error))),
                None => return self.end().await.map(|()| None),
            }
        }
    }

    /// Takes a message that is there whole.
    fn take(&mut self) -> Result<Option<Bytes>, Failure> {
        let Some((prefix, rest)) = self.received.split_first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let [flag, length @ ..] = *prefix;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if flag != 0 {
            return Err(self
                .channel
                .answer("a compressed message, which was not asked for".into()));
        }
        if length > MAX_MESSAGE {
            return Err(self.channel.answer(format!("a message of {length} bytes")));
        }
        if rest.len() < length {
            return Ok(None);
        }
        self.received.advance(PREFIX);
        Ok(Some(self.received.split_to(length).freeze()))
    }

    async fn end(&mut self) -> Result<(), Failure> {
        if !self.received.is_empty() {
            return Err(self.channel.answer("a message that ends half way".into()));
        }
        let trailers = self.channel.patient(self.body.trailers()).await?;
        let trailers =
            trailers.map_err(|error| Failure::Other(self.channel.interrupted(&error)))?;
        match trailers {
            Some(trailers) if trailers.contains_key("grpc-status") => self.channel.judge(&trailers),
            _ => Err(self.channel.answer("an answer without a status".into())),
        }
    }
}
