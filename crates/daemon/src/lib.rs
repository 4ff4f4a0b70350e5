//! Images of container daemons: Docker, Podman and containerd, read from their sockets.
//!
//! An [`Engine`] speaks the API of Docker, which Podman speaks too, over a unix socket or TCP. It
//! finds an image by name ([`Engine::find`]) and has it saved ([`Engine::save`]): the archive comes
//! as a stream, of which nothing is kept, neither in memory nor on disk. An archive that ends early
//! or carries an error of the daemon fails at its end.
//!
//! [`Containerd`] is a [`cutaway_model::Blobs`]: containerd keeps images as registries have them, so only
//! the blobs that are read leave its store.
//!
//! Where the daemon is comes from outside: this crate reads no environment and no files.
//! [`context`] understands the files of Docker's contexts, as bytes.
//!
//! # Runtime
//!
//! Every `async` function and every stream needs a tokio runtime with I/O and time. Dropping a future or a
//! stream ends its request. A [`Containerd`] has one task that drives its connection; it ends with the last
//! that uses it.
//!
//! ```no_run
//! use cutaway_daemon::{Address, Config, Engine};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let address: Address = "unix:///var/run/docker.sock".parse()?;
//! let engine = Engine::connect("Docker", &[address], Config::default()).await?;
//! let found = engine.find("alpine:3.20").await?;
//! let archive = engine.save(&found).await?;
//! # drop(archive);
//! # Ok(())
//! # }
//! ```

mod address;
mod containerd;
pub mod context;
mod engine;
mod error;
mod grpc;
mod image;
mod saved;
mod settings;
mod socket;
mod wire;

pub use address::{Address, AddressError};
pub use containerd::Containerd;
pub use engine::Engine;
pub use error::Error;
pub use image::{Found, Store};
pub use settings::{Config, Times};
