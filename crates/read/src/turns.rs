//! Tasks that begin in order, although they are started all at once.

use tokio::sync::oneshot;

/// Hands out turns: each begins when the one before has been passed on.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut turns = cutaway_read::Turns::new();
/// let (first, second) = (turns.next_turn(), turns.next_turn());
/// let waiting = tokio::spawn(second.begin());
/// let first = first.begin().await;
/// tokio::task::yield_now().await;
/// assert!(!waiting.is_finished());
/// drop(first);
/// waiting.await.unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Turns {
    last: oneshot::Receiver<()>,
}

/// A turn that has not begun. Dropped, it is passed over.
#[derive(Debug)]
pub struct Turn {
    before: oneshot::Receiver<()>,
    begun: Begun,
}

/// A turn that has begun. The next one begins when this is dropped.
#[derive(Debug)]
pub struct Begun {
    _next: oneshot::Sender<()>,
}

impl Turns {
    /// Makes turns of which the first may begin at once.
    pub fn new() -> Self {
        Self { last: oneshot::channel().1 }
    }

    /// Returns the turn after the one before.
    pub fn next_turn(&mut self) -> Turn {
        let (next, waits) = oneshot::channel();
        let before = std::mem::replace(&mut self.last, waits);
        Turn { before, begun: Begun { _next: next } }
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

impl Turn {
    /// Waits for the turn before to be passed on. Needs no runtime.
    pub async fn begin(self) -> Begun {
        // That it was dropped is how it is passed on.
        let _: Result<(), _> = self.before.await;
        self.begun
    }
}
