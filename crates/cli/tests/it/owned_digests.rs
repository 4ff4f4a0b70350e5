//! Files against the digests that rpm records, in every algorithm that rpm builds packages with:
//! `rpm --verify` is the judge.

use cutaway_fixtures::{
    ArchiveShape, Compression, FixtureImage, ImageBuilder, LayerBuilder, Layout,
};

use crate::owned::{SPEC, files, must, output, reported, tar, unpack, verified, write};
use crate::support::{OnDisk, run_with, status, stdout};

/// Numbers of algorithms (RFC 4880, 9.4), and whether a second read gives their digests.
const ALGORITHMS: [(&str, &str, bool); 6] = [
    ("1", "md5", false),
    ("2", "sha1", false),
    ("8", "sha256", false),
    ("9", "sha384", true),
    ("10", "sha512", true),
    ("11", "sha224", true),
];

/// Installs a package with digests of one algorithm, and changes a file in a layer above; returns the
/// image as rpm finds it too.
fn tampered(algorithm: &str, work: &std::path::Path) -> Option<FixtureImage> {
    let root = work.join("root");
    write(work.join("tool.spec"), SPEC);
    let define = |name: &str, to: &str| format!("{name} {}", work.join(to).display());
    let number = format!("_binary_filedigest_algorithm {algorithm}");
    let (build, rpms) = (define("_topdir", "build"), define("_rpmdir", "rpms"));
    let spec = work.join("tool.spec");
    let defined = ["--define", &build, "--define", &rpms, "--define", &number];
    must("rpmbuild", &[&["-bb"][..], &defined, &[spec.to_str().unwrap()]].concat())?;
    write(root.join("etc/os-release"), "ID=fedora\nVERSION_ID=40\n");
    let package = work.join("rpms/noarch/tool-1-1.noarch.rpm");
    let place = ["--root", root.to_str().unwrap(), "--dbpath", "/var/lib/rpm"];
    let install = ["--nodeps", "--noscripts", "-i", package.to_str().unwrap()];
    output("rpm", &[&place[..], &install].concat())?;
    let upper = LayerBuilder::new(Compression::GZIP)
        .file("usr/bin/tool", "evil\n")
        .file("usr/bin/other", "two\n");
    let base = LayerBuilder::from_tar(tar(&root), Compression::GZIP);
    Some(ImageBuilder::new().layer(base).layer(upper).build())
}

#[test]
fn digests_of_every_algorithm_are_compared_as_rpm_compares_them() {
    for (number, name, wide) in ALGORITHMS {
        let directory = tempfile::tempdir().unwrap();
        let work = directory.path();
        let Some(image) = tampered(number, work) else { return };
        let layout = OnDisk::layout(&image);
        let found = files(&layout.oci());
        let Some(unpacked) = unpack(layout.path(), work) else { return };
        let place = ["--root", unpacked.to_str().unwrap(), "--dbpath", "/var/lib/rpm", "-Va"];
        let text = output("rpm", &place).unwrap();
        let expected = verified(&text, &unpacked);
        assert_eq!(expected.0.keys().collect::<Vec<_>>(), ["usr/bin/tool"], "{name}: {text}");
        assert_eq!(reported(&found), expected, "{name}: {text}");
        let row = &found["modified"][0];
        for side in ["recorded", "found"] {
            let digest = row[side].as_str().unwrap();
            assert!(digest.starts_with(&format!("{name}:")), "{side} {digest}");
        }
        // What passes once cannot be read a second time, and that is said.
        let archive = Layout::new().image("1", &image).archive(&ArchiveShape::default());
        let passed = run_with(&["scan", "-", "--owned", "--format", "json"], &archive);
        let report: serde_json::Value = serde_json::from_str(&stdout(&passed)).unwrap();
        let expected = if wide { (5, false) } else { (0, true) };
        assert_eq!((status(&passed), report["complete"] == true), expected, "{name}");
    }
}
