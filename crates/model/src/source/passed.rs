//! The documents of an archive that has passed by.

use std::collections::HashMap;
use std::io;

use super::Files;
use crate::{BlobStream, Error};

/// What is kept of an archive on a stream: its documents, and the names and sizes of all else.
#[derive(Debug, Default)]
pub struct Passed {
    place: String,
    documents: HashMap<String, Vec<u8>>,
    others: HashMap<String, u64>,
    links: HashMap<String, String>,
}

impl Passed {
    /// Starts an empty record of the archive that errors call `place`.
    pub fn new(place: impl Into<String>) -> Self {
        Self { place: place.into(), ..Self::default() }
    }

    /// Keeps a document.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for a second document of one name, which would mean a second image.
    pub fn document(&mut self, name: String, bytes: Vec<u8>) -> Result<(), Error> {
        if matches!(name.as_str(), "manifest.json" | "index.json")
            && self.documents.contains_key(&name)
        {
            return Err(Error::malformed(
                &self.place,
                format!("is ambiguous: it has {name} twice"),
            ));
        }
        self.documents.insert(name, bytes);
        Ok(())
    }

    /// Notes a member whose bytes are not kept.
    pub fn other(&mut self, name: String, size: u64) {
        self.others.insert(name, size);
    }

    /// Notes a link between members.
    pub fn link(&mut self, name: String, target: String) {
        self.links.insert(name, target);
    }

    /// Returns the member that `name` stands for when links are followed, at most eight of them.
    pub fn target<'a>(&'a self, name: &'a str) -> &'a str {
        let mut name = name;
        for _ in 0..8 {
            match self.links.get(name) {
                Some(target) => name = target,
                None => break,
            }
        }
        name
    }
}

impl Files for Passed {
    fn open(&self, name: &str) -> Result<Option<(BlobStream, u64)>, Error> {
        let name = self.target(name);
        if let Some(bytes) = self.documents.get(name) {
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            return Ok(Some((Box::new(io::Cursor::new(bytes.clone())), size)));
        }
        let Some(size) = self.others.get(name) else { return Ok(None) };
        let what = format!("{} in {}", name.escape_debug(), self.place);
        Ok(Some((Box::new(Gone(what)), *size)))
    }

    fn place(&self) -> &str {
        &self.place
    }
}

/// Bytes that have passed and cannot be had again.
struct Gone(String);

impl Gone {
    fn error(&self) -> io::Error {
        let reason = format!("{} has passed and cannot be read a second time", self.0);
        Error::Transport(reason.into()).into()
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
