//! Any bytes, read as the facts of a layer: never a panic, and what is read is written again so that
//! it is read again.

#![no_main]

use cutaway_analyze::{AnalyzerId, Budget, DecodeLimits, LayerFacts, Part};
use cutaway_layerfs::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = DecodeLimits {
        layerfs: Limits::default(),
        budget: Budget::new(32 << 20),
        record_bytes: 128 << 20,
    };
    let half = bytes.len() / 2;
    let (listing, findings) = bytes.split_at(half);
    let _ = LayerFacts::decode_findings(bytes, u32::MAX, &limits);
    let id = AnalyzerId::new("fuzz", 1);
    let none: [(&AnalyzerId, &[u8]); 0] = [];
    let _ = LayerFacts::decode(bytes, none, &limits);
    if let Ok(facts) = LayerFacts::decode(listing, [(&id, findings)], &limits) {
        let parts = (facts.encode(&Part::Listing), facts.encode(&Part::Analyzer(id.clone())));
        let again = LayerFacts::decode(&parts.0, [(&id, parts.1.as_slice())], &limits);
        assert!(again.is_ok_and(|again| again.findings == facts.findings));
    }
});
