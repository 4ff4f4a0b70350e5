//! A file on its way past its readers: the same findings, however it is held and however it comes.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Analyzers, Candidate, Feed, File, Findings, Interest, Outcome, Pickup,
    PickupLimits, Plan, Want,
};
use cutaway_layerfs::EntryPath;
use proptest::prelude::*;

/// How the reader wants its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Whole,
    WholeAfterHead,
    Windows,
    Feed,
    Again,
}

/// Finds what the bytes at three places are: at 3, at 700 and the last two.
#[derive(Debug)]
struct Sums(&'static str, Way);

const PLACES: [std::ops::Range<u64>; 2] = [3..40, 700..720];

impl Analyzer for Sums {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new(self.0, 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".bin")
    }

    fn wants(&self, _: &Candidate<'_>) -> Want {
        match self.1 {
            Way::Whole => Want::Whole { max: u64::MAX },
            _ => Want::Sniff { head: 4 },
        }
    }

    fn plan(&self, file: &Candidate<'_>, head: &[u8]) -> Plan {
        if !head.is_empty() && head[0] == b'#' {
            return Plan::Drop;
        }
        match self.1 {
            Way::Whole | Way::WholeAfterHead => Plan::Whole { max: u64::MAX },
            Way::Windows => Plan::Windows { ranges: PLACES.to_vec(), tail: 2 },
            Way::Feed => {
                Plan::Feed(Box::new(Fed { at: 0, size: file.size, parts: Parts::default() }))
            }
            Way::Again => Plan::Windows { ranges: Vec::new(), tail: 2 },
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let size = file.size();
        let all = [PLACES[0].clone(), PLACES[1].clone(), size.saturating_sub(2)..size];
        let mut parts = Parts::default();
        for (part, range) in parts.0.iter_mut().zip(all.clone()) {
            let cut = range.start.min(size)..range.end.min(size);
            match file.get(cut) {
                Some(bytes) => part.extend_from_slice(bytes),
                None => return Outcome::Again { ranges: all.to_vec() },
            }
        }
        parts.tell(found);
        Outcome::Done
    }
}

#[derive(Debug, Default)]
struct Parts([Vec<u8>; 3]);

impl Parts {
    fn tell(&self, found: &mut Findings) {
        found.warning("sums", format!("{:?}", self.0));
    }
}

#[derive(Debug)]
struct Fed {
    at: u64,
    size: u64,
    parts: Parts,
}

impl Feed for Fed {
    fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let last = self.size.saturating_sub(2)..self.size;
            for (part, range) in
                self.parts.0.iter_mut().zip([PLACES[0].clone(), PLACES[1].clone(), last])
            {
                if range.contains(&self.at) {
                    part.push(byte);
                }
            }
            self.at += 1;
        }
    }

    fn skip(&mut self, zeros: u64) {
        (0..zeros).for_each(|_| self.push(&[0]));
    }

    fn finish(self: Box<Self>, _: &Candidate<'_>, found: &mut Findings) -> Outcome {
        self.parts.tell(found);
        Outcome::Done
    }
}

const LIMITS: PickupLimits =
    PickupLimits { whole_bytes: 1 << 20, window_bytes: 1 << 16, beside: 0 };

fn pass(
    mut pickup: Pickup,
    content: &[u8],
    chunk: usize,
) -> (cutaway_analyze::PickedFile, Vec<cutaway_analyze::Reading>) {
    for chunk in content.chunks(chunk) {
        if chunk.iter().all(|&byte| byte == 0) {
            pickup.skip(u64::try_from(chunk.len()).unwrap());
        } else {
            pickup.push(chunk);
        }
    }
    pickup.finish()
}

/// Returns what each analyzer finds in a file that comes in chunks of this size.
fn read(ways: &[Way], content: &[u8], chunk: usize, limits: PickupLimits) -> Vec<Findings> {
    const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
    let add = |builder: cutaway_analyze::Builder, (name, way): (&&'static str, &Way)| {
        builder.artifact(Sums(name, *way))
    };
    let analyzers = NAMES.iter().zip(ways).fold(Analyzers::builder(), add).build().unwrap();
    let path = EntryPath::clean(b"opt/x.bin").unwrap();
    let candidate = Candidate::new(&path, u64::try_from(content.len()).unwrap(), 0o755);
    let all: Vec<usize> = (0..ways.len()).collect();
    let Some(pickup) = Pickup::begin(&analyzers, &all, false, &candidate, limits) else {
        return Vec::new();
    };
    let (file, readings) = pass(pickup, content, chunk);
    let mut found = Vec::new();
    for reading in readings {
        let analyzer = reading.analyzer;
        let mut findings = Findings::default();
        if let Outcome::Again { ranges } = reading.read(&analyzers, &file, &[], &mut findings) {
            findings = Findings::default();
            let again = Pickup::again(&analyzers, &[(analyzer, ranges)], &candidate, limits);
            let (file, readings) = pass(again, content, chunk);
            for reading in readings {
                assert_eq!(reading.read(&analyzers, &file, &[], &mut findings), Outcome::Done);
            }
        }
        found.push(findings);
    }
    found
}

proptest! {
    #[test]
    fn finds_the_same_however_the_file_is_held(
        start in proptest::collection::vec(0_u8..4, 0..60),
        rest in proptest::collection::vec(0_u8..2, 0..900),
        chunk in 1_usize..400,
    ) {
        let content = [start, rest].concat();
        let ways = [Way::Whole, Way::WholeAfterHead, Way::Windows, Way::Feed, Way::Again];
        let alone: Vec<Findings> =
            ways.iter().flat_map(|way| read(&[*way], &content, chunk, LIMITS)).collect();
        prop_assert_eq!(alone.len(), ways.len());
        prop_assert!(alone.iter().all(|findings| *findings == alone[0]), "{:?}", alone);
        prop_assert_eq!(&read(&ways, &content, 1 << 20, LIMITS), &alone);
        prop_assert_eq!(&read(&ways[2..], &content, chunk, LIMITS), &alone[2..]);
    }
}

#[test]
fn what_is_dropped_or_too_large_says_so() {
    let small = PickupLimits { whole_bytes: 100, window_bytes: 1 << 16, beside: 0 };
    let tight = PickupLimits { whole_bytes: 100, window_bytes: 20, beside: 0 };
    let content = vec![b'x'; 1000];
    let comment = vec![b'#'; 1000];
    for (ways, content, limits, expected) in [
        (&[Way::Feed][..], &comment, small, &[][..]),
        (&[Way::Whole], &comment, small, &["database-too-large"]),
        // A file beyond its limit is offered again, and this reader then still wants the whole.
        (&[Way::Whole], &content, small, &["database-too-large"]),
        (&[Way::Windows], &content, small, &["sums"]),
        (&[Way::Windows, Way::Whole], &content, small, &["sums", "database-too-large"]),
        (&[Way::Windows], &content, tight, &["file-windows-over-limit"]),
        (&[Way::Again], &content, tight, &["file-windows-over-limit"]),
    ] {
        let found = read(ways, content, 64, limits);
        let codes: Vec<&str> =
            found.iter().flat_map(|it| it.diagnostics()).map(|it| &*it.code).collect();
        assert_eq!(codes, expected, "{ways:?}");
    }
}
