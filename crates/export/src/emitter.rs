//! Who goes along with the reading of a layer to hand on the content of its visible files.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cutaway_layerfs::{EntryPath, Meta, Visitor};
use cutaway_read::{Begun, LayerReader, Progress};
use tokio::sync::mpsc;

/// Pieces of a layer, in order.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The number of the layer.
    pub(crate) layer: u32,
    /// What came by.
    pub(crate) events: Vec<Event>,
}

/// What comes by of a file.
#[derive(Debug)]
pub(crate) enum Event {
    /// The entry of this position begins.
    Start(u32, Box<Meta>),
    /// Its next bytes.
    Data(Vec<u8>),
    /// Its next bytes, all of them zero.
    Hole(u64),
    /// It is complete.
    End,
}

/// Hands on the content of some entries of a layer.
///
/// A visitor cannot wait, so what comes by in one piece of the layer is held until the pause after it.
#[derive(Debug)]
pub(crate) struct Emitter {
    layer: u32,
    /// Entries that are still to come, ascending.
    wanted: VecDeque<u32>,
    events: Vec<Event>,
    to: mpsc::Sender<Batch>,
    /// Whether anything was sent, which cannot be taken back.
    sent: Arc<AtomicBool>,
    /// Held until the layer has begun, so that the next one may be opened.
    begun: Option<Begun>,
}

impl Emitter {
    /// Hands on `wanted`, which are positions in the listing of `layer`, ascending; `sent` is set with
    /// the first piece.
    pub(crate) fn new(
        layer: u32,
        wanted: VecDeque<u32>,
        to: mpsc::Sender<Batch>,
        sent: Arc<AtomicBool>,
    ) -> Self {
        Self { layer, wanted, events: Vec::new(), to, sent, begun: None }
    }

    /// Passes the turn on when the first piece of the layer has come.
    pub(crate) fn passing_on(self, begun: Option<Begun>) -> Self {
        Self { begun, ..self }
    }

    async fn send(&mut self) -> ControlFlow<()> {
        if self.events.is_empty() {
            return ControlFlow::Continue(());
        }
        self.sent.store(true, Ordering::Relaxed);
        let events = std::mem::take(&mut self.events);
        match self.to.send(Batch { layer: self.layer, events }).await {
            Ok(()) => ControlFlow::Continue(()),
            // Whoever writes has failed, and says why.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Visitor for Emitter {
    fn entry(&mut self, id: u32, _: &EntryPath, meta: &Meta) -> bool {
        if self.wanted.front() != Some(&id) {
            return false;
        }
        self.wanted.pop_front();
        self.events.push(Event::Start(id, Box::new(meta.clone())));
        true
    }

    fn data(&mut self, chunk: &[u8]) {
        self.events.push(Event::Data(chunk.to_vec()));
    }

    fn hole(&mut self, len: u64) {
        self.events.push(Event::Hole(len));
    }

    fn end(&mut self) {
        self.events.push(Event::End);
    }
}

impl LayerReader for Emitter {
    type Out = ();

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        // Where nobody waits, there is no other layer.
        drop(self.begun.take());
        self.send().await
    }

    async fn finish(self) {}
}
