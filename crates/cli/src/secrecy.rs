//! Keeping secrets out of what is said.

use std::io;
use std::sync::LazyLock;

use cutaway_ref::auth::Veil;

static VEIL: LazyLock<Veil> = LazyLock::new(Veil::default);

/// Returns what hides the secrets that this run tells anybody.
pub(crate) fn veil() -> Veil {
    VEIL.clone()
}

/// A stream on which secrets are hidden; each write is one text.
pub(crate) struct Veiled<W>(pub(crate) W);

impl<W: io::Write> io::Write for Veiled<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(veil().over(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
