//! How stored bytes are compressed, told from their first bytes and never from a media type.

use crate::MediaType;

/// How stored bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all, as far as the first bytes tell.
    Plain,
    /// gzip (RFC 1952), of one or many members.
    Gzip,
    /// zstd (RFC 8878), of one or many frames, skippable ones among them.
    Zstd,
    /// bzip2, of one or many streams.
    Bzip2,
    /// xz, of one or many streams.
    Xz,
    /// lz4, in its frame format. It is known by sight and not decoded.
    Lz4,
}

/// How many bytes [`Compression::sniff`] looks at.
pub const SNIFF_BYTES: usize = 6;

impl Compression {
    /// Tells the compression from the first [`SNIFF_BYTES`] bytes of a stream, or fewer where it has fewer.
    pub fn sniff(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A data frame, or a skippable one in front of it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Lz4,
            _ => Self::Plain,
        }
    }

    /// Returns the name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
        }
    }

    /// Returns the compression that a media type promises; `None` where it says nothing of layers.
    ///
    /// The promise binds nobody: tools write zstd under Docker's gzip type, since it has no other.
    pub fn promised(media_type: &MediaType) -> Option<Self> {
        let (base, suffix) = match media_type.as_str().rsplit_once(['+', '.']) {
            Some((base, suffix @ ("gzip" | "zstd"))) => (base, suffix),
            _ => (media_type.as_str(), ""),
        };
        match suffix {
            _ if !base.ends_with(".tar") => None,
            "gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => Some(Self::Plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sniffs() {
        for (head, compression) in [
            (&b"\x1f\x8b\x08"[..], Compression::Gzip),
            (b"\x28\xb5\x2f\xfd", Compression::Zstd),
            (b"\x50\x2a\x4d\x18", Compression::Zstd),
            (b"\x5f\x2a\x4d\x18", Compression::Zstd),
            (b"\x60\x2a\x4d\x18", Compression::Plain),
            (b"BZh9", Compression::Bzip2),
            (b"\xfd7zXZ\0", Compression::Xz),
            (b"\x04\x22\x4d\x18", Compression::Lz4),
            (b"etc/", Compression::Plain),
            (b"\x1f", Compression::Plain),
            (b"", Compression::Plain),
        ] {
            assert_eq!(Compression::sniff(head), compression, "{head:?}");
        }
    }

    #[test]
    fn promises() {
        for (media_type, promised) in [
            (MediaType::OCI_LAYER, Some(Compression::Plain)),
            (MediaType::OCI_LAYER_GZIP, Some(Compression::Gzip)),
            (MediaType::OCI_LAYER_ZSTD, Some(Compression::Zstd)),
            (MediaType::DOCKER_LAYER, Some(Compression::Gzip)),
            ("application/vnd.docker.image.rootfs.diff.tar", Some(Compression::Plain)),
            ("application/vnd.oci.image.config.v1+json", None),
            ("application/octet-stream", None),
            ("", None),
        ] {
            assert_eq!(Compression::promised(&media_type.into()), promised, "{media_type}");
        }
    }
}
