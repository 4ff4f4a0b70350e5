//! One member of an archive, as all its headers together describe it.

use std::sync::Arc;

/// A member of an archive.
///
/// Names are the bytes of the archive as they stand: not cleaned, not checked, perhaps not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name. Without NUL, at most [`Limits::path_bytes`](crate::Limits::path_bytes) long.
    pub path: Box<[u8]>,
    /// The target of a hard link or symbolic link; none for other kinds.
    pub link: Option<Box<[u8]>>,
    /// What it is.
    pub kind: Kind,
    /// Bytes of content, holes of a sparse file included: what `ls -l` shows. Zero for links,
    /// directories, devices and pipes, whatever their headers say.
    pub size: u64,
    /// Bytes of content that the archive holds: less than `size` for a sparse file.
    pub stored: u64,
    /// Permission, set-id and sticky bits (the lower twelve bits of the mode).
    pub mode: u32,
    /// Numeric owner, as the system takes it: the lower 32 bits, and root where they say -1 (leave
    /// it as it is).
    pub uid: u64,
    /// Numeric group, as the owner.
    pub gid: u64,
    /// Name of the owner; empty where the archive gives none.
    pub uname: Arc<[u8]>,
    /// Name of the group; empty where the archive gives none.
    pub gname: Arc<[u8]>,
    /// Modification time, in whole seconds since 1970, rounded down.
    pub mtime: i64,
    /// Nanoseconds after `mtime`, below 1,000,000,000.
    pub mtime_nanos: u32,
    /// Major and minor number of a device; none for other kinds.
    pub device: Option<(u32, u32)>,
    /// Extended attributes (`SCHILY.xattr.` records), in the order of the archive.
    pub xattrs: Vec<Xattr>,
    /// Offset in the stream of the first header that belongs to the member.
    pub header_offset: u64,
    /// Offset in the stream of the first byte of content.
    pub content_offset: u64,
}

/// An extended attribute, bytes to bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Xattr {
    /// Name with its namespace, such as `security.capability`.
    pub name: Box<[u8]>,
    /// Value, perhaps empty.
    pub value: Box<[u8]>,
}

/// What a member is (the type flag of its header, POSIX.1-2017 `pax`, "ustar Interchange Format").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file: flags `0`, NUL, `7` (contiguous) and `S` (GNU sparse).
    File,
    /// Another name of an earlier member.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A directory, also in the old form of a file whose name ends in a slash.
    Directory,
    /// A named pipe.
    Fifo,
    /// Something else, by its type flag, such as a volume label (`V`); its content is passed on.
    Other(u8),
}

impl Kind {
    /// Returns whether members of this kind have content in the archive.
    pub fn has_content(self) -> bool {
        matches!(self, Self::File | Self::Other(_))
    }
}
