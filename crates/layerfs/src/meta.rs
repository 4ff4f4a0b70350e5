//! What a layer says about one entry besides its path and content.

use std::sync::Arc;

use crate::{Kind, Xattr};

/// What a layer says about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meta {
    /// What it is; never [`Kind::Other`].
    pub kind: Kind,
    /// Bytes of content; zero for all but files.
    pub size: u64,
    /// Permission, set-id and sticky bits.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u64,
    /// Numeric group.
    pub gid: u64,
    /// Name of the owner; empty where the layer gives none.
    pub uname: Arc<[u8]>,
    /// Name of the group; empty where the layer gives none.
    pub gname: Arc<[u8]>,
    /// Modification time, in whole seconds since 1970, rounded down.
    pub mtime: i64,
    /// Nanoseconds after `mtime`.
    pub mtime_nanos: u32,
    /// Target of a link, as the layer has it: of a symbolic link any text, of a hard link a name as
    /// members have them. None for other kinds.
    pub link: Option<Box<[u8]>>,
    /// Major and minor number of a device; none for other kinds.
    pub device: Option<(u32, u32)>,
    /// Extended attributes, in the order of the layer.
    pub xattrs: Vec<Xattr>,
}

impl Meta {
    /// Returns what unpackers give a directory that exists only because of what lies in it: mode
    /// 0755, owned by root. Its time is that of unpacking; here it is zero.
    pub fn implied() -> Self {
        Self {
            kind: Kind::Directory,
            size: 0,
            mode: 0o755,
            uid: 0,
            gid: 0,
            uname: Arc::default(),
            gname: Arc::default(),
            mtime: 0,
            mtime_nanos: 0,
            link: None,
            device: None,
            xattrs: Vec::new(),
        }
    }

    /// Takes what a tar entry says; its name and where its header stands come with it.
    pub(crate) fn of_entry(entry: cutaway_tar::Entry) -> (Box<[u8]>, u64, Self) {
        let meta = Self {
            kind: entry.kind,
            size: entry.size,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            uname: entry.uname,
            gname: entry.gname,
            mtime: entry.mtime,
            mtime_nanos: entry.mtime_nanos,
            link: entry.link,
            device: entry.device,
            xattrs: entry.xattrs,
        };
        (entry.path, entry.header_offset, meta)
    }
}
