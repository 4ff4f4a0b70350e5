//! What a folder of entries holds: counted, checked, made smaller.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use cutaway_analyze::Fingerprint;
use serde::Serialize;

use crate::{Key, LocalStore, Store as _, open, room};

/// How much is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Info {
    /// How many entries there are.
    pub entries: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many bytes they may have.
    pub max_bytes: u64,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pruned {
    /// How many entries went.
    pub removed: u64,
    /// How many bytes they had.
    pub removed_bytes: u64,
    /// How many entries are left.
    pub entries: u64,
    /// How many bytes are left.
    pub bytes: u64,
}

/// An entry that is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Its file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub rule: String,
}

/// What a check of all entries has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Survey {
    /// How many entries are whole.
    pub whole: u64,
    /// Those that are not, by path.
    pub damaged: Vec<Finding>,
}

impl LocalStore {
    /// Counts what is kept.
    ///
    /// # Errors
    ///
    /// Returns what the system says against it.
    pub fn info(&self) -> io::Result<Info> {
        let held = room::list(self.folder())?;
        let bytes = held.iter().map(|held| held.bytes).fold(0, u64::saturating_add);
        let entries = held.iter().filter(|held| !held.temporary).count();
        let entries = entries.try_into().unwrap_or(u64::MAX);
        Ok(Info { entries, bytes, max_bytes: self.max() })
    }

    /// Removes what was not used for longest until at most `max` bytes are left, and what was left unfinished.
    ///
    /// # Errors
    ///
    /// Returns what the system says against it.
    pub fn prune(&self, max: u64) -> io::Result<Pruned> {
        let removed = room::shrink(self.folder(), max)?;
        Ok(Pruned {
            removed: removed.entries,
            removed_bytes: removed.bytes,
            entries: removed.left_entries,
            bytes: removed.left,
        })
    }

    /// Checks the seal of every entry.
    ///
    /// # Errors
    ///
    /// Returns what keeps the folder from being listed.
    pub async fn verify(&self, key: &Key) -> io::Result<Survey> {
        let mut survey = Survey { whole: 0, damaged: Vec::new() };
        for held in room::list(self.folder())?.into_iter().filter(|held| !held.temporary) {
            let name = held.path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.and_then(Fingerprint::parse) else { continue };
            let rule = match self.get(&name).await {
                // It went meanwhile.
                Ok(None) => continue,
                Ok(Some(entry)) => opened(key, &name, &entry),
                Err(error) => Some(error.to_string()),
            };
            match rule {
                None => survey.whole = survey.whole.saturating_add(1),
                Some(rule) => survey.damaged.push(Finding { path: held.path, rule }),
            }
        }
        survey.damaged.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(survey)
    }
}

fn opened(key: &Key, name: &Fingerprint, entry: &Bytes) -> Option<String> {
    open(key, name, entry).err().map(|damage| damage.to_string())
}
