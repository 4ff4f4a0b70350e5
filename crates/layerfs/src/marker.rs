//! Names that are no files: whiteouts and opaque markers (OCI image specification, layer.md,
//! "Whiteouts"), the bookkeeping of aufs among them (aufs manual, "Whiteout").

use crate::EntryPath;

/// What a path in a layer stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Marker<'p> {
    /// Itself.
    None,
    /// Hides the entry of this name in the same directory.
    Whiteout(&'p [u8]),
    /// Hides all of the directory that it lies in.
    Opaque,
    /// Hides something without a name.
    Bare,
}

const PREFIX: &[u8] = b".wh.";

impl<'p> Marker<'p> {
    /// Returns what `path` stands for, by its last component alone: below a directory that is called
    /// like a marker lie ordinary files, to every unpacker.
    ///
    /// The bookkeeping of aufs (`.wh..wh.aufs`) comes out as a whiteout of `.wh.aufs`, as unpackers
    /// take it, which hides nothing that anybody has.
    pub(crate) fn of(path: &'p EntryPath) -> Self {
        let Some(hidden) = path.name().strip_prefix(PREFIX) else { return Self::None };
        match hidden {
            b"" | b"." | b".." => Self::Bare,
            // The opaque marker has the form of a whiteout, so that it must be told apart first.
            b".wh..opq" => Self::Opaque,
            _ => Self::Whiteout(hidden),
        }
    }
}

/// Returns whether a hidden name is one that only aufs gives, for its own bookkeeping.
pub(crate) fn is_of_aufs(hidden: &[u8]) -> bool {
    matches!(hidden, b".wh.aufs" | b".wh.plnk" | b".wh.orph")
}

/// Returns whether a hidden name is itself that of a marker, so that hardly anybody can have meant it.
pub(crate) fn is_reserved(hidden: &[u8]) -> bool {
    hidden.starts_with(PREFIX) && !is_of_aufs(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_markers() {
        for (path, marker) in [
            ("a/b", Marker::None),
            ("a.wh.b", Marker::None),
            ("x.wh.y/b", Marker::None),
            ("a/.wh.b", Marker::Whiteout(b"b")),
            (".wh..hidden", Marker::Whiteout(b".hidden")),
            (".wh....", Marker::Whiteout(b"...")),
            (".wh..wh..opq", Marker::Opaque),
            ("a/.wh..wh..opq", Marker::Opaque),
            (".wh..wh.aufs", Marker::Whiteout(b".wh.aufs")),
            (".wh..wh.plnk/1234.5", Marker::None),
            (".wh.d/x", Marker::None),
            (".wh.d/.wh.x", Marker::Whiteout(b"x")),
            (".wh..wh.other", Marker::Whiteout(b".wh.other")),
            (".wh..wh..opq2", Marker::Whiteout(b".wh..opq2")),
            (".wh.", Marker::Bare),
            ("a/.wh..", Marker::Bare),
            ("a/.wh...", Marker::Bare),
        ] {
            assert_eq!(Marker::of(&EntryPath::clean(path.as_bytes()).unwrap()), marker, "{path}");
        }
    }
}
