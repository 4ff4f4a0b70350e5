//! Access keys, and where they may be found.

use cutaway_ref::auth::Secret;
use reqwest::Url;

use crate::machine::File;

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
