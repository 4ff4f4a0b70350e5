//! Names of container images, and the credentials that open them.
//!
//! A *reference* names an image in a registry, a *digest* names bytes by their hash, a *platform*
//! chooses a child of an index. This crate parses and prints them, and finds credentials in the
//! files that Docker and Podman write.
//!
//! It opens no socket, reads no environment variable and starts no program: paths and values are
//! passed in.

mod digest;
mod platform;

pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
pub use platform::{ParsePlatformError, Platform};
