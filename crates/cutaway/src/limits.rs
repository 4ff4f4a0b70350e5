//! Every limit of a client, in sections, and each by its name.

mod duration;
mod serving;
mod size;
mod table;

use std::time::Duration;

use cutaway_fetch::{RetryPolicy, Times};

pub use duration::parse_duration;
pub use serving::Serving;
pub use size::parse_size;
use table::ROWS;

/// Everything that bounds a client. What is over a limit is refused, and the error names it.
///
/// ```
/// let mut limits = cutaway::Limits::default();
/// limits.set("layers", 100)?;
/// limits.set_text("database_bytes=64MiB")?;
/// assert!(limits.set("layer", 100).is_err());
/// # Ok::<(), cutaway::LimitError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Documents, streams and layers.
    pub read: cutaway_read::Limits,
    /// What is made of layers by analyzers.
    pub scan: cutaway_scan::Limits,
    /// Single files.
    pub files: cutaway_files::Limits,
    /// Bills of materials that are read.
    pub bill: cutaway_sbom::Limits,
    /// Advisories that are read.
    pub advisories: cutaway_vulns::Limits,
    /// Requests to registries.
    pub transport: Transport,
    /// Looking for credentials.
    pub lookup: Lookup,
    /// The gate as a service.
    pub serving: Serving,
    /// `stdin_bytes`: an archive that a pipe brings to who reads it twice. 512 MiB.
    pub stdin_bytes: u64,
    /// `cache_bytes`: what is kept between runs. 2 GiB.
    pub cache_bytes: u64,
}

/// The limits of the transport.
#[derive(Debug, Clone, Default)]
pub struct Transport {
    /// Sizes and counts.
    pub limits: cutaway_fetch::Limits,
    /// Times of one request.
    pub times: Times,
    /// Times and counts of tries.
    pub retry: RetryPolicy,
}

/// The limits of looking for credentials.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// `helper_ms`: how long a program that has credentials may take. 10 s.
    pub helper: Duration,
    /// `helper_bytes`: how much it may write. 64 KiB.
    pub helper_bytes: u64,
    /// `credential_bytes`: the size of a file, or of a password on standard input. 4 MiB.
    pub credential_bytes: u64,
    /// `cloud_ms`: how long a request to a cloud may take. 10 s.
    pub cloud: Duration,
    /// `metadata_connect_ms`: how long connecting to a metadata service may take. 1 s.
    pub metadata_connect: Duration,
    /// `answer_bytes`: the size of a cloud's answer. 1 MiB.
    pub answer_bytes: usize,
}

impl Default for Lookup {
    fn default() -> Self {
        Self {
            helper: Duration::from_secs(10),
            helper_bytes: 64 << 10,
            credential_bytes: 4 << 20,
            cloud: Duration::from_secs(10),
            metadata_connect: Duration::from_secs(1),
            answer_bytes: 1 << 20,
        }
    }
}

/// The limits for this machine: as many layers at once as its cores can read.
impl Default for Limits {
    fn default() -> Self {
        Self {
            read: cutaway_read::Limits::default(),
            scan: cutaway_scan::Limits::default(),
            files: cutaway_files::Limits::default(),
            bill: cutaway_sbom::Limits::default(),
            advisories: cutaway_vulns::Limits::default(),
            transport: Transport::default(),
            lookup: Lookup::default(),
            serving: Serving::default(),
            stdin_bytes: 512 << 20,
            cache_bytes: 2 << 30,
        }
    }
}

/// A limit as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedLimit {
    /// Its name, as errors say it.
    pub name: &'static str,
    /// Its value, in the unit that the name ends with; a count where it ends with none.
    pub value: u64,
    /// What it bounds.
    pub what: &'static str,
}

/// Why a limit cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// The text has no `=`.
    #[error("limit \"{0}\" is not NAME=VALUE")]
    NoPair(String),
    /// No limit has this name.
    #[error("there is no limit \"{0}\"; `cutaway limits` prints them all")]
    Unknown(String),
    /// The value cannot be one of this limit.
    #[error("limit {name}: {rule}")]
    Value {
        /// The name of the limit.
        name: String,
        /// Why it is refused.
        rule: String,
    },
}

impl Limits {
    /// Sets a limit by its name.
    ///
    /// # Errors
    ///
    /// Returns an error where no limit has the name or where the value is too large for it.
    pub fn set(&mut self, name: &str, value: u64) -> Result<(), LimitError> {
        let refused = |rule: String| LimitError::Value { name: name.to_owned(), rule };
        let row = ROWS.iter().find(|(known, _, _)| *known == name);
        let (_, slot, _) = row.ok_or_else(|| LimitError::Unknown(name.to_owned()))?;
        let max = cutaway_model::Limits::MAX_LAYERS;
        if name == "layers" && value > max {
            return Err(refused(format!("{value} is over its maximum of {max}")));
        }
        slot(self).set(value).ok_or_else(|| refused(format!("{value} is too large")))
    }

    /// Sets a limit as people write it, `NAME=VALUE` with an optional unit: `database_bytes=64MiB`.
    ///
    /// # Errors
    ///
    /// Returns an error where the text is no such pair, and those of [`set`](Self::set).
    pub fn set_text(&mut self, text: &str) -> Result<(), LimitError> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| LimitError::NoPair(text.to_owned()))?;
        let value = parse_size(value)
            .map_err(|rule| LimitError::Value { name: name.to_owned(), rule: rule.to_owned() })?;
        self.set(name, value)
    }

    /// Lists every limit as it stands, always in the same order.
    pub fn table(&self) -> Vec<NamedLimit> {
        let mut all = self.clone();
        let row = |(name, slot, what): &table::Row| NamedLimit {
            name,
            value: slot(&mut all).get(),
            what,
        };
        ROWS.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_take_values() {
        let table = Limits::default().table();
        let names: std::collections::BTreeSet<_> = table.iter().map(|limit| limit.name).collect();
        assert_eq!(names.len(), table.len());
        for name in names {
            let mut changed = Limits::default();
            changed.set_text(&format!("{name}=7")).unwrap();
            let differ = |one: &[NamedLimit], other: &[NamedLimit]| {
                one.iter().zip(other).filter(|(one, other)| one != other).count()
            };
            let value = |limit: &&NamedLimit| limit.name == name && limit.value == 7;
            assert!(changed.table().iter().find(value).is_some(), "{name}");
            assert!(
                differ(&changed.table(), &table) <= 1,
                "{name} is kept in the place of another"
            );
        }
    }

    #[test]
    fn what_is_refused() {
        for (text, expected) in [
            ("layers", "limit \"layers\" is not NAME=VALUE"),
            ("nonsense=1", "there is no limit \"nonsense\"; `cutaway limits` prints them all"),
            ("layers=x", "limit layers: a limit is a number, perhaps with KiB, MiB or GiB"),
            ("layers=1000000", "limit layers: 1000000 is over its maximum of 1024"),
            ("tries=4294967296", "limit tries: 4294967296 is too large"),
        ] {
            let error = Limits::default().set_text(text).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[cfg(feature = "clouds")]
    #[test]
    fn times_of_clouds_are_those_of_their_crate() {
        let (ours, theirs) = (Lookup::default(), cutaway_cloud::Settings::default());
        assert_eq!(ours.cloud, theirs.patience);
        assert_eq!(ours.metadata_connect, theirs.metadata_connect);
        assert_eq!(ours.answer_bytes, theirs.answer_bytes);
    }
}
