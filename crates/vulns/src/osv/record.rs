//! One record: which flaws it is about, and which packages.

use std::borrow::Cow;

use cutaway_report::{FlawSeverity as Severity, Tenths};
use serde::Deserialize;

use crate::Limits;
use crate::osv::affected::Affected;
use crate::osv::loose::{self, Raw};
use crate::osv::severity::{self, of_word};

/// What a record says, as far as it is needed to match packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// Its id.
    pub id: String,
    /// When it was changed last, as it spells it.
    pub modified: Option<String>,
    /// Whether it has been taken back.
    pub withdrawn: bool,
    /// Ids of the same flaw.
    pub aliases: Vec<String>,
    /// The flaws that it stands for, where it is a notice of a distribution.
    pub covers: Vec<String>,
    /// The modules of rpm that it is about, as `nodejs:18`, where its summary names some.
    pub modules: Vec<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The score of the CVSS vector that is chosen, where there is one.
    pub score: Option<Tenths>,
    /// Every ecosystem that it names and that can be matched, withdrawn or not.
    pub affected: Vec<Affected>,
    /// What of it was passed over.
    pub skipped: Skipped,
}

/// How much of what records say was passed over, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Skipped {
    /// Entries without a package, or with a name beyond the limit.
    pub entries: u64,
    /// Entries of ecosystems whose versions have no order here.
    pub ecosystems: u64,
    /// Ranges of commits, and of types that are not known.
    pub ranges: u64,
    /// Events that are not known.
    pub events: u64,
    /// Ranges with a version that has no place in the order.
    pub unordered: u64,
    /// Versions beyond the limit.
    pub versions: u64,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is no JSON object with an `id`.
    #[error("no OSV record: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of a major version of the schema that is not known.
    #[error("schema_version {0}: only 1.x is known")]
    Schema(String),
    /// It meets a limit.
    #[error("more than the limit {name} = {limit}")]
    Limit {
        /// Which one.
        name: &'static str,
        /// Its value.
        limit: usize,
    },
}

#[derive(Deserialize)]
struct RawRecord<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    schema_version: Raw<'a>,
    #[serde(borrow, default)]
    modified: Raw<'a>,
    #[serde(borrow, default)]
    withdrawn: Raw<'a>,
    #[serde(borrow, default)]
    aliases: Raw<'a>,
    #[serde(borrow, default)]
    upstream: Raw<'a>,
    #[serde(borrow, default)]
    related: Raw<'a>,
    #[serde(borrow, default)]
    summary: Raw<'a>,
    #[serde(borrow, default)]
    severity: Raw<'a>,
    #[serde(borrow, default)]
    database_specific: Raw<'a>,
    #[serde(borrow, default)]
    affected: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct OfDatabase<'a> {
    #[serde(borrow, default)]
    severity: Raw<'a>,
}

/// Prefixes of notices that list the flaws they mend as related ones.
const NOTICES: &[&str] = &[
    "ALSA-",
    "ALBA-",
    "ALEA-",
    "RLSA-",
    "RXSA-",
    "RHSA-",
    "RHBA-",
    "RHEA-",
    "SUSE-",
    "openSUSE-SU-",
    "MGASA-",
    "OESA-",
    "USN-",
    "DSA-",
    "DLA-",
];

/// The same, whose summary begins with how bad they are.
const WITH_WORD: &[&str] = &["ALSA-", "RLSA-", "RXSA-", "RHSA-"];

impl Advisory {
    /// Reads a record. Fields that are not needed may be anything; a list may be null.
    ///
    /// # Errors
    ///
    /// Returns why nothing of the record can be used.
    pub fn read(json: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        if json.len() > limits.record_bytes {
            let limit = limits.record_bytes;
            return Err(RecordError::Limit { name: "osv_record_bytes", limit });
        }
        let raw: RawRecord<'_> = serde_json::from_slice(json)?;
        let schema = loose::text(raw.schema_version).unwrap_or_else(|| "1.0.0".to_owned());
        if schema.split('.').next() != Some("1") {
            return Err(RecordError::Schema(schema));
        }
        let id = raw.id.into_owned();
        if id.len() > limits.text_bytes {
            return Err(RecordError::Limit { name: "osv_text_bytes", limit: limits.text_bytes });
        }
        let is_text = |text: &String| text.len() <= limits.text_bytes;
        let ids = |raw| loose::texts(raw).into_iter().filter(is_text);
        let is_notice = NOTICES.iter().any(|prefix| id.starts_with(prefix));
        let related = ids(raw.related).filter(|id| is_notice && id.starts_with("CVE-"));
        let mut covers: Vec<String> =
            ids(raw.upstream).chain(related).map(|id| of_cve(&id).to_owned()).collect();
        let mut aliases: Vec<String> = ids(raw.aliases).collect();
        if is_notice {
            // Old ones call all that they mend the same; it is what they cover.
            let is_cve = |id: &mut String| id.starts_with("CVE-");
            covers.extend(aliases.extract_if(.., is_cve));
        }
        if covers.is_empty() && aliases.is_empty() && of_cve(&id) != id {
            covers.push(of_cve(&id).to_owned());
        }
        for list in [&mut covers, &mut aliases] {
            list.sort();
            list.dedup();
        }
        let summary = loose::text(raw.summary);
        let word = loose::text(loose::read::<OfDatabase<'_>>(raw.database_specific).severity);
        let severity = if id.starts_with("MAL-") {
            Severity::Critical
        } else {
            let prefixed = WITH_WORD.iter().any(|prefix| id.starts_with(prefix));
            let head = summary.as_deref().and_then(|it| it.split_once(':')).filter(|_| prefixed);
            head.and_then(|(word, _)| of_word(word))
                .or_else(|| severity::chosen(raw.severity))
                .or_else(|| word.and_then(|word| of_word(&word)))
                .unwrap_or_default()
        };
        let modules = summary.as_deref().filter(|_| is_notice).map_or_else(Vec::new, modules);
        let entries: Vec<&serde_json::value::RawValue> = loose::read(raw.affected);
        if entries.len() > limits.record_rows {
            return Err(RecordError::Limit { name: "osv_record_rows", limit: limits.record_rows });
        }
        let mut skipped = Skipped::default();
        let entries = entries.into_iter();
        let affected =
            entries.filter_map(|raw| Affected::read(Some(raw), limits, &mut skipped)).collect();
        Ok(Self {
            id,
            modified: loose::time(raw.modified),
            withdrawn: loose::time(raw.withdrawn).is_some(),
            aliases,
            covers,
            modules,
            severity,
            score: severity::score(raw.severity),
            affected,
            skipped,
        })
    }
}

/// Returns the CVE in an id such as `UBUNTU-CVE-2021-3782`: distributions have a record for each, which
/// stands for it.
fn of_cve(id: &str) -> &str {
    let at = id.find("-CVE-").map_or(0, |at| at.saturating_add(1));
    id.get(at..).unwrap_or(id)
}

/// Returns the words of a summary that are a module and its stream: `python39:3.9`.
fn modules(summary: &str) -> Vec<String> {
    let plain = |word: &str| {
        let mut letters = word.bytes();
        letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && letters.all(|it| it.is_ascii_alphanumeric() || b"-_.+".contains(&it))
    };
    let is_module = |word: &&str| {
        word.split_once(':').is_some_and(|(name, stream)| plain(name) && plain(stream))
    };
    let words = summary.split_ascii_whitespace().map(|word| word.trim_end_matches([',', ';']));
    words.filter(is_module).map(str::to_owned).collect()
}

impl Skipped {
    /// Adds what another record passed over.
    pub fn add(&mut self, other: Self) {
        for (mine, its) in self.counts_mut().into_iter().zip(other.counts()) {
            *mine = mine.saturating_add(its);
        }
    }

    /// Returns all counts, in the order in which they are written down.
    pub(crate) fn counts(mut self) -> [u64; 6] {
        self.counts_mut().map(|count| *count)
    }

    pub(crate) fn counts_mut(&mut self) -> [&mut u64; 6] {
        [
            &mut self.entries,
            &mut self.ecosystems,
            &mut self.ranges,
            &mut self.events,
            &mut self.unordered,
            &mut self.versions,
        ]
    }
}
