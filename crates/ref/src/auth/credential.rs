//! The kinds of credentials that registries take.

use crate::auth::Secret;

/// What a registry may be told about who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// Nothing.
    Anonymous,
    /// A user name and a password, or a token in the place of one.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token that the registry's token server exchanges for tokens (OAuth 2).
    IdentityToken {
        /// The user name that came with it, if any.
        username: Option<String>,
        /// The token.
        token: Secret,
    },
    /// A token that the registry itself takes, as it is.
    RegistryToken(Secret),
}

impl Credential {
    /// Makes a user name and a password.
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Basic { username: username.into(), password: Secret::new(password) }
    }

    /// Returns the user name, where there is one.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Basic { username, .. } => Some(username),
            Self::IdentityToken { username, .. } => username.as_deref(),
            Self::Anonymous | Self::RegistryToken(_) => None,
        }
    }

    /// Returns the name of the kind: `anonymous`, `basic`, `identity-token` or `registry-token`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Basic { .. } => "basic",
            Self::IdentityToken { .. } => "identity-token",
            Self::RegistryToken(_) => "registry-token",
        }
    }
}
