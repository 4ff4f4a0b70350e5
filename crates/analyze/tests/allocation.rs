//! What bytes that are no facts may cost: never more memory than 1 MiB and 64 times their number.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "test support"
)]

use std::alloc::System;

use cutaway_analyze::{Budget, DecodeLimits, LayerFacts};
use cutaway_layerfs::Limits;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

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
    let mut bytes = vec![1, kind];
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

#[test]
fn random_bytes_cost_memory_in_proportion() {
    let limits = DecodeLimits {
        layerfs: Limits::default(),
        budget: Budget::new(32 << 20),
        record_bytes: 128 << 20,
    };
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..4000_usize {
        let len = usize::try_from(numbers.next() % 3000).unwrap();
        let input = bytes(&mut numbers, u8::try_from(round % 2).unwrap(), len);
        let region = Region::new(ALLOCATOR);
        let decoded = if round % 2 == 0 {
            LayerFacts::decode(&input, [], &limits).is_ok()
        } else {
            LayerFacts::decode_findings(&input, u32::MAX, &limits).is_ok()
        };
        let spent = region.change().bytes_allocated;
        assert!(
            spent <= (1 << 20) + 64 * input.len(),
            "{spent} bytes for {}, {decoded}",
            input.len()
        );
    }
}
