//! Keeping secrets out of what is said.

use std::io;
use std::sync::LazyLock;

use cutaway_ref::auth::Veil;

static VEIL: LazyLock<Veil> = LazyLock::new(Veil::default);

/// Returns what hides the secrets that this run tells anybody.
pub(crate) fn veil() -> Veil {
    VEIL.clone()
}

/// Hides the password in an address that was written where a name belongs: `user:password@host/name`.
pub(crate) fn hide_password_in(text: &str) {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    // Behind the `@` of a digest there is no `/`.
    let Some((who, _)) = bare.rsplit_once('@').filter(|(_, host)| host.contains('/')) else {
        return;
    };
    if let Some((_, password)) = who.split_once(':') {
        veil().hide(password);
    }
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
