//! Names of container images, and the credentials that open them.
//!
//! A *reference* names an image in a registry, a *digest* names bytes by their hash, a *platform*
//! chooses a child of an index. This crate parses and prints them. Behind the feature `auth`, which is on by
//! default, it finds credentials in the files that Docker and Podman write, and reads `registries.conf`.
//!
//! It opens no socket, reads no environment variable and starts no program: contents and values are
//! passed in. Nothing here needs a runtime.
//!
//! ```
//! use cutaway_ref::Reference;
//!
//! let reference: Reference = "alpine:3.20".parse()?;
//! assert_eq!(reference.registry(), "docker.io");
//! assert_eq!(reference.to_string(), "docker.io/library/alpine:3.20");
//!
//! let wrong = "docker://alpine".parse::<Reference>().unwrap_err();
//! assert!(wrong.to_string().contains("docker:// is a transport"));
//! # Ok::<(), cutaway_ref::ParseReferenceError>(())
//! ```

#[cfg(feature = "auth")]
pub mod auth;
mod digest;
mod grammar;
mod normalize;
mod platform;
mod reference;
#[cfg(feature = "auth")]
mod registries;

pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
pub use grammar::Rule;
pub use normalize::{DOCKER_HUB, DOCKER_HUB_API, is_loopback_host, registry_name};
pub use platform::{ParsePlatformError, Platform};
pub use reference::{Defaults, ParseReferenceError, Reference};
#[cfg(feature = "auth")]
pub use registries::{Endpoint, ParseRegistriesError, RegistriesConf, RouteError};
