//! Databases of advisories that were pulled: each in a folder of its own, and a line that names the current ones.
//!
//! Nothing changes a folder, and the line is replaced whole; so nobody has to wait for anybody.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cutaway_tar::Escaped;

use super::Advisories;
use super::artifact::written;
use crate::client::Client;
use crate::error::Error;
use crate::place::{Place, is_layout};

/// The file that names the folders that are current.
const CURRENT: &str = "current";
/// How long a folder stays that is not current any more: somebody may be reading it.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

impl Client {
    /// Pulls databases and makes them the current ones. Of several that have the same ecosystem the first
    /// counts. Returns why some of them could not be had.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why none of them could be had.
    pub async fn update_advisories(&self, names: &[String]) -> Result<Vec<String>, Error> {
        let home = self.home_of_advisories()?;
        let mut folders = Vec::new();
        let mut failed = Vec::new();
        for name in names {
            match self.pull_advisories(name, &home).await {
                Ok(folder) => folders.push(folder),
                Err(error) => failed.push((name, error)),
            }
        }
        if folders.is_empty() {
            let none = || Error::Usage("no database is named".to_owned());
            return Err(failed.into_iter().next().map_or_else(none, |(_, error)| error));
        }
        let lines: Vec<String> = folders
            .iter()
            .filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned()))
            .collect();
        let beside = home.join(format!(".{}.current", std::process::id()));
        let put = fs::write(&beside, lines.join("\n") + "\n")
            .and_then(|()| fs::rename(&beside, home.join(CURRENT)));
        put.map_err(|error| written(&home.join(CURRENT), error))?;
        clear(&home, &lines);
        let told = |(name, error): (&String, Error)| format!("{}: {error}", Escaped::new(name));
        Ok(failed.into_iter().map(told).collect())
    }

    /// Opens a database: a file or a directory with files, an artifact, which is pulled where it is not
    /// there yet, or, where none is named, the current ones.
    ///
    /// # Errors
    ///
    /// Returns that there is none, and why it cannot be had or used.
    pub async fn advisories(&self, told: Option<&str>) -> Result<Advisories, Error> {
        match told {
            None => current(&self.home_of_advisories()?),
            Some(name) if is_artifact(name) => {
                let home = self.home_of_advisories()?;
                Advisories::open(&self.pull_advisories(name, &home).await?)
            }
            Some(name) => Advisories::open(Path::new(name)),
        }
    }

    /// Returns where databases are kept: a folder in that of the cache.
    fn home_of_advisories(&self) -> Result<PathBuf, Error> {
        let none =
            || Error::Unanswered("databases are kept in the cache, and there is none".into());
        Ok(self.settings().cache_folder().ok_or_else(none)?.join("db"))
    }
}

/// Tells whether a name is that of an artifact, and not of a file or of a directory with files.
fn is_artifact(name: &str) -> bool {
    let path = Path::new(name);
    if path.exists() {
        return is_layout(path);
    }
    let is_path = ["/", "./", "../"].iter().any(|start| name.starts_with(start))
        || path.extension().is_some_and(|end| end == "db");
    let named = matches!(Place::of(name), Ok(Place::Registry(_) | Place::Layout(..)));
    !is_path && name.contains([':', '/']) && named
}

fn current(home: &Path) -> Result<Advisories, Error> {
    let none = "there is no database of advisories: --db names one, and db update brings some";
    let Ok(lines) = fs::read_to_string(home.join(CURRENT)) else {
        return Err(Error::Unanswered(none.to_owned()));
    };
    let is_name =
        |line: &&str| !line.is_empty() && line.bytes().all(|it| it.is_ascii_alphanumeric());
    let folders: Vec<PathBuf> = lines.lines().filter(is_name).map(|line| home.join(line)).collect();
    Advisories::open_all(&folders)
}

/// Removes what is not current any more and what nobody reads by now.
fn clear(home: &Path, current: &[String]) {
    let Ok(entries) = fs::read_dir(home) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_current = name
            .to_str()
            .is_some_and(|name| name == CURRENT || current.iter().any(|current| current == name));
        let changed = entry.metadata().and_then(|it| it.modified());
        let age = changed.ok().and_then(|it| SystemTime::now().duration_since(it).ok());
        if !is_current && age.is_some_and(|age| age > GRACE) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
