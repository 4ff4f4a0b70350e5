//! The bytes of one blob over as many requests, and as many places, as it takes.
//!
//! Above it the blob is one stream: who hashes and unpacks it never starts over. Whether the bytes
//! are the right ones is not decided here, only that those of different answers belong together.

use std::sync::Arc;

use bytes::Bytes;
use cutaway_model::{BlobStream, Error as ModelError};
use cutaway_tar::len64;
use futures_util::stream;
use reqwest::Url;
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use tokio_util::io::StreamReader;

use crate::answer::{applied, content_encoding, failure_of};
use crate::ask::{Ask, Part as Portion};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::manifest::scope;
use crate::part::Part;
use crate::pause::pause;
use crate::places::Places;
use crate::range::{self, Fit};
use crate::retry::Retry;
use crate::slots::Slot;
use crate::wanted::Wanted;
use crate::{Error, Kind, Offset, Repository, veil};

/// A blob that is being fetched.
#[derive(Debug)]
pub(crate) struct Download {
    wanted: Wanted,
    exchange: Arc<Exchange>,
    /// The path behind `/v2/`, here.
    path: String,
    scope: String,
    /// The place that is asked, by number, and those behind it.
    place: usize,
    places: Option<Arc<Places>>,
    /// The hosts that have failed.
    before: Vec<String>,
    retry: Retry,
    /// Where the bytes come from, for errors.
    url: Url,
    body: Option<Part>,
    /// Held over all tries at one place.
    slot: Slot,
    /// The bytes that were passed on.
    offset: u64,
    /// Their checksum, to recognise them when an answer starts over. Whether they are the right
    /// ones is for the digest to say, so a checksum is enough. There is none where the first bytes are
    /// from an earlier run.
    known: Option<crc32fast::Hasher>,
    etag: Option<String>,
    /// Whether the server answers ranges so badly that the whole is asked for instead.
    whole: bool,
    /// Whether a part of it came from another place than the present one.
    has_moved: bool,
    /// Where the blob ends, as the last answer states it although its descriptor promises more.
    stated_end: Option<u64>,
}

impl Download {
    /// Sends the first request, for what is behind the first `from` bytes, and waits for the beginning of its answer.
    pub(crate) async fn start(
        repository: &Repository,
        wanted: Wanted,
        from: u64,
    ) -> Result<(Self, HeaderMap), Error> {
        let exchange = Arc::clone(repository.exchange());
        let (path, scope, url) = at(repository, &wanted)?;
        let mut download = Self {
            retry: Retry::new(&exchange.transport.config.retry),
            exchange,
            path,
            scope,
            place: 0,
            places: repository.places().filter(|_| wanted.elsewhere.is_none()),
            before: Vec::new(),
            url,
            wanted,
            body: None,
            slot: Slot::default(),
            offset: from,
            known: (from == 0).then(crc32fast::Hasher::new),
            etag: None,
            whole: false,
            has_moved: false,
            stated_end: None,
        };
        if let Some(places) = &download.places {
            let first = places.begin(&download.wanted.digest);
            if first > 0 {
                download.go_to(first).await;
            }
        }
        let headers = download.begin().await?;
        Ok((download, headers))
    }

    /// Makes the stream, which copies nothing.
    pub(crate) fn into_stream(self) -> BlobStream {
        let chunks = stream::unfold(Some(self), |state| async move {
            let mut download = state?;
            match download.next().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(download))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        Box::new(StreamReader::new(Box::pin(chunks)))
    }

    async fn begin(&mut self) -> Result<HeaderMap, Error> {
        loop {
            match self.request().await {
                Ok((part, headers)) => {
                    self.body = Some(part);
                    if let Some(places) = &self.places {
                        places.begun(&self.wanted.digest, self.place);
                    }
                    return Ok(headers);
                }
                Err(failure) => self.recover(failure).await?,
            }
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ModelError> {
        loop {
            let outcome = match self.body.as_mut() {
                Some(part) => self.retry.clock.bound(part.next(self.known.as_ref())).await,
                None => match self.request().await {
                    Ok((part, _)) => {
                        self.body = Some(part);
                        continue;
                    }
                    Err(failure) => Err(failure),
                },
            };
            let failure = match outcome {
                Ok(Some(chunk)) => {
                    let length = len64(chunk.len());
                    self.offset = self.offset.saturating_add(length);
                    if let Some(known) = &mut self.known {
                        known.update(&chunk);
                    }
                    self.retry.moved(length);
                    if self.offset >= self.wanted.size {
                        self.slot.free();
                    }
                    return Ok(Some(chunk));
                }
                // All that was promised is there; how the connection ended does not matter.
                _ if self.offset >= self.wanted.size => return Ok(None),
                // Who does not know the size takes the end that the answer states: the digest tells.
                Ok(None) if self.wanted.size == u64::MAX && self.ends_here() => return Ok(None),
                Ok(None) => self.early_end(),
                // What came from another place before is not what this one has, and the digest is for the reader
                // to compare: it has to be read anew.
                Err(failure) if self.has_moved && matches!(failure.kind, Kind::Differs) => {
                    return Err(ModelError::Differs {
                        what: format!("blob {}", self.wanted.digest),
                    });
                }
                Err(failure) => failure,
            };
            match self.recover(failure).await {
                Ok(()) => {}
                // A blob that ends here whenever it is asked for is passed on as it is: its size tells.
                Err(_) if self.stated_end == Some(self.offset) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Judges an answer that ended before the promised size.
    fn early_end(&mut self) -> Failure {
        if self.ends_here() {
            self.stated_end = Some(self.offset);
        }
        Failure::interrupted("the answer ended too early".to_owned())
    }

    /// Tells whether the answer says that the blob ends where the answer does.
    fn ends_here(&self) -> bool {
        self.body.as_ref().is_some_and(Part::ends_the_blob)
    }

    /// Waits for the next try, or goes on to the next place.
    async fn recover(&mut self, failure: Failure) -> Result<(), Error> {
        self.body = None;
        let url = failure.url.clone();
        let Err(failure) = pause(&self.exchange.transport, &mut self.retry, failure).await else {
            return Ok(());
        };
        let lacks_it = matches!(failure.kind, Kind::Status { status: 404, .. });
        let over = matches!(failure.kind, Kind::Deadline);
        let error = self.retry.given_up(url.as_deref().unwrap_or(&self.url), failure.kind);
        let mut error = veil::over_error(&self.exchange.transport.config.veil, error);
        if self.offset > 0 || error.tries.limit.is_some() {
            error.tries.offset = Some(Offset { bytes: self.offset, size: self.wanted.size });
        }
        error.tries.before.clone_from(&self.before);
        let (left, host) = (self.place, self.host().to_owned());
        if over || !self.go_to(left.saturating_add(1)).await {
            return Err(error);
        }
        tracing::info!(place = host, %error, "going on elsewhere");
        if let (Some(places), false) = (&self.places, lacks_it) {
            places.give_up(left);
        }
        Ok(())
    }

    /// Goes on at the place number `number` or the first one behind it that can be asked. Returns whether there is one.
    async fn go_to(&mut self, number: usize) -> bool {
        let Some(places) = self.places.clone() else { return false };
        for number in number.. {
            let Some(place) = places.place(number).await else { break };
            let there = place.and_then(|place| {
                let there = at(&place, &self.wanted).map_err(ModelError::from)?;
                Ok((place, there))
            });
            let (place, (path, scope, url)) = match there {
                Ok(there) => there,
                Err(error) => {
                    tracing::info!(number, %error, "a place that cannot be asked");
                    continue;
                }
            };
            self.before.push(self.host().to_owned());
            self.exchange = Arc::clone(place.exchange());
            (self.path, self.scope, self.url, self.place) = (path, scope, url, number);
            self.retry = Retry::new(&self.exchange.transport.config.retry);
            (self.etag, self.whole, self.stated_end) = (None, false, None);
            self.has_moved |= self.offset > 0;
            self.slot = Slot::default();
            return true;
        }
        false
    }

    fn host(&self) -> &str {
        self.exchange.transport.host()
    }

    async fn request(&mut self) -> Result<(Part, HeaderMap), Failure> {
        self.stated_end = None;
        let is_part = self.wanted.is_part;
        let from = Some(self.offset).filter(|offset| is_part || (*offset > 0 && !self.whole));
        let ask = Ask {
            part: match from {
                Some(from) if is_part => Portion::Span(from, self.wanted.size.saturating_sub(1)),
                Some(from) => Portion::From(from),
                None => Portion::Whole,
            },
            elsewhere: self.wanted.elsewhere.as_ref(),
            ..Ask::new(&self.path, self.wanted.accept, &self.retry.clock)
        };
        let answer = self.exchange.ask(ask, &self.scope, &mut self.slot).await?;
        let (response, url) = (answer.response, answer.url);
        let status = response.status().as_u16();
        let transport = &self.exchange.transport;
        if !response.status().is_success() && (status != 416 || from.is_none()) {
            return Err(failure_of(transport, response, &url).await);
        }
        if status == 416 && range::size(response.headers()) == from {
            self.stated_end = from;
            let reason = "the server says that there are no more bytes".to_owned();
            return Err(Failure::interrupted(reason).at(&url));
        }
        let fit = match range::judge(status, response.headers(), from, self.etag.as_deref()) {
            Ok(Fit::StartsOver) if is_part => {
                let reason = "the whole came, and a part was asked for".to_owned();
                return Err(Failure::lasting(Kind::Answer(reason)).at(&url));
            }
            Ok(fit) => fit,
            Err(reason) if from.is_none() || is_part => {
                return Err(Failure::lasting(Kind::Answer(reason)).at(&url));
            }
            Err(reason) => {
                self.whole = true;
                return Err(Failure::interrupted(reason).at(&url));
            }
        };
        let headers = response.headers().clone();
        let before = if fit == Fit::Continues { self.offset } else { 0 };
        let is_sure = stated_size(&headers, before) == Some(self.wanted.size);
        let skip = if fit == Fit::StartsOver { self.offset } else { 0 };
        let mut part = Part::new(response, skip, &transport.config);
        match content_encoding(&headers) {
            // A part of what was packed is none of the blob.
            Some(encoding) if fit == Fit::Continues && !is_sure => {
                self.whole = true;
                return Err(Failure::interrupted(applied(&encoding)).at(&url));
            }
            _ if is_sure || fit == Fit::Continues => {}
            _ => {
                let max = transport.config.limits.error_bytes;
                let doubt = part.doubt(&headers, &self.wanted, max);
                let judged = self.retry.clock.bound(doubt).await;
                judged.map_err(|failure| failure.at(&url))?;
            }
        }
        self.whole |= part.is_packed();
        if self.etag.is_none() {
            self.etag = range::entity_tag(&headers).map(ToOwned::to_owned);
        }
        self.url = url;
        Ok((part, headers))
    }
}

/// Returns the path, the scope and the address of what is wanted, in a repository.
fn at(repository: &Repository, wanted: &Wanted) -> Result<(String, String, Url), Error> {
    let path = format!("{}/{}/{}", repository.name(), wanted.kind, wanted.digest);
    let url = match &wanted.elsewhere {
        Some(elsewhere) => elsewhere.clone(),
        None => {
            let origin = repository.exchange().transport.origin();
            let origin = origin.map_err(|failure| Error::unsent(path.clone(), failure.kind))?;
            origin.join(&path).unwrap_or(origin)
        }
    };
    Ok((path, scope(repository.name()), url))
}

/// Returns the size that a blob has when these headers are right about the rest of it.
///
/// Where that is the promised size, a `Content-Encoding` only says once more how the blob itself is packed:
/// its bytes come as they are stored. Otherwise the server packed what it sent (RFC 9110, section 8.4).
fn stated_size(headers: &HeaderMap, before: u64) -> Option<u64> {
    let length: u64 = headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    before.checked_add(length)
}
