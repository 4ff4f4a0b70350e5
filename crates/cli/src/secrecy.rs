//! Keeping secrets out of core files.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Lets this process leave no core file from here on: its memory is about to hold a secret.
pub(crate) fn leave_no_core() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "cannot turn core files off");
    }
}
