//! How files of a cache are named and opened.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;

/// How the names of files begin that are being written.
pub(crate) const TEMPORARY: &str = ".new-";

/// Returns a name that no other file has which is being written.
pub(crate) fn temporary() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // A random part, since processes in containers that share a folder have the same numbers.
    let mut random = [0; 8];
    let random = match getrandom::fill(&mut random) {
        Ok(()) => u64::from_le_bytes(random),
        Err(_) => 0,
    };
    format!("{TEMPORARY}{}-{number}-{random:016x}", std::process::id())
}

/// Opens a file for reading: no link is followed, and nothing is waited for.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Returns whether a file is that of the user who runs this.
pub(crate) fn is_ours(about: &Metadata) -> bool {
    about.uid() == rustix::process::geteuid().as_raw()
}
