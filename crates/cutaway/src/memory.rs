//! Keeping the secrets of this process out of core files and out of the reach of other processes.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Lets this process leave no core file from here on, and lets no process of the same user look into
/// its memory: it is about to hold a secret.
pub(crate) fn leave_no_core() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "cannot turn core files off");
    }
    // The limit is for files: a kernel that hands cores to a program does not look at it.
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "cannot turn dumps off");
        }
    }
}
