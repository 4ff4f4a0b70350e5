//! One signed request to a service of Amazon's.

use std::time::SystemTime;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Url};

use super::AccessKey;
use super::sign::{Signing, authorization};
use super::stamp::Stamp;
use crate::Error;
use crate::call::Caller;

/// What is asked, and of whom.
pub(super) struct Signed<'a> {
    pub(super) url: Url,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) content_type: &'a str,
    /// Further headers, their names in lower case.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: String,
}

/// Makes the request, signed with a key as of now.
pub(super) fn signed(
    caller: &Caller,
    request: Signed<'_>,
    key: &AccessKey,
) -> Result<RequestBuilder, Error> {
    let Signed { url, region, service, content_type, headers: more, body } = request;
    let stamp = Stamp::of(SystemTime::now());
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let mut headers = vec![
        ("content-type", content_type),
        ("host", authority.as_str()),
        ("x-amz-date", stamp.time.as_str()),
    ];
    headers.extend(more);
    if let Some(token) = &key.session_token {
        headers.push(("x-amz-security-token", token.expose()));
    }
    let signing = Signing {
        method: "POST",
        path: url.path(),
        query: &[],
        headers: &headers,
        body: body.as_bytes(),
        region,
        service,
        stamp: &stamp,
    };
    let mut request = caller
        .service
        .post(url.clone())
        .header(AUTHORIZATION, sensitive(&authorization(&signing, key))?)
        .header(CONTENT_TYPE, content_type)
        .header("x-amz-date", stamp.time.as_str());
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    if let Some(token) = &key.session_token {
        request = request.header("x-amz-security-token", sensitive(token.expose())?);
    }
    Ok(request.body(body))
}

fn sensitive(text: &str) -> Result<HeaderValue, Error> {
    let rule = "the key has characters that no header may have".to_owned();
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Error::Unusable { what: "the access key".to_owned(), rule })?;
    value.set_sensitive(true);
    Ok(value)
}
