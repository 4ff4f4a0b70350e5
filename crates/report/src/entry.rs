//! A file of an image, as programs read it.

use std::collections::BTreeMap;

use cutaway_layerfs::{EntryPath, Kind, Meta};
use serde::Serialize;

/// A file as programs read it.
#[derive(Debug, Serialize)]
pub struct FileEntry {
    /// The path; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// The bytes of the path in hexadecimal, where they are not UTF-8.
    pub raw_path: Option<String>,
    /// What it is, in one word.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// In octal, as `chmod` takes it.
    pub mode: String,
    /// The owner.
    pub uid: u64,
    /// The group.
    pub gid: u64,
    /// The name of the owner, where the layer has one.
    pub user: Option<String>,
    /// The name of the group, where the layer has one.
    pub group: Option<String>,
    /// The bytes of its content.
    pub size: u64,
    /// When it was modified, in seconds since 1970.
    pub mtime: i64,
    /// The part of a second, in nanoseconds.
    pub mtime_nanos: u32,
    /// What a link leads to.
    pub link: Option<String>,
    /// Major and minor number of a device.
    pub device: Option<[u32; 2]>,
    /// Values in hexadecimal.
    pub xattrs: BTreeMap<String, String>,
    /// The layer that put it there.
    pub layer: usize,
}

impl FileEntry {
    /// Returns the file at `path`, which `layer` put there.
    pub fn new(path: &EntryPath, meta: &Meta, layer: usize) -> Self {
        let name =
            |name: &[u8]| (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned());
        let valid = std::str::from_utf8(path.as_bytes()).is_ok();
        let xattrs = meta.xattrs.iter();
        Self {
            path: path.to_string_lossy().into_owned(),
            raw_path: (!valid).then(|| hex(path.as_bytes())),
            kind: kind_word(meta.kind),
            mode: format!("{:04o}", meta.mode),
            uid: meta.uid,
            gid: meta.gid,
            user: name(&meta.uname),
            group: name(&meta.gname),
            size: meta.size,
            mtime: meta.mtime,
            mtime_nanos: meta.mtime_nanos,
            link: meta.link.as_deref().map(|link| String::from_utf8_lossy(link).into_owned()),
            device: meta.device.map(|(major, minor)| [major, minor]),
            xattrs: xattrs
                .map(|x| (String::from_utf8_lossy(&x.name).into_owned(), hex(&x.value)))
                .collect(),
            layer,
        }
    }
}

/// Returns what it is in one word.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::HardLink => "hardlink",
        Kind::Symlink => "symlink",
        Kind::CharDevice => "char",
        Kind::BlockDevice => "block",
        Kind::Directory => "directory",
        Kind::Fifo => "fifo",
        Kind::Other(_) => "other",
    }
}

/// Returns bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
