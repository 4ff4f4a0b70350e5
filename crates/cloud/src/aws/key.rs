//! Access keys, and the order in which they are looked for (AWS SDKs, "Standardized credential providers").

use cutaway_ref::auth::Secret;
use reqwest::Url;

use super::{chain, metadata, role};
use crate::machine::File;
use crate::search::Search;
use crate::{Error, Host};

/// A key of Amazon's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The name of the key.
    pub id: String,
    /// The key itself, which is never sent.
    pub secret: Secret,
    /// The token that goes with a key that expires.
    pub session_token: Option<Secret>,
}

impl AccessKey {
    /// Makes a key.
    pub fn new(
        id: impl Into<String>,
        secret: impl Into<String>,
        session_token: Option<String>,
    ) -> Self {
        Self {
            id: id.into(),
            secret: Secret::new(secret),
            session_token: session_token.map(Secret::new),
        }
    }
}

/// Where a key may be found, in the order in which the sources are asked.
#[derive(Debug, Clone, Default)]
pub struct AwsSources {
    /// The key of the variables `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    pub key: Option<AccessKey>,
    /// The shared credentials file.
    pub credentials_file: Option<File>,
    /// The shared config file: roles, programs, logins.
    pub config_file: Option<File>,
    /// The profile of those files; `default` where it is `None`.
    pub profile: Option<String>,
    /// The folder where `aws sso login` leaves its tokens.
    pub sso_cache: Option<String>,
    /// A role that a signed identity opens, as pods have it.
    pub web_identity: Option<WebIdentity>,
    /// The metadata service of a container.
    pub container: Option<Container>,
    /// The metadata service of the machine, such as `http://169.254.169.254`; not asked where it is `None`.
    pub instance: Option<Url>,
    /// Services in the place of Amazon's own.
    pub endpoints: AwsEndpoints,
}

/// Services that are asked in the place of those that a registry's name leads to.
#[derive(Debug, Clone, Default)]
pub struct AwsEndpoints {
    /// For the tokens of private registries.
    pub ecr: Option<Url>,
    /// For the tokens of the public registry.
    pub ecr_public: Option<Url>,
    /// For the keys of roles.
    pub sts: Option<Url>,
    /// For the keys of logins.
    pub sso: Option<Url>,
}

/// A role, and the identity that opens it (STS, `AssumeRoleWithWebIdentity`).
#[derive(Debug, Clone)]
pub struct WebIdentity {
    /// The role's name, an ARN.
    pub role: String,
    /// What the session is to be called: `AWS_ROLE_SESSION_NAME`.
    pub session: Option<String>,
    /// The identity: a signed token.
    pub token: File,
}

/// The metadata service of a container.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its whole address.
    pub url: Url,
    /// What it wants to be told in `Authorization`.
    pub authorization: Option<Secret>,
}

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
