//! Entries in a folder of this machine: a file each, written beside its place and renamed.
//!
//! `DIR/facts-1/ab/ab…` holds the entry whose name begins with `ab`. There are no locks: a reader sees the
//! whole of one entry, and a writer that is killed leaves a file with a name of its own, which is swept
//! after an hour. Nothing else that lies in the folder is touched, such as what another version keeps.
//! A file's modification time is that of its last use, kept to the hour.
//!
//! Files are small and read and written at once, on the thread that asks.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_analyze::Fingerprint;
use cutaway_tar::len64;

use crate::place::{open, temporary};
use crate::room::Room;
use crate::{Error, Store};

/// The folder of the entries of this form.
pub(crate) const FOLDER: &str = "facts-1";

/// How old a note of the last use may become.
const FRESH: Duration = Duration::from_hours(1);

/// A folder of entries, bounded in bytes: what was not used for longest goes first.
#[derive(Debug)]
pub struct LocalStore {
    folder: PathBuf,
    max: u64,
    room: Mutex<Room>,
}

impl LocalStore {
    /// Opens the store in `folder`, which has to be there, with room for `max` bytes.
    ///
    /// # Errors
    ///
    /// Returns why the folder cannot be used.
    pub fn open(folder: &Path, max: u64) -> Result<Self, Error> {
        let inside = folder.join(FOLDER);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&inside);
        made.map_err(Error::of(&inside))?;
        Ok(Self { folder: inside, max, room: Mutex::default() })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the most bytes that are held.
    pub fn max(&self) -> u64 {
        self.max
    }

    fn place(&self, name: &Fingerprint) -> PathBuf {
        let name = name.to_string();
        self.folder.join(name.get(..2).unwrap_or_default()).join(name)
    }

    fn read(&self, name: &Fingerprint) -> io::Result<Option<Bytes>> {
        let file = match open(&self.place(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let about = file.metadata()?;
        if !about.is_file() || about.len() > self.largest() {
            return Err(io::Error::other("it is no file of such a size as entries have"));
        }
        let mut bytes = Vec::new();
        (&file).take(self.largest()).read_to_end(&mut bytes)?;
        let now = SystemTime::now();
        let is_old = |used| now.duration_since(used).is_ok_and(|age| age > FRESH);
        if about.modified().is_ok_and(is_old) {
            // That a use cannot be noted does not make what was read another.
            let _ = file.set_modified(now);
        }
        Ok(Some(bytes.into()))
    }

    fn write(&self, name: &Fingerprint, entry: &[u8]) -> io::Result<()> {
        let length = len64(entry.len());
        if length > self.largest() {
            tracing::info!(length, "too large to be kept: more than an eighth of the cache");
            return Ok(());
        }
        self.make_room(length)?;
        let place = self.place(name);
        let folder = place.parent().unwrap_or(&self.folder);
        let new = folder.join(temporary());
        let written = self.create(folder, &new).and_then(|mut file| {
            file.write_all(entry)?;
            std::fs::rename(&new, &place)
        });
        written.inspect_err(|_| {
            // It may not have come to be.
            let _ = std::fs::remove_file(&new);
        })
    }

    fn create(&self, folder: &Path, new: &Path) -> io::Result<std::fs::File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        match options.open(new) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                options.open(new)
            }
            opened => opened,
        }
    }

    fn make_room(&self, length: u64) -> io::Result<()> {
        let mut room = self.room.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        room.make(&self.folder, length, self.max)
    }

    /// Returns how many bytes an entry may have, so that few of them cannot overrun the bound.
    fn largest(&self) -> u64 {
        self.max.div_euclid(8)
    }
}

#[async_trait]
impl Store for LocalStore {
    async fn get(&self, name: &Fingerprint) -> io::Result<Option<Bytes>> {
        self.read(name)
    }

    async fn put(&self, name: &Fingerprint, entry: &[u8]) -> io::Result<()> {
        self.write(name, entry)
    }
}
