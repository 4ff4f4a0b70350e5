//! Who goes along with the reading of a layer to hand on the content of some of its files.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use cutaway_layerfs::{EntryPath, Meta, Visitor};
use cutaway_read::{Begun, LayerReader, Progress};

use crate::members::Members;
use crate::outlet::Outlet;
use crate::plan::Plan;
use crate::tarfile::Head;

/// Hands on the content of the files of a layer that are still to be written, each under its first name.
///
/// A visitor cannot wait, so what comes by in one piece of the layer is held until the pause after it.
#[derive(Debug)]
pub(crate) struct Emitter {
    plan: Arc<Plan>,
    layer: u32,
    /// Entries that are still to come, ascending.
    wanted: VecDeque<u32>,
    members: Members,
    outlet: Outlet,
    /// Held until the layer has begun, so that the next one may be opened.
    begun: Option<Begun>,
}

impl Emitter {
    /// Hands on what `plan` wants of the layer of this number, if any.
    pub(crate) fn new(plan: &Arc<Plan>, layer: Option<u32>, outlet: &Outlet) -> Self {
        Self {
            plan: Arc::clone(plan),
            layer: layer.unwrap_or_default(),
            wanted: layer.map(|layer| plan.wanted(layer)).unwrap_or_default(),
            members: Members::of_layer(layer.unwrap_or_default()),
            outlet: outlet.clone(),
            begun: None,
        }
    }

    /// Passes the turn on when the layer was opened.
    pub(crate) fn passing_on(self, begun: Option<Begun>) -> Self {
        Self { begun, ..self }
    }
}

impl Visitor for Emitter {
    fn entry(&mut self, id: u32, _: &EntryPath, meta: &Meta) -> bool {
        if self.wanted.front() != Some(&id) {
            return false;
        }
        self.wanted.pop_front();
        let Some(name) = self.plan.first_name(self.layer, id) else { return false };
        self.members.start(&Head::of(&name, Some(meta)));
        true
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

impl LayerReader for Emitter {
    type Out = ();

    async fn begin(&mut self) {
        // Where nobody waits, there is no other layer.
        drop(self.begun.take());
    }

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        self.outlet.send(&mut self.members).await
    }

    async fn finish(self) {}
}
