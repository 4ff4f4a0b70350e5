//! Any bytes as an artefact of a language, of which the first byte says which: never a panic, a bounded number
//! of one-line diagnostics, no record without a name or a version.

#![no_main]

use cutaway_analyze::{Analyzers, Candidate, File, Findings, Pickup, PickupLimits};
use cutaway_layerfs::EntryPath;
use libfuzzer_sys::fuzz_target;

const PATHS: &[&str] = &[
    "l/six-1.dist-info/METADATA",
    "l/six-1.egg-info",
    "l/six-1.egg",
    "a/node_modules/ms/package.json",
    "a/.yarn/cache/ms.zip",
    "g/specifications/rake-1.gemspec",
    "v/composer/installed.json",
    "a/a.deps.json",
    "c/conda-meta/zlib-1-h.json",
    "r/glue/DESCRIPTION",
    "p/.meta/A-B-1/install.json",
    "rocks/lpeg/1-1/lpeg-1-1.rockspec",
    "lib/kernel-8/ebin/kernel.app",
    "d/packages/JSON/a/Project.toml",
    "wp-includes/version.php",
    "wp-content/plugins/a/a.php",
    "j/release",
    "app/a-1.jar",
    "usr/bin/program",
    "usr/bin/nginx",
];

fuzz_target!(|content: &[u8]| {
    let Some((first, content)) = content.split_first() else { return };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    let path = EntryPath::clean(path.as_bytes()).expect("a clean path");
    let analyzers = cutaway_analyzers_lang::add_to(Analyzers::builder()).build().expect("a set");
    let interested = analyzers.matching(path.as_bytes()).analyzers;
    let check = |found: &Findings| {
        let said = found.diagnostics();
        assert!(said.iter().all(|it| it.message.len() <= 300 && !it.message.contains('\n')));
        assert!(found.packages().iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
    };
    for position in &interested {
        let mut found = Findings::default();
        let analyzer = analyzers.members()[*position].analyzer();
        let _ = analyzer.analyze(&File::new(&path, content), &mut found);
        check(&found);
    }
    let candidate = Candidate::new(&path, content.len() as u64, 0o755);
    let limits = PickupLimits { whole_bytes: 64 << 20, window_bytes: 8 << 20, beside: 0 };
    let begun = Pickup::begin(&analyzers, &interested, false, &candidate, limits);
    let Some(mut pickup) = begun else { return };
    content.chunks(61).for_each(|bytes| pickup.push(bytes));
    let (file, readings) = pickup.finish();
    for reading in readings {
        let mut found = Findings::default();
        let _ = reading.read(&analyzers, &file, &[], &mut found);
        check(&found);
    }
});
