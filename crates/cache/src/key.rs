//! The key that seals entries: made once for a cache, readable by its owner alone, or named by its caller.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::place::{is_ours, temporary};

/// The fewest bytes of a key, and how many are made.
const BYTES: usize = 32;

/// The most bytes that are read of a file that holds one.
const MOST: u64 = 64 << 10;

/// A key. It is never shown.
#[derive(Clone)]
pub struct Key([u8; 64]);

impl Key {
    /// Makes a key of secret bytes, which whoever calls has found to be enough.
    pub fn of_bytes(secret: &[u8]) -> Self {
        let mut block = [0; 64];
        let digest: [u8; 32] = Sha256::digest(secret).into();
        block.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(block)
    }

    /// Reads the key in a file, of 32 bytes at least.
    ///
    /// # Errors
    ///
    /// Returns why the file cannot be read, or has too few bytes.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let read = File::open(file).and_then(|open| open.take(MOST).read_to_end(&mut bytes));
        read.map_err(Error::of(file))?;
        if bytes.len() < BYTES {
            return Err(Error::Key { path: file.to_owned(), rule: "has fewer than 32 bytes" });
        }
        Ok(Self::of_bytes(&bytes))
    }

    /// Returns the key of the cache in `folder`, which is made where there is none. Of several processes
    /// that make one at once all have the same.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be read or made, and that somebody else could read or replace it.
    pub fn of_folder(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("key");
        let key = match read_own(&path) {
            Err(Error::System { source, .. }) if source.kind() == ErrorKind::NotFound => {
                make(folder, &path)?;
                read_own(&path)?
            }
            read => read?,
        };
        match key {
            Some(key) => Ok(key),
            None => {
                tracing::warn!("the key {} was cut: what was kept is lost", path.display());
                std::fs::remove_file(&path).map_err(Error::of(&path))?;
                make(folder, &path)?;
                let lost = || Error::Key { path: path.clone(), rule: "does not stay whole" };
                read_own(&path)?.ok_or_else(lost)
            }
        }
    }

    pub(crate) fn block(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Reads the key of a folder; none where it has another length.
fn read_own(path: &Path) -> Result<Option<Key>, Error> {
    let file = crate::place::open(path).map_err(Error::of(path))?;
    let about = file.metadata().map_err(Error::of(path))?;
    let wrong = |rule| Err(Error::Key { path: path.to_owned(), rule });
    if !about.is_file() {
        return wrong("is no file");
    }
    if !is_ours(&about) {
        return wrong("is another user's");
    }
    if about.mode() & 0o077 != 0 {
        return wrong("can be read or written by others: it needs mode 0600");
    }
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).map_err(Error::of(path))?;
    Ok((bytes.len() == BYTES).then(|| Key::of_bytes(&bytes)))
}

/// Makes a key, unless somebody else is faster.
fn make(folder: &Path, path: &Path) -> Result<(), Error> {
    let mut bytes = [0; BYTES];
    let random = getrandom::fill(&mut bytes).map_err(std::io::Error::other);
    random.map_err(Error::of(path))?;
    let new = folder.join(temporary());
    let mut options = OpenOptions::new();
    let written = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        // A link is made where nothing is, and whole: nobody ever sees a part of a key.
        .and_then(|()| std::fs::hard_link(&new, path));
    let removed = std::fs::remove_file(&new);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        written => written.and(removed).map_err(Error::of(path)),
    }
}
