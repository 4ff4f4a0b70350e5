//! Files that are not as packages record them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Files that are not as packages record them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesReport {
    /// Everything but directories that no package owns, sorted.
    pub unowned: FileList,
    /// What packages own and is something else than they recorded, or has other content, sorted.
    pub modified: FileList,
    /// What packages record and the image lacks, sorted.
    pub missing: FileList,
    /// Directories in which no package owns anything, none of them within another one, sorted. They
    /// are not written: a report that was read has none.
    #[serde(skip)]
    pub unowned_directories: Vec<String>,
}

/// A file that is not as a package records it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileReport {
    /// The path.
    pub path: String,
    /// The layer that put there what is there now; of a missing file the one that hid it, where a
    /// layer ever had it.
    pub layer: Option<usize>,
    /// The packages that own it.
    pub packages: Vec<String>,
    /// Whether a package has it as a configuration file.
    pub config: bool,
    /// What was recorded: a digest such as `md5:…`, `link:TARGET`, or what else was there.
    pub recorded: Option<String>,
    /// What is there: a digest, `link:TARGET`, or what else it is.
    pub found: Option<String>,
    /// What in the image explains it.
    pub explained: Option<String>,
}

/// Where the files of a list are: a report of each is made when it is asked for.
///
/// Of a large image every file may be on a list, so whoever makes one need not hold the reports.
pub trait FileSource: fmt::Debug + Send + Sync {
    /// Returns how many files there are.
    fn len(&self) -> usize;

    /// Returns whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the report of the file at a position below [`len`](Self::len), in the order of the paths.
    fn get(&self, position: usize) -> Option<FileReport>;

    /// Returns what in the image explains the file at a position.
    fn explained(&self, position: usize) -> Option<&str>;
}

/// Files that are not as packages record them, sorted by path.
///
/// Two lists are equal where they hold equal files, however they hold them.
#[derive(Debug, Clone)]
pub struct FileList(Arc<dyn FileSource>);

impl FilesReport {
    /// Returns the directory around `path` in which no package owns anything, the largest one.
    pub fn directory_of(&self, path: &str) -> Option<&str> {
        let directories = &self.unowned_directories;
        let slashes = path.match_indices('/').map(|(at, _)| at);
        let above = slashes.filter_map(|at| path.get(..at));
        let mut found = above.filter_map(|above| {
            let at = directories.binary_search_by(|known| known.as_str().cmp(above)).ok()?;
            directories.get(at).map(String::as_str)
        });
        found.next()
    }
}

impl FileList {
    /// Makes a list of files that are held elsewhere.
    pub fn new(source: Arc<dyn FileSource>) -> Self {
        Self(source)
    }

    /// Returns how many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = FileReport> + '_ {
        (0..self.0.len()).filter_map(|position| self.0.get(position))
    }

    /// Returns the files that nothing in the image explains, sorted by path.
    pub fn unexplained(&self) -> impl Iterator<Item = FileReport> + '_ {
        let positions = (0..self.0.len()).filter(|position| self.0.explained(*position).is_none());
        positions.filter_map(|position| self.0.get(position))
    }

    /// Returns each explanation, and how many files it explains.
    pub fn reasons(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for reason in (0..self.0.len()).filter_map(|position| self.0.explained(position)) {
            let count: &mut u64 = counts.entry(reason).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

impl FileSource for Vec<FileReport> {
    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, position: usize) -> Option<FileReport> {
        self.as_slice().get(position).cloned()
    }

    fn explained(&self, position: usize) -> Option<&str> {
        self.as_slice().get(position)?.explained.as_deref()
    }
}

impl From<Vec<FileReport>> for FileList {
    fn from(files: Vec<FileReport>) -> Self {
        Self(Arc::new(files))
    }
}

impl PartialEq for FileList {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for FileList {}

impl Serialize for FileList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for FileList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<FileReport>::deserialize(deserializer).map(Self::from)
    }
}
