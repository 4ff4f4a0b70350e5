//! One question to a registry, and its answer.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, RANGE};
use reqwest::{Response, Url};

use crate::clock::Clock;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// The path behind `/v2/`, and the query.
    pub(crate) path: &'a str,
    pub(crate) accept: &'static str,
    pub(crate) part: Part,
    /// The address to ask in the place of the registry, as nobody.
    pub(crate) elsewhere: Option<&'a Url>,
    /// The time that the answer may take, and where it is counted.
    pub(crate) clock: &'a Clock,
}

/// How much is wanted of what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// What begins at this byte.
    From(u64),
    /// So many bytes, from the first to the last one.
    Span(u64, u64),
    /// The headers alone.
    Head,
    /// The first byte, for the headers that come with it.
    First,
}

/// An answer, and the address that it came from in the end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) url: Url,
    /// Whether it is the registry's own.
    pub(crate) own: bool,
}

impl<'a> Ask<'a> {
    /// Makes the question for all of what lies at `path` of the registry itself.
    pub(crate) fn new(path: &'a str, accept: &'static str, clock: &'a Clock) -> Self {
        Self { path, accept, part: Part::Whole, elsewhere: None, clock }
    }

    /// Returns the headers of a request for it.
    pub(crate) fn headers(&self, authorization: Option<&HeaderValue>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(self.accept));
        // Stored bytes are hashed as they are, so nothing may be packed once more on the way.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let range = match self.part {
            Part::Whole | Part::Head => None,
            Part::From(from) => Some(format!("bytes={from}-")),
            Part::Span(first, last) => Some(format!("bytes={first}-{last}")),
            Part::First => Some("bytes=0-0".to_owned()),
        };
        if let Some(range) = range.and_then(|range| HeaderValue::from_str(&range).ok()) {
            headers.insert(RANGE, range);
        }
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers
    }
}
