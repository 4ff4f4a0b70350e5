//! Where a redirect leads, and which ones are never followed. Pure.

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::error::{quoted, redacted};

/// Decides where a redirect leads.
///
/// # Errors
///
/// Returns the rule that forbids the step.
pub(crate) fn next_step(from: &Url, location: Option<&HeaderValue>) -> Result<Url, String> {
    let location = location.ok_or("a redirect without a Location")?;
    let text = location.to_str().map_err(|_| "a redirect to an address with strange characters")?;
    let next =
        from.join(text).map_err(|_| format!("a redirect to {:?}", quoted(text.as_bytes(), 80)))?;
    match (from.scheme(), next.scheme()) {
        ("https", "http") => {
            Err(format!("a redirect from HTTPS to plain HTTP at {}", redacted(&next)))
        }
        (_, "http" | "https") if !next.username().is_empty() || next.password().is_some() => {
            Err(format!("a redirect with user information to {}", redacted(&next)))
        }
        (_, "http" | "https") => Ok(next),
        (_, scheme) => Err(format!("a redirect to the scheme {}", quoted(scheme.as_bytes(), 40))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        for (from, location, wanted) in [
            ("https://a.io/v2/x", "https://b.io/y", Some("https://b.io/y")),
            ("https://a.io/v2/x", "/y?z=1", Some("https://a.io/y?z=1")),
            ("https://a.io/v2/x", "//b.io/y", Some("https://b.io/y")),
            ("http://a.io/v2/x", "https://b.io/y", Some("https://b.io/y")),
            ("http://a.io/v2/x", "http://b.io/y", Some("http://b.io/y")),
            ("https://a.io/v2/x", "http://a.io/y", None),
            ("https://a.io/v2/x", "file:///etc/passwd", None),
            ("https://a.io/v2/x", "ftp://a.io/y", None),
            ("https://a.io/v2/x", "gopher://a.io/y", None),
            ("https://a.io/v2/x", "data:text/plain,x", None),
            ("https://a.io/v2/x", "https://user:pw@b.io/y", None),
            ("https://a.io/v2/x", "https://[::1", None),
        ] {
            let step = next_step(
                &Url::parse(from).unwrap(),
                Some(&HeaderValue::from_str(location).unwrap()),
            );
            assert_eq!(step.as_ref().ok().map(Url::as_str), wanted, "{location}: {step:?}");
            assert!(!format!("{step:?}").contains("pw"), "{step:?}");
        }
        assert!(next_step(&Url::parse("https://a.io").unwrap(), None).is_err());
    }
}
