//! A blob that a server packed for the way although it was asked not to (RFC 9110, section 8.4).

use std::fmt;
use std::io::{self, Cursor};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use cutaway_model::{BlobStream, Compression, Decoded, Limits};
use futures_util::stream;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::StreamReader;

use crate::Kind;
use crate::answer::applied;
use crate::body::Body;
use crate::failure::Failure;

/// How much is unpacked at once.
const CHUNK: usize = 64 << 10;

/// The bytes of a blob, unpacked as they come.
pub(crate) struct Unpacked {
    reader: Decoded<BlobStream>,
    encoding: String,
    /// Why the body broke off, where it did.
    broken: Arc<Mutex<Option<Failure>>>,
}

/// Returns whether bytes that begin with `head` were packed for the way, or are the blob itself, which is
/// `stored` in this way as its media type has it: a blob that is packed once more is packed twice.
pub(crate) async fn is_packed(head: &[u8], stored: Option<Compression>) -> bool {
    if Compression::sniff(head) == Compression::Plain {
        return false;
    }
    if stored.is_none_or(|stored| stored == Compression::Plain) {
        return true;
    }
    let limits = Limits::default();
    let Ok(decoded) = Decoded::open(Cursor::new(head), "the blob", &limits).await else {
        return false;
    };
    let mut inner = Vec::new();
    // That it ends early is in the nature of a head.
    let _ = decoded.take(6).read_to_end(&mut inner).await;
    Compression::sniff(&inner) != Compression::Plain
}

impl Unpacked {
    /// Unpacks `body`, to which the server says that it applied `encoding`.
    pub(crate) async fn open(body: Body, encoding: String) -> Result<Self, Failure> {
        let broken: Arc<Mutex<Option<Failure>>> = Arc::default();
        let cause = Arc::clone(&broken);
        let chunks = stream::unfold(Some(body), move |body| {
            let cause = Arc::clone(&cause);
            async move {
                let mut body = body?;
                match body.chunk().await {
                    Ok(chunk) => Some((Ok(chunk?), Some(body))),
                    Err(failure) => {
                        *cause.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                        Some((Err(io::Error::other("the answer broke off")), None))
                    }
                }
            }
        });
        let stream: BlobStream = Box::new(StreamReader::new(Box::pin(chunks)));
        match Decoded::open(stream, "the answer", &Limits::default()).await {
            Ok(reader) => Ok(Self { reader, encoding, broken }),
            Err(_) => Err(failure(&broken, &encoding)),
        }
    }

    /// Returns the next bytes; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        match self.reader.read_buf(&mut chunk).await {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(chunk.freeze())),
            Err(_) => Err(failure(&self.broken, &self.encoding)),
        }
    }
}

fn failure(broken: &Mutex<Option<Failure>>, encoding: &str) -> Failure {
    let broken = broken.lock().unwrap_or_else(PoisonError::into_inner).take();
    broken.unwrap_or_else(|| Failure::lasting(Kind::Answer(applied(encoding))))
}

impl fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacked").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}
