//! One file on its way past all who want it: held once, whoever reads it.
//!
//! The walk over a layer pushes the bytes of a file as they come. Who wanted its first bytes decides
//! when these are there; what is held then is all of the file if anyone wants all, or else the
//! windows that anyone wants. Nothing here waits, reads or computes.

use std::ops::Range;

use cutaway_layerfs::EntryPath;
use cutaway_tar::len64;

use crate::held::{total, union};
use crate::{
    Analyzers, Candidate, Diagnostic, Feed, File, Findings, HEAD_MAX, Held, Outcome, Plan,
    Severity, Want,
};

/// How much of one file is held.
#[derive(Debug, Clone, Copy)]
pub struct PickupLimits {
    /// `database_bytes`: the size of a file of which all is held.
    pub whole_bytes: u64,
    /// `window_bytes`: the windows of a file of which not all is held.
    pub window_bytes: u64,
    /// Bytes of other files that are held together with this one, which count against `whole_bytes`.
    pub beside: u64,
}

impl PickupLimits {
    /// Returns how large a file may be of which all is held.
    fn room(&self) -> u64 {
        self.whole_bytes.saturating_sub(self.beside)
    }
}

/// A file that is coming by.
#[derive(Debug)]
pub struct Pickup {
    analyzers: Analyzers,
    limits: PickupLimits,
    file: PickedFile,
    undecided: Vec<Undecided>,
    readings: Vec<Reading>,
    windows: Vec<Range<u64>>,
    whole: bool,
    head: Vec<u8>,
    /// How many first bytes are to be there before those that are undecided decide.
    need: usize,
    decided: bool,
}

/// A file that has come by, with what is held of it.
#[derive(Debug)]
pub struct PickedFile {
    path: EntryPath,
    size: u64,
    mode: u32,
    held: Held,
}

/// What one analyzer is going to make of a file.
#[derive(Debug)]
pub struct Reading {
    /// The position of the analyzer.
    pub analyzer: usize,
    how: How,
}

#[derive(Debug)]
enum How {
    Held,
    Fed(Box<dyn Feed>),
    Lost(Diagnostic),
}

#[derive(Debug)]
struct Undecided {
    analyzer: usize,
    head: usize,
    /// Where it wanted the whole file, which is too large for it.
    too_large: Option<Diagnostic>,
}

impl Pickup {
    /// Begins a file that these analyzers have an interest in, or that is a companion; none where
    /// nobody wants it after all.
    pub fn begin(
        analyzers: &Analyzers,
        interested: &[usize],
        companion: bool,
        candidate: &Candidate<'_>,
        limits: PickupLimits,
    ) -> Option<Self> {
        let mut pickup = Self::new(analyzers, candidate, limits);
        for &analyzer in interested {
            let Some(member) = analyzers.get(analyzer) else { continue };
            match member.analyzer().wants(candidate) {
                Want::No => {}
                Want::Sniff { head } => pickup.sniff(analyzer, head, None),
                Want::Whole { max } => match pickup.too_large(analyzer, max) {
                    None => pickup.take_whole(analyzer),
                    larger => pickup.sniff(analyzer, HEAD_MAX, larger),
                },
            }
        }
        pickup.whole |= companion && candidate.size <= limits.room();
        let wanted = companion || !pickup.undecided.is_empty() || !pickup.readings.is_empty();
        wanted.then(|| pickup.ready())
    }

    /// Begins a file of which all is wanted, whatever analyzers say of its path: one that a link leads to.
    pub fn whole(
        analyzers: &Analyzers,
        readers: &[usize],
        candidate: &Candidate<'_>,
        limits: PickupLimits,
    ) -> Self {
        let mut pickup = Self::new(analyzers, candidate, limits);
        for &analyzer in readers {
            match pickup.too_large(analyzer, u64::MAX) {
                None => pickup.take_whole(analyzer),
                Some(lost) => pickup.lose(analyzer, lost),
            }
        }
        pickup.whole |= candidate.size <= limits.room();
        pickup.ready()
    }

    /// Begins a file that is read again for these ranges.
    pub fn again(
        analyzers: &Analyzers,
        readers: &[(usize, Vec<Range<u64>>)],
        candidate: &Candidate<'_>,
        limits: PickupLimits,
    ) -> Self {
        let mut pickup = Self::new(analyzers, candidate, limits);
        for (analyzer, ranges) in readers {
            pickup.take_windows(*analyzer, ranges, 0);
        }
        let head = u64::try_from(HEAD_MAX).unwrap_or(u64::MAX);
        pickup.windows.push(0..head.min(candidate.size));
        pickup.ready()
    }

    /// Takes the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        if !self.decided {
            let missing = self.need.saturating_sub(self.head.len());
            let (first, rest) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
            self.head.extend_from_slice(first);
            if self.head.len() < self.need {
                return;
            }
            self.decide();
            bytes = rest;
        }
        self.file.held.push(bytes);
        for feed in self.feeds() {
            feed.push(bytes);
        }
    }

    /// Takes so many zero bytes.
    pub fn skip(&mut self, mut zeros: u64) {
        if !self.decided {
            let missing = self.need.saturating_sub(self.head.len());
            let first = usize::try_from(zeros).unwrap_or(usize::MAX).min(missing);
            self.head.resize(self.head.len().saturating_add(first), 0);
            if self.head.len() < self.need {
                return;
            }
            self.decide();
            zeros = zeros.saturating_sub(u64::try_from(first).unwrap_or(u64::MAX));
        }
        self.file.held.skip(zeros);
        for feed in self.feeds() {
            feed.skip(zeros);
        }
    }

    /// Ends the file: returns what is held of it, and what is to be made of it, by analyzer.
    pub fn finish(mut self) -> (PickedFile, Vec<Reading>) {
        if !self.decided {
            self.decide();
        }
        self.readings.sort_by_key(|reading| reading.analyzer);
        (self.file, self.readings)
    }

    /// Returns the most bytes that are going to be held.
    pub fn most_bytes(&self) -> u64 {
        if self.whole || !self.undecided.is_empty() {
            return self.file.size.min(self.limits.whole_bytes);
        }
        total(&self.windows)
    }

    fn new(analyzers: &Analyzers, candidate: &Candidate<'_>, limits: PickupLimits) -> Self {
        let file = PickedFile {
            path: candidate.path.clone(),
            size: candidate.size,
            mode: candidate.mode,
            held: Held::default(),
        };
        Self {
            analyzers: analyzers.clone(),
            limits,
            file,
            undecided: Vec::new(),
            readings: Vec::new(),
            windows: Vec::new(),
            whole: false,
            head: Vec::new(),
            need: 0,
            decided: false,
        }
    }

    /// Decides at once where nobody waits for the first bytes.
    fn ready(mut self) -> Self {
        let heads = self.undecided.iter().map(|undecided| undecided.head);
        self.need = heads.max().unwrap_or(0);
        if self.need == 0 {
            self.decide();
        }
        self
    }

    fn sniff(&mut self, analyzer: usize, head: usize, too_large: Option<Diagnostic>) {
        self.undecided.push(Undecided { analyzer, head: head.min(HEAD_MAX), too_large });
    }

    fn decide(&mut self) {
        self.decided = true;
        for Undecided { analyzer, head, too_large } in std::mem::take(&mut self.undecided) {
            let Some(member) = self.analyzers.get(analyzer) else { continue };
            let shown = self.head.get(..head).unwrap_or(&self.head);
            match (member.analyzer().plan(&self.file.candidate(), shown), too_large) {
                (Plan::Drop, None) => {}
                (Plan::Drop, Some(lost)) => self.lose(analyzer, lost),
                (Plan::Whole { max }, _) => match self.too_large(analyzer, max) {
                    None => self.take_whole(analyzer),
                    Some(lost) => self.lose(analyzer, lost),
                },
                (Plan::Windows { ranges, tail }, _) => self.take_windows(analyzer, &ranges, tail),
                (Plan::Feed(mut feed), _) => {
                    feed.push(&self.head);
                    self.readings.push(Reading { analyzer, how: How::Fed(feed) });
                }
            }
        }
        let size = self.file.size;
        self.file.held = if self.whole {
            Held::whole(size)
        } else if self.windows.is_empty() {
            Held::default()
        } else {
            let first = 0..len64(self.head.len());
            self.windows.push(first);
            Held::windows(size, &self.windows)
        };
        self.file.held.push(&self.head);
        self.head = Vec::new();
    }

    fn take_whole(&mut self, analyzer: usize) {
        self.whole = true;
        self.readings.push(Reading { analyzer, how: How::Held });
    }

    /// Takes windows for an analyzer, where these and those of others are within the limit.
    fn take_windows(&mut self, analyzer: usize, ranges: &[Range<u64>], tail: u64) {
        let size = self.file.size;
        let tail = size.saturating_sub(tail)..size;
        let all = self.windows.iter().chain(ranges).cloned().chain([tail]);
        let joined = union(size, &all.collect::<Vec<_>>());
        if total(&joined) > self.limits.window_bytes {
            let message = format!(
                "the parts of the file that are to be read have {} bytes, over the limit window_bytes",
                total(&joined)
            );
            return self.lose(analyzer, error("file-windows-over-limit", message));
        }
        self.windows = joined;
        self.readings.push(Reading { analyzer, how: How::Held });
    }

    fn lose(&mut self, analyzer: usize, lost: Diagnostic) {
        self.readings.push(Reading { analyzer, how: How::Lost(lost) });
    }

    /// Says that the file is too large, where it is.
    fn too_large(&self, analyzer: usize, max: u64) -> Option<Diagnostic> {
        let size = self.file.size;
        let PickupLimits { whole_bytes, beside, .. } = self.limits;
        if size <= max.min(self.limits.room()) {
            return None;
        }
        let limit = if max < whole_bytes && size > max {
            let member = self.analyzers.get(analyzer);
            let name = member.map(|member| member.id().name()).unwrap_or_default();
            format!("the limit of the analyzer {name} of {max}")
        } else if size > whole_bytes {
            "the limit database_bytes".to_owned()
        } else {
            format!("the limit database_bytes with the {beside} of those that are held beside it")
        };
        Some(error("database-too-large", format!("the file has {size} bytes, over {limit}")))
    }

    fn feeds(&mut self) -> impl Iterator<Item = &mut Box<dyn Feed>> {
        self.readings.iter_mut().filter_map(|reading| match &mut reading.how {
            How::Fed(feed) => Some(feed),
            How::Held | How::Lost(_) => None,
        })
    }
}

impl PickedFile {
    /// Returns the path.
    pub fn path(&self) -> &EntryPath {
        &self.path
    }

    /// Returns what is held.
    pub fn held(&self) -> &Held {
        &self.held
    }

    /// Returns whether it has bytes of which none are held, since they were too many.
    pub fn is_lost(&self) -> bool {
        self.size > 0 && self.held.is_empty()
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate::new(&self.path, self.size, self.mode)
    }
}

impl Reading {
    /// Returns a reading of what is held.
    pub fn of_held(analyzer: usize) -> Self {
        Self { analyzer, how: How::Held }
    }

    /// Returns what is to be said of a database without one of the files that belong to it.
    pub fn without_companion(analyzer: usize, companion: &PickedFile) -> Self {
        let PickedFile { path, size, .. } = companion;
        let message = format!(
            "{path}, which belongs to it, has {size} bytes, with the files beside it over the limit database_bytes"
        );
        Self { analyzer, how: How::Lost(error("database-too-large", message)) }
    }

    /// Lets the analyzer make findings of the file. Computes: call it where that may take long.
    pub fn read(
        self,
        analyzers: &Analyzers,
        file: &PickedFile,
        companions: &[Option<&PickedFile>],
        found: &mut Findings,
    ) -> Outcome {
        let candidate = file.candidate();
        match self.how {
            How::Lost(diagnostic) => {
                found.note(diagnostic);
                Outcome::Done
            }
            How::Fed(feed) => feed.finish(&candidate, found),
            How::Held => {
                let Some(member) = analyzers.get(self.analyzer) else { return Outcome::Done };
                let companions: Vec<Option<&[u8]>> = companions
                    .iter()
                    .map(|it| it.and_then(|it| it.held.all()).filter(|bytes| !bytes.is_empty()))
                    .collect();
                let file = File::held(candidate, &file.held).with_companions(&companions);
                member.analyzer().analyze(&file, found)
            }
        }
    }
}

fn error(code: &'static str, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Error, code: code.into(), message }
}
