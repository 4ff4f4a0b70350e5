//! The same headers in every form of the database give the same packages.

use std::sync::Arc;

use cutaway_analyze::{Findings, Package};

use crate::bdb::{self, Order};
use crate::ndb;
use crate::sqlite::{self, Form};
use crate::support::{RPM, analyze, analyze_with, codes, corpus};

/// The headers of both real databases: 129 and 35 packages.
pub(crate) fn headers() -> Option<[Vec<Vec<u8>>; 2]> {
    let rpm = corpus()?.join("rpm");
    let sle = std::fs::read(rpm.join("sle-15-bci.Packages.db")).unwrap();
    let headers = [sqlite::headers(&rpm.join("mariner-2.0.rpmdb.sqlite")), ndb::headers(&sle)];
    assert_eq!(headers.each_ref().map(Vec::len), [129, 35]);
    Some(headers)
}

fn sorted(findings: Findings) -> Vec<Arc<Package>> {
    assert_eq!(findings.diagnostics(), []);
    let mut packages = findings.packages().to_vec();
    packages.sort();
    packages
}

/// The packages as NDB gives them, which the lists of the corpus vouch for.
fn expected(headers: &[Vec<u8>]) -> Vec<Arc<Package>> {
    let packages = sorted(analyze(RPM, &ndb::write(headers)));
    assert_eq!(packages.len(), headers.len());
    packages
}

#[test]
fn bdb() {
    let Some(all) = headers() else { return };
    for headers in all {
        let expected = expected(&headers);
        for order in [Order::Little, Order::Big] {
            for page_size in [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536] {
                let database = bdb::write(&headers, order, page_size);
                assert_eq!(sorted(analyze(RPM, &database)), expected, "{order:?} {page_size}");
            }
        }
    }
}

#[test]
fn sqlite_pages_and_encodings() {
    let Some(all) = headers() else { return };
    for headers in all {
        let expected = expected(&headers);
        for page_size in [512, 1024, 4096, 16384, 65536] {
            for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
                let (database, log) =
                    sqlite::write(&headers, Form { page_size, encoding, log: false });
                assert_eq!(log.len(), 0);
                assert_eq!(sorted(analyze(RPM, &database)), expected, "{encoding} {page_size}");
            }
        }
    }
}

#[test]
fn sqlite_log() {
    let Some(all) = headers() else { return };
    for headers in all {
        let expected = expected(&headers);
        for page_size in [512, 4096, 65536] {
            let (database, log) =
                sqlite::write(&headers, Form { page_size, encoding: "UTF-8", log: true });
            assert_eq!(sorted(analyze_with(RPM, &database, Some(&log))), expected, "{page_size}");
            let half = sorted(analyze(RPM, &database));
            assert_eq!(
                half.len(),
                headers.len() / 2,
                "without its log the database has half of the rows"
            );
        }
    }
}

#[test]
fn sqlite_log_of_another_use_is_not_laid_over() {
    let Some([headers, _]) = headers() else { return };
    let form = Form { page_size: 4096, encoding: "UTF-8", log: true };
    let (database, log) = sqlite::write(&headers, form);
    let half = sorted(analyze(RPM, &database));
    // A second salt: every frame is one of an older use of the file. The header's checksum is not
    // that of the new salt, so the log as a whole is not to be trusted.
    let mut other = log.clone();
    other[16] ^= 1;
    let findings = analyze_with(RPM, &database, Some(&other));
    assert_eq!(codes(&findings).0, ["rpm-sqlite-log"]);
    // Frames whose salt is another are silently left out.
    let mut stale = log.clone();
    let frame = 24 + 4096;
    let frames = (log.len() - 32) / frame;
    for number in 0..frames {
        stale[32 + number * frame + 8] ^= 1;
    }
    assert_eq!(sorted(analyze_with(RPM, &database, Some(&stale))), half);
    // A changed byte in the first page is caught by its checksum, and no later frame counts.
    let mut changed = log;
    changed[32 + 24 + 100] ^= 1;
    let findings = analyze_with(RPM, &database, Some(&changed));
    assert_eq!(codes(&findings).0, ["rpm-sqlite-log"]);
    assert_eq!(findings.packages().len(), half.len());
}
