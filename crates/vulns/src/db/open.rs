//! A file of a database is opened: its directory is read, and then what is asked for.

mod table;

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use cutaway_report::AdvisorySource;
use sha2::{Digest as _, Sha256};

use crate::db::code::Reader;
use crate::db::error::DbError;
use crate::db::header::{self, Place, Trailer, sum};
use crate::db::index::Table;
use crate::db::record::{Flaw, Stored};
use crate::db::row::Row;
use crate::osv::Skipped;
use table::Sorted;

/// A file of a database.
pub(crate) struct Part {
    file: File,
    pub(crate) digest: String,
    counts: Counts,
    /// The day of the scores of flaws.
    scored: Option<String>,
    sources: Vec<Source>,
    advisories: Sorted,
    flaws: Sorted,
}

/// What stands in a database in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Records, withdrawn ones too.
    pub records: u64,
    /// Records that were taken back.
    pub withdrawn: u64,
    /// Records that could not be read when it was built.
    pub unread: u64,
    /// What of records was passed over when it was built.
    pub skipped: Skipped,
}

/// A file of which parts are read.
pub(crate) struct File {
    input: Box<dyn Input>,
    length: u64,
}

/// What a database can be read from.
pub(crate) trait Input: Read + Seek + Send {}

impl<T: Read + Seek + Send> Input for T {}

/// An ecosystem.
struct Source {
    told: AdvisorySource,
    rows: u64,
    packages: Sorted,
}

impl Part {
    /// Opens a database: reads its two ends and its directory.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub(crate) fn open(input: impl Read + Seek + Send + 'static) -> Result<Self, DbError> {
        let mut file = File { input: Box::new(input), length: 0 };
        file.length = file.input.seek(SeekFrom::End(0))?;
        let mut magic = [0; header::MAGIC.len()];
        file.input.rewind()?;
        file.input.read_exact(&mut magic).map_err(short)?;
        if &magic != header::MAGIC {
            return Err(DbError::NotOurs);
        }
        let trailer = u64::try_from(header::LENGTH).unwrap_or_default();
        let start = file.length.checked_sub(trailer).ok_or(DbError::Cut)?;
        let mut end = [0; header::LENGTH];
        file.input.seek(SeekFrom::Start(start))?;
        file.input.read_exact(&mut end).map_err(short)?;
        let header = Trailer::read(&end, file.length)?;
        let directory = file.part(header.directory, "the directory")?;
        let mut input = Reader::new(&directory);
        let mut counts = Counts {
            records: input.number()?,
            withdrawn: input.number()?,
            unread: input.number()?,
            ..Counts::default()
        };
        for count in counts.skipped.counts_mut() {
            *count = input.number()?;
        }
        let scored = Some(input.text()?.to_owned()).filter(|day| !day.is_empty());
        let mut behind = u64::try_from(header::MAGIC.len()).unwrap_or_default();
        let advisories = Sorted::new(Table::read(&mut input, &mut behind)?);
        let flaws = Sorted::new(Table::read(&mut input, &mut behind)?);
        if advisories.len() != counts.records {
            return Err(DbError::Forged("the directory counts other records than there are"));
        }
        let count = input.count()?;
        let mut sources: Vec<Source> = Vec::new();
        for _ in 0..count {
            let source = Source::read(&mut input, &mut behind)?;
            if sources.last().is_some_and(|last| last.told.ecosystem >= source.told.ecosystem) {
                return Err(DbError::Forged("the directory is not sorted"));
            }
            sources.push(source);
        }
        input.end()?;
        if behind != header.directory.offset || header.directory.end() != Some(start) {
            return Err(DbError::Forged("the directory lies elsewhere than behind the rest"));
        }
        let digits: String = header.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = format!("sha256:{digits}");
        Ok(Self { file, digest, counts, scored, sources, advisories, flaws })
    }

    /// Returns how many flaws it has.
    pub(crate) fn flaws(&self) -> u64 {
        self.flaws.len()
    }

    /// Returns the bytes of the file.
    pub(crate) fn length(&self) -> u64 {
        self.file.length
    }

    /// Returns what stands in it in all.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns its ecosystems, sorted, each with its rows.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&AdvisorySource, u64)> {
        self.sources.iter().map(|source| (&source.told, source.rows))
    }

    /// Returns whether it has an ecosystem.
    pub(crate) fn has(&self, ecosystem: &str) -> bool {
        self.source(ecosystem).is_some()
    }

    /// Returns the rows of a package, in the order of the ids of their advisories. The name is in the form that
    /// [`Ecosystem::name`](crate::Ecosystem::name) gives.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub(crate) fn rows(&mut self, ecosystem: &str, package: &str) -> Result<Vec<Row>, DbError> {
        let Some(at) = self.source(ecosystem) else { return Ok(Vec::new()) };
        let Some(source) = self.sources.get_mut(at) else { return Ok(Vec::new()) };
        let found = source.packages.find(&mut self.file, package)?;
        found.map_or_else(|| Ok(Vec::new()), |bytes| rows(bytes, self.counts.records))
    }

    /// Returns the advisory at a place in the order of ids.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub(crate) fn advisory(&mut self, place: u64) -> Result<Stored, DbError> {
        let (id, bytes) = self.advisories.at(&mut self.file, place)?;
        Stored::read(id, bytes, self.flaws.len())
    }

    /// Returns the flaw at a place in the order of ids.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub(crate) fn flaw(&mut self, place: u64) -> Result<Flaw, DbError> {
        let (id, bytes) = self.flaws.at(&mut self.file, place)?;
        Flaw::read(id, bytes, self.scored.as_deref())
    }

    /// Reads all of it: every checksum, every entry, and the digest.
    ///
    /// # Errors
    ///
    /// Returns what is wrong first.
    pub(crate) fn verify(&mut self) -> Result<(), DbError> {
        let records = self.counts.records;
        for source in &mut self.sources {
            let mut count = 0_u64;
            source.packages.each(&mut self.file, |_, bytes| {
                let rows = rows(bytes, records)?;
                count = count.saturating_add(u64::try_from(rows.len()).unwrap_or(u64::MAX));
                Ok(())
            })?;
            if count != source.rows {
                return Err(DbError::Forged("the directory counts other rows than there are"));
            }
        }
        let flaws = self.flaws.len();
        self.advisories
            .each(&mut self.file, |id, bytes| Stored::read(id, bytes, flaws).map(drop))?;
        self.flaws.each(&mut self.file, |id, bytes| Flaw::read(id, bytes, None).map(drop))?;
        let found = self.file.body_digest()?;
        if found == self.digest { Ok(()) } else { Err(DbError::Sum { what: "the whole file" }) }
    }

    fn source(&self, ecosystem: &str) -> Option<usize> {
        let order = |source: &Source| source.told.ecosystem.as_str().cmp(ecosystem);
        self.sources.binary_search_by(order).ok()
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Source {
    fn read(input: &mut Reader<'_>, behind: &mut u64) -> Result<Self, DbError> {
        let ecosystem = input.text()?.to_owned();
        let records = input.number()?;
        let newest = Some(input.text()?.to_owned()).filter(|time| !time.is_empty());
        let rows = input.number()?;
        let packages = Sorted::new(Table::read(input, behind)?);
        Ok(Self { told: AdvisorySource { ecosystem, records, newest }, rows, packages })
    }
}

impl File {
    /// Reads a part of the file and compares its checksum.
    pub(crate) fn part(&mut self, place: Place, what: &'static str) -> Result<Vec<u8>, DbError> {
        let end = place.offset.checked_add(place.length);
        if end.is_none_or(|end| end > self.length) {
            return Err(DbError::Forged("a part lies behind the end of the file"));
        }
        // No longer than the file, which is there.
        let length = usize::try_from(place.length).map_err(|_| DbError::Sum { what })?;
        let mut bytes = vec![0; length];
        self.input.seek(SeekFrom::Start(place.offset))?;
        self.input.read_exact(&mut bytes)?;
        if sum(&bytes) == place.sum { Ok(bytes) } else { Err(DbError::Sum { what }) }
    }

    fn body_digest(&mut self) -> Result<String, DbError> {
        let ends = header::MAGIC.len().saturating_add(header::LENGTH);
        let body = self.length.saturating_sub(u64::try_from(ends).unwrap_or_default());
        let start = u64::try_from(header::MAGIC.len()).unwrap_or_default();
        self.input.seek(SeekFrom::Start(start))?;
        let mut body = (&mut self.input).take(body);
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = body.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(buffer.get(..read).unwrap_or_default());
        }
        let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("sha256:{digits}"))
    }
}

/// What ends before its ends is none of ours.
fn short(error: io::Error) -> DbError {
    if error.kind() == io::ErrorKind::UnexpectedEof { DbError::NotOurs } else { error.into() }
}

/// Reads the rows of a package, of a database of so many advisories.
fn rows(bytes: &[u8], advisories: u64) -> Result<Vec<Row>, DbError> {
    let mut input = Reader::new(bytes);
    let count = input.count()?;
    let mut rows: Vec<Row> = Vec::new();
    for _ in 0..count {
        let row = Row::read(&mut input)?;
        if row.advisory >= advisories {
            return Err(DbError::Forged("a row of an advisory that is not there"));
        }
        if rows.last().is_some_and(|last| last.advisory > row.advisory) {
            return Err(DbError::Forged("rows are not sorted"));
        }
        rows.push(row);
    }
    input.end()?;
    Ok(rows)
}
