//! Any container image by its name, with what this machine knows of registries and daemons.
//!
//! A [`Client`] finds credentials, mirrors, certificates, proxies and daemons as the binary `cutaway`
//! does: [`Client::from_env`] asks this machine for them, [`Client::builder`] knows only what it is told.
//!
//! # Runtime
//!
//! What is `async` here needs a tokio runtime with its time and I/O drivers enabled. Dropping a future
//! ends its requests; nothing is left behind on disk.
//!
//! # Features
//!
//! `clouds` (keys of Amazon, Google and Azure) and `daemons` (Docker, Podman, containerd) are on by
//! default. Without them their packages are not built.

mod builder;
mod client;
#[cfg(feature = "clouds")]
mod clouds;
mod credentials;
#[cfg(feature = "daemons")]
mod daemons;
mod environment;
mod error;
mod hosts;
mod limits;
mod memory;
mod moved;
mod pem;
mod place;
mod proxies;
mod registry;
mod settings;
mod transport;

pub use builder::Builder;
pub use client::Client;
pub use cutaway_model::Class;
pub use environment::Environment;
pub use error::Error;
pub use limits::{LimitError, Limits, Lookup, NamedLimit, Transport, parse_size};
pub use moved::Moved;
pub use pem::Pem;
pub use place::{Engine, Place, redirected};
pub use registry::reference;
