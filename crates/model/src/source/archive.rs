//! A tar file as named files, read by offset after one walk over its headers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use cutaway_tar::{Escaped, Kind, Reader, Step};

use super::file::{FileRange, ReadAt, open_regular};
use super::files::Files;
use super::sparse::Sparse;
use crate::error::of_tar;
use crate::{BlobStream, Error, Limits, Stamp};

/// How many bytes of headers are read at once; a seek costs less than reading what lies between.
const CHUNK: usize = 16 << 10;

/// An uncompressed archive, on disk or wherever it can be read by offset. Links among its members are followed, nothing outside it is opened.
#[derive(Debug)]
pub struct Archive {
    file: Arc<dyn ReadAt>,
    place: String,
    members: HashMap<String, Slot>,
    max_links: u64,
}

/// What stands under a member's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// Bytes of the archive.
    File { offset: u64, size: u64 },
    /// Bytes of which the archive leaves zeros out: where its headers begin, where its content ends, and how
    /// many bytes it stands for.
    Sparse { offset: u64, end: u64, size: u64 },
    /// Another member's name.
    Link(String),
}

impl Archive {
    /// Walks over the headers of the archive at `path`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotFound`] where there is no file, [`Error::File`] where it cannot be read,
    /// [`Error::Malformed`] for what is no regular file or no tar, is cut short, or names a document
    /// twice, and [`Error::Limit`] for too many members.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let place = Escaped::path(path).to_string();
        let Some((file, size)) = open_regular(path)? else {
            return Err(Error::NotFound { what: place, place: "the file system".into() });
        };
        Self::over(Arc::new(file), size, place, limits)
    }

    /// Walks over the headers of an archive of `size` bytes that errors call `place`. Its members are
    /// read where they lie from then on: nothing of it is walked over again.
    ///
    /// # Errors
    ///
    /// As [`Archive::open`].
    pub fn over(
        file: Arc<dyn ReadAt>,
        size: u64,
        place: impl Into<String>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let place = place.into();
        let members = walk(file.as_ref(), size, &place, limits)?;
        Ok(Self { file, place, members, max_links: limits.member_links })
    }
}

impl Files for Archive {
    fn open(&self, name: &str) -> Result<Option<(BlobStream, u64)>, Error> {
        let what = || format!("{} in {}", Escaped::new(name), self.place);
        let Some(name) = member_name(name.as_bytes()) else { return Ok(None) };
        let range = |offset, size| FileRange::new(Arc::clone(&self.file), what(), offset, size);
        let (stream, size): (BlobStream, u64) =
            match follow(&self.members, name, self.max_links, &what)? {
                Some(&Slot::File { offset, size }) => (Box::new(range(offset, size)), size),
                Some(&Slot::Sparse { offset, end, size }) => {
                    let stored = range(offset, end.saturating_sub(offset));
                    let sparse = Sparse::new(stored, what(), cutaway_tar::Limits::default());
                    (Box::new(sparse), size)
                }
                Some(Slot::Link(_)) | None => return Ok(None),
            };
        Ok(Some((stream, size)))
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn stamp(&self, name: &str) -> Stamp {
        self.file.stamp().part(name)
    }
}

fn walk(
    file: &dyn ReadAt,
    length: u64,
    place: &str,
    limits: &Limits,
) -> Result<HashMap<String, Slot>, Error> {
    let malformed = |rule: String| Error::malformed(place, rule);
    let mut reader = Reader::new(tar_limits(limits));
    let mut members = HashMap::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let at = reader.offset();
        let count = file
            .read_at(&mut buffer, at)
            .map_err(|source| Error::File { path: place.to_owned(), source })?;
        if count == 0 {
            reader.finish().map_err(|error| of_tar(&error, place))?;
            return Ok(members);
        }
        let mut input = buffer.get(..count).unwrap_or_default();
        loop {
            match reader.step(&mut input).map_err(|error| of_tar(&error, place))? {
                Step::NeedInput => break,
                Step::EndOfArchive => return Ok(members),
                Step::Entry(entry) => {
                    let end = entry.content_offset.checked_add(entry.stored);
                    if end.is_none_or(|end| end > length) {
                        let name = Escaped::new(&entry.path).to_string();
                        return Err(malformed(format!(
                            "is cut short: member {name} has {} bytes from byte {}, the file ends at byte {length}",
                            entry.stored, entry.content_offset
                        )));
                    }
                    if let Some((name, slot)) = slot_of(&entry) {
                        insert(&mut members, name, slot).map_err(malformed)?;
                    }
                    let skip = reader.skippable();
                    match usize::try_from(skip).ok().and_then(|skip| input.get(skip..)) {
                        Some(rest) => input = rest,
                        None => input = &[],
                    }
                    reader.skipped(skip).map_err(|error| of_tar(&error, place))?;
                }
                Step::Data(_)
                | Step::Hole(_)
                | Step::EndEntry
                | Step::GlobalHeader(_)
                | Step::Warning(_) => {}
            }
        }
    }
}

/// Returns the limits of the tar reader that those of an archive amount to.
pub(super) fn tar_limits(limits: &Limits) -> cutaway_tar::Limits {
    cutaway_tar::Limits { entries: limits.archive_members, ..cutaway_tar::Limits::default() }
}

/// Returns what a member adds to the names of the archive; `None` for directories and other things without bytes.
pub(super) fn slot_of(entry: &cutaway_tar::Entry) -> Option<(String, Slot)> {
    let name = member_name(&entry.path)?;
    let slot = match entry.kind {
        Kind::File if entry.stored == entry.size => {
            Slot::File { offset: entry.content_offset, size: entry.size }
        }
        Kind::File => Slot::Sparse {
            offset: entry.header_offset,
            end: entry.content_offset.saturating_add(entry.stored),
            size: entry.size,
        },
        Kind::HardLink => Slot::Link(member_name(entry.link.as_deref()?)?),
        Kind::Symlink => {
            let target = entry.link.as_deref()?;
            let mut path =
                name.rsplit_once('/').map_or(Vec::new(), |(parent, _)| parent.as_bytes().to_vec());
            if target.starts_with(b"/") {
                return None;
            }
            path.push(b'/');
            path.extend_from_slice(target);
            Slot::Link(member_name(&path)?)
        }
        _ => return None,
    };
    Some((name, slot))
}

/// Adds a member; a later one of the same name replaces it, but two documents would mean two images.
pub(super) fn insert(
    members: &mut HashMap<String, Slot>,
    name: String,
    slot: Slot,
) -> Result<(), String> {
    if is_document(&name) && members.contains_key(&name) {
        return Err(format!("is ambiguous: it has {name} twice"));
    }
    members.insert(name, slot);
    Ok(())
}

/// Returns whether a member is one that says what the archive is.
pub(super) fn is_document(name: &str) -> bool {
    matches!(name, "manifest.json" | "index.json" | "oci-layout")
}

/// Follows links among members.
fn follow<'a>(
    members: &'a HashMap<String, Slot>,
    name: String,
    max_links: u64,
    what: &dyn Fn() -> String,
) -> Result<Option<&'a Slot>, Error> {
    let mut name = &name;
    for _ in 0..=max_links {
        match members.get(name) {
            Some(Slot::Link(target)) => name = target,
            found => return Ok(found),
        }
    }
    Err(endless(what(), max_links))
}

/// Makes the error of a member whose links lead to no file.
pub(super) fn endless(what: String, max_links: u64) -> Error {
    let rule = format!("is a link in a cycle, or over more than member_links = {max_links} links");
    Error::malformed(what, rule)
}

/// Returns a member's name in the form in which documents spell it; `None` for names that leave the archive.
pub(super) fn member_name(raw: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(raw).ok()?;
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { None } else { Some(parts.join("/")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_names() {
        for (raw, name) in [
            ("./manifest.json", Some("manifest.json")),
            ("/a//b/", Some("a/b")),
            ("a/../b", Some("b")),
            ("a/../../b", None),
            ("./", None),
        ] {
            assert_eq!(member_name(raw.as_bytes()).as_deref(), name, "{raw}");
        }
    }

    #[test]
    fn links_are_followed_and_cycles_named() {
        let file = Slot::File { offset: 512, size: 3 };
        let kept = file.clone();
        let mut members = HashMap::new();
        for (name, slot) in [
            ("a", file),
            ("b", Slot::Link("a".into())),
            ("x", Slot::Link("y".into())),
            ("y", Slot::Link("x".into())),
        ] {
            insert(&mut members, name.into(), slot).unwrap();
        }
        let what = || "it".to_owned();
        assert_eq!(follow(&members, "b".into(), 8, &what).unwrap(), Some(&kept));
        assert_eq!(follow(&members, "c".into(), 8, &what).unwrap(), None);
        assert!(follow(&members, "x".into(), 8, &what).unwrap_err().to_string().contains("cycle"));
    }
}
