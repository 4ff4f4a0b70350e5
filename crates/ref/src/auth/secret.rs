//! Text that must never be printed.

use std::fmt;

/// A password or token. It has no `Display`, and its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the one request that needs it. It must not be logged.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{
        Credential, DockerConfig, Ended, Keychain, Netrc, NoPrograms, PullSecret, Source, Veil,
        program::parse_answer,
    };

    const CANARY: &str = "c4n4ry-Zq9";
    /// `user` and the canary, as HTTP Basic has them.
    const ENCODED: &str = "dXNlcjpjNG40cnktWnE5";

    /// Everything in this module that can hold a secret, whole and broken, in both forms of `Debug`.
    #[test]
    fn no_debug_shows_a_secret() {
        let entry = format!("\"r.example\": {{\"auth\": \"{ENCODED}\"}}");
        let config = format!(
            "{{\"auths\": {{{entry}, \"s.example\": {{\"identitytoken\": \"{CANARY}\"}}, \
             \"t.example\": {{\"registrytoken\": \"{CANARY}\"}}, \
             \"u.example\": {{\"username\": \"user\", \"password\": \"{CANARY}\"}}, \
             \"v.example\": {{\"auth\": \"{CANARY}\"}}}}, \"credsStore\": \"{CANARY}\"}}"
        );
        let netrc = format!("machine r.example login user password {CANARY}\n");
        let mut texts = Vec::new();
        let mut show = |value: &dyn fmt::Debug| texts.push(format!("{value:?} {value:#?}"));
        for bytes in [
            config.as_bytes(),
            netrc.as_bytes(),
            CANARY.as_bytes(),
            format!("{{\"{CANARY}").as_bytes(),
            format!("{{\"auths\": \"{CANARY}\"}}").as_bytes(),
            format!("machine r.example password {CANARY} {CANARY}").as_bytes(),
        ] {
            show(&DockerConfig::parse(bytes));
            show(&Netrc::parse(bytes));
            show(&PullSecret::parse(bytes));
            show(&parse_answer(bytes));
            show(&Ended { success: true, output: bytes.to_vec() });
            let sources = [
                Source::file("a", bytes),
                Source::netrc("b", bytes),
                Source::pull_secret("c", bytes),
            ];
            show(&sources);
            for source in sources {
                let keychain = Keychain::new(vec![source]);
                show(&keychain);
                for registry in ["r.example", "s.example", "t.example", "u.example", "v.example"] {
                    show(&keychain.resolve_registry(registry, &NoPrograms));
                }
            }
        }
        let credentials = [
            Credential::basic("user", CANARY),
            Credential::IdentityToken { username: None, token: Secret::new(CANARY) },
            Credential::RegistryToken(Secret::new(CANARY)),
        ];
        let veil = Veil::default();
        for credential in &credentials {
            veil.hide_credential(credential);
            show(&Source::given("d", credential.clone()));
            show(&Source::for_registry("e", "r.example", credential.clone()));
        }
        show(&credentials);
        show(&veil);
        for text in texts {
            let pieces =
                CANARY.as_bytes().windows(8).map(|piece| std::str::from_utf8(piece).unwrap());
            for piece in pieces.chain([ENCODED]) {
                assert!(!text.contains(piece), "{piece} in {text}");
            }
        }
    }
}
