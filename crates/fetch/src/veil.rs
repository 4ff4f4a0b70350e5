//! Errors without the secrets that a server may have put into them.

use cutaway_model::Error as ModelError;
use cutaway_ref::auth::Veil;

use crate::{Error, Kind};

/// Returns `error` with every secret hidden in its texts.
pub(crate) fn over(veil: &Veil, error: ModelError) -> ModelError {
    let hide = |text: String| veil.over(&text).into_owned();
    match error {
        ModelError::Transport(inner) => ModelError::Transport(match inner.downcast::<Error>() {
            Ok(error) => Box::new(Error {
                url: hide(error.url),
                kind: over_kind(error.kind, hide),
                ..*error
            }),
            Err(other) => other,
        }),
        ModelError::NotFound { what, place } => {
            ModelError::NotFound { what: hide(what), place: hide(place) }
        }
        ModelError::Malformed { what, rule } => {
            ModelError::Malformed { what: hide(what), rule: hide(rule) }
        }
        ModelError::Missing { what } => ModelError::Missing { what: hide(what) },
        ModelError::Limit { what, limit, max } => {
            ModelError::Limit { what: hide(what), limit, max }
        }
        other => other,
    }
}

fn over_kind(kind: Kind, hide: impl Fn(String) -> String) -> Kind {
    match kind {
        Kind::Settings(text) => Kind::Settings(hide(text)),
        Kind::Connect(text) => Kind::Connect(hide(text)),
        Kind::Tls(text) => Kind::Tls(hide(text)),
        Kind::Interrupted(text) => Kind::Interrupted(hide(text)),
        Kind::Status { status, body, waited } => Kind::Status { status, body: hide(body), waited },
        Kind::Refused(text) => Kind::Refused(hide(text)),
        Kind::Token(text) => Kind::Token(hide(text)),
        Kind::OutOfBounds(text) => Kind::OutOfBounds(hide(text)),
        Kind::Answer(text) => Kind::Answer(hide(text)),
        Kind::Deadline => Kind::Deadline,
    }
}
