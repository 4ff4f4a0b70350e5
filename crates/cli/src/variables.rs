//! The variables of this process, which stand for options.

use std::ffi::{OsStr, OsString};

/// Returns a variable.
#[expect(clippy::disallowed_methods, reason = "this is the command line")]
pub(crate) fn variable(name: impl AsRef<OsStr>) -> Option<OsString> {
    std::env::var_os(name)
}
