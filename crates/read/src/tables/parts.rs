//! Which parts of a layer are asked for: neighbours at once. Pure.

use std::ops::Range;

/// So many bytes that nobody wants are read rather than that another question is asked.
const GAP_BYTES: u64 = 32 << 10;
/// How many questions are asked about one layer for what is known to be wanted, at most; gaps grow until
/// they suffice.
const QUESTIONS: usize = 100;

/// Joins spans that lie near to each other; none becomes longer than `max` by that.
pub(super) fn join(mut spans: Vec<Range<u64>>, max: u64) -> Vec<Range<u64>> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut gap = GAP_BYTES;
    loop {
        let joined = join_within(&spans, gap, max);
        if joined.len() <= QUESTIONS || gap >= max {
            return joined;
        }
        spans = joined;
        gap = gap.saturating_mul(2);
    }
}

fn join_within(spans: &[Range<u64>], gap: u64, max: u64) -> Vec<Range<u64>> {
    let mut joined: Vec<Range<u64>> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last)
                if span.start <= last.end.saturating_add(gap)
                    && span.end.saturating_sub(last.start) <= max =>
            {
                last.end = last.end.max(span.end);
            }
            _ => joined.push(span.clone()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined() {
        let k = 1 << 10;
        for (spans, joined) in [
            (vec![], vec![]),
            (vec![5..9, 0..5, 0..5, 99_999..100_000], vec![0..9, 99_999..100_000]),
            (vec![0..k, 33 * k..34 * k, 67 * k..68 * k], vec![0..34 * k, 67 * k..68 * k]),
            (
                vec![0..900 * k, 901 * k..1000 * k, 1000 * k..1100 * k],
                vec![0..1000 * k, 1000 * k..1100 * k],
            ),
        ] {
            assert_eq!(join(spans.clone(), 1 << 20), joined, "{spans:?}");
        }
    }

    #[test]
    fn many_become_a_hundred() {
        let spans: Vec<_> = (0..1000_u64).map(|n| n * (40 << 10)..n * (40 << 10) + 10).collect();
        let joined = join(spans.clone(), 32 << 20);
        assert!(joined.len() <= QUESTIONS, "{}", joined.len());
        assert!(
            spans
                .iter()
                .all(|span| joined.iter().any(|it| it.start <= span.start && span.end <= it.end))
        );
        assert!(joined.iter().all(|it| it.end - it.start <= 32 << 20));
        // Spans that are as long as one may be stay what they are, however many.
        let spans: Vec<_> = (0..300_u64).map(|n| n * 100..n * 100 + 90).collect();
        assert_eq!(join(spans.clone(), 90).len(), 300);
    }
}
