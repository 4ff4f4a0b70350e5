//! Whatever was kept before, and for which options, the answer is the one of a first scan.

use std::sync::Arc;

use cutaway_analyze::Analyzers;
use cutaway_fixtures::{FixtureImage, image};
use cutaway_ref::Platform;
use cutaway_scan::Options;
use proptest::prelude::*;

use crate::memory::{Memory, keeping, scan_image};
use crate::support::options;

/// What can be asked for, one decision each.
#[derive(Debug, Clone)]
struct Choice {
    analyzers: fn() -> Analyzers,
    skip: Vec<&'static str>,
    history: bool,
    first: usize,
    platform: &'static str,
    limit: fn(&mut Options),
}

fn choices() -> impl Strategy<Value = Choice> {
    let skips =
        prop::sample::subsequence(vec!["etc/**", "var/lib/dpkg/**", "usr", "**/*.json"], 0..3);
    let platform = prop::sample::select(vec!["amd64", "arm64"]);
    (
        prop::sample::select(SETS),
        skips,
        any::<bool>(),
        0..2_usize,
        platform,
        prop::sample::select(LIMITS),
    )
        .prop_map(|(analyzers, skip, history, first, platform, limit)| Choice {
            analyzers,
            skip,
            history,
            first,
            platform,
            limit,
        })
}

/// Sets of analyzers.
const SETS: &[fn() -> Analyzers] = &[
    Analyzers::default,
    cutaway_analyzers_os::analyzers,
    cutaway_analyzers_os::analyzers_with_owners,
    cutaway_analyzers_os::analyzers_with_records,
    || cutaway_analyzers_lang::add_to(Analyzers::builder()).build().unwrap(),
    || {
        let systems = cutaway_analyzers_os::analyzers_with_owners();
        cutaway_analyzers_lang::add_to(systems.extend()).build().unwrap()
    },
];

/// Limits that change what is found.
const LIMITS: &[fn(&mut Options)] = &[
    |_| {},
    |options| options.limits.database_bytes = 60,
    |options| options.limits.record_bytes = 40,
    |options| options.limits.pending_bytes = 80,
    |options| options.read.limits.layerfs.listing_bytes = 200,
    |options| options.read.budget = cutaway_layerfs::Budget::new(400),
];

impl Choice {
    fn apply(&self, options: &mut Options) {
        options.analyzers = (self.analyzers)();
        options.skip = self.skip.iter().map(|it| (*it).to_owned()).collect();
        (options.history, options.first) = (self.history, self.first);
        options.platform = Platform::linux(self.platform);
        (self.limit)(options);
    }
}

fn sample() -> FixtureImage {
    image(
        "layer gzip
  etc/os-release 0644 \"ID=debian\\nVERSION_ID=12\\n\"
  var/lib/dpkg/status 0644 \"Package: a\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: 1\\n\\n\"
  var/lib/dpkg/info/a.list 0644 \"/.\\n/usr/lib/node_modules/b/package.json\\n\"
  usr/lib/node_modules/b/package.json 0644 \"{\\\"name\\\":\\\"b\\\",\\\"version\\\":\\\"1.0.0\\\"}\"
layer gzip
  app/node_modules/c/package.json 0644 \"{\\\"name\\\":\\\"c\\\",\\\"version\\\":\\\"2.0.0\\\"}\"
  etc/.wh.os-release
  usr/lib/os-release 0644 \"ID=other\\n\"
",
    )
}

/// What a scan says: its report, or its error.
fn said(image: &FixtureImage, options: &Options) -> Result<String, String> {
    let scanned = scan_image(image, options).map_err(|error| error.to_string());
    Ok(serde_json::to_string(&scanned?).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_was_kept_for_some_options_is_not_the_answer_to_others(
        choices in prop::collection::vec(choices(), 2..5)
    ) {
        let (image, memory) = (sample(), Arc::new(Memory::default()));
        for choice in &choices {
            let (mut warm, _) = keeping(&memory);
            choice.apply(&mut warm);
            let mut cold = options();
            choice.apply(&mut cold);
            prop_assert_eq!(said(&image, &warm), said(&image, &cold), "{:?}", choice);
        }
    }
}
