//! Who goes along with the reading of a layer: for its listing alone, or to write its visible files.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use cutaway_files::{Companion, Progress};
use cutaway_layerfs::{EntryPath, Meta, Visitor};
use tokio::io::AsyncWrite;

use crate::Error;
use crate::flatten::Flattening;

/// Wants no content.
#[derive(Debug)]
pub(crate) struct Unread;

impl Visitor for Unread {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

impl Companion for Unread {
    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Writes the visible files of a layer.
///
/// A visitor cannot wait, so what comes by in one piece of the layer is held until the pause after it.
pub(crate) struct Emitter<'f, W: AsyncWrite + Unpin + Send> {
    flattening: &'f mut Flattening<W>,
    layer: u32,
    /// Entries that are still to come, ascending.
    wanted: VecDeque<u32>,
    events: Vec<Event>,
    current: Option<(u32, Box<Meta>)>,
    failure: Option<Error>,
}

#[derive(Debug)]
enum Event {
    Start(u32, Box<Meta>),
    Data(Vec<u8>),
    Hole(u64),
    End,
}

impl<'f, W: AsyncWrite + Unpin + Send> Emitter<'f, W> {
    /// Writes `wanted`, which are positions in the listing of `layer`, ascending.
    pub(crate) fn new(
        flattening: &'f mut Flattening<W>,
        layer: u32,
        wanted: VecDeque<u32>,
    ) -> Self {
        Self { flattening, layer, wanted, events: Vec::new(), current: None, failure: None }
    }

    /// Returns why the reading was ended.
    pub(crate) fn failure(self) -> Option<Error> {
        self.failure
    }

    async fn write(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Start(entry, meta) => {
                self.flattening.begin(self.layer, entry, &meta).await?;
                self.current = Some((entry, meta));
                Ok(())
            }
            Event::Data(bytes) => self.flattening.data(&bytes).await,
            Event::Hole(len) => self.flattening.hole(len).await,
            Event::End => match self.current.take() {
                Some((entry, meta)) => self.flattening.end(self.layer, entry, &meta).await,
                None => Ok(()),
            },
        }
    }
}

impl<W: AsyncWrite + Unpin + Send> Visitor for Emitter<'_, W> {
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

impl<W: AsyncWrite + Unpin + Send> Companion for Emitter<'_, W> {
    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        for event in std::mem::take(&mut self.events) {
            if let Err(error) = self.write(event).await {
                self.failure = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}
