//! Which document a reference names, by the registry's word alone.

use cutaway_ref::{Digest, Reference};

use crate::ask::{Ask, Part};
use crate::clock::Clock;
use crate::manifest::{ACCEPT, claimed, scope};
use crate::registry::Registry;
use crate::slots::Slot;

impl Registry {
    /// Asks which digest the document has that `reference` names, with one request for headers; none where the
    /// registry does not say, for whatever reason.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    pub async fn claimed_digest(&self, reference: &Reference) -> Option<Digest> {
        let exchange = self.exchange();
        let path = format!("{}/manifests/{}", reference.repository(), reference.identifier());
        let clock = Clock::new(exchange.transport.config.retry.patience);
        let ask = Ask { part: Part::Head, ..Ask::new(&path, ACCEPT, &clock) };
        let scope = scope(reference.repository());
        let answer = exchange.ask_well(ask, &scope, &mut Slot::default()).await.ok()?;
        claimed(answer.response.headers())?.ok()
    }
}
