//! The documents of an archive that has passed by.

use std::collections::HashMap;
use std::io;

use cutaway_tar::{Escaped, len64};

use super::archive::{endless, is_document, member_name};
use super::files::Files;
use crate::{BlobStream, DiffId, Error, Limits};

/// What is kept of an archive on a stream: its documents, and the names and sizes of all else.
///
/// As in an archive on disk, a later member of a name replaces an earlier one, but a second
/// `manifest.json`, `index.json` or `oci-layout`, of whatever kind, makes the archive ambiguous.
#[derive(Debug, Default)]
pub struct Passed {
    place: String,
    members: HashMap<String, Kept>,
    /// The diffIDs of members that were unpacked while they passed.
    diff_ids: HashMap<String, DiffId>,
    /// The document that was there twice.
    twice: Option<String>,
    /// How many bytes of documents are kept.
    kept_bytes: u64,
    max_bytes: u64,
    max_links: u64,
}

#[derive(Debug)]
enum Kept {
    Document(Vec<u8>),
    Other(u64),
    Link(String),
}

impl Passed {
    /// Starts an empty record of the archive that errors call `place`, with the default limit of documents.
    pub fn new(place: impl Into<String>) -> Self {
        Self::with_limits(place, &Limits::default())
    }

    /// Starts an empty record of the archive that errors call `place`.
    pub fn with_limits(place: impl Into<String>, limits: &Limits) -> Self {
        Self {
            place: place.into(),
            max_bytes: limits.passed_bytes,
            max_links: limits.member_links,
            ..Self::default()
        }
    }

    /// Keeps a document.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a second document of one name, which would mean a second
    /// image, and [`Error::Limit`] when the documents together become too large.
    pub fn document(&mut self, name: String, bytes: Vec<u8>) -> Result<(), Error> {
        let size = len64(bytes.len());
        self.kept_bytes = self.kept_bytes.saturating_add(size);
        if self.kept_bytes > self.max_bytes {
            let what = format!("documents of {} with {} bytes in all", self.place, self.kept_bytes);
            return Err(Error::Limit { what, limit: "passed_bytes", max: self.max_bytes });
        }
        self.keep(name, Kept::Document(bytes));
        self.check()
    }

    /// Notes a member whose bytes are not kept.
    pub fn other(&mut self, name: String, size: u64) {
        self.keep(name, Kept::Other(size));
    }

    /// Notes a link between members.
    pub fn link(&mut self, name: String, target: String) {
        self.keep(name, Kept::Link(target));
    }

    /// Notes the diffID that a member was measured to have.
    pub fn measured(&mut self, name: String, diff_id: DiffId) {
        self.diff_ids.insert(name, diff_id);
    }

    /// Returns the member that `name` stands for when links are followed, at most `member_links` of them.
    pub fn target<'a>(&'a self, name: &'a str) -> &'a str {
        let mut name = name;
        for _ in 0..self.max_links {
            match self.members.get(name) {
                Some(Kept::Link(target)) => name = target,
                _ => break,
            }
        }
        name
    }

    fn keep(&mut self, name: String, member: Kept) {
        if is_document(&name) && self.members.contains_key(&name) {
            self.twice.get_or_insert_with(|| name.clone());
        }
        self.members.insert(name, member);
    }

    fn check(&self) -> Result<(), Error> {
        match &self.twice {
            Some(name) => {
                Err(Error::malformed(&self.place, format!("is ambiguous: it has {name} twice")))
            }
            None => Ok(()),
        }
    }
}

impl Files for Passed {
    fn open(&self, name: &str) -> Result<Option<(BlobStream, u64)>, Error> {
        self.check()?;
        let Some(name) = member_name(name.as_bytes()) else { return Ok(None) };
        let what = || format!("{} in {}", Escaped::new(&name), self.place);
        match self.members.get(self.target(&name)) {
            None => Ok(None),
            Some(Kept::Document(bytes)) => {
                let size = len64(bytes.len());
                Ok(Some((Box::new(io::Cursor::new(bytes.clone())), size)))
            }
            Some(Kept::Other(size)) => Ok(Some((Box::new(Gone(what())), *size))),
            Some(Kept::Link(_)) => Err(endless(what(), self.max_links)),
        }
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn diff_id(&self, name: &str) -> Option<DiffId> {
        self.diff_ids.get(self.target(name)).cloned()
    }
}

/// Bytes that have passed and cannot be had again.
struct Gone(String);

impl Gone {
    fn error(&self) -> io::Error {
        Error::Passed { what: self.0.clone() }.into()
    }
}

impl tokio::io::AsyncRead for Gone {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Err(self.error()))
    }
}

impl tokio::io::AsyncBufRead for Gone {
    fn poll_fill_buf(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<&[u8]>> {
        std::task::Poll::Ready(Err(self.error()))
    }

    fn consume(self: std::pin::Pin<&mut Self>, _: usize) {}
}
