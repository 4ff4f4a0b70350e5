//! Which daemons a client was told of.

use std::path::PathBuf;

use cutaway_daemon::Address;

/// The daemons that a client was told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) docker: Option<Address>,
    pub(crate) podman: Option<Address>,
    pub(crate) containerd: Option<PathBuf>,
    pub(crate) namespace: Option<String>,
}
