//! Amazon: a key from one of its sources, and the token of ECR for it.

mod chain;
mod key;
mod metadata;
mod process;
mod profile;
mod request;
mod role;
mod sign;
mod sources;
mod sso;
mod stamp;
mod token;

use crate::search::Search;
use crate::{Error, Found, Host};

pub use sources::{AccessKey, AwsEndpoints, AwsSources, Container, WebIdentity};

/// Finds a key, and exchanges it for the token of the registry at `host`.
pub(crate) async fn find(
    mut search: Search<'_>,
    sources: &AwsSources,
    host: &Host,
) -> Result<Found, Error> {
    let Some(found) = key::find(&mut search, sources, host).await else {
        return Err(search.lost());
    };
    let source = format!("Amazon ECR, with the key of {}", found.source);
    match token::fetch(search.caller, &sources.endpoints, host, &found.key).await {
        Ok((credential, expires)) => Ok(search.found(credential, source, found.under, expires)),
        Err(error) => {
            search.pass(source, error);
            Err(search.lost())
        }
    }
}
