//! Credentials for the registries of clouds, where no helper of theirs is installed.
//!
//! Amazon ECR, Google's registries and Azure ACR do not know the keys of their clouds: a key is
//! exchanged for a token that the registry takes. [`Clouds`] makes that exchange, keeps the token until
//! it expires, and is asked by the name of a registry: a name that is not of a cloud's own pattern
//! makes no request at all.
//!
//! It reads no environment and no file; keys, file contents and the addresses of metadata services are
//! passed in as [`Sources`]. A metadata service is asked only where one was passed in, and a file or a
//! program that the settings of a source name only by the [`Machine`] that was.
//!
//! # Runtime
//!
//! [`Clouds::find`] needs a tokio runtime with I/O and time. Dropping its future ends the exchange, and
//! whoever else waits for it begins anew; a program that a [`Machine`] runs is left to the machine to end.
//!
//! ```no_run
//! use cutaway_cloud::{AccessKey, Clouds, Settings, Sources};
//!
//! # async fn example() -> Result<(), cutaway_cloud::Error> {
//! let mut sources = Sources::default();
//! sources.aws.key = Some(AccessKey::new("AKIDEXAMPLE", "secret", None));
//! let clouds = Clouds::new(sources, Settings::default())?;
//! assert!(clouds.find("ghcr.io").await?.is_none());
//! let found = clouds.find("123456789012.dkr.ecr.eu-central-1.amazonaws.com").await?;
//! # drop(found);
//! # Ok(())
//! # }
//! ```

mod aws;
mod azure;
mod call;
mod clouds;
mod error;
mod found;
mod google;
mod host;
mod machine;
mod moment;
mod search;
mod settings;

pub use aws::{AccessKey, AwsEndpoints, AwsSources, Container, WebIdentity};
pub use azure::{AppService, AzureSources, Principal, Proof};
pub use clouds::{Clouds, Sources};
pub use error::Error;
pub use found::Found;
pub use google::GoogleSources;
pub use host::Host;
pub use machine::{File, Machine};
/// Addresses, as this crate takes them.
pub use reqwest::Url;
pub use settings::{Proxy, Settings};
