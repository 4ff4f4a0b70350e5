//! The files of a package as its header has them: arrays side by side, one value a file.
//!
//! A path is `DIRNAMES[DIRINDEXES[i]]` and `BASENAMES[i]`, or `OLDFILENAMES[i]` in databases of rpm 3.
//! `FILEDIGESTALGO` is missing where it is MD5. What `rpm --verify` leaves alone is marked so: ghosts,
//! files that were not installed, digests that the package says not to check. Format: `rpmtag.h`,
//! `rpmfiles.h` and `rpmvf.h` of rpm 4.

use std::fmt;

use super::header::{Error, Header};
use super::record::{ARCH, NAME};
use crate::bytes::size;
use crate::reporter::{Reporter, quote};
use crate::{recorded, script};
use cutaway_analyze::{
    ContentDigest, Ecosystem, FileRecord, FileRecords, FileRole, PackageRef, Traits,
};

const OLD_FILE_NAMES: u32 = 1027;
const FILE_STATES: u32 = 1029;
const FILE_MODES: u32 = 1030;
const FILE_DIGESTS: u32 = 1035;
const FILE_LINKTOS: u32 = 1036;
const FILE_FLAGS: u32 = 1037;
const FILE_VERIFY_FLAGS: u32 = 1045;
const DIR_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIR_NAMES: u32 = 1118;
const FILE_DIGEST_ALGO: u32 = 5011;

/// Scripts, and what they are called.
const SCRIPTS: [(u32, &str); 9] = [
    (1023, "%pre"),
    (1024, "%post"),
    (1025, "%preun"),
    (1026, "%postun"),
    (1151, "%pretrans"),
    (1152, "%posttrans"),
    (1065, "trigger"),
    (5066, "file trigger"),
    (5076, "transaction file trigger"),
];

/// Flags of a file: it is a configuration file, may be missing, is a ghost.
const CONFIG: u32 = 1;
const MISSING_OK: u32 = 1 << 3;
const GHOST: u32 = 1 << 6;
/// The digest is to be verified.
const VERIFY_DIGEST: u32 = 1;
/// The state of a file that is there as the package has it.
const NORMAL: u32 = 0;

/// The values of all files.
#[derive(Debug, Default)]
struct Files<'a> {
    names: Vec<&'a [u8]>,
    directories: Vec<&'a [u8]>,
    /// The directory of each name; none where names are whole paths.
    indexes: Vec<u32>,
    states: Vec<u32>,
    modes: Vec<u32>,
    digests: Vec<&'a [u8]>,
    links: Vec<&'a [u8]>,
    flags: Vec<u32>,
    verify: Vec<u32>,
}

impl<'a> Files<'a> {
    fn name(&self, at: usize) -> &'a [u8] {
        self.names.get(at).copied().unwrap_or_default()
    }

    fn directory(&self, at: usize) -> &'a [u8] {
        let index = self.indexes.get(at).map(|&index| size(index));
        index.and_then(|index| self.directories.get(index)).copied().unwrap_or_default()
    }
}

/// Adds the files and scripts of the package whose header this is.
pub(super) fn add(
    header: Header<'_>,
    place: fmt::Arguments<'_>,
    records: &mut FileRecords,
    reporter: &mut Reporter<'_>,
) {
    // Without a name there is no package, which the reader of packages says.
    let Ok(Some(name)) = header.string(NAME) else { return };
    let shown = quote(name);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let arch = header.string(ARCH).ok().flatten().filter(|arch| !matches!(*arch, b"" | b"(none)"));
    let package = PackageRef::Named { name: text(name), arch: arch.map(text) };
    let owner = records.owner(Ecosystem::RPM, package, true);
    let files = match read(header) {
        Ok(files) => files,
        Err(error) => {
            reporter.error(
                "rpm-files-unreadable",
                format_args!("the files of {place} ({shown}): {error}"),
            );
            return;
        }
    };
    let algorithm = header.number(FILE_DIGEST_ALGO).ok().flatten().unwrap_or(1);
    let mut unknown: Option<&[u8]> = None;
    for at in 0..files.names.len() {
        if records.is_over() {
            return;
        }
        let path = match recorded::join(files.directory(at), files.name(at)) {
            Ok(path) => path,
            Err(reason) => {
                reporter.error(
                    "recorded-path-unusable",
                    format_args!("{place} ({shown}): {}: {reason}", quote(files.name(at))),
                );
                continue;
            }
        };
        let value = |of: &[u32], otherwise| of.get(at).copied().unwrap_or(otherwise);
        let flags = value(&files.flags, 0);
        let state = value(&files.states, NORMAL);
        let digest = files.digests.get(at).copied().unwrap_or_default();
        // Whatever comes to lie in the place of a ghost, or of a file that was not installed, is right.
        let is_open = flags & GHOST != 0 || state != NORMAL;
        let role = match role(files.modes.get(at).copied()) {
            FileRole::Directory => FileRole::Directory,
            _ if is_open => FileRole::Any,
            role => role,
        };
        let parsed = ContentDigest::from_hex_of(algorithm, digest);
        if !digest.is_empty() && parsed.is_none() && role == FileRole::File {
            unknown = unknown.or(Some(digest));
        }
        records.push(&FileRecord {
            owner,
            path: path.as_bytes(),
            role,
            digest: parsed.filter(|_| role == FileRole::File),
            link: files.links.get(at).copied().filter(|_| role == FileRole::Link),
            traits: Traits {
                config: flags & CONFIG != 0,
                optional: is_open || flags & MISSING_OK != 0,
                volatile: value(&files.verify, u32::MAX) & VERIFY_DIGEST == 0,
                supplement: false,
            },
        });
    }
    if let Some(digest) = unknown {
        reporter.error(
            "digest-algorithm-unknown",
            format_args!(
                "the files of {place} ({shown}) have digests of the algorithm {algorithm}, such as {}: not compared",
                quote(digest)
            ),
        );
    }
    for (tag, kind) in SCRIPTS {
        // What is no script names nothing.
        for script in header.strings(tag).unwrap_or_default() {
            let reason = format!("named in the {kind} of {}", String::from_utf8_lossy(name));
            script::origins(script, owner, &reason, records);
        }
    }
}

/// Reads the arrays. Those that say something of every file must be as long as there are files.
fn read(header: Header<'_>) -> Result<Files<'_>, String> {
    let text = |error: Error| error.to_string();
    let mut names = header.strings(BASE_NAMES).map_err(text)?;
    let directories = header.strings(DIR_NAMES).map_err(text)?;
    let indexes = header.numbers(DIR_INDEXES).map_err(text)?;
    if names.is_empty() {
        names = header.strings(OLD_FILE_NAMES).map_err(text)?;
    } else if indexes.len() != names.len() {
        let (names, indexes) = (names.len(), indexes.len());
        return Err(format!("{names} names and {indexes} directories for them"));
    }
    if let Some(index) = indexes.iter().find(|&&index| size(index) >= directories.len()) {
        return Err(format!("a file lies in directory {index} of {}", directories.len()));
    }
    let count = names.len();
    let files = Files {
        names,
        directories,
        indexes,
        states: header.numbers(FILE_STATES).map_err(text)?,
        modes: header.numbers(FILE_MODES).map_err(text)?,
        digests: header.strings(FILE_DIGESTS).map_err(text)?,
        links: header.strings(FILE_LINKTOS).map_err(text)?,
        flags: header.numbers(FILE_FLAGS).map_err(text)?,
        verify: header.numbers(FILE_VERIFY_FLAGS).map_err(text)?,
    };
    for (what, len) in [
        ("states", files.states.len()),
        ("modes", files.modes.len()),
        ("digests", files.digests.len()),
        ("link targets", files.links.len()),
        ("flags", files.flags.len()),
        ("verify flags", files.verify.len()),
    ] {
        if len != 0 && len != count {
            return Err(format!("{count} files and {len} {what}"));
        }
    }
    Ok(files)
}

/// Returns what a mode says a file is.
fn role(mode: Option<u32>) -> FileRole {
    match mode.map(|mode| mode & 0o170_000) {
        Some(0o040_000) => FileRole::Directory,
        Some(0o100_000) => FileRole::File,
        Some(0o120_000) => FileRole::Link,
        Some(0o020_000 | 0o060_000 | 0o010_000 | 0o140_000) => FileRole::Special,
        _ => FileRole::Any,
    }
}
