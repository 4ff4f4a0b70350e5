//! Any bytes, and every start of what is sound: findings or diagnostics, never a panic.
#![expect(clippy::unwrap_used, reason = "test support")]

mod archives;

use cutaway_analyze::{Analyzers, Candidate, File, Findings, Outcome, Pickup, PickupLimits};
use cutaway_layerfs::EntryPath;
use proptest::prelude::*;

/// A path of each kind of artefact, and the start of one.
const SAMPLES: &[(&str, &[u8])] = &[
    ("l/site-packages/six-1.dist-info/METADATA", b"Name: six\nVersion: 1\nClassifier: License :: a\n"),
    ("l/six-1.egg-info", b"\xef\xbb\xbfName: six\r\nVersion: 1\r\n"),
    ("a/node_modules/ms/package.json", br#"{"name":"ms","version":"1","licenses":[{"type":"MIT"}]}"#),
    ("g/specifications/rake-1.gemspec", b"# stub: rake 1 ruby lib\n  s.name = \"rake\"\n"),
    ("v/composer/installed.json", br#"{"packages":[{"name":"a/b","version":"1"}],"dev-package-names":[]}"#),
    ("a/a.deps.json", br#"{"runtimeTarget":{"name":"n"},"targets":{"n":{"A/1":{}}},"libraries":{"A/1":{"type":"project"}}}"#),
    ("c/conda-meta/zlib-1-h.json", br#"{"name":"zlib","version":"1","channel":"c/d","subdir":"d"}"#),
    ("r/glue/DESCRIPTION", b"Package: glue\nVersion: 1\nBuilt: R 4\n"),
    ("p/.meta/A-B-1/install.json", br#"{"dist":"A-B-1","version":"1"}"#),
    ("rocks/lpeg/1-1/lpeg-1-1.rockspec", b"package = \"lpeg\"\nversion = '1-1'\n"),
    ("lib/kernel-8/ebin/kernel.app", b"{application,kernel,[{vsn,\"8\"}]}.\n"),
    ("d/packages/JSON/a/Project.toml", b"name = \"JSON\"\nuuid = \"1\"\nversion = \"2\"\n"),
    ("wp-includes/version.php", b"<?php\n$wp_version = '6';\n"),
    ("wp-content/plugins/a/a.php", b"<?php\n/* Plugin Name: a\nVersion: 1 */\n"),
    ("j/release", b"JAVA_VERSION=\"21\"\nIMPLEMENTOR=\"x\"\n"),
    ("usr/bin/program", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0"),
    ("usr/bin/program.exe", b"MZ\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ("usr/bin/program", b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0"),
];

fn analyzers() -> Analyzers {
    cutaway_analyzers_lang::add_to(Analyzers::builder()).build().unwrap()
}

/// Reads a file as it passes in pieces, as a scan does.
fn pass(path: &str, content: &[u8], piece: usize) {
    let analyzers = analyzers();
    let path = EntryPath::clean(path.as_bytes()).unwrap();
    let interested = analyzers.matching(path.as_bytes()).analyzers;
    let size = u64::try_from(content.len()).unwrap();
    let candidate = Candidate::new(&path, size, 0o755);
    let limits = PickupLimits { whole_bytes: 512 << 20, window_bytes: 8 << 20, beside: 0 };
    let picked = Pickup::begin(&analyzers, &interested, false, &candidate, limits);
    let Some(mut pickup) = picked else { return };
    content.chunks(piece.max(1)).for_each(|bytes| pickup.push(bytes));
    let (file, readings) = pickup.finish();
    for reading in readings {
        let mut found = Findings::default();
        assert_eq!(reading.read(&analyzers, &file, &[], &mut found), Outcome::Done);
        let said = found.diagnostics();
        assert!(said.iter().all(|it| it.message.len() <= 300 && !it.message.contains('\n')));
        assert!(found.packages().iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
    }
}

/// Reads a file of which all is there with all that have an interest.
fn whole(path: &str, content: &[u8]) {
    let path = EntryPath::clean(path.as_bytes()).unwrap();
    let analyzers = analyzers();
    for position in analyzers.matching(path.as_bytes()).analyzers {
        let mut found = Findings::default();
        let member = analyzers.get(position).unwrap();
        let _ = member.analyzer().analyze(&File::new(&path, content), &mut found);
    }
}

#[test]
fn every_start_and_every_byte_of_the_samples() {
    for (path, content) in SAMPLES {
        for end in 0..=content.len() {
            whole(path, &content[..end]);
            pass(path, &content[..end], 7);
        }
        for at in 0..content.len() {
            for byte in [0, b'{', b'"', 0xff] {
                let mut changed = content.to_vec();
                changed[at] = byte;
                whole(path, &changed);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_behind_any_start(
        sample in 0..SAMPLES.len(),
        keep in 0_usize..64,
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        piece in 1_usize..64,
    ) {
        let (path, content) = SAMPLES[sample];
        let content = [content.get(..keep).unwrap_or(content), &bytes].concat();
        whole(path, &content);
        pass(path, &content, piece);
    }
}
