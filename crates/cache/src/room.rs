//! The bound of a folder: what is in it, and what goes when it is full.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::place::TEMPORARY;

/// How old a file gets that somebody seems to write still.
const ABANDONED: Duration = Duration::from_hours(1);

/// One file of the folder.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) used: SystemTime,
    /// Whether it is none but what a writer has left.
    pub(crate) temporary: bool,
}

/// What one process knows of how full the folder is.
///
/// Others write into it, too. So it is looked at anew when this process alone has written an eighth of what
/// was free; full is at 15 sixteenths of the bound, the rest is for who writes at the same time.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// What may be written until the folder is looked at.
    free: u64,
}

impl Room {
    /// Makes room for `length` bytes.
    pub(crate) fn make(&mut self, folder: &Path, length: u64, max: u64) -> io::Result<()> {
        if length <= self.free {
            self.free = self.free.saturating_sub(length);
            return Ok(());
        }
        let full = max.saturating_sub(max.div_euclid(16));
        let removed = shrink(folder, full.saturating_sub(length))?;
        let left = full.saturating_sub(removed.left).saturating_sub(length);
        self.free = left.div_euclid(8);
        Ok(())
    }
}

/// What went, and what is left.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Removed {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    pub(crate) left: u64,
    pub(crate) left_entries: u64,
}

/// Removes what was not used for longest until no more than `max` bytes are left, and what writers left an
/// hour ago. Where something has to go, so much goes that not every entry makes something go.
pub(crate) fn shrink(folder: &Path, max: u64) -> io::Result<Removed> {
    let mut held = list(folder)?;
    let now = SystemTime::now();
    let abandoned = |held: &Held| {
        held.temporary && now.duration_since(held.used).is_ok_and(|age| age > ABANDONED)
    };
    let mut removed = Removed::default();
    let total = held.iter().map(|held| held.bytes).fold(0, u64::saturating_add);
    removed.left = total;
    removed.left_entries =
        held.iter().filter(|held| !held.temporary).count().try_into().unwrap_or(u64::MAX);
    let enough = if total > max { max.saturating_sub(max.div_euclid(16)) } else { max };
    held.sort_by(|a, b| (b.temporary, a.used, &a.path).cmp(&(a.temporary, b.used, &b.path)));
    for held in held {
        let over = removed.left > enough && !held.temporary;
        if !over && !abandoned(&held) {
            continue;
        }
        match std::fs::remove_file(&held.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        removed.left = removed.left.saturating_sub(held.bytes);
        if !held.temporary {
            removed.entries = removed.entries.saturating_add(1);
            removed.left_entries = removed.left_entries.saturating_sub(1);
            removed.bytes = removed.bytes.saturating_add(held.bytes);
        }
    }
    Ok(removed)
}

/// Lists the files of entries, and those that are being written. What else lies there is none of ours.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<Held>> {
    let mut all = Vec::new();
    for shelf in std::fs::read_dir(folder)? {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() || !is_hex(&shelf.file_name(), 2) {
            continue;
        }
        for file in std::fs::read_dir(shelf.path())? {
            let file = file?;
            let name = file.file_name();
            let temporary = name.to_string_lossy().starts_with(TEMPORARY);
            if !temporary && !is_hex(&name, 64) {
                continue;
            }
            // One that goes while it is looked at is gone.
            let Ok(about) = file.metadata() else { continue };
            let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            all.push(Held { path: file.path(), bytes: about.len(), used, temporary });
        }
    }
    Ok(all)
}

fn is_hex(name: &std::ffi::OsStr, length: usize) -> bool {
    let name = name.as_encoded_bytes();
    name.len() == length && name.iter().all(u8::is_ascii_hexdigit)
}
