//! The way of members from where a layer is read to where the tar is written, a few pieces long.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cutaway_model::Error as ModelError;
use cutaway_read::Error as ReadError;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

use crate::Error;
use crate::flattened::Flattened;
use crate::members::Members;
use crate::tarfile::TarWriter;

/// How many pieces wait for being written, each about as much as is decoded at once.
const PIECES: usize = 8;

/// Pieces that were written, to be filled again.
type Pool = Arc<Mutex<Vec<Members>>>;

/// The end that members are put into.
#[derive(Debug, Clone)]
pub(crate) struct Outlet {
    to: mpsc::Sender<Members>,
    pool: Pool,
    sent: Arc<AtomicBool>,
}

/// The end that they come out of.
#[derive(Debug)]
pub(crate) struct Inlet {
    from: mpsc::Receiver<Members>,
    pool: Pool,
    /// The layer that what came last is from.
    layer: u32,
    /// Bytes of content that came of it, holes included, and how many may.
    content: u64,
    max: u64,
}

/// Makes a way for at most `unpacked_bytes` bytes of content of each layer, holes included: what is no byte of
/// the layer is written as many. Layers come one after the other.
pub(crate) fn way(unpacked_bytes: u64) -> (Outlet, Inlet) {
    let (to, from) = mpsc::channel(PIECES);
    let pool = Pool::default();
    (
        Outlet { to, pool: Arc::clone(&pool), sent: Arc::default() },
        Inlet { from, pool, layer: 0, content: 0, max: unpacked_bytes },
    )
}

impl Outlet {
    /// Returns whether anything was sent, which cannot be taken back.
    pub(crate) fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends what `members` has and leaves it empty.
    pub(crate) async fn send(&self, members: &mut Members) -> ControlFlow<()> {
        if members.is_empty() {
            return ControlFlow::Continue(());
        }
        self.sent.store(true, Ordering::Relaxed);
        let fresh = self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let full = members.cut(fresh.unwrap_or_default());
        match self.to.send(full).await {
            Ok(()) => ControlFlow::Continue(()),
            // Whoever writes has failed, and says why.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Inlet {
    /// Writes everything that comes, until all other ends are gone.
    pub(crate) async fn write_all<W: AsyncWrite + Unpin + Send>(
        &mut self,
        tar: &mut TarWriter<W>,
        written: &mut Flattened,
    ) -> Result<(), Error> {
        while let Some(mut members) = self.from.recv().await {
            if members.layer() != self.layer {
                (self.layer, self.content) = (members.layer(), 0);
            }
            self.content = self.content.saturating_add(members.stated_content());
            if self.content > self.max {
                let what = "the files of a layer, their holes included".to_owned();
                let error = ModelError::Limit { what, limit: "unpacked_bytes", max: self.max };
                return Err(ReadError::from(error).into());
            }
            written.add(members.write(tar).await?);
            members.clear();
            let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
            if pool.len() < PIECES {
                pool.push(members);
            }
        }
        Ok(())
    }
}
