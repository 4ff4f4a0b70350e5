//! The order in which access keys are looked for (AWS SDKs, "Standardized credential providers").

use super::sources::{AccessKey, AwsSources, WebIdentity};
use super::{chain, metadata, role};
use crate::search::Search;
use crate::{Error, Host};

/// A key, and where it is from.
pub(super) struct FoundKey {
    pub(super) key: AccessKey,
    pub(super) source: String,
    /// What the source has it under.
    pub(super) under: Option<String>,
}

/// Finds the first key.
pub(super) async fn find(
    search: &mut Search<'_>,
    sources: &AwsSources,
    host: &Host,
) -> Option<FoundKey> {
    let found = |key: AccessKey, source: &str, under: Option<String>| {
        Some(FoundKey { key, source: source.to_owned(), under })
    };
    let variables = "AWS_ACCESS_KEY_ID";
    match &sources.key {
        Some(key) => return found(key.clone(), variables, Some(key.id.clone())),
        None => search.pass(variables, "it is not set with AWS_SECRET_ACCESS_KEY"),
    }
    if let Some(found) = chain::find(search, sources, host).await {
        return Some(found);
    }
    let identity = "AWS_WEB_IDENTITY_TOKEN_FILE";
    match &sources.web_identity {
        Some(given) => match by_identity(search, sources, given, host).await {
            Ok(key) => return found(key, identity, Some(given.role.clone())),
            Err(error) => search.pass(identity, error),
        },
        None => search.pass(identity, "it is not set with AWS_ROLE_ARN"),
    }
    match by_container(search, sources).await {
        Ok(key) => return found(key, metadata::CONTAINER, None),
        Err(error) => search.pass(metadata::CONTAINER, error),
    }
    match by_instance(search, sources).await {
        Ok((key, role)) => return found(key, metadata::MACHINE, Some(role)),
        Err(error) => search.pass(metadata::MACHINE, error),
    }
    None
}

async fn by_identity(
    search: &Search<'_>,
    sources: &AwsSources,
    given: &WebIdentity,
    host: &Host,
) -> Result<AccessKey, Error> {
    let session = given.session.as_deref();
    let wanted = role::Role { arn: &given.role, session, external_id: None };
    role::by_identity(search.caller, &sources.endpoints, host, &wanted, given.token.text()?).await
}

/// Asks the metadata service of the container.
pub(super) async fn by_container(
    search: &Search<'_>,
    sources: &AwsSources,
) -> Result<AccessKey, Error> {
    let container = sources.container.as_ref().ok_or_else(|| Error::Unusable {
        what: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI".to_owned(),
        rule: "it is not set".to_owned(),
    })?;
    metadata::container(search.caller, container).await
}

/// Asks the metadata service of the machine; returns the key and the role that it is of.
pub(super) async fn by_instance(
    search: &Search<'_>,
    sources: &AwsSources,
) -> Result<(AccessKey, String), Error> {
    let service = sources.instance.as_ref().ok_or_else(|| Error::Unusable {
        what: "it is not asked".to_owned(),
        rule: "this is no machine of Amazon's, or it is turned off".to_owned(),
    })?;
    metadata::instance(search.caller, service).await
}
