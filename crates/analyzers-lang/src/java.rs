//! Archives of Java: what `pom.properties` in them say, of nested archives too; of one without such, what its
//! manifest and its name say, as a guess.
//!
//! Read by the central directory, as a virtual machine does. Nothing is written to a disk.

use std::collections::BTreeSet;

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::java_name::{self, Called};
use crate::manifest::attributes;
use crate::place::Parts;
use crate::record::{add_details, error, record, warn};
use crate::zip::{Entry, Trouble, Zip};

/// The type of the package URLs.
pub(crate) const KIND: &str = "maven";
/// The largest archive that is read.
const MAX: u64 = 256 << 20;
/// How deep archives in archives are read.
const DEPTH: usize = 8;
/// What one entry may unpack to, and those that are held at once; and all of one file.
const MEMBER: u64 = 64 << 20;
const ALL: u64 = 1 << 30;
/// The largest text that is interpreted.
const TEXT: u64 = 1 << 20;

/// The reader of archives.
#[derive(Debug)]
pub(crate) struct Java;

/// One file, and what of it was seen.
struct Outer<'f> {
    found: &'f mut Findings,
    /// The path of the file.
    path: String,
    /// What may still be unpacked.
    left: u64,
    seen: BTreeSet<(String, String)>,
}

impl Analyzer for Java {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("java", 1)
    }

    fn interest(&self) -> Interest {
        java_name::ENDINGS
            .iter()
            .fold(Interest::default(), |interest, ending| interest.ending(format!(".{ending}")))
    }

    fn wants(&self, _file: &Candidate<'_>) -> Want {
        Want::Whole { max: MAX }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let path = file.path().to_string_lossy().into_owned();
        let parts = Parts::new(file.path());
        let (name, above) = (parts.text(0).into_owned(), parts.above(1));
        let mut outer = Outer { found, path: path.clone(), left: ALL, seen: BTreeSet::new() };
        outer.archive(file.start(), &name, (&path, &above), 1, MEMBER);
        Outcome::Done
    }
}

impl Outer<'_> {
    /// Reads an archive of a name; `place` is its own and what copies of other versions share.
    fn archive(
        &mut self,
        content: &[u8],
        name: &str,
        place: (&str, &str),
        depth: usize,
        room: u64,
    ) {
        let zip = match Zip::read(content) {
            Ok(zip) => zip,
            Err(trouble) => return self.tell(trouble, place.0, content.starts_with(b"PK")),
        };
        let called = java_name::called(name);
        let poms = self.poms(&zip, place.0);
        let own =
            |pom: &&Pom| called.artifact.is_some_and(|it| it == pom.artifact) || poms.len() == 1;
        let identity = poms.iter().find(own);
        for pom in &poms {
            let is_own = identity.is_some_and(|own| own == pom);
            let full = format!("{}:{}", pom.group, pom.artifact);
            self.add(&full, &pom.version, place, (is_own, false), &called);
        }
        if identity.is_none() {
            self.guess(&zip, &called, place);
        }
        for entry in &zip.entries {
            let inner = String::from_utf8_lossy(entry.name);
            let base = inner.rsplit('/').next().unwrap_or(&inner);
            if !java_name::is_archive(base) {
                continue;
            }
            let inside = format!("{}!/{inner}", place.0);
            if depth >= DEPTH {
                let message = format!("{inside} lies deeper than {DEPTH} archives in each other");
                return error(self.found, "archive-over-limit", message);
            }
            match zip.unpack(entry, room, &mut self.left) {
                Ok(bytes) => {
                    let rest = room.saturating_sub(cutaway_tar::len64(bytes.len()));
                    self.archive(&bytes, base, (&inside, &inside), depth.saturating_add(1), rest);
                }
                Err(trouble) => self.tell(trouble, &inside, true),
            }
        }
    }

    /// Returns what `pom.properties` say.
    fn poms(&mut self, zip: &Zip<'_>, place: &str) -> Vec<Pom> {
        let mut poms = Vec::new();
        for entry in zip.entries.iter().filter(|entry| ends_in(entry, b"pom.properties")) {
            match zip.unpack(entry, TEXT, &mut self.left) {
                Ok(text) => poms.extend(Pom::read(&String::from_utf8_lossy(&text))),
                Err(trouble) => {
                    let name = String::from_utf8_lossy(entry.name);
                    self.tell(trouble, &format!("{place}!/{name}"), true);
                }
            }
        }
        poms.dedup();
        poms
    }

    /// Adds what the manifest and the name of an archive say.
    fn guess(&mut self, zip: &Zip<'_>, called: &Called<'_>, place: (&str, &str)) {
        let manifest = zip.find(b"META-INF/MANIFEST.MF");
        let manifest = manifest.map(|entry| zip.unpack(entry, TEXT, &mut self.left));
        let attributes = match manifest {
            Some(Ok(text)) => attributes(&text),
            Some(Err(trouble)) => {
                self.tell(trouble, &format!("{}!/META-INF/MANIFEST.MF", place.0), true);
                Vec::new()
            }
            None => Vec::new(),
        };
        if let Some((name, version)) = java_name::guessed(called, &attributes) {
            self.add(&name, &version, place, (true, true), called);
        }
    }

    /// Adds a record, unless the file has it already.
    fn add(
        &mut self,
        name: &str,
        version: &str,
        (own, shared): (&str, &str),
        (is_own, guessed): (bool, bool),
        called: &Called<'_>,
    ) {
        if !self.seen.insert((name.to_owned(), version.to_owned())) {
            return;
        }
        let Some(mut package) = record(self.found, KIND, name, version) else { return };
        // An archive whose name has its version is replaced by one of another name.
        let is_versioned = is_own && called.version.is_some();
        let place = if is_versioned && own == self.path { shared } else { own };
        package.place = Some(place.to_owned());
        let kind = called.ending.filter(|ending| *ending != "jar").filter(|_| is_own);
        let classifier = called.classifier.filter(|_| is_own);
        let pairs = [("classifier", classifier), ("type", kind)];
        add_details(&mut package, |it| {
            it.guessed = guessed;
            it.root = is_own && own == self.path && called.version.is_none() && !guessed;
            let known = pairs.into_iter().filter_map(|(key, value)| Some((key, value?)));
            it.qualifiers = known.map(|(key, value)| format!("{key}={value}")).collect();
        });
        self.found.package(package);
    }

    fn tell(&mut self, trouble: Trouble, place: &str, is_zip: bool) {
        tell(trouble, place, is_zip, self.found);
    }
}

/// Says why an archive, or an entry of one, is not read.
pub(crate) fn tell(trouble: Trouble, place: &str, is_zip: bool, found: &mut Findings) {
    match trouble {
        Trouble::NoZip if !is_zip => {
            warn(found, "archive-not-a-zip", format_args!("{place} is no zip archive"));
        }
        Trouble::NoZip => {
            error(found, "archive-unreadable", format_args!("{place}: it has no directory"));
        }
        Trouble::Broken(why) => error(found, "archive-unreadable", format_args!("{place}: {why}")),
        Trouble::OverLimit(limit) => {
            error(found, "archive-over-limit", format_args!("{place} has more than {limit}"));
        }
        Trouble::Encrypted => {
            warn(found, "archive-entry-encrypted", format_args!("{place} is encrypted"));
        }
        // What nobody packs so is none of a package.
        Trouble::Method => {}
    }
}

fn ends_in(entry: &Entry<'_>, name: &[u8]) -> bool {
    entry.name == name || entry.name.strip_suffix(name).is_some_and(|before| before.ends_with(b"/"))
}

/// What Maven notes of what it built.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pom {
    group: String,
    artifact: String,
    version: String,
}

impl Pom {
    /// Reads a file of properties; none where one of the three is missing.
    fn read(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
            let mut values = lines.filter_map(|line| {
                let (key, value) = line.split_once(['=', ':'])?;
                (key.trim() == name).then(|| value.trim().to_owned())
            });
            values.next().filter(|value| !value.is_empty() && !value.contains("${"))
        };
        let (group, artifact) = (field("groupId")?, field("artifactId")?);
        Some(Self { group, artifact, version: field("version")? })
    }
}
