//! A binary that passes: windows of it are kept as its bytes come, and let go of as soon as these show
//! that nothing is in them.

use cutaway_analyze::{Candidate, Feed, Findings, Outcome};
use cutaway_tar::len64;

use crate::banner::Banner;
use crate::binary::read;
use crate::object::Object;
use crate::windows::Windows;
use crate::{elf, go, native_image, note, rust};

/// How much of the start is kept.
const START: u64 = 64 << 10;
/// How much is kept in front of the table of sections, and of the end where that is not known.
const END: u64 = 512 << 10;
/// How much is kept behind a mark, of how many marks, and how much of it at once.
const MARKED: u64 = 256 << 10;
const MARKS: usize = 4;
/// What stands for holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
/// Marks lie at multiples of this.
const ALIGNED: u64 = 16;

/// A binary that passes.
#[derive(Debug)]
pub(crate) struct Passing {
    size: u64,
    /// What looks for what the program says of itself.
    banner: Option<Banner>,
    /// How many bytes have come.
    at: u64,
    start: Vec<u8>,
    /// From where on the end is kept; known when the first bytes have come.
    end_from: Option<u64>,
    end: Vec<u8>,
    marks: Vec<(u64, Vec<u8>)>,
    /// The bytes since the last place where a mark may lie.
    carried: Vec<u8>,
    /// What is kept, once all has come.
    kept: Option<Windows<'static>>,
}

impl Passing {
    pub(crate) fn new(size: u64, path: &[u8]) -> Self {
        Self {
            size,
            banner: Banner::of(path),
            at: 0,
            start: Vec::new(),
            end_from: None,
            end: Vec::new(),
            marks: Vec::new(),
            carried: Vec::new(),
            kept: None,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let start = usize::try_from(START.saturating_sub(self.at)).unwrap_or(usize::MAX);
        self.start.extend_from_slice(bytes.get(..start).unwrap_or(bytes));
        if self.end_from.is_none()
            && (self.start.len() >= 64 || self.at.saturating_add(len64(bytes.len())) >= self.size)
        {
            let from = self.end_of_interest();
            let len = self.size.saturating_sub(from).min(END.saturating_mul(2));
            self.end.reserve_exact(usize::try_from(len).unwrap_or_default());
            self.end_from = Some(from);
        }
        for (_, kept) in &mut self.marks {
            let room =
                usize::try_from(MARKED.saturating_sub(len64(kept.len()))).unwrap_or_default();
            kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
        self.look_for_marks(bytes);
        if let Some(banner) = &mut self.banner {
            banner.push(bytes);
        }
        if let Some(from) = self.end_from {
            let skip = usize::try_from(from.saturating_sub(self.at)).unwrap_or(usize::MAX);
            self.end.extend_from_slice(bytes.get(skip..).unwrap_or_default());
        }
        self.at = self.at.saturating_add(len64(bytes.len()));
        if self.at >= self.size {
            self.decide();
        }
    }

    /// Returns from where on the end is kept: from a bit in front of the table of sections.
    fn end_of_interest(&self) -> u64 {
        let table = elf::table(&self.start).filter(|_| self.start.starts_with(b"\x7fELF"));
        let near = |from: u64| self.size.saturating_sub(from) <= END.saturating_mul(2);
        let from = table.map(|table| table.start.saturating_sub(END)).filter(|from| near(*from));
        from.unwrap_or_else(|| self.size.saturating_sub(END))
    }

    /// Looks for marks, also for one that is in two pieces.
    fn look_for_marks(&mut self, bytes: &[u8]) {
        let into = self.at.checked_rem(ALIGNED).unwrap_or_default();
        let mut skip = 0_usize;
        if into > 0 {
            skip = usize::try_from(ALIGNED.saturating_sub(into)).unwrap_or_default();
            self.carried.extend_from_slice(bytes.get(..skip).unwrap_or(bytes));
            if self.carried.starts_with(go::MAGIC) && self.carried.len() >= 16 {
                let kept =
                    [self.carried.as_slice(), bytes.get(skip..).unwrap_or_default()].concat();
                self.mark(self.at.saturating_sub(into), &kept);
            }
            if self.carried.len() < 16 {
                return;
            }
        }
        let aligned = bytes.get(skip..).unwrap_or_default();
        let rest = aligned.len().checked_rem(16).unwrap_or_default();
        let last = aligned.len().saturating_sub(rest);
        let whole = aligned.get(..last).unwrap_or_default();
        for from in memchr::memmem::find_iter(whole, go::MAGIC) {
            if from.checked_rem(16) == Some(0) {
                let place = len64(skip.saturating_add(from));
                self.mark(self.at.saturating_add(place), aligned.get(from..).unwrap_or_default());
            }
        }
        self.carried.clear();
        self.carried.extend_from_slice(aligned.get(last..).unwrap_or_default());
    }

    fn mark(&mut self, place: u64, bytes: &[u8]) {
        if self.marks.len() < MARKS {
            let room = usize::try_from(MARKED).unwrap_or(usize::MAX);
            self.marks.push((place, bytes.get(..room).unwrap_or(bytes).to_vec()));
        }
    }

    /// Lets go of all where nothing is of interest.
    fn decide(&mut self) {
        let mut file = Windows::of_size(self.size);
        file.add(0, std::mem::take(&mut self.start));
        file.add(self.end_from.unwrap_or_default(), std::mem::take(&mut self.end));
        let has_banner = self.banner.as_ref().is_some_and(|it| it.version.is_some());
        let is_interesting = has_banner || !self.marks.is_empty() || is_interesting(&file);
        self.kept = is_interesting.then_some(file);
    }
}

impl Feed for Passing {
    fn push(&mut self, bytes: &[u8]) {
        self.take(bytes);
    }

    fn skip(&mut self, zeros: u64) {
        let mut left = zeros;
        while left > 0 {
            let some = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            self.take(ZEROS.get(..some).unwrap_or(&ZEROS));
            left = left.saturating_sub(len64(some));
        }
    }

    fn finish(mut self: Box<Self>, file: &Candidate<'_>, found: &mut Findings) -> Outcome {
        if self.at < self.size || self.size == 0 {
            self.decide();
        }
        let Some(mut kept) = self.kept.take() else { return Outcome::Done };
        let places: Vec<u64> = self.marks.iter().map(|(place, _)| *place).collect();
        for (place, bytes) in std::mem::take(&mut self.marks) {
            kept.add(place, bytes);
        }
        let banner = self.banner.as_ref();
        let banner = banner.and_then(|it| Some((it.name(), it.version.as_deref()?)));
        read(&kept, file.path, (Some(&places), banner), found)
    }
}

/// Returns whether a file has anything but Go's build information that is read.
fn is_interesting(file: &Windows<'_>) -> bool {
    let Some(object) = Object::read(file) else { return false };
    let named = |name: &str| object.section(name).is_some();
    named(rust::SECTION)
        || named(".note.package")
        || note::find(file, &object).is_some()
        || native_image::is_one(file, &object)
        || file.from(0, 4 << 10).windows(4).any(|bytes| bytes == b"UPX!")
}
