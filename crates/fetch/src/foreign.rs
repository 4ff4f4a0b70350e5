//! Blobs that a registry does not keep: the addresses that a descriptor names (descriptor.md, `urls`).
//!
//! An image can name any address, so it is asked as nobody, over TLS unless the registry itself needs
//! none, and never in a network that the registry is not part of. That the bytes are the right ones is for
//! the model to verify, as everywhere.

use cutaway_model::{BlobStream, Descriptor, Error as ModelError};
use reqwest::Url;

use crate::download::Download;
use crate::error::redacted;
use crate::wanted::Wanted;
use crate::{Error, Kind, Repository};

/// How many addresses of one descriptor are asked.
const MOST: usize = 8;

/// Opens a blob at the first of its addresses that has it; `None` where that is not wanted or none is named.
///
/// # Errors
///
/// Returns why the last of them does not have it.
pub(crate) async fn open(
    repository: &Repository,
    blob: &Descriptor,
) -> Result<Option<BlobStream>, ModelError> {
    let config = &repository.exchange().transport.config;
    if !config.foreign_urls {
        return Ok(None);
    }
    let mut last = None;
    for text in blob.urls.iter().take(MOST) {
        let url = match judge(text, config.plain_http || config.insecure || config.plain_fallback) {
            Ok(url) => url,
            Err(rule) => {
                // What cannot be read as an address cannot be shown without what may be secret in it.
                let url = Url::parse(text)
                    .map_or_else(|_| "a descriptor".to_owned(), |url| redacted(&url));
                last = Some(Error::unsent(url, Kind::OutOfBounds(rule.to_owned())));
                continue;
            }
        };
        tracing::info!(host = url.host_str().unwrap_or_default(), blob = %blob.digest, "asking elsewhere");
        let wanted = Wanted { elsewhere: Some(url), ..Wanted::of(blob, "blobs", "*/*") };
        match Download::start(repository, wanted, 0).await {
            Ok((download, _)) => return Ok(Some(download.into_stream())),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.into()),
        None => Ok(None),
    }
}

/// Reads an address that a descriptor names.
fn judge(text: &str, may_be_plain: bool) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "an address of the descriptor that is none")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address of the descriptor with user information");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if may_be_plain => Ok(url),
        "http" => Err("an address of the descriptor in plain HTTP"),
        _ => Err("an address of the descriptor that is not of the web"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, plain, good) in [
            ("https://a.io/x?y", false, true),
            ("http://a.io/x", false, false),
            ("http://a.io/x", true, true),
            ("https://user:pw@a.io/x", true, false),
            ("file:///etc/passwd", true, false),
            ("ftp://a.io/x", true, false),
            ("x", true, false),
            ("", true, false),
        ] {
            assert_eq!(judge(text, plain).is_ok(), good, "{text}");
        }
    }
}
