//! What half a million files cost: the law is 64 MiB and 200 bytes an entry, whatever the allocator
//! makes of it.

#![expect(clippy::arithmetic_side_effects, reason = "numbers of a test are small")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder};

use crate::meter::number;
use crate::support::{OnDisk, cutaway, json, run};

const ENTRIES: u64 = 500_000;

/// Makes glibc keep all blocks on its heaps, where what grows is copied. It comes to that by itself
/// once a large block was freed, which depends on the order in which threads work.
const ON_HEAPS: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "33554432");

/// Runs the binary to its end, its output thrown away; returns the most memory it had, in bytes.
fn peak(arguments: &[&str], variable: Option<(&str, &str)>) -> u64 {
    let mut command = cutaway(arguments);
    command.envs(variable);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    loop {
        let status = PathBuf::from(format!("/proc/{}/status", child.id()));
        peak = number(&status, "VmHWM:").max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{arguments:?}");
            return peak * 1024;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns what is over the law, which is about so many entries and bytes of databases.
fn over(arguments: &[&str], entries: u64, databases: u64) -> Vec<String> {
    let law = (64 << 20) + 200 * entries + databases;
    let short: Vec<&&str> = arguments.iter().filter(|it| !it.starts_with("oci:")).collect();
    let peaks = [None, Some(ON_HEAPS)].map(|variable| (variable, peak(arguments, variable)));
    let said = peaks.map(|(variable, peak)| {
        eprintln!("{short:?}: {} MB of {} MB", peak / 1_000_000, law / 1_000_000);
        (peak > law).then(|| format!("{short:?} {variable:?}: {peak} of {law}"))
    });
    said.into_iter().flatten().collect()
}

/// The worst that can be said of files: every one is owned, and every one was changed.
#[test]
fn changed_files_keep_the_law() {
    const FILES: u64 = 200_000;
    let name = |n: u64| format!("usr/share/package-{:05}/some-file-{n}.ext", n / 40);
    let status = "Package: all\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n";
    let list: String = (0..FILES).map(|n| format!("/{}\n", name(n))).collect();
    let sums: String = (0..FILES).map(|n| format!("{n:032x}  {}\n", name(n))).collect();
    let databases = u64::try_from(list.len() + sums.len()).unwrap();
    let layer = LayerBuilder::new(Compression::GZIP)
        .file("etc/os-release", "ID=debian\n")
        .file("var/lib/dpkg/status", status)
        .file("var/lib/dpkg/info/all.list", list)
        .file("var/lib/dpkg/info/all.md5sums", sums);
    let layer = (0..FILES).fold(layer, |layer, n| layer.file(name(n), "x"));
    let disk = OnDisk::layout(&ImageBuilder::new().layer(layer).build());
    let oci = disk.oci();
    let report = json(&run(&["scan", "--owned", &oci, "--format", "json"]));
    assert_eq!(report["files"]["modified"].as_array().unwrap().len(), 200_000);
    let table = over(&["scan", "--owned", &oci, "--format", "table"], FILES, databases);
    let json = over(&["scan", "--owned", &oci, "--format", "json"], FILES, databases);
    assert_eq!([table, json].concat(), [""; 0]);
}

#[test]
fn half_a_million_files_keep_the_law_in_every_command() {
    let name = |n: u64| {
        format!("usr/share/package-{:05}/directory-{}/some-file-{n}.ext", n / 200, n / 40 % 5)
    };
    let layer = |from: u64, to: u64| {
        (from..to).fold(LayerBuilder::new(Compression::GZIP), |layer, n| layer.file(name(n), "x"))
    };
    // The upper layer replaces a part of the lower one.
    let image = ImageBuilder::new().layer(layer(0, 300_000)).layer(layer(200_000, 400_000)).build();
    let disk = OnDisk::layout(&image);
    let other = ImageBuilder::new().layer(layer(400_000, 900_000)).build();
    let other = OnDisk::layout(&other);
    let (oci, other) = (disk.oci(), other.oci());
    let mut broken = Vec::new();
    for (arguments, images) in [
        (&["scan", &oci][..], 1),
        (&["scan", "--history", "--owned", &oci], 1),
        (&["scan", "--owned", &oci, "--format", "json"], 1),
        (&["ls", "-R", &oci], 1),
        (&["find", &oci, "--name", "*-1.ext"], 1),
        (&["du", &oci], 1),
        (&["tree", &oci], 1),
        (&["tree", "--by-layer", &oci], 1),
        (&["history", "--files", &oci], 1),
        (&["history", "--files", &oci, "--format", "json"], 1),
        (&["diff", "--read-base", &oci, &oci], 2),
        (&["diff", &oci, &other, "--format", "json"], 2),
    ] {
        broken.extend(over(arguments, ENTRIES * images, 0));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
