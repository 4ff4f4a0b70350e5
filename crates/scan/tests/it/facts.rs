//! What layers say, kept and used again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Analyzers, Budget, Candidate, DecodeLimits, Ecosystem, File, Findings,
    Interest, LayerFacts, Outcome, Package, Part, Plan, Want,
};
use cutaway_fixtures::{ArchiveShape, Layout, image};
use cutaway_model::source::{Archive, Files, Form};
use cutaway_report::{Report, SourceKind};
use cutaway_scan::Options;

use crate::memory::{Memory, keeping, scan_image};
use crate::support::{apk, codes, options, packages, removed, scan_bytes, scan_files};

fn text() -> String {
    let database = |packages: &[&str]| apk("lib/apk/db/installed", packages);
    format!(
        "layer gzip\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20\\n\"\n{}layer gzip\n  usr/share/doc/a/copyright 0644 \"Format: 1\\nLicense: MIT\\n\"\n{}layer gzip\n  .wh.opt\n  a => etc/os-release\n",
        database(&["a 1-r0", "b 1-r0"]),
        database(&["a 2-r0"]),
    )
}

#[test]
fn a_second_scan_reads_no_layer_and_says_the_same() {
    let image = image(&text());
    let memory = Arc::new(Memory::default());
    let (first, opened) = keeping(&memory);
    let report = scan_image(&image, &first).unwrap();
    assert_eq!(opened.0.load(Ordering::Relaxed), 3);
    let json = |report| serde_json::to_string(&report).unwrap();
    let without = scan_image(&image, &options()).unwrap();
    assert_eq!(json(without), json(report.clone()));

    let (second, opened) = keeping(&memory);
    assert_eq!(json(scan_image(&image, &second).unwrap()), json(report.clone()));
    assert_eq!(opened.0.load(Ordering::Relaxed), 0);
    // Nobody has read the same tar, compressed otherwise: what is stored is told of what was read.
    let plain = image.uncompressed();
    let again = scan_image(&plain, &second).unwrap();
    assert_eq!((opened.0.load(Ordering::Relaxed), packages(&again)), (3, packages(&report)));
    let stored = |report: &Report| {
        report.layers.iter().map(|it| (it.digest.clone(), it.size)).collect::<Vec<_>>()
    };
    assert_eq!(stored(&again), stored(&scan_image(&plain, &options()).unwrap()));
    let memory = Arc::new(Memory::default());
    scan_image(&image, &keeping(&memory).0).unwrap();

    // Other limits, other patterns and other analyzers are other facts.
    let (mut other, opened) = keeping(&memory);
    other.limits.database_bytes = 1 << 20;
    scan_image(&image, &other).unwrap();
    let (mut other, opened_too) = keeping(&memory);
    other.skip.push("etc".into());
    scan_image(&image, &other).unwrap();
    assert_eq!([opened, opened_too].map(|it| it.0.load(Ordering::Relaxed)), [3, 3]);
}

#[test]
fn what_is_incomplete_or_damaged_is_read_again() {
    let broken = image("layer gzip\n  lib/apk/db/installed 0644 \"P:a\\n\\n\"\n");
    let memory = Arc::new(Memory::default());
    let (options, _) = keeping(&memory);
    assert!(!scan_image(&broken, &options).unwrap().complete);
    assert!(memory.0.lock().unwrap().is_empty(), "incomplete facts are not kept");

    let image = image(&text());
    let report = scan_image(&image, &options).unwrap();
    for value in memory.0.lock().unwrap().values_mut() {
        *value = value.slice(..value.len() / 2);
    }
    let (options, opened) = keeping(&memory);
    assert_eq!(scan_image(&image, &options).unwrap(), report);
    assert_eq!(opened.0.load(Ordering::Relaxed), 3);
    let kept = memory.0.lock().unwrap();
    assert!(kept.keys().any(|(_, part)| *part == Part::Listing));
}

/// The archives of the corpus and the images that apt built, where they are there, each with how many
/// bytes the facts of an entry may take: a listing of few entries has its digests beside.
fn archives() -> Vec<(PathBuf, u64)> {
    let root = |given: &str, beside: &str| {
        #[expect(clippy::disallowed_methods, reason = "tests find what they read")]
        let root = std::env::var_os(given).map(PathBuf::from);
        let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(beside);
        root.unwrap_or(beside)
    };
    let corpus = root("CUTAWAY_CORPUS", "../shared/corpus").join("images");
    let corpus = std::fs::read_dir(corpus).into_iter().flatten().flatten().map(|it| it.path());
    let is_archive = |path: &PathBuf| path.to_string_lossy().contains(".docker-archive.tar");
    let mut all: Vec<_> = corpus.filter(is_archive).map(|path| (path, 1000)).collect();
    let fixtures = root("CUTAWAY_FIXTURES", "target/fixtures");
    let made = ["debian", "bench"].map(|name| fixtures.join(name).join("docker-archive.tar"));
    all.extend(made.into_iter().filter(|path| path.is_file()).map(|path| (path, 40)));
    all
}

/// Returns where the archive lies without compression.
fn plain(path: &Path, folder: &Path) -> PathBuf {
    if path.extension().is_none_or(|it| it != "gz") {
        return path.to_owned();
    }
    let plain = folder.join("plain.tar");
    let mut gzip = std::process::Command::new("gzip");
    let file = std::fs::File::create(&plain).unwrap();
    assert!(gzip.arg("-dc").arg(path).stdout(file).status().unwrap().success());
    plain
}

/// What is kept is small, and what comes of it is the report of the layers themselves, to the byte.
#[test]
fn facts_of_real_images_are_small_and_whole() {
    if archives().is_empty() {
        eprintln!("skipped: no corpus, and no image that apt built");
    }
    let unpacked = tempfile::tempdir().unwrap();
    for (path, most) in archives() {
        let memory = Arc::new(Memory::default());
        let archive = plain(&path, unpacked.path());
        let archive: Arc<dyn Files> =
            Arc::new(Archive::open(&archive, &options().read.limits.model).unwrap());
        let scan = |options: &Options| {
            let files = Arc::clone(&archive);
            scan_files(files, Form::Docker, SourceKind::DockerArchive, options).unwrap()
        };
        let (first, _) = keeping(&memory);
        let report = serde_json::to_string(&scan(&first)).unwrap();
        let (second, opened) = keeping(&memory);
        assert_eq!(serde_json::to_string(&scan(&second)).unwrap(), report, "{}", path.display());
        let kept = memory.0.lock().unwrap();
        let (mut bytes, mut entries, mut found) = (0_u64, 0_u64, 0_u64);
        for ((_, part), value) in kept.iter() {
            let length = u64::try_from(value.len()).unwrap();
            if *part == Part::Listing {
                let none: [(&AnalyzerId, &[u8]); 0] = [];
                let facts = LayerFacts::decode(value, none, &decode_limits()).unwrap();
                (bytes, entries) = (bytes + length, entries + u64::from(facts.listing.len()));
            } else {
                found += length;
            }
        }
        eprintln!("{}: {entries} entries in {bytes} bytes, findings {found}", path.display());
        assert!(entries > 0 && bytes <= most * entries, "{}: {bytes}", path.display());
        assert_eq!(opened.0.load(Ordering::Relaxed), 0, "{}", path.display());
    }
}

fn decode_limits() -> DecodeLimits {
    DecodeLimits {
        layerfs: cutaway_layerfs::Limits::default(),
        budget: Budget::unlimited(),
        record_bytes: u64::MAX,
    }
}

/// Finds a package in every file `NAME.pin`: its name is the file's, its version the last line, for
/// which the file is read again.
#[derive(Debug)]
struct Pins;

impl Analyzer for Pins {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("pins", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".pin")
    }

    fn wants(&self, _: &Candidate<'_>) -> Want {
        Want::Sniff { head: 4 }
    }

    fn plan(&self, _: &Candidate<'_>, head: &[u8]) -> Plan {
        if head == b"pin:" { Plan::Windows { ranges: Vec::new(), tail: 2 } } else { Plan::Drop }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let end = file.size().saturating_sub(1);
        let version = end.saturating_sub(3)..end;
        let Some(bytes) = file.get(version.clone()) else {
            return Outcome::Again { ranges: vec![version] };
        };
        let name = String::from_utf8_lossy(file.path().name()).replace(".pin", "");
        let version = String::from_utf8_lossy(bytes).into_owned();
        let mut package = Package::new(Ecosystem::of("generic"), name, version);
        package.place = Some(file.path().directory().to_string());
        found.package(package);
        Outcome::Done
    }
}

fn pins() -> Options {
    Options { analyzers: Analyzers::builder().artifact(Pins).build().unwrap(), ..options() }
}

const PINS: &str = "layer gzip\n  opt/x.pin 0644 zeros=0\n  srv/a.pin 0644 \"pin:\\n1.0\\n\"\n  srv/b.pin 0644 \"no:\\n1.0\\n\"\n  bin/a.pin 0644 \"pin:1.0\\n\"\nlayer gzip\n  srv/a.pin 0644 \"pin:\\n2.0\\n\"\n  var/link -> /bin/a.pin\n  var/hard => bin/a.pin\nlayer gzip\n  bin/.wh.a.pin\n";

#[test]
fn an_analyzer_of_artefacts_is_served() {
    let report = scan_image(&image(PINS), &pins()).unwrap();
    // Its file is still there, under the name that the hard link gave it.
    assert_eq!(packages(&report), ["a 1.0@0", "a 2.0@1"]);
    let databases: Vec<&str> = report.packages.iter().map(|it| it.database.as_str()).collect();
    assert_eq!(databases, ["var/hard", "srv/a.pin"]);
    let told = vec!["layer-refused"];
    assert_eq!((removed(&report).len(), codes(&report)), (0, told));
}

#[test]
fn an_archive_that_passes_says_what_needs_a_second_read() {
    let archive = Layout::new().image("test", &image(PINS)).archive(&ArchiveShape::default());
    let report = scan_bytes(archive, &pins()).unwrap();
    assert!(codes(&report).contains(&"needs-a-second-read"), "{:?}", report.diagnostics);
    assert!(!report.complete);
}
