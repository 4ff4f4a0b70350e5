//! Images that would have more held than they may: each takes what the law allows, and ends in the limit.
//!
//! The law is 64 MiB, 200 bytes an entry, 400 bytes a package, and the database in flight
//! (docs/decisions/0011-memory.md).

#![expect(clippy::arithmetic_side_effects, reason = "numbers of a test are small")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use cutaway_fixtures::registry::FakeRegistry;
use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder};

use crate::meter::Metered;
use crate::support::{OnDisk, cutaway, stderr};

/// What an image has, by which memory may grow.
#[derive(Clone, Copy, Default)]
struct Size {
    entries: u64,
    packages: u64,
    databases: u64,
}

/// Runs the binary; fails where it ended otherwise than expected or took more than the law allows.
fn held(name: &str, arguments: &[&str], size: Size, status: i32, says: &str) {
    let begun = Instant::now();
    let run = Metered::run(cutaway(arguments));
    let Size { entries, packages, databases } = size;
    let law = (64 << 20) + 200 * entries + 400 * packages + databases;
    let error = stderr(&run.output);
    eprintln!(
        "{name}: {} of {} MiB, {:?}: {}",
        run.peak() >> 20,
        law >> 20,
        begun.elapsed(),
        error
    );
    assert_eq!(run.output.status.code(), Some(status), "{name}: {error}");
    assert!(error.contains(says), "{name}: {error}");
    assert!(run.peak() <= law, "{name}: {} of {law}", run.peak());
    assert!(begun.elapsed() < Duration::from_secs(60), "{name}");
}

fn image(layers: impl IntoIterator<Item = LayerBuilder>) -> OnDisk {
    let image = layers.into_iter().fold(ImageBuilder::new(), ImageBuilder::layer);
    OnDisk::layout(&image.build())
}

fn layer(files: impl IntoIterator<Item = (String, String)>) -> LayerBuilder {
    let layer = LayerBuilder::new(Compression::GZIP);
    files.into_iter().fold(layer, |layer, (name, content)| layer.file(name, content))
}

/// Names that share nothing with the one before, so that each is held as a whole.
fn long_names(count: u32) -> OnDisk {
    let long = |letter: &str| vec![letter.repeat(200); 19].join("/");
    let both = [long("a"), long("b")];
    let name = |n: u32| format!("{}/{n}", both[usize::from(n % 2 == 1)]);
    image([layer((0..count).map(|n| (name(n), String::new())))])
}

#[test]
fn names_of_entries() {
    let disk = long_names(25_000);
    let size = Size { entries: 25_000, ..Size::default() };
    for arguments in [&["scan"][..], &["ls", "-R"], &["find", "--name", "x"], &["du"]] {
        let oci = disk.oci();
        let arguments: Vec<&str> = arguments.iter().copied().chain([oci.as_str()]).collect();
        held(arguments[0], &arguments, size, 4, "held_bytes of 33554432");
    }
}

#[test]
fn directories_that_have_no_entry() {
    let deep = |n: u32| (format!("{n}{}", "/a".repeat(1000)), String::new());
    let disk = image([layer((0..1000).map(deep))]);
    let size = Size { entries: 1000, ..Size::default() };
    held("deep", &["scan", &disk.oci()], size, 4, "held_bytes");
    held("deep", &["ls", "-R", &disk.oci()], size, 4, "held_bytes");
}

#[test]
fn packages() {
    let records = (0..300_000).fold(String::new(), |mut all, n| {
        write!(all, "P:{n}\nV:1\n\n").unwrap();
        all
    });
    let databases = u64::try_from(records.len()).unwrap();
    let disk = image([layer([("lib/apk/db/installed".to_owned(), records)])]);
    // Those that were read by then are fewer than all.
    let size = Size { packages: 90_000, databases, ..Size::default() };
    held("packages", &["scan", &disk.oci()], size, 4, "held_bytes");
}

/// Equal records of many layers are held once.
#[test]
fn records_that_layers_have_again() {
    let records = |layer: u32| {
        (0..10_000).fold(format!("P:of-{layer}\nV:1\n\n"), |mut all, n| {
            write!(all, "P:package-{n}\nV:1.{n}-r0\nA:x86_64\nL:MIT\no:source-{n}\n\n").unwrap();
            all
        })
    };
    let path = || "lib/apk/db/installed".to_owned();
    let disk = image((0..20).map(|number| layer([(path(), records(number))])));
    let size = Size { packages: 200_000, databases: 2 << 20, ..Size::default() };
    held("layers", &["scan", &disk.oci()], size, 0, "");
}

/// What a journal replaces comes and goes with it, and is listed each time.
#[test]
fn a_journal_of_many_layers() {
    let record = |name: u32, arch: &str, version: u32| {
        format!(
            "Package: p{name}\nStatus: install ok installed\nArchitecture: {arch}\nMulti-Arch: same\n\
             Version: {version}\n\n"
        )
    };
    let journal = |number: u32| format!("var/lib/dpkg/updates/{number:04}");
    let grows = |layer_at: u32| {
        let arch = format!("a{layer_at}");
        layer([(journal(layer_at), (0..50).map(|name| record(name, &arch, 1)).collect())])
    };
    let size = Size { entries: 1600, packages: 20_000, databases: 1 << 20 };
    held("grows", &["scan", &image((0..400).map(grows)).oci()], size, 0, "");
    let status = (0..5000).map(|version| record(0, "amd64", version)).collect();
    let comes_and_goes = (1..100).map(|at| match at % 2 {
        1 => layer([(journal(0), record(0, "amd64", at))]),
        _ => layer([("var/lib/dpkg/updates/.wh.0000".to_owned(), String::new())]),
    });
    let base = layer([("var/lib/dpkg/status".to_owned(), status)]);
    let disk = image([base].into_iter().chain(comes_and_goes));
    let size = Size { entries: 500, packages: 5000, databases: 1 << 20 };
    let tight = ["scan", "--limit", "held_bytes=12M", &disk.oci()];
    held("comes and goes", &tight, size, 4, "held_bytes");
    held("comes and goes", &["scan", &disk.oci()], size, 5, "");
}

/// What packages record of files is held of all layers until the top is known, and placed there.
#[test]
fn records_of_files() {
    let status = "Package: p\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n";
    let base = layer([("var/lib/dpkg/status".to_owned(), status.to_owned())]);
    let long = ["a", "b"].map(|letter| vec![letter.repeat(200); 19].join("/"));
    let paths: String = (0..500).map(|n| format!("/{}/{n}\n", long[n % 2])).collect();
    let list = |n: u32| ("var/lib/dpkg/info/p.list".to_owned(), format!("/{n}\n{paths}"));
    let disk = image([base].into_iter().chain((0..60).map(|n| layer([list(n)]))));
    let databases = 4 * u64::try_from(paths.len()).unwrap();
    let size = Size { entries: 100, packages: 1, databases };
    held("of many layers", &["scan", "--owned", &disk.oci()], size, 4, "held_bytes");
    // Packed they are small; what is missing is listed by its path.
    let same: String = (0..100_000).map(|n| format!("/{}/{n}\n", "d".repeat(50))).collect();
    let base = layer([("var/lib/dpkg/status".to_owned(), status.to_owned())]);
    let databases = u64::try_from(same.len()).unwrap();
    let disk = image([base, layer([("var/lib/dpkg/info/p.list".to_owned(), same)])]);
    let size = Size { entries: 100, packages: 1, databases };
    held("missing", &["scan", "--owned", &disk.oci()], size, 4, "held_bytes");
}

#[test]
fn files_that_are_analysed() {
    let file = |n: u32| (format!("var/lib/dpkg/status.d/{n}"), String::new());
    let disk = image([layer((0..60_000).map(file))]);
    let size = Size { entries: 60_000, ..Size::default() };
    held("status.d", &["scan", &disk.oci()], size, 4, "held_bytes");
}

#[test]
fn what_is_said_of_files() {
    let lines = "nonsense\n\n".repeat(100);
    let file = |n: u32| (format!("var/lib/dpkg/status.d/{n}"), lines.clone());
    let disk = image([layer((0..5000).map(file))]);
    let size = Size { entries: 5000, databases: 5_000_000, ..Size::default() };
    held("diagnostics", &["scan", &disk.oci()], size, 4, "held_bytes");
}

#[test]
fn pages_of_lists() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = runtime.block_on(FakeRegistry::start());
    let names: Vec<String> = (0..40_000).map(|n| format!("\"{n}\"")).collect();
    let page = |key: &str| format!("{{\"{key}\":[{}]}}", names.join(","));
    for (command, key, list) in
        [("tags", "tags", "/v2/app/tags/list"), ("catalog", "repositories", "/v2/_catalog")]
    {
        for n in 0..40 {
            let next = format!("<{list}?n=1000&last={}>; rel=\"next\"", n + 1);
            let behind = if n == 0 { String::new() } else { format!("&last={n}") };
            registry.page(&format!("{list}?n=1000{behind}"), &page(key), &[("Link", &next)]);
        }
        let host = registry.host();
        let place = if command == "tags" { format!("{host}/app") } else { host };
        held(command, &[command, "--plain-http", &place], Size::default(), 4, "list_total_bytes");
    }
}

/// Entries deep below directories that have none: each makes a thousand names out of a few bytes.
#[test]
fn directories_without_entries_are_exported() {
    let deep = |n: u32| (format!("{n:06}{}/f", "/aa".repeat(1000)), String::new());
    let disk = image([layer((0..600).map(deep))]);
    let size = Size { entries: 600, ..Size::default() };
    let (oci, to) = (disk.oci(), "/dev/null");
    held("export", &["export", &oci, to], size, 4, "held_bytes");
}
