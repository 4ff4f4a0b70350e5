//! Paths that a package's script names: what the script may have made or changed.
//!
//! Scripts are not understood, let alone run. A path is named where it stands in full, also behind a
//! variable for the root (`"$DPKG_ROOT/etc/profile"`); what a script puts together is not seen.

use std::sync::Arc;

use cutaway_analyze::{FileRecords, Origin};
use cutaway_layerfs::EntryPath;

/// The most paths that are taken from one script.
const MAX_PATHS: usize = 10_000;

/// Adds an origin for each path that `script` names; `reason` says which script it is.
pub(crate) fn origins(script: &[u8], owner: u32, reason: &str, files: &mut FileRecords) {
    let mut paths: Vec<EntryPath> = words(script).filter_map(path).take(MAX_PATHS).collect();
    paths.sort_unstable();
    paths.dedup();
    let reason: Arc<str> = reason.into();
    for path in paths {
        let reason = Arc::clone(&reason);
        files.originate(Origin { path, owner: Some(owner), link: false, reason });
    }
}

/// Returns the runs of characters that paths are made of.
fn words(script: &[u8]) -> impl Iterator<Item = &[u8]> {
    let part =
        |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:%~,".contains(&byte) || byte >= 0x80;
    script.split(move |&byte| !part(byte)).filter(|word| word.contains(&b'/'))
}

/// Returns the path that a word stands for; none for a single component, which names a whole tree.
fn path(word: &[u8]) -> Option<EntryPath> {
    let start = word.iter().position(|&byte| byte == b'/')?;
    // In front there may be the name of a variable, but no other path and no scheme of a URL.
    let (before, from_root) = word.split_at_checked(start)?;
    let variable = before.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !variable || from_root.starts_with(b"//") {
        return None;
    }
    let end = from_root.iter().rposition(|byte| !b".,:/".contains(byte))?;
    let path = EntryPath::clean(from_root.get(..=end)?).ok()?;
    (path.components().count() > 1).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths() {
        for (script, expected) in [
            (
                "cp -p /usr/share/base-files/profile /etc/profile",
                "etc/profile usr/share/base-files/profile",
            ),
            ("touch \"$DPKG_ROOT/etc/shells\" '/etc/motd';", "etc/motd etc/shells"),
            ("> ${DPKG_ROOT}/etc/group; rm /etc/a.", "etc/a etc/group"),
            ("see https://example.org/etc/passwd or a-b/c", ""),
            ("cd /; rm -rf / /etc /var/", ""),
            ("/etc/../etc/x /../etc/y /usr/lib/", "etc/x usr/lib"),
            ("/usr/lib/$arch/gconv", "usr/lib"),
        ] {
            let mut files = FileRecords::default();
            origins(script.as_bytes(), 0, "named", &mut files);
            let found: Vec<String> =
                files.origins().iter().map(|origin| origin.path.to_string()).collect();
            assert_eq!(found.join(" "), expected, "{script}");
        }
    }
}
