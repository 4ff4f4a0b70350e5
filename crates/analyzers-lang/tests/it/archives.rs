//! Archives of Java made to hurt: what unpacks to much, lies within itself, or points where nothing is.

use std::io::Write as _;

use cutaway_analyze::{File, Findings};
use cutaway_layerfs::EntryPath;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::{analyzers, whole};

const POM: &str = "META-INF/maven/g/a/pom.properties";
const PROPERTIES: &[u8] = b"groupId=g\nartifactId=a\nversion=1.0\n";

/// Puts members into an archive, each deflated or as it is.
fn zip(members: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let packed = if deflated { encoder.finish().unwrap() } else { content.to_vec() };
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let number = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
        let common = [
            &[20, 0, 0, 0, if deflated { 8 } else { 0 }, 0, 0, 0, 0, 0][..],
            &crc.sum().to_le_bytes(),
            &number(packed.len()),
            &number(content.len()),
            &number(name.len())[..2],
            &[0, 0],
        ]
        .concat();
        let at = number(archive.len());
        directory
            .extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &at, name.as_bytes()].concat());
        archive.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat());
    }
    let number = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let count = &number(members.len())[..2];
    let (size, at) = (number(directory.len()), number(archive.len()));
    [&archive[..], &directory, b"PK\x05\x06\0\0\0\0", count, count, &size, &at, &[0; 2]].concat()
}

/// Returns `NAME VERSION` of the packages that are found, and codes of what is said.
fn read(archive: &[u8]) -> (Vec<String>, Vec<String>) {
    let path = EntryPath::clean(b"app/a-1.0.jar").unwrap();
    let analyzers = analyzers();
    let mut found = Findings::default();
    for position in analyzers.matching(path.as_bytes()).analyzers {
        let member = analyzers.get(position).unwrap();
        let _ = member.analyzer().analyze(&File::new(&path, archive), &mut found);
    }
    let packages = found.packages().iter().map(|it| format!("{} {}", it.name, it.version));
    let codes = found.diagnostics().iter().map(|it| it.code.to_string());
    (packages.collect(), codes.collect())
}

#[test]
fn what_is_beyond_a_limit_is_said() {
    for deflated in [false, true] {
        let sound = zip(&[(POM, PROPERTIES)], deflated);
        assert_eq!(read(&sound), (vec!["g:a 1.0".to_owned()], Vec::new()));
    }
    // 3 KiB that unpack to 3 MiB.
    let long = [&b"#"[..], &vec![b'0'; 3 << 20], b"\n", PROPERTIES].concat();
    let (_, said) = read(&zip(&[(POM, &long)], true));
    assert_eq!(said, ["archive-over-limit"]);
    let zeros = zip(&[("x.jar", &vec![0; 65 << 20])], true);
    let (_, said) = read(&zip(&[("b.jar", &zeros)], false));
    assert_eq!(said, ["archive-over-limit"]);
    let mut deep = zip(&[(POM, PROPERTIES)], true);
    for _ in 0..100 {
        deep = zip(&[("in.jar", &deep)], false);
    }
    let (packages, said) = read(&deep);
    assert!(
        said == ["archive-over-limit"] && packages.iter().all(|it| it != "g:a 1.0"),
        "{said:?}"
    );
}

#[test]
fn every_cut_and_every_changed_byte_is_survived() {
    let inner =
        zip(&[(POM, PROPERTIES), ("META-INF/MANIFEST.MF", b"Implementation-Title: t\n")], true);
    let sound = zip(&[("BOOT-INF/lib/i-2.jar", &inner), (POM, PROPERTIES)], true);
    assert!(read(&sound).1.is_empty());
    for end in 0..sound.len() {
        let (packages, said) = read(&sound[..end]);
        // The directory is at the end: without it nothing is known.
        assert!(packages.is_empty() && !said.is_empty(), "{end}: {packages:?}");
    }
    for at in 0..sound.len() {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut changed = sound.clone();
            changed[at] = byte;
            whole("app/a-1.0.jar", &changed);
        }
    }
}
