//! Credentials for registries: what they are, where files keep them, and which one wins.
//!
//! Nothing here reads a file, an environment variable or the output of a program: contents and
//! values are passed in, and [`Programs`] starts the helpers. The formats are those of Docker's
//! `config.json`, of `containers-auth.json(5)`, of netrc and of Kubernetes' pull secrets.

mod config;
mod credential;
mod key;
mod keychain;
mod netrc;
mod places;
mod program;
mod pull_secret;
mod secret;
mod veil;

pub use config::{DockerConfig, ParseConfigError};
pub use credential::Credential;
pub use keychain::{Keychain, PassedOver, Resolution, Source};
pub use netrc::{Netrc, ParseNetrcError};
pub use places::Places;
pub use program::{Ended, HelperError, HelperName, NoPrograms, ParseHelperNameError, Programs};
pub use pull_secret::PullSecret;
pub use secret::Secret;
pub use veil::Veil;
