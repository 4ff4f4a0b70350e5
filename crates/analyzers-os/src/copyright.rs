//! Debian's copyright files: the licences of a package, which dpkg's database does not have.
//!
//! A file `usr/share/doc/PACKAGE/copyright` is machine-readable where its first paragraph has a `Format`
//! field (DEP 5: deb822 paragraphs with `License:` fields), and free text otherwise. Licences are listed
//! as they are spelled. Of a free text only its references to files below `/usr/share/common-licenses`
//! count: its sentences are no names of licences, whatever word stands in front of them.

use std::collections::BTreeSet;

use cutaway_analyze::{Analyzer, AnalyzerId, File, Findings, Interest, Outcome, Place};

use crate::line::{Line, lines, without_mark};

/// The reader of copyright files.
#[derive(Debug)]
pub(crate) struct Copyright;

/// The most licences that are listed of one file.
const MAX_LICENSES: usize = 100;
/// The longest licence name, in bytes; what is longer is text.
const MAX_NAME: usize = 200;
/// Where Debian keeps the texts that packages refer to: `/usr/share/common-licenses/`, which free text
/// may break after the hyphen.
const COMMON: [&[u8]; 2] = [b"common-", b"licenses/"];
/// What the names of those texts start with.
const FAMILIES: [&[u8]; 9] =
    [b"AGPL", b"Apache", b"Artistic", b"BSD", b"CC0", b"GFDL", b"GPL", b"LGPL", b"MPL"];

impl Analyzer for Copyright {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("debian-copyright", 2)
    }

    fn interest(&self) -> Interest {
        Interest::default().at(Place::in_each("usr/share/doc", "copyright"))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let content = without_mark(file.start());
        let stated =
            if is_machine_readable(content) { stated(content) } else { BTreeSet::default() };
        // Where the fields name no licence, the texts below them may refer to one.
        let names = if stated.is_empty() { referred(content) } else { stated };
        names.into_iter().take(MAX_LICENSES).for_each(|name| findings.license(name));
        Outcome::Done
    }
}

/// Returns whether the first paragraph has a `Format` field (`Format-Specification` in drafts of DEP 5),
/// and nothing but fields in front of it.
fn is_machine_readable(content: &[u8]) -> bool {
    let is_empty = |line: &Line<'_>| line.text.trim_ascii().is_empty();
    let first = lines(content).skip_while(is_empty).take_while(|line| !is_empty(line));
    for line in first {
        match line.text {
            [b' ' | b'\t' | b'#', ..] => {}
            text => match field(text) {
                Some((name, _)) if is(name, "Format") || is(name, "Format-Specification") => {
                    return true;
                }
                Some(_) => {}
                None => return false,
            },
        }
    }
    false
}

/// Returns the first line of each `License:` field.
fn stated(content: &[u8]) -> BTreeSet<String> {
    // Most lines are text: the first letter alone tells them from the field.
    let may_be = |line: &Line<'_>| matches!(line.text, [b'L' | b'l', ..]);
    let values = lines(content).filter(may_be).filter_map(|line| {
        let (name, value) = field(line.text)?;
        is(name, "License").then_some(value)
    });
    values.filter_map(name).collect()
}

/// Splits `Name: value`.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    // The name of a field is short, and printable without blanks.
    let colon = line.iter().take(64).position(|&byte| byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| (name, value.strip_prefix(b":").unwrap_or(value).trim_ascii()))
}

fn is(name: &[u8], field: &str) -> bool {
    name.eq_ignore_ascii_case(field.as_bytes())
}

/// Returns the names of the common licences that a text refers to.
fn referred(content: &[u8]) -> BTreeSet<String> {
    let [before, directory] = COMMON;
    let mut names = BTreeSet::new();
    let mut at = 0_usize;
    while let Some(rest) = content.get(at..) {
        let found = rest.windows(directory.len()).position(|window| window == directory);
        let Some(found) = found else { break };
        at = at.saturating_add(found);
        let is_common = content.get(..at).is_some_and(|it| it.trim_ascii_end().ends_with(before));
        at = at.saturating_add(directory.len());
        if is_common {
            names.extend(at_common(content.get(at..).unwrap_or_default()).filter_map(name));
        }
        if names.len() >= MAX_LICENSES {
            break;
        }
    }
    names
}

/// Returns the names of files at the start of `rest`, which stands behind the name of their directory:
/// `GPL-2`, `{GPL-2,LGPL-2.1}`, or a name on the next line.
fn at_common(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    let (listed, inner) = match rest.strip_prefix(b"{") {
        Some(inner) => (true, inner),
        None => (false, rest),
    };
    let end = inner.iter().take(MAX_NAME).position(|&byte| byte == b'}').filter(|_| listed);
    let list = end.and_then(|end| inner.get(..end)).unwrap_or_default();
    let single = if listed { <&[u8]>::default() } else { word(rest) };
    let wrapped = || Some(word(rest.trim_ascii_start())).filter(|_| rest.starts_with(b"\n"));
    let is_license = |word: &&[u8]| FAMILIES.iter().any(|family| word.starts_with(family));
    let single = Some(single).filter(|word| !word.is_empty());
    let single = single.or_else(|| wrapped().filter(is_license));
    list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).map(word).chain(single)
}

/// Returns the word at the start of `rest`, without the full stop that ends a sentence.
fn word(rest: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+');
    let end = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    let mut word = rest.get(..end).unwrap_or_default();
    while let Some(shorter) = word.strip_suffix(b".").or_else(|| word.strip_suffix(b"-")) {
        word = shorter;
    }
    word
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

    const FORMAT: &str =
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";

    #[test]
    fn fields_of_machine_readable_files() {
        for (content, expected) in [
            (
                "\nFiles: *\nLicense: GPL-2+\n text\n\nFiles: b\nLicense: MIT or X11\n\nLicense: GPL-2+\n see /usr/share/common-licenses/GPL-2\n",
                &["GPL-2+", "MIT or X11"][..],
            ),
            ("License: public-domain\n No rights.\n License: see below\n", &["public-domain"]),
            ("\nFiles: *\r\nLicense: Expat\r\n", &["Expat"]),
            ("\nfiles: *\nlicense: Artistic or GPL-1+\n", &["Artistic or GPL-1+"]),
            (
                "\nFiles: *\nLicense: BSD-3-clause~Regents and/or X\n",
                &["BSD-3-clause~Regents and/or X"],
            ),
            ("\nFiles: *\nLicence: MIT\n", &[]),
            (
                "\nFiles: *\nLicense:\n see `/usr/share/common-licenses/Apache-2.0'\n",
                &["Apache-2.0"],
            ),
        ] {
            for first in [
                FORMAT.to_owned(),
                format!(
                    "\u{feff}\n# Ours.\nUpstream-Name: a\nSource:\n https://a.example\n{FORMAT}"
                ),
                "format-specification: 233\n".to_owned(),
                format!("\r\n{}\r\n", FORMAT.trim_end()),
            ] {
                assert_eq!(licenses(&format!("{first}{content}")), expected, "{first}{content}");
            }
        }
    }

    #[test]
    fn references_of_free_text() {
        for (content, expected) in [
            (
                "You find it in /usr/share/common-licenses/GPL-3.\nAnd `/usr/share/common-licenses/LGPL-2.1'",
                &["GPL-3", "LGPL-2.1"][..],
            ),
            ("License: you may use it\nunder these terms\nLicense: see below\n", &[]),
            ("License: MIT\n", &[]),
            ("Upstream-Name: wayland\nLicense: X11\n\nFormat: none\n", &[]),
            ("It was put together.\nFormat: text\nLicense: ours\n", &[]),
            ("License: Artistic, see /usr/share/common-licenses/Artistic,\n", &["Artistic"]),
            ("(/usr/share/common-licenses/\n   LGPL-2.1)", &["LGPL-2.1"]),
            ("in /usr/share/common-\n licenses/Apache-2.0.", &["Apache-2.0"]),
            ("in /usr/share/\ncommon-licenses/GPL-2...", &["GPL-2"]),
            ("under /usr/share/common-licenses/\nhere", &[]),
            (
                "`/usr/share/common-licenses/{MPL-1.1,GPL-2, LGPL-2.1}'",
                &["GPL-2", "LGPL-2.1", "MPL-1.1"],
            ),
            ("/usr/share/common-licenses/{GPL", &[]),
            ("file:///usr/share/common-licenses//GFDL-1.3--", &["GFDL-1.3"]),
            ("<tt>/usr/share/common-licenses/CC0-1.0</tt>", &["CC0-1.0"]),
            ("in /usr/share/common-licenses on Debian systems; /usr/share/licenses/a", &[]),
            ("/usr/share/common-licenses/GPL-2+", &["GPL-2+"]),
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
        let many = format!("{FORMAT}{many}");
        assert_eq!(licenses(&many).len(), MAX_LICENSES);
        assert!(licenses(&format!("{FORMAT}License: {}\n", "x".repeat(1000))).is_empty());
    }
}
