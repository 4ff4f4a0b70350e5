//! The body of one answer to the question for a blob, without the bytes that were passed on before.

use bytes::Bytes;
use cutaway_model::Compression;
use cutaway_tar::len64;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use reqwest::{Response, Version};

use crate::answer::{applied, content_encoding, content_type};
use crate::body::Body;
use crate::document::{self, complaint, is_page};
use crate::failure::Failure;
use crate::unpack::{Unpacked, is_packed};
use crate::wanted::Wanted;
use crate::{Config, Kind};

/// The body of one answer.
#[derive(Debug)]
pub(crate) struct Part {
    source: Source,
    /// Bytes at its beginning that were passed on before.
    skip: u64,
    skipped: crc32fast::Hasher,
    /// Whether it states itself to be the whole blob, and its end can be told from a connection that broke.
    states_whole: bool,
}

/// How the bytes of a blob come.
#[derive(Debug)]
enum Source {
    /// As they are stored.
    Stored(Box<Body>),
    /// Packed for the way.
    Packed(Box<Unpacked>),
    /// Not any more.
    Gone,
}

impl Part {
    /// Makes the body of `response`, of which the first `skip` bytes are known.
    pub(crate) fn new(response: Response, skip: u64, config: &Config) -> Self {
        let headers = response.headers();
        let framed = response.version() >= Version::HTTP_2
            || headers.contains_key(CONTENT_LENGTH)
            || headers.contains_key(TRANSFER_ENCODING);
        let states_whole = framed && response.status().as_u16() == 200;
        let body = Body::new(response, &config.times, config.deadline);
        Self {
            source: Source::Stored(Box::new(body)),
            skip,
            skipped: crc32fast::Hasher::new(),
            states_whole,
        }
    }

    /// Looks at the first bytes where headers raise a doubt that these are the blob: a page, a complaint, or
    /// the blob packed once more. `max` is how much is looked at.
    ///
    /// # Errors
    ///
    /// Returns what came in the place of the blob.
    pub(crate) async fn doubt(
        &mut self,
        headers: &HeaderMap,
        wanted: &Wanted,
        max: u64,
    ) -> Result<(), Failure> {
        let (kind, encoding) = (content_type(headers), content_encoding(headers));
        let page = kind.as_deref().filter(|kind| is_page(kind));
        let is_document = kind.as_deref().is_some_and(|kind| kind.ends_with("json"));
        let Source::Stored(body) = &mut self.source else { return Ok(()) };
        if page.is_none() && !is_document && encoding.is_none() && !wanted.is_json {
            return Ok(());
        }
        let (head, is_all) = body.look_ahead(max).await?;
        let is_as_large = is_all && len64(head.len()) == wanted.size;
        if is_as_large {
            return Ok(());
        }
        // Some pack a document and do not say so.
        let is_unsaid = encoding.is_none() && wanted.is_json;
        let unsaid = || is_unsaid.then(|| Compression::sniff(&head).name().to_owned());
        if let Some(encoding) = encoding.or_else(unsaid) {
            if is_packed(&head, wanted.packed).await {
                let Source::Stored(body) = std::mem::replace(&mut self.source, Source::Gone) else {
                    return Ok(());
                };
                tracing::warn!(blob = %wanted.digest, "packed for the way, though that was asked against");
                self.source = Source::Packed(Box::new(Unpacked::open(*body, encoding).await?));
                return Ok(());
            }
            if !is_unsaid && headers.contains_key(CONTENT_LENGTH) && wanted.size != u64::MAX {
                return Err(Failure::lasting(Kind::Answer(applied(&encoding))));
            }
        }
        let is_judged = is_all && wanted.size != u64::MAX;
        match page {
            Some(kind) if is_judged => Err(document::page(kind, &head)),
            None if is_judged => complaint(&head).map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    /// Returns whether it comes packed, so that its bytes are not those that are counted on the way.
    pub(crate) fn is_packed(&self) -> bool {
        matches!(self.source, Source::Packed(_))
    }

    /// Returns whether its end, where it ended in order, is stated to be that of the blob.
    pub(crate) fn ends_the_blob(&self) -> bool {
        self.states_whole && self.skip == 0
    }

    /// Returns the next bytes that were not passed on before; `known` is the checksum of those that were,
    /// where it is known.
    pub(crate) async fn next(
        &mut self,
        known: Option<&crc32fast::Hasher>,
    ) -> Result<Option<Bytes>, Failure> {
        while let Some(mut chunk) = self.source.chunk().await? {
            if self.skip == 0 {
                return Ok(Some(chunk));
            }
            let length = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
            let old = chunk.split_to(length);
            self.skipped.update(&old);
            self.skip = self.skip.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
            let differs = known
                .is_some_and(|known| self.skipped.clone().finalize() != known.clone().finalize());
            if self.skip == 0 && differs {
                return Err(Failure::lasting(Kind::Differs));
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}

impl Source {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Stored(body) => body.chunk().await,
            Self::Packed(unpacked) => unpacked.chunk().await,
            Self::Gone => Ok(None),
        }
    }
}
