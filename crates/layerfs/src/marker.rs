//! Names that are no files: whiteouts, opaque markers and the bookkeeping of aufs (OCI image
//! specification, layer.md, "Whiteouts"; aufs manual, "Whiteout").

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
    /// Means nothing outside aufs.
    Aufs,
    /// Lies below a whiteout, or hides what cannot be a name: means nothing.
    Reserved,
    /// Hides something without a name.
    Bare,
}

const PREFIX: &[u8] = b".wh.";

impl<'p> Marker<'p> {
    /// Returns what `path` stands for, by its name alone.
    pub(crate) fn of(path: &'p EntryPath) -> Self {
        let name = path.name();
        // Hardly any path has the prefix anywhere; the common case costs one search.
        let below = path.parent();
        if below.windows(PREFIX.len()).any(|window| window == PREFIX) {
            let mut components = below.split(|&byte| byte == b'/');
            if let Some(marker) = components.find(|component| component.starts_with(PREFIX)) {
                return if is_aufs(marker) { Self::Aufs } else { Self::Reserved };
            }
        }
        let Some(hidden) = name.strip_prefix(PREFIX) else { return Self::None };
        match hidden {
            b"" | b"." | b".." => Self::Bare,
            // The opaque marker has the form of a whiteout, so that it must be told apart first.
            b".wh..opq" => Self::Opaque,
            _ if is_aufs(name) => Self::Aufs,
            _ if hidden.starts_with(PREFIX) => Self::Reserved,
            _ => Self::Whiteout(hidden),
        }
    }
}

fn is_aufs(name: &[u8]) -> bool {
    matches!(name, b".wh..wh.aufs" | b".wh..wh.plnk" | b".wh..wh.orph")
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
            (".wh..wh.aufs", Marker::Aufs),
            (".wh..wh.orph", Marker::Aufs),
            (".wh..wh.plnk/1234.5", Marker::Aufs),
            (".wh.d/x", Marker::Reserved),
            (".wh..wh.other", Marker::Reserved),
            (".wh..wh..opq2", Marker::Reserved),
            (".wh.", Marker::Bare),
            ("a/.wh..", Marker::Bare),
            ("a/.wh...", Marker::Bare),
        ] {
            assert_eq!(Marker::of(&EntryPath::clean(path.as_bytes()).unwrap()), marker, "{path}");
        }
    }
}
