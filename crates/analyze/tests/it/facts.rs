//! The facts of a layer as bytes and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutaway_analyze::{
    AnalyzerId, Budget, ContentDigest, DecodeLimits, Details, Distro, Ecosystem, Exclusion,
    FileFindings, FileRecord, FileRole, Findings, InstallReason, Key, LayerFacts, NamedReason,
    Origin, Package, PackageRef, Part, Reasons, Source, Traits,
};
use cutaway_layerfs::{EntryPath, Limits, Listing, Visitor, Walk};
use cutaway_model::{Compression, DiffId, Measured, Stored, Unpacked};
use proptest::prelude::*;

pub(crate) fn limits() -> DecodeLimits {
    DecodeLimits {
        layerfs: Limits::default(),
        budget: Budget::new(32 << 20),
        record_bytes: 128 << 20,
    }
}

struct Nothing;

impl Visitor for Nothing {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &cutaway_layerfs::Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

/// A tar of empty files with these names.
fn listing(names: &[String]) -> Listing {
    let mut walk = Walk::new(Limits::default());
    for name in names {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[108..115].copy_from_slice(b"0000000");
        header[116..123].copy_from_slice(b"0000000");
        header[124..135].copy_from_slice(b"00000000000");
        header[136..147].copy_from_slice(b"14000000000");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        walk.push(&header, &mut Nothing).unwrap();
    }
    walk.push(&[0; 1024], &mut Nothing).unwrap();
    walk.finish(&mut Nothing).unwrap().listing
}

fn path(text: &str) -> EntryPath {
    EntryPath::clean(text.as_bytes()).unwrap()
}

/// Details of which each has something that the one before has not.
fn details(n: usize) -> Details {
    let mut details = Details::default();
    for (at, (name, text)) in details.texts_mut().into_iter().enumerate() {
        *text = (at % 4 == n).then(|| name.into());
    }
    details.depends = ["libc6 (>= 2.34)", "", "a | b"].into_iter().take(n).collect();
    details.provides = ["awk"].into_iter().take(n / 2).collect();
    details.installed_size = (n == 1).then_some(4096);
    details.built_at = (n == 2).then_some(1_700_000_000);
    details.installed_at = (n == 3).then_some(u64::MAX);
    details
}

fn findings(seed: usize) -> Findings {
    let mut found = Findings::default();
    for n in 0..seed % 5 {
        let ecosystem = if n.is_multiple_of(2) { Ecosystem::DEB } else { Ecosystem::owned("gem") };
        let mut package = Package::new(ecosystem, format!("p{n}"), format!("1:{seed}.{n}-2"));
        package.epoch = (n > 1).then_some(1);
        package.release = (n > 0).then(|| "2".into());
        package.arch = (n.is_multiple_of(3)).then(|| "amd64".into());
        package.source =
            (n > 2).then(|| Source { name: "s".into(), version: (n > 3).then(|| "v".into()) });
        package.licenses = vec!["MIT".into(); n % 3];
        package.vendor = (n == 2).then(|| "V".into());
        package.place = (n == 1).then(|| "opt".into());
        package.namespace = (n == 3).then(|| "org".into());
        package.state = if n == 2 { "config-files".into() } else { package.state };
        package.coinstallable = n == 1;
        package.install_reason =
            [None, Some(InstallReason::Explicit), Some(InstallReason::Dependency)][n % 3];
        package.set_details(details(n));
        found.package(package);
    }
    if seed.is_multiple_of(2) {
        found.key(Key { name: "k".into(), version: "1".into(), summary: Some("who".into()) });
        found.license("GPL-2");
        let named = |n: usize| NamedReason {
            name: format!("p{n}"),
            arch: (n > 1).then(|| "amd64".into()),
            reason: [None, Some(InstallReason::Explicit), Some(InstallReason::Dependency)][n % 3],
            repository: (n > 2).then(|| "base".into()),
        };
        found.set_reasons(Reasons {
            ecosystem: Ecosystem::RPM,
            others: [None, Some(InstallReason::Dependency)][usize::from(seed > 3)],
            named: (0..seed % 5).map(named).collect(),
        });
        found.set_distro(Distro {
            id: "x".into(),
            id_like: vec!["y".into()],
            cpe: Some("cpe:/o:x:y:1".into()),
            support_end: Some("2030-01-01".into()),
            stated: true,
            ..Distro::default()
        });
        found.warning("odd", "something");
    }
    if seed.is_multiple_of(3) {
        let owner = found.files.owner(
            Ecosystem::APK,
            PackageRef::Named { name: "a".into(), arch: Some("x86_64".into()) },
            true,
        );
        found.files.owner(Ecosystem::DEB, PackageRef::Database(path("var/a")), false);
        for n in 0..seed % 7 {
            let file = format!("usr/bin/f{n}");
            found.files.push(&FileRecord {
                owner,
                path: file.as_bytes(),
                role: FileRole::File,
                digest: Some(ContentDigest::Sha256([7; 32])),
                link: None,
                traits: Traits::default(),
            });
            let reason: Arc<str> = format!("named in {}", n / 2).into();
            found.files.originate(Origin {
                path: path(&file),
                owner: Some(0),
                link: n == 1,
                reason,
            });
        }
        found.files.exclude(Exclusion {
            pattern: "usr/share/*".into(),
            excluded: true,
            ecosystem: Ecosystem::DEB,
            setting: "path-exclude".into(),
        });
        found.files.shrink();
    }
    found
}

pub(crate) fn facts(files: usize) -> LayerFacts {
    let names: Vec<String> =
        (0..files.max(1)).map(|n| format!("usr/share/d{}/f{n}", n / 9)).collect();
    let digest = |text: &str| cutaway_ref::Digest::sha256(text.as_bytes());
    let of = |n: usize| FileFindings {
        entry: u32::try_from(n).unwrap(),
        companions: if n.is_multiple_of(4) { vec![None, Some(0)] } else { Vec::new() },
        findings: findings(n),
    };
    let mut all: BTreeMap<AnalyzerId, Vec<FileFindings>> = BTreeMap::new();
    if files > 0 {
        all.insert(AnalyzerId::new("even", 1), (0..files).step_by(2).map(of).collect());
        all.insert(AnalyzerId::owned("odd", 7), (1..files).step_by(2).map(of).collect());
    }
    all.retain(|_, files| !files.is_empty());
    LayerFacts {
        measured: Measured {
            stored: Stored { digest: digest("stored"), size: 3 },
            unpacked: Unpacked { diff_id: DiffId(digest("unpacked")), size: 1024 },
            compression: Compression::Zstd,
            padding: 12,
        },
        listing: Arc::new(listing(&names)),
        warnings: ["odd", cutaway_layerfs::Warning::AMBIGUOUS]
            .map(|code| {
                cutaway_layerfs::Warning::of_walk(code.into(), Some(path("usr")), "m".into())
            })
            .into(),
        findings: all,
    }
}

pub(crate) fn parts(facts: &LayerFacts) -> (Vec<u8>, Vec<(AnalyzerId, Vec<u8>)>) {
    let analyzers =
        facts.findings.keys().map(|id| (id.clone(), facts.encode(&Part::Analyzer(id.clone()))));
    (facts.encode(&Part::Listing), analyzers.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn come_back_the_same(files in 0_usize..60) {
        let facts = facts(files);
        let (listing, analyzers) = parts(&facts);
        let borrowed = analyzers.iter().map(|(id, bytes)| (id, bytes.as_slice()));
        let back = LayerFacts::decode(&listing, borrowed, &limits()).unwrap();
        prop_assert_eq!(&back.measured, &facts.measured);
        prop_assert_eq!(&back.warnings, &facts.warnings);
        prop_assert!(back.listing.iter().eq(facts.listing.iter()));
        prop_assert_eq!(&back.findings, &facts.findings);
        prop_assert_eq!(parts(&back), (listing, analyzers));
    }

    #[test]
    fn changed_bytes_do_no_harm(
        files in 0_usize..20,
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..4),
        cut in any::<u16>(),
    ) {
        let (mut listing, mut analyzers) = parts(&facts(files));
        for bytes in [&mut listing].into_iter().chain(analyzers.iter_mut().map(|(_, it)| it)) {
            for (at, byte) in &changes {
                let len = bytes.len();
                bytes[usize::from(*at) % len] = *byte;
            }
            if cut.is_multiple_of(3) {
                bytes.truncate(usize::from(cut) % (bytes.len() + 1));
            }
        }
        let borrowed = analyzers.iter().map(|(id, bytes)| (id, bytes.as_slice()));
        if let Ok(facts) = LayerFacts::decode(&listing, borrowed, &limits()) {
            let (listing, analyzers) = parts(&facts);
            let borrowed = analyzers.iter().map(|(id, bytes)| (id, bytes.as_slice()));
            prop_assert!(LayerFacts::decode(&listing, borrowed, &limits()).is_ok());
        }
    }
}
