//! containerd's images and content, by the two services of its API that reading needs
//! (containerd, `api/services/images/v1` and `api/services/content/v1`).

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_model::{BlobStream, Blobs, Descriptor, Error as ModelError};
use cutaway_tar::Escaped;
use futures_util::stream;
use tokio_util::io::StreamReader;

use crate::grpc::{Answer, Channel, Failure};
use crate::wire::{Value, fields, put_text};
use crate::{Config, Error};

const IMAGE: &str = "containerd.services.images.v1.Images/Get";
const INFO: &str = "containerd.services.content.v1.Content/Info";
const READ: &str = "containerd.services.content.v1.Content/Read";

/// A containerd daemon and one of its namespaces.
///
/// As a [`Blobs`] it opens a blob when somebody reads it. Each clone shares the connection.
#[derive(Debug, Clone)]
pub struct Containerd {
    channel: Channel,
}

impl Containerd {
    /// Connects to the first of `sockets` at which a daemon listens.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Absent`] with what happened at each socket.
    pub async fn connect(
        sockets: &[PathBuf],
        namespace: &str,
        config: &Config,
    ) -> Result<Self, Error> {
        let mut tried = Vec::new();
        for path in sockets {
            let shown = Escaped::path(path).to_string();
            let name =
                format!("containerd at unix://{shown}, namespace {}", Escaped::new(namespace));
            let header = ("containerd-namespace", namespace.to_owned());
            match Channel::connect(path, name, header, config).await {
                Ok(channel) => return Ok(Self { channel }),
                Err(error) => tried.push(error.to_string()),
            }
        }
        Err(Error::Absent { engine: "containerd".into(), tried: tried.join("; ") })
    }

    /// Returns how errors call the daemon.
    pub fn name(&self) -> &str {
        &self.channel.name
    }

    /// Returns the manifest or index that the first of `names` stands for that containerd knows.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Returns [`ModelError::NotFound`] where it knows none of them, and [`ModelError::Transport`] with
    /// an [`Error`].
    pub async fn image(&self, names: &[&str]) -> Result<Descriptor, ModelError> {
        let mut said = String::new();
        for name in names {
            let mut request = Vec::new();
            put_text(&mut request, 1, name);
            match self.one(IMAGE, &request).await {
                Ok(answer) => return Ok(self.target(&answer)?),
                Err(Failure::NotFound(message)) => said = message,
                Err(Failure::Other(error)) => return Err(error.into()),
            }
        }
        let what = Escaped::new(names.first().copied().unwrap_or_default()).to_string();
        Err(ModelError::NotFound { what, place: format!("{}: {said}", self.name()) })
    }

    /// Reads the target of an image: `GetImageResponse.image.target`.
    fn target(&self, answer: &[u8]) -> Result<Descriptor, Error> {
        let malformed = || self.answer("an image without a target that can be read");
        let image = field(answer, 1).ok_or_else(malformed)?;
        let target = field(image.bytes(), 3).ok_or_else(malformed)?;
        let text = |number| field(target.bytes(), number).map(Value::text).unwrap_or_default();
        let digest = text(2).parse().map_err(|_| malformed())?;
        let size = match field(target.bytes(), 3) {
            Some(Value::Number(size)) => size,
            _ => 0,
        };
        Ok(Descriptor::new(text(1).as_str(), digest, size))
    }

    /// Calls for a single message.
    async fn one(&self, method: &str, request: &[u8]) -> Result<Bytes, Failure> {
        let mut answer = self.channel.call(method, request).await?;
        match answer.next().await? {
            Some(message) => Ok(message),
            None => Err(Failure::Other(self.answer("no message"))),
        }
    }

    fn answer(&self, rule: &str) -> Error {
        Error::Answer { daemon: self.name().to_owned(), rule: rule.to_owned() }
    }

    /// Says which blob containerd does not hold: it may keep those of one platform only.
    fn missing(&self, failure: Failure, blob: &Descriptor) -> ModelError {
        match failure {
            Failure::NotFound(message) => ModelError::NotFound {
                what: blob.digest.to_string(),
                place: format!("{}: {message}", self.name()),
            },
            Failure::Other(error) => error.into(),
        }
    }
}

#[async_trait]
impl Blobs for Containerd {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, ModelError> {
        let mut request = Vec::new();
        put_text(&mut request, 1, blob.digest.as_str());
        let missing = |failure| self.missing(failure, blob);
        let mut answer = self.channel.call(READ, &request).await.map_err(missing)?;
        // Whether it is there shows with the first message.
        let first = answer.next().await.map_err(missing)?;
        let state = Some(Reading { daemon: self.clone(), first, answer, blob: blob.clone() });
        let chunks = stream::unfold(state, |state| async move {
            let mut reading = state?;
            match reading.next().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(reading))),
                Ok(None) => None,
                Err(error) => Some((Err(std::io::Error::from(error)), None)),
            }
        });
        Ok(Box::new(StreamReader::new(Box::pin(chunks))))
    }

    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, ModelError> {
        let mut request = Vec::new();
        put_text(&mut request, 1, blob.digest.as_str());
        let answer = self.one(INFO, &request).await;
        let answer = answer.map_err(|failure| self.missing(failure, blob))?;
        let info = field(&answer, 1).map(Value::bytes).unwrap_or_default();
        Ok(match field(info, 2) {
            Some(Value::Number(size)) => Some(size),
            _ => None,
        })
    }
}

/// A blob that is being read.
struct Reading {
    daemon: Containerd,
    first: Option<Bytes>,
    answer: Answer,
    blob: Descriptor,
}

impl Reading {
    /// Returns the next bytes: `ReadContentResponse.data`.
    async fn next(&mut self) -> Result<Option<Bytes>, ModelError> {
        loop {
            let message = match self.first.take() {
                Some(message) => Some(message),
                None => {
                    let next = self.answer.next().await;
                    next.map_err(|failure| self.daemon.missing(failure, &self.blob))?
                }
            };
            let Some(message) = message else { return Ok(None) };
            if fields(&message).is_none() {
                return Err(self.daemon.answer("content that cannot be read").into());
            }
            let data = field(&message, 2).map(Value::bytes).unwrap_or_default();
            if !data.is_empty() {
                return Ok(Some(message.slice_ref(data)));
            }
        }
    }
}

/// Returns a field of a message; the last one, where there are several.
fn field(message: &[u8], number: u64) -> Option<Value<'_>> {
    fields(message)?.into_iter().rfind(|(field, _)| *field == number).map(|(_, value)| value)
}
