//! Programs and libraries: their tables are read once, for Go, Rust, native images and notes of packages.
//!
//! A program of Go that its own linker made, of usual size, is held whole. Of others only windows are kept
//! as their bytes come by: the start, the end with the table of sections, and what stands behind the mark
//! of Go's build information.

use std::ops::Range;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Plan, Want,
};
use cutaway_layerfs::EntryPath;

use crate::object::{Kind, Object, kind};
use crate::passing::Passing;
use crate::record::{error, record, warn};
use crate::windows::Windows;
use crate::{elf, go, native_image, note, rust};

/// The largest program that is held whole.
const WHOLE: u64 = 16 << 20;
/// The least bytes of a program.
const LEAST: u64 = 64;
/// Up to where the table of sections of a program of Go begins, which its linker puts in front.
const FRONT: u64 = 4 << 10;
/// How many bytes are looked at first.
const HEAD: usize = 512;
/// Endings of texts and pictures, which are looked at only where they may be executed.
const TEXTS: &[&[u8]] = &[
    b".py",
    b".pyc",
    b".pyi",
    b".js",
    b".mjs",
    b".cjs",
    b".ts",
    b".map",
    b".json",
    b".h",
    b".hpp",
    b".c",
    b".html",
    b".htm",
    b".css",
    b".md",
    b".txt",
    b".rst",
    b".xml",
    b".yml",
    b".yaml",
    b".gz",
    b".xz",
    b".png",
    b".svg",
    b".gif",
    b".jpg",
    b".ttf",
    b".mo",
    b".po",
    b".pem",
    b".crt",
    b".conf",
    b".rb",
    b".pl",
    b".pm",
    b".php",
    b".java",
    b".class",
    b".jar",
    b".list",
    b".md5sums",
    b".toml",
];

/// The reader of binaries.
#[derive(Debug)]
pub(crate) struct Binary;

impl Analyzer for Binary {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("binary", 2)
    }

    fn interest(&self) -> Interest {
        Interest::default().any_file()
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        let path = file.path.as_bytes();
        let is_text = || TEXTS.iter().any(|ending| path.ends_with(ending));
        if file.size < LEAST || (file.mode & 0o111 == 0 && is_text()) {
            return Want::No;
        }
        Want::Sniff { head: HEAD }
    }

    fn plan(&self, file: &Candidate<'_>, head: &[u8]) -> Plan {
        match kind(head) {
            None => Plan::Drop,
            Some(Kind::Elf) if file.size <= WHOLE && is_of_go_linker(head) => {
                Plan::Whole { max: WHOLE }
            }
            Some(_) => Plan::Feed(Box::new(Passing::new(file.size, file.path.as_bytes()))),
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        match file.whole() {
            Some(content) => read(&Windows::whole(content), file.path(), (None, None), found),
            // Of native images alone parts are read again.
            None => native_image::read_again(file, &file.path().to_string_lossy(), found),
        }
    }
}

/// Returns whether the table of sections lies in front, as Go's linker puts it.
fn is_of_go_linker(head: &[u8]) -> bool {
    elf::table(head).is_some_and(|table| table.start < FRONT)
}

/// Reads what is held of a binary; `marked` is where the mark of Go's build information was seen, `banner` a name
/// and a version that the program says of itself.
pub(crate) fn read(
    file: &Windows<'_>,
    path: &EntryPath,
    (marked, banner): (Option<&[u64]>, Option<(&str, &str)>),
    found: &mut Findings,
) -> Outcome {
    let Some(object) = Object::read(file) else { return Outcome::Done };
    let place = path.to_string_lossy();
    let header = match marked {
        Some(marked) => marked.iter().copied().find(|at| go::may_lie(&object, *at)),
        None => go::find(file, &object),
    };
    let mut is_told = false;
    if let Some(at) = header {
        is_told = true;
        match go::info(file, &object, at) {
            go::Info::Texts(version, modules) => go::packages(&version, &modules, &place, found),
            go::Info::Elsewhere(_) => {
                let message = "the build information of Go has its texts elsewhere in the file, beyond what is held of one of this size";
                error(found, "go-build-info-unreadable", message);
            }
            go::Info::Broken(why) => go::broken(why, found),
        }
    }
    if let Some(section) = object.section(rust::SECTION) {
        is_told = true;
        match held(file, &section.range) {
            Some(bytes) => rust::packages(bytes, &place, found),
            None => error(
                found,
                "rust-audit-data-unreadable",
                "the section .dep-v0 lies beyond what is held of a file of this size",
            ),
        }
    }
    if let Some(note) = note::find(file, &object) {
        is_told = true;
        note::package(note, &place, found);
    }
    let (has_list, outcome) = native_image::packages(file, &object, &place, found);
    is_told |= has_list;
    if let Some((name, version)) = banner.filter(|_| !is_told)
        && let Some(mut package) = record(found, "generic", name, version)
    {
        package.place = Some(place.to_string());
        found.package(package);
    }
    let start = file.from(0, 4 << 10);
    if !is_told && start.windows(4).any(|bytes| bytes == b"UPX!") {
        warn(
            found,
            "packed-binary",
            "the program is packed by UPX: what it is made of is not seen",
        );
    }
    outcome
}

fn held<'f>(file: &'f Windows<'_>, range: &Range<u64>) -> Option<&'f [u8]> {
    file.get(range.start, range.end.saturating_sub(range.start))
}
