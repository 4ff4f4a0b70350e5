//! The bytes of one blob over as many requests as it takes.
//!
//! Above it the blob is one stream: who hashes and unpacks it never starts over. Whether the bytes
//! are the right ones is not decided here, only that those of different answers belong together.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cutaway_model::BlobStream;
use futures_util::stream;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use reqwest::{Response, Url, Version};
use tokio_util::io::StreamReader;

use crate::answer::{content_encoding, failure_of, no_page};
use crate::body::Body;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::pause::pause;
use crate::range::{self, Fit};
use crate::retry::Retry;
use crate::transport::Ask;
use crate::{Error, Kind};

/// What to fetch.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The path behind `/v2/`.
    pub(crate) path: String,
    pub(crate) accept: &'static str,
    pub(crate) scope: String,
    /// The address to ask in the place of the registry.
    pub(crate) elsewhere: Option<Url>,
    /// The bytes that its descriptor promises.
    pub(crate) size: u64,
}

/// A blob that is being fetched.
#[derive(Debug)]
pub(crate) struct Download {
    exchange: Arc<Exchange>,
    wanted: Wanted,
    retry: Retry,
    /// Where the bytes come from, for errors.
    url: Url,
    body: Option<Part>,
    /// The bytes that were passed on.
    offset: u64,
    /// Their checksum, to recognise them when an answer starts over. Whether they are the right
    /// ones is for the digest to say, so a checksum is enough.
    known: crc32fast::Hasher,
    etag: Option<String>,
    /// Whether the server answers ranges so badly that the whole is asked for instead.
    whole: bool,
}

/// The body of one answer.
#[derive(Debug)]
struct Part {
    body: Body,
    /// Bytes at its beginning that were passed on before.
    skip: u64,
    skipped: crc32fast::Hasher,
    /// Whether it may end without being the end of the blob.
    partial: bool,
    /// Whether its end can be told from a connection that broke.
    framed: bool,
}

impl Download {
    /// Sends the first request, and waits for the beginning of its answer.
    pub(crate) async fn start(
        exchange: Arc<Exchange>,
        wanted: Wanted,
    ) -> Result<(Self, HeaderMap), Error> {
        let retry = Retry::new(exchange.transport.config.retry.clone(), Instant::now());
        let url = exchange.transport.origin().map_err(|failure| Error {
            url: wanted.path.clone(),
            attempts: 1,
            kind: failure.kind,
        })?;
        let url = match &wanted.elsewhere {
            Some(elsewhere) => elsewhere.clone(),
            None => url.join(&wanted.path).unwrap_or(url),
        };
        let mut download = Self {
            exchange,
            wanted,
            retry,
            url,
            body: None,
            offset: 0,
            known: crc32fast::Hasher::new(),
            etag: None,
            whole: false,
        };
        loop {
            match download.request().await {
                Ok((part, headers)) => {
                    download.body = Some(part);
                    return Ok((download, headers));
                }
                Err(failure) => download.pause(failure).await?,
            }
        }
    }

    /// Makes the stream, which copies nothing.
    pub(crate) fn into_stream(self) -> BlobStream {
        let chunks = stream::unfold(Some(self), |state| async move {
            let mut download = state?;
            match download.next().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(download))),
                Ok(None) => None,
                Err(error) => Some((Err(cutaway_model::Error::from(error)), None)),
            }
        });
        Box::new(StreamReader::new(Box::pin(chunks)))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let outcome = match self.body.as_mut() {
                Some(part) => part.next(&self.known).await,
                None => match self.request().await {
                    Ok((part, _)) => {
                        self.body = Some(part);
                        continue;
                    }
                    Err(failure) => Err(failure),
                },
            };
            match outcome {
                Ok(Some(chunk)) => {
                    let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                    self.offset = self.offset.saturating_add(length);
                    self.known.update(&chunk);
                    self.retry.moved(length, Instant::now());
                    return Ok(Some(chunk));
                }
                // All that was promised is there; how the connection ended does not matter.
                _ if self.offset >= self.wanted.size => return Ok(None),
                Ok(None) => match self.early_end() {
                    None => return Ok(None),
                    Some(failure) => self.pause(failure).await?,
                },
                Err(failure) => self.pause(failure).await?,
            }
        }
    }

    /// Judges an answer that ended before the promised size. A complete one that is short is
    /// passed on as it is: that is the blob's fault, and its size tells.
    fn early_end(&self) -> Option<Failure> {
        let part = self.body.as_ref()?;
        if part.framed && !part.partial && part.skip == 0 {
            return None;
        }
        Some(Failure::interrupted("the answer ended too early".to_owned()))
    }

    async fn pause(&mut self, failure: Failure) -> Result<(), Error> {
        self.body = None;
        let url = failure.url.clone();
        pause(&self.exchange.transport, &mut self.retry, failure).await.map_err(|failure| {
            let (offset, size) = (self.offset, self.wanted.size);
            let kind = match failure.kind {
                Kind::Interrupted { reason, .. } => Kind::Interrupted { reason, offset, size },
                Kind::Status { status, body, .. } => {
                    Kind::Status { status, body, waited: self.retry.asked_to_wait() }
                }
                other => other,
            };
            Error::new(url.as_deref().unwrap_or(&self.url), self.retry.attempts(), kind)
        })
    }

    async fn request(&mut self) -> Result<(Part, HeaderMap), Failure> {
        let from = Some(self.offset).filter(|offset| *offset > 0 && !self.whole);
        let ask = Ask {
            path: &self.wanted.path,
            accept: self.wanted.accept,
            from,
            head: false,
            elsewhere: self.wanted.elsewhere.as_ref(),
        };
        let answer = self.exchange.ask(ask, &self.wanted.scope).await?;
        let (response, url) = (answer.response, answer.url);
        let status = response.status().as_u16();
        let transport = &self.exchange.transport;
        if !response.status().is_success() && (status != 416 || from.is_none()) {
            return Err(failure_of(transport, response, &url).await);
        }
        let fit = match range::judge(status, response.headers(), from, self.etag.as_deref()) {
            Ok(fit) => fit,
            Err(reason) if from.is_none() => {
                return Err(Failure::lasting(Kind::Answer(reason)).at(&url));
            }
            Err(reason) => {
                self.whole = true;
                return Err(Failure::interrupted(reason).at(&url));
            }
        };
        let response = no_page(transport, response).await.map_err(|failure| failure.at(&url))?;
        if let Some(encoding) = content_encoding(response.headers()) {
            let rule = format!(
                "the server applied Content-Encoding {encoding}, and identity was asked for"
            );
            return Err(Failure::lasting(Kind::Answer(rule)).at(&url));
        }
        if self.etag.is_none() {
            self.etag = range::entity_tag(response.headers()).map(ToOwned::to_owned);
        }
        let headers = response.headers().clone();
        self.url = url;
        let skip = if fit == Fit::StartsOver { self.offset } else { 0 };
        Ok((self.part(response, skip, status == 206), headers))
    }

    fn part(&self, response: Response, skip: u64, partial: bool) -> Part {
        let headers = response.headers();
        let framed = response.version() >= Version::HTTP_2
            || headers.contains_key(CONTENT_LENGTH)
            || headers.contains_key(TRANSFER_ENCODING);
        let config = &self.exchange.transport.config;
        let body = Body::new(response, &config.times, config.deadline);
        Part { body, skip, skipped: crc32fast::Hasher::new(), partial, framed }
    }
}

impl Part {
    /// Returns the next bytes that were not passed on before; `known` is the checksum of those that were.
    async fn next(&mut self, known: &crc32fast::Hasher) -> Result<Option<Bytes>, Failure> {
        while let Some(mut chunk) = self.body.chunk().await? {
            if self.skip == 0 {
                return Ok(Some(chunk));
            }
            let length = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
            let old = chunk.split_to(length);
            self.skipped.update(&old);
            self.skip = self.skip.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
            if self.skip == 0 && self.skipped.clone().finalize() != known.clone().finalize() {
                let rule = "it sent other bytes for the same blob than the first time".to_owned();
                return Err(Failure::lasting(Kind::Answer(rule)));
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}
