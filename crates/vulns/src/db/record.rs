//! Advisories and flaws, as the file has them.

use cutaway_report::{EpssReport, FlawSeverity, KevReport, Share, Tenths, utc};

use crate::db::code::{Reader, Writer};
use crate::db::error::DbError;
use crate::db::row;

/// An advisory, as a database has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Whether it has been taken back.
    pub withdrawn: bool,
    /// How bad the flaw is.
    pub severity: FlawSeverity,
    /// The score of its CVSS vector, where it has one.
    pub score: Option<Tenths>,
    /// When it was changed last, to the second.
    pub modified: Option<String>,
    /// The modules of rpm that it is about, as `nodejs:18`.
    pub modules: Vec<String>,
    /// The flaws that it is about: see [`Database::flaw`](crate::Database::flaw).
    pub flaws: Vec<u64>,
}

/// A flaw, by whatever id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// The id by which most people know it: a CVE, or else a GHSA, or else the smallest.
    pub id: String,
    /// Its other ids, sorted.
    pub others: Vec<String>,
    /// Since when it is known to be exploited, where it is.
    pub kev: Option<KevReport>,
    /// How probable it is that it will be, where that is known.
    pub epss: Option<EpssReport>,
}

/// The low bits of an advisory's first byte are how bad it is.
const SEVERITY: u8 = 7;
const WITHDRAWN: u8 = 1 << 3;
const SCORE: u8 = 1 << 4;
const MODULES: u8 = 1 << 5;

const KEV: u8 = 1;
const EPSS: u8 = 1 << 1;
const RANSOMWARE: u8 = 1 << 2;

/// Returns the first byte of an advisory.
pub(crate) fn flags(severity: FlawSeverity, withdrawn: bool, score: bool, modules: bool) -> u8 {
    let when = |flag: u8, set: bool| if set { flag } else { 0 };
    severity.rank() | when(WITHDRAWN, withdrawn) | when(SCORE, score) | when(MODULES, modules)
}

/// Writes what follows the id of a flaw.
pub(crate) fn write_flaw(
    others: &[&str],
    kev: Option<&KevReport>,
    epss: Option<&(Share, Share)>,
    out: &mut Writer,
) {
    let when = |flag: u8, set: bool| if set { flag } else { 0 };
    let ransomware = kev.is_some_and(|it| it.ransomware == Some(true));
    out.byte(when(KEV, kev.is_some()) | when(EPSS, epss.is_some()) | when(RANSOMWARE, ransomware));
    out.count(others.len());
    others.iter().for_each(|other| out.text(other));
    if let Some(kev) = kev {
        out.text(&kev.added);
        out.text(kev.due.as_deref().unwrap_or_default());
    }
    if let Some((Share(score), Share(percentile))) = epss {
        out.number(u64::from(*score));
        out.number(u64::from(*percentile));
    }
}

impl Stored {
    /// Reads an advisory, of a database of so many flaws.
    pub(crate) fn read(id: &str, bytes: &[u8], known: u64) -> Result<Self, DbError> {
        let mut input = Reader::new(bytes);
        let first = input.byte()?;
        let has = |flag: u8| first & flag != 0;
        if first & !(SEVERITY | WITHDRAWN | SCORE | MODULES) != 0 {
            return Err(DbError::Forged("an advisory with a part that is not known"));
        }
        let modified = input.number()?.checked_sub(1);
        let score = if has(SCORE) { Some(Tenths(input.byte()?)) } else { None };
        let modules = if has(MODULES) { input.texts()? } else { Vec::new() };
        let count = input.count()?;
        let flaws: Vec<u64> = (0..count).map(|_| input.number()).collect::<Result<_, _>>()?;
        input.end()?;
        if flaws.iter().any(|flaw| *flaw >= known) {
            return Err(DbError::Forged("an advisory of a flaw that is not there"));
        }
        Ok(Self {
            id: id.to_owned(),
            withdrawn: has(WITHDRAWN),
            severity: row::severity(first & SEVERITY)?,
            score,
            modified: modified.and_then(|it| i64::try_from(it).ok()).map(utc),
            modules,
            flaws,
        })
    }
}

impl Flaw {
    /// Reads a flaw; scores are of the day that is told.
    pub(crate) fn read(id: &str, bytes: &[u8], scored: Option<&str>) -> Result<Self, DbError> {
        let mut input = Reader::new(bytes);
        let first = input.byte()?;
        let has = |flag: u8| first & flag != 0;
        if first & !(KEV | EPSS | RANSOMWARE) != 0 {
            return Err(DbError::Forged("a flaw with a part that is not known"));
        }
        let others = input.texts()?;
        let mut kev = None;
        if has(KEV) {
            let added = input.text()?.to_owned();
            let due = Some(input.text()?.to_owned()).filter(|day| !day.is_empty());
            kev = Some(KevReport { added, due, ransomware: has(RANSOMWARE).then_some(true) });
        }
        let mut epss = None;
        if has(EPSS) {
            let mut share = || {
                let parts = u32::try_from(input.number()?).ok().filter(|parts| *parts <= 100_000);
                parts.map(Share).ok_or(DbError::Forged("a share above the whole"))
            };
            let (score, percentile) = (share()?, share()?);
            epss = Some(EpssReport { score, percentile, date: scored.map(str::to_owned) });
        }
        input.end()?;
        Ok(Self { id: id.to_owned(), others, kev, epss })
    }
}
