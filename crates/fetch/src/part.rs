//! The body of one answer to the question for a blob, without the bytes that were passed on before.

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use reqwest::{Response, Version};

use crate::body::Body;
use crate::failure::Failure;
use crate::{Config, Kind};

/// The body of one answer.
#[derive(Debug)]
pub(crate) struct Part {
    body: Body,
    /// Bytes at its beginning that were passed on before.
    skip: u64,
    skipped: crc32fast::Hasher,
    /// Whether it states itself to be the whole blob, and its end can be told from a connection that broke.
    states_whole: bool,
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
        Self { body, skip, skipped: crc32fast::Hasher::new(), states_whole }
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
        while let Some(mut chunk) = self.body.chunk().await? {
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
