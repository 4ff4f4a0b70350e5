//! Who goes along with the first reading of a layer, when all layers above it are known, to hand on what is
//! certain to be visible.

use std::ops::ControlFlow;

use cutaway_layerfs::{Cover, EntryPath, Kind, Meta, Visitor};
use cutaway_read::{Begun, LayerReader, Progress};
use cutaway_tar::len64;
use tokio::sync::oneshot;

use crate::members::Members;
use crate::outlet::Outlet;
use crate::tarfile::Head;

/// How much may come of one piece of a layer, and how long the paths of directories that nobody describes
/// may be together. They can be many times what an entry below them takes.
const MOST: usize = 4 << 20;

/// How much is sent at once, at least.
const PIECE: usize = 128 << 10;

/// Hands on what a cover says is visible.
///
/// The beginning of a layer is held back: where it turns out odd before that is over, or its bytes turn
/// out wrong, nothing of it was handed on.
#[derive(Debug)]
pub(crate) struct Newest {
    /// Brings what the layers above decide, when they have been read.
    gate: Option<oneshot::Receiver<Cover>>,
    cover: Cover,
    is_base: bool,
    written: Written,
    members: Members,
    /// What is held back; none when it was sent.
    held: Option<Vec<Members>>,
    /// Whether what was held back is left to a second reading, and all that comes.
    forgotten: bool,
    /// How much more may be held back.
    room: u64,
    outlet: Outlet,
    /// Held until the layer was opened, so that the next one may be.
    begun: Option<Begun>,
}

/// What was written of a layer.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Directories that the layer has no entry for.
    pub(crate) implied: Vec<EntryPath>,
    /// How many bytes their paths have.
    implied_len: usize,
    /// One bit an entry.
    entries: Vec<u64>,
}

impl Newest {
    /// Waits at `gate` for what the layers above decide, and hands on through `outlet`, of the beginning of
    /// the layer up to `hold` bytes late.
    pub(crate) fn new(
        gate: oneshot::Receiver<Cover>,
        is_base: bool,
        outlet: Outlet,
        hold: u64,
        begun: Begun,
    ) -> Self {
        Self {
            gate: Some(gate),
            begun: Some(begun),
            held: (hold > 0).then(Vec::new),
            room: hold,
            ..Self::decides_nothing(outlet, is_base)
        }
    }

    /// Reads a layer again whose bytes were wrong the first time: what the cover has learned of them cannot
    /// be taken back, so nothing is decided any more.
    pub(crate) fn decides_nothing(outlet: Outlet, is_base: bool) -> Self {
        Self {
            gate: None,
            cover: Cover::blind(),
            is_base,
            written: Written::default(),
            members: Members::default(),
            held: Some(Vec::new()),
            forgotten: false,
            room: 0,
            outlet,
            begun: None,
        }
    }

    async fn open(&mut self) {
        drop(self.begun.take());
        if let Some(gate) = self.gate.take() {
            // Whoever has the cover waits for this; without it nothing is decided.
            self.cover = gate.await.unwrap_or_else(|_| Cover::blind());
            self.cover.begin(self.is_base);
        }
    }

    /// Sends what is held back and what has come.
    async fn send(&mut self) -> ControlFlow<()> {
        for mut members in self.held.take().unwrap_or_default() {
            self.outlet.send(&mut members).await?;
        }
        self.outlet.send(&mut self.members).await
    }

    /// Forgets what is held back of a layer that turned out odd or has a name twice, where that is all of
    /// it so far: it is left to a second reading.
    fn forget(&mut self) {
        if let Some(held) = &mut self.held {
            self.forgotten = true;
            held.clear();
            self.members.clear();
            self.written = Written::default();
            // What lies below comes after the directories that are left.
            self.cover.give_up();
        }
    }
}

impl Visitor for Newest {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        if self.members.len() > MOST || self.written.implied_len > MOST {
            self.cover.give_up();
        }
        let visible = self.cover.entry(id, path, meta);
        for made in self.cover.implied().iter().filter(|_| !self.forgotten) {
            self.members.start(&Head::of(made, None));
            self.written.imply(made);
        }
        if self.cover.is_odd() || self.cover.repeats() {
            self.forget();
        }
        if !visible || self.forgotten {
            return false;
        }
        self.members.start(&Head::of(path, Some(meta)));
        self.written.insert(id);
        meta.kind == Kind::File
    }

    fn data(&mut self, chunk: &[u8]) {
        self.members.data(chunk);
    }

    fn hole(&mut self, len: u64) {
        self.members.hole(len);
    }

    fn end(&mut self) {
        self.members.end();
    }
}

impl LayerReader for Newest {
    type Out = (Cover, Written);

    async fn begin(&mut self) {
        self.open().await;
    }

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        let come = len64(self.members.len());
        match &mut self.held {
            Some(held) if come <= self.room => {
                self.room = self.room.saturating_sub(come);
                if !self.members.is_empty() {
                    held.push(self.members.cut(Members::default()));
                }
                ControlFlow::Continue(())
            }
            None if self.members.len() < PIECE => ControlFlow::Continue(()),
            _ => self.send().await,
        }
    }

    async fn finish(mut self) -> (Cover, Written) {
        // Of a layer that was passed over nothing was shown.
        self.open().await;
        // Where it cannot be sent, whoever writes says why.
        let _ = self.send().await;
        (self.cover, self.written)
    }
}

impl Written {
    fn imply(&mut self, directory: &EntryPath) {
        self.implied_len = self.implied_len.saturating_add(directory.as_bytes().len());
        self.implied.push(directory.clone());
    }

    fn insert(&mut self, entry: u32) {
        let (word, bit) = place(entry);
        if self.entries.len() <= word {
            self.entries.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.entries.get_mut(word) {
            *word |= bit;
        }
    }

    /// Returns whether the entry was written.
    pub(crate) fn contains(&self, entry: u32) -> bool {
        let (word, bit) = place(entry);
        self.entries.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Returns whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.implied.is_empty()
    }
}

/// Returns the word of an entry, and its bit in there.
fn place(entry: u32) -> (usize, u64) {
    (usize::try_from(entry >> 6).unwrap_or(usize::MAX), 1 << (entry & 63))
}
