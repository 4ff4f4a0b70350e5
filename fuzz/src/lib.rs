//! What the targets for package databases and release files have in common.

use cutaway_analyze::{File, Findings, Role};
use cutaway_analyzers_os::analyzers_with_records;
use cutaway_layerfs::EntryPath;

/// Reads bytes with every analyzer that wants the path, and hands on what each found but the readers of
/// file records.
///
/// For any bytes the diagnostics are of a bounded number, each of one short line.
pub fn read(path: &str, content: &[u8], companion: Option<&[u8]>, check: impl Fn(&Findings)) {
    let path = EntryPath::clean(path.as_bytes()).expect("a clean path");
    let analyzers = analyzers_with_records();
    for position in analyzers.matching(path.as_bytes()).analyzers {
        let mut findings = Findings::default();
        let file = File::new(&path, content);
        let _ = analyzers.members()[position]
            .analyzer()
            .analyze(&file.with_companions(&[companion]), &mut findings);
        assert!(findings.diagnostics().len() <= 102);
        assert!(
            findings.diagnostics()
                .iter()
                .all(|it| it.message.len() <= 300 && !it.message.contains('\n'))
        );
        findings.files.for_each(|_, record| {
            assert!(EntryPath::clean(record.path).is_ok_and(|path| path.as_bytes() == record.path));
        });
        // Readers of what packages record of files list no packages.
        if analyzers.members()[position].role() != Role::Records {
            check(&findings);
        }
    }
}

/// Reads bytes as a database of text: what the packages are called stands in the file.
pub fn read_text(path: &str, content: &[u8]) {
    read(path, content, None, |findings| {
        let names: usize =
            findings.packages().iter().map(|it| it.name.len() + it.version.len()).sum();
        // A byte that is not UTF-8 becomes three.
        assert!(names <= 3 * content.len());
        assert!(findings.packages().iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
    });
}

/// Reads bytes as a database of rpm: each package has a header of its own in the file.
pub fn read_rpm(path: &str, content: &[u8], companion: Option<&[u8]>) {
    let room = content.len() + companion.map_or(0, <[u8]>::len);
    // A header with a name and a version has at least 8 + 2 * 16 + 4 bytes.
    read(path, content, companion, |findings| assert!(findings.packages().len() <= room / 44));
}

/// The checksum of NDB's blobs, which no fuzzer would guess.
pub fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    (high << 16) | low
}
