//! Names of container images, and the credentials that open them.
//!
//! A *reference* names an image in a registry, a *digest* names bytes by their hash, a *platform*
//! chooses a child of an index. This crate parses and prints them, and finds credentials in the
//! files that Docker and Podman write.
//!
//! It opens no socket, reads no environment variable and starts no program: paths and values are
//! passed in.
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

pub mod auth;
mod digest;
mod grammar;
mod normalize;
mod platform;
mod reference;
mod registries;

pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
pub use grammar::Rule;
pub use normalize::{DOCKER_HUB, DOCKER_HUB_API, is_loopback_host, registry_name};
pub use platform::{ParsePlatformError, Platform};
pub use reference::{Defaults, ParseReferenceError, Reference};
pub use registries::{Endpoint, ParseRegistriesError, RegistriesConf, RouteError};
