//! A file of an image, as programs read it.

use std::collections::BTreeMap;

use cutaway_layerfs::{EntryPath, Kind, Meta};
use cutaway_tar::Escaped;
use serde::Serialize;

use crate::time::utc;

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

    /// Says in what another one differs, content apart: what, and both values, for people.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let owner = |entry: &Self| format!("{}:{}", entry.uid, entry.gid);
        let link =
            |entry: &Self| Escaped::new(entry.link.as_deref().unwrap_or_default()).to_string();
        let pairs = [
            ("type", self.kind.to_owned(), other.kind.to_owned()),
            ("mode", self.mode.clone(), other.mode.clone()),
            ("owner", owner(self), owner(other)),
            ("size", self.size.to_string(), other.size.to_string()),
            ("time", utc(self.mtime), utc(other.mtime)),
            ("link", link(self), link(other)),
        ];
        let differing = pairs.into_iter().filter(|(_, a, b)| a != b);
        let mut said: Vec<String> =
            differing.map(|(what, a, b)| format!("{what} {a} → {b}")).collect();
        if self.xattrs != other.xattrs {
            said.push("attributes".into());
        }
        said
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

/// Returns kind and mode as `ls` writes them.
pub fn mode_text(meta: &Meta) -> String {
    let first = match meta.kind {
        Kind::Directory => 'd',
        Kind::Symlink => 'l',
        Kind::CharDevice => 'c',
        Kind::BlockDevice => 'b',
        Kind::Fifo => 'p',
        Kind::File | Kind::HardLink | Kind::Other(_) => '-',
    };
    let mut text = String::from(first);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = meta.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (meta.mode & special != 0, bits & 1 != 0) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        let mut meta = Meta::implied();
        for (kind, bits, text) in [
            (Kind::Directory, 0o755, "drwxr-xr-x"),
            (Kind::File, 0o4755, "-rwsr-xr-x"),
            (Kind::File, 0o6644, "-rwSr-Sr--"),
            (Kind::Directory, 0o1777, "drwxrwxrwt"),
            (Kind::Directory, 0o1770, "drwxrwx--T"),
            (Kind::Symlink, 0o777, "lrwxrwxrwx"),
            (Kind::CharDevice, 0, "c---------"),
        ] {
            (meta.kind, meta.mode) = (kind, bits);
            assert_eq!(mode_text(&meta), text);
        }
    }
}
