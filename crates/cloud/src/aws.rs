//! Amazon: a key from one of its sources, and the token of ECR for it.

mod key;
mod metadata;
mod profile;
mod sign;
mod stamp;
mod token;

use crate::call::Caller;
use crate::{Error, Found, Host};

pub use key::{AccessKey, AwsSources, Container, WebIdentity};

/// Finds a key, and exchanges it for the token of the registry at `host`.
pub(crate) async fn find(
    caller: &Caller,
    sources: &AwsSources,
    host: &Host,
) -> Result<Found, Error> {
    let (key, source) = key::find(caller, sources, host).await?;
    token::fetch(caller, sources, host, &key, source).await
}
