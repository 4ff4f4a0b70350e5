//! Credentials for registries: what they are, where files keep them, and which one wins.
//!
//! Nothing here reads a file, an environment variable or the output of a program: contents and
//! values are passed in. The formats are those of Docker's `config.json` and of
//! `containers-auth.json(5)`.

mod credential;
mod secret;

pub use credential::Credential;
pub use secret::Secret;
