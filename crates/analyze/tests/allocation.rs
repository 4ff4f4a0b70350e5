//! What bytes that are no facts may cost: never more memory than 1 MiB and 64 times their number.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "test support"
)]

use std::alloc::System;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cutaway_analyze::{
    AnalyzerId, Budget, DecodeLimits, Details, Ecosystem, FACTS_FORMAT, FileFindings, Findings,
    LayerFacts, NamedReason, Package, Part, Reasons,
};
use cutaway_layerfs::Limits;
use cutaway_model::{Compression, DiffId, Measured, Stored, Unpacked};
use cutaway_ref::Digest;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Held by the test that runs: the allocator counts for all threads.
static ALONE: Mutex<()> = Mutex::new(());

/// Numbers without a pattern, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Bytes that begin as a part does, and of which many are small, so that counts are believed.
fn bytes(numbers: &mut Numbers, kind: u8, len: usize) -> Vec<u8> {
    let most = [2, 16, 128, 256][usize::try_from(numbers.next() % 4).unwrap()];
    let mut bytes = vec![u8::try_from(FACTS_FORMAT).unwrap(), kind];
    // A claimed number of items in front, sometimes far more than there are bytes.
    let mut claimed = numbers.next() >> (numbers.next() % 60);
    while claimed >= 0x80 {
        bytes.push(u8::try_from(claimed & 0x7f).unwrap() | 0x80);
        claimed >>= 7;
    }
    bytes.push(u8::try_from(claimed).unwrap());
    bytes.extend((0..len).map(|_| u8::try_from(numbers.next() % most).unwrap()));
    bytes
}

/// Facts with the smallest packages there are, as bytes: the listing, and what an analyzer found.
fn honest(packages: usize, built_at: Option<u64>) -> (Vec<u8>, Vec<u8>) {
    let mut findings = Findings::default();
    for _ in 0..packages {
        let mut package = Package::new(Ecosystem::DEB, "a", "1");
        let mut details = Details::default();
        details.built_at = built_at;
        package.set_details(details);
        findings.package(package);
    }
    findings.license("");
    let named = NamedReason { name: String::new(), arch: None, reason: None, repository: None };
    let named = vec![named; packages];
    findings.set_reasons(Reasons { ecosystem: Ecosystem::DEB, others: None, named });
    findings.warning("", "");
    let id = AnalyzerId::new("mine", 1);
    let facts = LayerFacts {
        measured: Measured {
            stored: Stored { digest: Digest::sha256(b""), size: 0 },
            unpacked: Unpacked { diff_id: DiffId(Digest::sha256(b"")), size: 0 },
            compression: Compression::Plain,
            padding: 0,
        },
        listing: Arc::default(),
        warnings: Vec::new(),
        findings: BTreeMap::from([(
            id.clone(),
            vec![FileFindings { entry: 0, companions: Vec::new(), findings }],
        )]),
    };
    (facts.encode(&Part::Listing), facts.encode(&Part::Analyzer(id)))
}

#[test]
fn random_bytes_cost_memory_in_proportion() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let limits = limits();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..4000_usize {
        let len = usize::try_from(numbers.next() % 3000).unwrap();
        let input = bytes(&mut numbers, u8::try_from(round % 2).unwrap(), len);
        decode(&input, round % 2 == 0, &limits);
    }
}

#[test]
fn the_smallest_packages_cost_memory_in_proportion() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for built_at in [None, Some(1)] {
        let (_, found) = honest(100_000, built_at);
        assert!(decode(&found, false, &limits()), "{} bytes of facts", found.len());
    }
}

#[test]
fn facts_with_a_few_other_bytes_cost_memory_in_proportion() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (limits, (listing, found)) = (limits(), honest(2000, Some(1)));
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut decoded = 0;
    for round in 0..4000_usize {
        let is_listing = round % 8 == 0;
        let mut input = if is_listing { listing.clone() } else { found.clone() };
        for _ in 0..=numbers.next() % 3 {
            let place = usize::try_from(numbers.next()).unwrap() % input.len();
            input[place] = numbers.next().to_le_bytes()[0];
        }
        decoded += usize::from(decode(&input, is_listing, &limits));
    }
    assert!((100..3900).contains(&decoded), "{decoded} of 4000 were facts all the same");
}

/// Decodes and returns whether the bytes were facts.
fn decode(input: &[u8], is_listing: bool, limits: &DecodeLimits) -> bool {
    let region = Region::new(ALLOCATOR);
    let decoded = if is_listing {
        LayerFacts::decode(input, [], limits).is_ok()
    } else {
        LayerFacts::decode_findings(input, u32::MAX, limits).is_ok()
    };
    let spent = region.change().bytes_allocated;
    assert!(spent <= (1 << 20) + 64 * input.len(), "{spent} bytes for {}, {decoded}", input.len());
    decoded
}

fn limits() -> DecodeLimits {
    DecodeLimits {
        layerfs: Limits::default(),
        budget: Budget::new(32 << 20),
        record_bytes: 128 << 20,
    }
}
