//! The cache of a client: where it is, whether there is one, and opened when it is first asked for.

use std::path::{Path, PathBuf};

use cutaway_cache::{Cache, LocalStore};

use crate::client::Client;
use crate::environment::Environment;
use crate::error::Error;
use crate::kept::{LocalCache, unusable};
use crate::settings::Settings;

impl Client {
    /// Returns the cache of this client.
    ///
    /// # Errors
    ///
    /// Returns that there is none, or why it cannot be used.
    pub fn cache(&self) -> Result<LocalCache, Error> {
        let settings = self.settings();
        let none = || Error::Usage("there is no cache: name its folder".to_owned());
        let folder = settings.cache_folder().ok_or_else(none)?;
        let opened = settings.open_cache(folder.clone());
        opened.map_err(|error| unusable(&folder, &error))
    }
}

impl Settings {
    /// Returns the cache, where there is one and it can be used.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        let open = || {
            let opened = self.open_cache(self.cache_folder()?);
            let told = opened.inspect_err(
                |error| tracing::warn!(target: "cutaway_cache", "nothing is kept: {error}"),
            );
            told.ok()
        };
        self.cache.opened.get_or_init(open).as_ref().map(|opened| &opened.cache)
    }

    fn open_cache(&self, folder: PathBuf) -> Result<LocalCache, cutaway_cache::Error> {
        LocalCache::open(folder, self.cache.key_file.as_deref(), self.limits.cache_bytes)
    }

    /// Returns the folder of the cache, where there is to be one.
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        if self.cache.off {
            return None;
        }
        self.cache.folder.clone().or_else(|| usual(self.environment.as_ref()?))
    }
}

/// Returns where a machine keeps caches; none where the folder of its user is not there.
fn usual(environment: &Environment) -> Option<PathBuf> {
    if environment.get("CUTAWAY_NO_CACHE").is_some_and(|no| !matches!(&*no, "0" | "false" | "no")) {
        return None;
    }
    if let Some(named) = environment.path("CUTAWAY_CACHE_DIR") {
        return Some(named);
    }
    let of_user = environment.path("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
    let home = || environment.path("HOME").filter(|home| home.is_absolute() && home.is_dir());
    Some(of_user.or_else(|| Some(home()?.join(".cache")))?.join("cutaway"))
}

/// Makes the directory where it is missing, and sees that something can be written into it. A disk that is
/// full or must not be written is no error: nothing is kept then.
///
/// # Errors
///
/// Returns what else the system says against it.
pub fn cache_directory(directory: &Path) -> Result<(), Error> {
    let opened = LocalStore::open(directory, 0).map(drop);
    match opened {
        Err(error) if !error.is_about_disk() => Err(unusable(directory, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_machines_keep_caches() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().to_str().unwrap();
        let below = format!("{home}/.cache/cutaway");
        let (home, nowhere) = (("HOME", home), ("HOME", "/nonexistent"));
        for (variables, folder) in [
            (vec![home], Some(&*below)),
            (vec![nowhere], None),
            (vec![], None),
            (vec![nowhere, ("XDG_CACHE_HOME", "/x")], Some("/x/cutaway")),
            (vec![home, ("XDG_CACHE_HOME", "x")], Some(&*below)),
            (vec![home, ("CUTAWAY_CACHE_DIR", "/y")], Some("/y")),
            (vec![home, ("CUTAWAY_NO_CACHE", "1")], None),
            (vec![home, ("CUTAWAY_NO_CACHE", "false")], Some(&*below)),
        ] {
            let found = usual(&variables.iter().copied().collect());
            assert_eq!(found.as_deref(), folder.map(Path::new), "{variables:?}");
        }
    }
}
