//! Keeping secrets out of what others say: servers repeat what they were told, in errors above all.
//!
//! What was told to anybody is hidden in every text that is shown after that, in whatever dress it
//! comes back: as it is, escaped, percent-encoded, in hexadecimal or in base64, whole or in part.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::auth::Credential;

/// How many bytes of a secret in a row give it away. Shorter ones are words of any text.
const PIECE: usize = 8;
/// What stands in the place of a secret.
const HIDDEN: &str = "[hidden]";

/// The secrets that must not be shown. Clones share them.
///
/// A secret of less than eight bytes is hidden in its encoded forms only.
#[derive(Clone, Default)]
pub struct Veil(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Secrets whose pieces were not made: mostly nothing goes wrong, and then nothing is made of them.
    waiting: Vec<String>,
    pieces: HashSet<[u8; PIECE]>,
}

impl Veil {
    /// Hides a secret from here on.
    pub fn hide(&self, secret: &str) {
        if !secret.is_empty() {
            self.state().waiting.push(secret.to_owned());
        }
    }

    /// Hides what is secret in a credential from here on: not its user name.
    pub fn hide_credential(&self, credential: &Credential) {
        match credential {
            Credential::Anonymous => {}
            Credential::Basic { username, password } => {
                self.hide(password.expose());
                let both = format!("{username}:{}", password.expose());
                self.hide(&STANDARD.encode(&both));
            }
            Credential::IdentityToken { token, .. } | Credential::RegistryToken(token) => {
                self.hide(token.expose());
            }
        }
    }

    /// Hides the password in an address that was written where a name belongs: `user:password@host/name`.
    pub fn hide_password_in(&self, text: &str) {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        // Behind the `@` of a digest there is no `/`.
        let Some((who, _)) = bare.rsplit_once('@').filter(|(_, host)| host.contains('/')) else {
            return;
        };
        if let Some((_, password)) = who.split_once(':') {
            self.hide(password);
        }
    }

    /// Returns `text` with every piece of a secret replaced. Upper and lower case are one.
    pub fn over<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut state = self.state();
        for secret in std::mem::take(&mut state.waiting) {
            state.pieces.extend(forms(&secret).iter().flat_map(|form| pieces(form)));
        }
        if state.pieces.is_empty() {
            return Cow::Borrowed(text);
        }
        let starts: Vec<usize> = pieces(text)
            .enumerate()
            .filter(|(_, piece)| state.pieces.contains(piece))
            .map(|(start, _)| start)
            .collect();
        drop(state);
        if starts.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, &starts)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Veil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Veil")
    }
}

/// Returns `text` without the pieces that start at `starts`, which ascend.
fn without(text: &str, starts: &[usize]) -> String {
    let mut shown = String::new();
    let (mut starts, mut end) = (starts.iter().peekable(), 0);
    let mut was_hidden = false;
    for (at, character) in text.char_indices() {
        let behind = at.saturating_add(character.len_utf8());
        while let Some(start) = starts.next_if(|start| **start < behind) {
            end = start.saturating_add(PIECE);
        }
        let is_hidden = at < end;
        match (is_hidden, was_hidden) {
            (false, _) => shown.push(character),
            (true, false) => shown.push_str(HIDDEN),
            (true, true) => {}
        }
        was_hidden = is_hidden;
    }
    shown
}

/// Returns the pieces of a text in lower case, one for each byte that starts one.
fn pieces(text: &str) -> impl Iterator<Item = [u8; PIECE]> {
    text.as_bytes().windows(PIECE).filter_map(|piece| {
        let mut piece: [u8; PIECE] = piece.try_into().ok()?;
        piece.make_ascii_lowercase();
        Some(piece)
    })
}

/// Returns the forms in which a secret may come back.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let mut forms = vec![secret.to_owned(), json.trim_matches('"').to_owned()];
    let (mut percent, mut all, mut hex) = (String::new(), String::new(), String::new());
    for &byte in secret.as_bytes() {
        // Writing to a String does not fail.
        let _ = write!(hex, "{byte:02x}");
        let _ = write!(all, "%{byte:02x}");
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            percent.push(char::from(byte));
        } else {
            let _ = write!(percent, "%{byte:02x}");
        }
    }
    forms.extend([percent.replace("%20", "+"), percent, all, hex]);
    // Shown on one line, where only what moves the cursor is escaped.
    let lines: Vec<String> = forms.iter().map(|form| on_one_line(form)).collect();
    // Escaped once more by whoever quotes it, with and without its quotes.
    let escaped: Vec<String> = forms.iter().map(|form| form.escape_debug().to_string()).collect();
    forms.extend(escaped.iter().map(|form| form.replace("\\\"", "\"").replace("\\'", "'")));
    forms.extend(escaped);
    forms.extend(lines);
    // In base64 a secret looks different with one and with two bytes before it. The characters that
    // depend on its neighbours are left out.
    for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            let whole = bytes.len().saturating_mul(8) / 6;
            forms.extend(text.get(mixed..whole).map(ToOwned::to_owned));
        }
    }
    forms
}

fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Zq9/c4n4ry \"k\\ü+w0rd";

    fn veil() -> Veil {
        let veil = Veil::default();
        veil.hide_credential(&Credential::basic("user", SECRET));
        veil
    }

    #[test]
    fn every_dress() {
        let veil = veil();
        let encode = |text: &str| STANDARD.encode(text);
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
        for dress in [
            SECRET.to_owned(),
            SECRET.to_uppercase(),
            encode(&format!("user:{SECRET}")),
            encode(SECRET),
            encode(&format!("x{SECRET}y")),
            encode(&format!("xx{SECRET}yy")).replace('+', "-").replace('/', "_"),
            hex,
            "Zq9%2Fc4n4ry%20%22k%5C%C3%BC%2Bw0rd".to_owned(),
            "Zq9%2fc4n4ry+%22k%5c%c3%bc%2bw0rd".to_owned(),
            SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            serde_json::Value::from(SECRET).to_string(),
            format!("{SECRET:?}"),
            SECRET.replace('\\', "\\\\"),
            format!("{:?}", serde_json::Value::from(SECRET).to_string()),
        ] {
            let shown = veil.over(&dress).into_owned();
            assert!(shown.contains(HIDDEN), "{dress}");
            // At most a few characters at both ends belong to what stands around it.
            assert!(shown.len() < HIDDEN.len() + 10, "{dress}: {shown}");
        }
    }

    #[test]
    fn shown_on_one_line() {
        let veil = Veil::default();
        veil.hide("k\\e\"y\tzq9c4n4ry");
        assert_eq!(veil.over("<k\\e\"y\\tzq9c4n4ry>"), "<[hidden]>");
    }

    #[test]
    fn parts_are_hidden_and_the_rest_stays() {
        let veil = veil();
        for (text, wanted) in [
            ("token c4n4ry \"k is bad", "token [hidden] is bad"),
            ("ü c4n4ry \"k\\ü", "ü [hidden]"),
            ("c4n4ry \"k, c4n4ry \"k", "[hidden], [hidden]"),
            ("c4n4ry", "c4n4ry"),
            ("user has no access", "user has no access"),
            ("", ""),
        ] {
            assert_eq!(veil.over(text), wanted);
        }
        assert!(matches!(veil.over("nothing"), Cow::Borrowed(_)));
        assert!(matches!(Veil::default().over(SECRET), Cow::Borrowed(_)));
        assert_eq!(format!("{veil:?} {veil:#?}"), "Veil Veil");
    }

    #[test]
    fn short_secrets_are_words_but_not_where_they_are_encoded() {
        let veil = Veil::default();
        veil.hide_credential(&Credential::basic("test", "test"));
        assert_eq!(veil.over("127.0.0.1/test/test"), "127.0.0.1/test/test");
        assert_eq!(veil.over("Basic dGVzdDp0ZXN0"), "Basic [hidden]");
        veil.clone().hide("a-longer-token");
        assert_eq!(veil.over("Bearer a-longer-token"), "Bearer [hidden]");
    }
}
