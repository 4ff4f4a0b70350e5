//! Writing tar archives, with the headers of tokio-tar: ustar, and PAX records for what does not fit
//! into them (POSIX.1-2017 `pax`, "pax Extended Header").
//!
//! An archive ends with its marker only when it was finished, so that one that broke off can be told.
//! A member that is written piece by piece is not flushed: small files would cost a system call and two
//! switches of threads each. So of an archive that breaks off, the last members may be missing.

use std::io;

use cutaway_layerfs::{EntryPath, Kind, Meta, Xattr};
use cutaway_model::SinkError;
use cutaway_tar::len64;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio_tar::{EntryType, Header};

/// The bytes of a block, of which headers and contents take whole ones.
const BLOCK: u64 = 512;
/// What ends an archive: two blocks of zeros.
const END: [u8; 1024] = [0; 1024];
/// The largest number that the eight bytes of an owner hold.
const MAX_OWNER: u64 = 0o777_7777;
/// The largest number that the twelve bytes of a size or a time hold.
const MAX_SIZE: u64 = 0o777_7777_7777;

/// An archive that is being written.
///
/// A member is started, written piece by piece and ended.
pub(crate) struct TarWriter<W: AsyncWrite + Unpin + Send> {
    out: W,
    target: String,
    /// Bytes of content of the member that was started.
    content: u64,
}

/// What an archive says about a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    /// The name; that of a directory gets its slash here.
    pub(crate) path: &'a [u8],
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) mode: u32,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    pub(crate) uname: &'a [u8],
    pub(crate) gname: &'a [u8],
    pub(crate) mtime: i64,
    pub(crate) mtime_nanos: u32,
    /// The target of a symbolic link, or the name that a hard link shares.
    pub(crate) link: Option<&'a [u8]>,
    pub(crate) device: Option<(u32, u32)>,
    pub(crate) xattrs: &'a [Xattr],
}

impl<'a> Head<'a> {
    /// Describes a plain file of root, made in 1970.
    pub(crate) fn file(path: &'a [u8], size: u64) -> Self {
        Self {
            path,
            kind: Kind::File,
            size,
            mode: 0o644,
            uid: 0,
            gid: 0,
            uname: b"",
            gname: b"",
            mtime: 0,
            mtime_nanos: 0,
            link: None,
            device: None,
            xattrs: &[],
        }
    }

    /// Describes a name as its layer does; a directory that none describes is root's, as unpackers make it.
    pub(crate) fn of(path: &'a EntryPath, meta: Option<&'a Meta>) -> Self {
        let path = path.as_bytes();
        match meta {
            None => Self { kind: Kind::Directory, mode: 0o755, ..Self::file(path, 0) },
            Some(meta) => Self {
                path,
                kind: meta.kind,
                size: meta.size,
                mode: meta.mode,
                uid: meta.uid,
                gid: meta.gid,
                uname: &meta.uname,
                gname: &meta.gname,
                mtime: meta.mtime,
                mtime_nanos: meta.mtime_nanos,
                link: meta.link.as_deref(),
                device: meta.device,
                xattrs: &meta.xattrs,
            },
        }
    }

    /// Describes another name of the file that was written as `first`.
    pub(crate) fn link(path: &'a EntryPath, first: &'a EntryPath, meta: &'a Meta) -> Self {
        let link = Some(first.as_bytes());
        Self { kind: Kind::HardLink, size: 0, link, ..Self::of(path, Some(meta)) }
    }
}

impl<W: AsyncWrite + Unpin + Send> TarWriter<W> {
    /// Starts an archive; `target` names it in errors.
    pub(crate) fn new(out: W, target: impl Into<String>) -> Self {
        Self { out, target: target.into(), content: 0 }
    }

    /// Starts a member; exactly as many bytes of content follow as `head` says.
    pub(crate) async fn start(&mut self, head: &Head<'_>) -> Result<(), SinkError> {
        self.content = 0;
        let mut bytes = Vec::new();
        let put = put_head(&mut bytes, head);
        put.map_err(|error| SinkError::write(self.target.as_str(), error))?;
        self.write(&bytes).await
    }

    /// Writes bytes that are whole members, or parts of them that are put together elsewhere.
    pub(crate) async fn parts(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.write(bytes).await
    }

    /// Returns what kept a part from being put together, as an error of the target.
    pub(crate) fn failure(&self, error: io::Error) -> SinkError {
        SinkError::write(self.target.as_str(), error)
    }

    /// Writes the next bytes of the member that was started.
    pub(crate) async fn data(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let count = len64(bytes.len());
        self.content = self.content.saturating_add(count);
        self.write(bytes).await
    }

    /// Writes so many zero bytes.
    pub(crate) async fn zeros(&mut self, count: u64) -> Result<(), SinkError> {
        const ZEROS: &[u8] = &[0; 64 << 10];
        let mut left = count;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let piece = ZEROS.get(..most).unwrap_or(ZEROS);
            self.data(piece).await?;
            left = left.saturating_sub(len64(piece.len()));
        }
        Ok(())
    }

    /// Ends the member that was started: fills its last block.
    pub(crate) async fn end(&mut self) -> Result<(), SinkError> {
        self.zeros(padding(self.content)).await?;
        self.content = 0;
        Ok(())
    }

    /// Writes the end marker, and everything that was held back.
    pub(crate) async fn finish(mut self) -> Result<W, SinkError> {
        self.write(&END).await?;
        self.out.flush().await.map_err(|error| SinkError::write(self.target, error))?;
        Ok(self.out)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let written = self.out.write_all(bytes).await;
        written.map_err(|error| SinkError::write(self.target.as_str(), error))
    }
}

/// Appends the header of a member, with the records of what does not fit into it before it.
pub(crate) fn put_head(out: &mut Vec<u8>, head: &Head<'_>) -> io::Result<()> {
    let path = match head.kind {
        Kind::Directory => [head.path, b"/"].concat(),
        _ => head.path.to_vec(),
    };
    let mut header = Header::new_ustar();
    let records = fill(&mut header, head, &path)?;
    if !records.is_empty() {
        put_records(out, &records);
    }
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    Ok(())
}

/// Returns how many zero bytes fill the last block of so much content.
pub(crate) fn padding(content: u64) -> u64 {
    match content.checked_rem(BLOCK) {
        None | Some(0) => 0,
        Some(over) => BLOCK.saturating_sub(over),
    }
}

/// Appends the records of the member that comes next, as a member of their own.
fn put_records(out: &mut Vec<u8>, records: &[u8]) {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::XHeader);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(len64(records.len()));
    copy_into(&mut header.as_old_mut().name, b"PaxHeaders/0");
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(records);
    let fill = usize::try_from(padding(len64(records.len()))).unwrap_or(0);
    out.resize(out.len().saturating_add(fill), 0);
}

/// Fills in the header, and returns the records for what does not fit.
fn fill(header: &mut Header, head: &Head<'_>, path: &[u8]) -> io::Result<Vec<u8>> {
    let mut records = Vec::new();
    header.set_entry_type(match head.kind {
        Kind::File => EntryType::Regular,
        Kind::HardLink => EntryType::Link,
        Kind::Symlink => EntryType::Symlink,
        Kind::CharDevice => EntryType::Char,
        Kind::BlockDevice => EntryType::Block,
        Kind::Directory => EntryType::Directory,
        Kind::Fifo => EntryType::Fifo,
        Kind::Other(flag) => EntryType::new(flag),
    });
    if !copy_into(&mut header.as_old_mut().name, path) {
        record(&mut records, b"path", path);
    }
    let link = head.link.unwrap_or_default();
    if !copy_into(&mut header.as_old_mut().linkname, link) {
        record(&mut records, b"linkpath", link);
    }
    if let Some(ustar) = header.as_ustar_mut() {
        if !copy_into(&mut ustar.uname, head.uname) {
            record(&mut records, b"uname", head.uname);
        }
        if !copy_into(&mut ustar.gname, head.gname) {
            record(&mut records, b"gname", head.gname);
        }
    }
    header.set_mode(head.mode);
    header.set_uid(number(&mut records, b"uid", head.uid, MAX_OWNER));
    header.set_gid(number(&mut records, b"gid", head.gid, MAX_OWNER));
    header.set_size(number(&mut records, b"size", head.size, MAX_SIZE));
    let seconds = u64::try_from(head.mtime).ok().filter(|seconds| *seconds <= MAX_SIZE);
    header.set_mtime(seconds.unwrap_or(0));
    if seconds.is_none() || head.mtime_nanos > 0 {
        record(&mut records, b"mtime", time(head.mtime, head.mtime_nanos).as_bytes());
    }
    if let Some((major, minor)) = head.device {
        header.set_device_major(major)?;
        header.set_device_minor(minor)?;
    }
    for xattr in head.xattrs {
        record(&mut records, &[b"SCHILY.xattr.", xattr.name.as_ref()].concat(), &xattr.value);
    }
    Ok(records)
}

/// Returns a number that fits, or none of it and a record of the whole.
fn number(records: &mut Vec<u8>, key: &[u8], value: u64, max: u64) -> u64 {
    if value <= max {
        return value;
    }
    record(records, key, value.to_string().as_bytes());
    0
}

/// Returns a time in decimal seconds. The fraction counts upwards from the whole seconds, also before 1970.
fn time(seconds: i64, nanos: u32) -> String {
    if nanos == 0 {
        return seconds.to_string();
    }
    let (whole, fraction) = if seconds < 0 {
        (seconds.saturating_add(1), 1_000_000_000_u32.saturating_sub(nanos))
    } else {
        (seconds, nanos)
    };
    let sign = if seconds < 0 && whole == 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{fraction:09}");
    text.trim_end_matches('0').to_owned()
}

/// Appends a record: its length counts itself, so the number of its digits is searched for.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len().saturating_add(value.len()).saturating_add(3);
    let length = (1..=20)
        .map(|digits: usize| rest.saturating_add(digits))
        .find(|length| length.to_string().len().saturating_add(rest) == *length)
        .unwrap_or(rest);
    records.extend_from_slice(length.to_string().as_bytes());
    for part in [b" ", key, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

/// Copies a text that fits into a field, and returns whether it does.
fn copy_into(field: &mut [u8], text: &[u8]) -> bool {
    match field.get_mut(..text.len()) {
        Some(start) => {
            start.copy_from_slice(text);
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (seconds, nanos, text) in [
            (5, 0, "5"),
            (5, 500_000_000, "5.5"),
            (0, 1, "0.000000001"),
            (-1, 0, "-1"),
            (-1, 750_000_000, "-0.25"),
            (-3, 750_000_000, "-2.25"),
        ] {
            assert_eq!(time(seconds, nanos), text);
        }
    }

    #[test]
    fn records_count_themselves() {
        for length in [1, 90, 91, 92, 93, 94, 95, 990, 991, 992, 993] {
            let mut records = Vec::new();
            record(&mut records, b"path", &vec![b'x'; length]);
            let text = String::from_utf8(records).unwrap();
            let stated: usize = text.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(stated, text.len());
        }
    }
}
