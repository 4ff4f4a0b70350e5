//! Debian's copyright files: the licences of a package, which dpkg's database does not have.
//!
//! A file `usr/share/doc/PACKAGE/copyright` is either machine-readable (DEP 5: deb822 paragraphs with
//! `License:` fields) or free text that refers to files below `/usr/share/common-licenses`. Licences
//! are listed as they are spelled; what a free text says in other words is not guessed.

use std::collections::BTreeSet;

use cutaway_analyze::{Analyzer, AnalyzerId, File, Findings, Interest, Outcome, Place};

/// The reader of copyright files.
#[derive(Debug)]
pub(crate) struct Copyright;

/// The most licences that are listed of one file.
const MAX_LICENSES: usize = 100;
/// The longest licence name, in bytes; what is longer is text.
const MAX_NAME: usize = 200;
/// Where Debian keeps the texts that packages refer to.
const COMMON: &[u8] = b"/usr/share/common-licenses/";

impl Analyzer for Copyright {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("debian-copyright", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().at(Place::in_each("usr/share/doc", "copyright"))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let stated = stated(file.start());
        let names = if stated.is_empty() { referred(file.start()) } else { stated };
        names.into_iter().take(MAX_LICENSES).for_each(|name| findings.license(name));
        Outcome::Done
    }
}

/// Returns the first line of each `License:` field.
fn stated(content: &[u8]) -> BTreeSet<String> {
    let lines = content.split(|&byte| byte == b'\n');
    let values = lines.filter_map(|line| {
        let (field, value) = line.split_at_checked(b"License:".len())?;
        field.eq_ignore_ascii_case(b"License:").then_some(value.trim_ascii())
    });
    values.filter_map(name).collect()
}

/// Returns the names of the common licences that a text refers to.
fn referred(content: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = content;
    while let Some(position) = rest.windows(COMMON.len()).position(|window| window == COMMON) {
        rest = rest.get(position.saturating_add(COMMON.len())..).unwrap_or_default();
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+');
        let end = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        // A full stop behind the name ends the sentence.
        names.extend(name(word.strip_suffix(b".").unwrap_or(word)));
        if names.len() >= MAX_LICENSES {
            break;
        }
    }
    names
}

fn name(value: &[u8]) -> Option<String> {
    if value.is_empty() || value.len() > MAX_NAME {
        return None;
    }
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;

    fn licenses(content: &str) -> Vec<String> {
        let path = EntryPath::clean(b"usr/share/doc/a/copyright").unwrap();
        let mut findings = Findings::default();
        let _ = Copyright.analyze(&File::new(&path, content.as_bytes()), &mut findings);
        findings.licenses().to_vec()
    }

    #[test]
    fn reads_both_forms() {
        for (content, expected) in [
            (
                "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n text\n\nFiles: b\nLicense: MIT or X11\n\nLicense: GPL-2+\n see /usr/share/common-licenses/GPL-2\n",
                &["GPL-2+", "MIT or X11"][..],
            ),
            (
                "You find it in /usr/share/common-licenses/GPL-3.\nAnd `/usr/share/common-licenses/LGPL-2.1'",
                &["GPL-3", "LGPL-2.1"],
            ),
            ("License:\n some text", &[]),
            ("in the public domain", &[]),
            ("", &[]),
        ] {
            assert_eq!(licenses(content), expected, "{content}");
        }
    }

    #[test]
    fn is_bounded() {
        let many: String = (0..1000).map(|n| format!("License: L{n}\n")).collect();
        assert_eq!(licenses(&many).len(), MAX_LICENSES);
        assert!(licenses(&format!("License: {}\n", "x".repeat(1000))).is_empty());
    }
}
