//! Access keys, and the order in which they are looked for (AWS SDKs, "Standardized credential providers").

use cutaway_ref::auth::Secret;
use reqwest::Url;

use super::{metadata, profile};
use crate::call::Caller;
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
    /// The contents of the shared credentials file.
    pub credentials_file: Option<Secret>,
    /// The contents of the shared config file.
    pub config_file: Option<Secret>,
    /// The profile of those files; `default` where it is `None`.
    pub profile: Option<String>,
    /// A role that a signed identity opens, as pods have it.
    pub web_identity: Option<WebIdentity>,
    /// The metadata service of a container.
    pub container: Option<Container>,
    /// The metadata service of the machine, such as `http://169.254.169.254`; not asked where it is `None`.
    pub instance: Option<Url>,
    /// Where tokens are asked for, in the place of the service that the registry's name leads to.
    pub endpoint: Option<Url>,
}

/// A role, and the identity that opens it (STS, `AssumeRoleWithWebIdentity`).
#[derive(Debug, Clone)]
pub struct WebIdentity {
    /// The role's name, an ARN.
    pub role: String,
    /// The identity: a signed token.
    pub token: Secret,
    /// Where it is exchanged, in the place of the service of the registry's region.
    pub endpoint: Option<Url>,
}

/// The metadata service of a container.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its whole address.
    pub url: Url,
    /// What it wants to be told in `Authorization`.
    pub authorization: Option<Secret>,
}

/// Finds the first key, and says where it is from.
pub(super) async fn find(
    caller: &Caller,
    sources: &AwsSources,
    host: &Host,
) -> Result<(AccessKey, &'static str), Error> {
    if let Some(key) = &sources.key {
        return Ok((key.clone(), "AWS_ACCESS_KEY_ID"));
    }
    let mut tried = vec!["no AWS_ACCESS_KEY_ID".to_owned()];
    let profile = sources.profile.as_deref().unwrap_or("default");
    for (file, contents, is_config) in [
        ("the shared credentials file", &sources.credentials_file, false),
        ("the shared config file", &sources.config_file, true),
    ] {
        match contents.as_ref().map(|contents| profile::key(contents.expose(), profile, is_config))
        {
            Some(Some(key)) => return Ok((key, file)),
            Some(None) => tried.push(format!("no key for the profile {profile:?} in {file}")),
            None => {}
        }
    }
    if let Some(identity) = &sources.web_identity {
        match metadata::assume_role(caller, identity, host).await {
            Ok(key) => return Ok((key, "AWS_WEB_IDENTITY_TOKEN_FILE")),
            Err(error) => tried.push(error.to_string()),
        }
    }
    if let Some(container) = &sources.container {
        match metadata::container(caller, container).await {
            Ok(key) => return Ok((key, "the container's metadata service")),
            Err(error) => tried.push(error.to_string()),
        }
    }
    match &sources.instance {
        Some(url) => match metadata::instance(caller, url).await {
            Ok(key) => return Ok((key, "the machine's metadata service")),
            Err(error) => tried.push(error.to_string()),
        },
        None => tried.push("this is no machine of Amazon's".to_owned()),
    }
    Err(Error::NoKey { cloud: "Amazon", tried: tried.join("; ") })
}
