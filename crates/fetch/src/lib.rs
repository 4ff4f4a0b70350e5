//! Registry transport: a lazy, retrying, resuming source of manifests and blobs.
//!
//! A [`Registry`] resolves a reference with one request, and a [`Repository`] of it is a
//! [`cutaway_model::Blobs`]: a blob is fetched when somebody reads it, and when it breaks off it is
//! continued where it was. Credentials are shown only when the registry asks for them, and only to
//! its own origin and to token servers that are known to be its own.
//!
//! It never looks inside a blob: that size and digest are right is for the model to verify. It
//! reads no environment and no files.
//!
//! # Runtime
//!
//! Every `async` function here, every method of [`Repository`] as a [`cutaway_model::Blobs`] and every
//! stream that it opens needs a tokio runtime with I/O and time switched on; making a [`Registry`] needs
//! none. Dropping a future or a stream ends its request and frees its slot of [`Limits::requests`]; a token
//! that another request waits for too is then fetched by that one. Streams are read concurrently or one after the other; one that nobody reads
//! keeps its slot.
//!
//! ```no_run
//! use cutaway_fetch::{Config, Registry};
//! use cutaway_model::Blobs as _;
//! use cutaway_ref::{Reference, auth::Credential};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let reference: Reference = "alpine:3.20".parse()?;
//! let registry = Registry::new(reference.registry(), Credential::Anonymous, Config::default())?;
//! let resolved = registry.resolve(&reference).await?;
//! let stream = registry.repository(&reference).open(&resolved.descriptor).await?;
//! # drop(stream);
//! # Ok(())
//! # }
//! ```

mod address;
mod answer;
mod ask;
mod blobs;
mod body;
mod certificate;
pub mod challenge;
mod claim;
mod clock;
mod connecting;
mod document;
mod download;
mod error;
mod except;
mod exchange;
mod failure;
mod foreign;
mod google;
mod head;
mod link;
mod list;
mod manifest;
mod named;
mod own_key;
mod pages;
mod part;
mod pause;
mod places;
#[cfg(feature = "oci-client")]
mod plugged;
mod proxy;
mod purpose;
mod range;
mod realm;
mod redirect;
mod refusal;
mod registry;
mod repository;
mod retry;
mod schema1;
mod session;
mod settings;
mod sha512;
mod slots;
mod tls;
mod token;
mod transport;
mod unpack;
mod veil;
mod wanted;

pub use error::{Error, Kind, Offset, Tries};
pub use google::{Listed, Listing};
pub use manifest::Resolved;
/// The crate whose clients can be plugged in, in the version that fits.
#[cfg(feature = "oci-client")]
pub use oci_distribution as oci_client;
pub use places::Elsewhere;
#[cfg(feature = "oci-client")]
pub use plugged::ClientRepository;
pub use registry::Registry;
pub use repository::Repository;
pub use settings::{ClientCertificate, Config, Limits, Proxy, RetryPolicy, Times};
