//! Refusals for want of a credential: why there may be none.

use cutaway_model::Error as ModelError;

use crate::error::quoted;
use crate::{Error, Kind};

/// How many bytes are shown of why there is no credential.
const SHOWN: usize = 300;

/// Adds to an error by which a registry refuses which sources of credentials could not be asked. What is
/// hidden from those who show no credential looks as if it were not there.
pub(crate) fn explained(error: ModelError, silent: &str) -> ModelError {
    let why = format!("not asked for a credential: {}", quoted(silent.as_bytes(), SHOWN));
    match error {
        ModelError::Transport(inner) => ModelError::Transport(match inner.downcast::<Error>() {
            Ok(mut error) => {
                match &mut error.kind {
                    Kind::Refused(text) => *text = format!("{text}; {why}"),
                    Kind::Status { status: 401 | 403 | 404, body, .. } if body.is_empty() => {
                        *body = why;
                    }
                    Kind::Status { status: 401 | 403 | 404, body, .. } => {
                        *body = format!("{body}; {why}");
                    }
                    _ => {}
                }
                error
            }
            Err(other) => other,
        }),
        ModelError::NotFound { what, place } => {
            ModelError::NotFound { what, place: format!("{place}; {why}") }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn refusals_say_why() {
        let status = |status| Kind::Status { status, body: String::new(), waited: Duration::ZERO };
        for (kind, said) in [
            (Kind::Refused("who are you".to_owned()), true),
            (status(401), true),
            (status(403), true),
            (status(500), false),
            (Kind::Connect("refused".to_owned()), false),
        ] {
            let error = Error::unsent("https://a.io".to_owned(), kind);
            let text = explained(error.into(), "config.json: it is no JSON").to_string();
            assert_eq!(text.contains("config.json: it is no JSON"), said, "{text}");
        }
        let absent = ModelError::NotFound { what: "a:1".into(), place: "a.io".into() };
        assert!(explained(absent, "x").to_string().ends_with("not asked for a credential: x"));
    }
}
