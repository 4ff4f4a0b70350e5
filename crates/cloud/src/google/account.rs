//! Credential files of Google, as data: a service account's key, or what a login has left.

use cutaway_ref::auth::Secret;
use reqwest::Url;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;

use crate::Error;

/// What such a file holds.
pub(super) enum Account {
    /// A service account, which signs for itself.
    Service(Box<Service>),
    /// A user, who logged in and left a refresh token.
    User { client_id: String, client_secret: Secret, refresh_token: Secret },
}

/// A service account.
pub(super) struct Service {
    pub(super) email: String,
    pub(super) key_id: Option<String>,
    /// Where it exchanges what it signs.
    pub(super) token_uri: Url,
    key: KeyPair,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_email: Option<String>,
    private_key: Option<String>,
    private_key_id: Option<String>,
    token_uri: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
}

/// Google's token service.
pub(super) const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

impl Account {
    /// Parses the contents of a file. `endpoint` stands for the token service that it names.
    pub(super) fn parse(contents: &str, endpoint: Option<&Url>) -> Result<Self, Error> {
        // The parser's error is left out: it may quote the file.
        let file: File = serde_json::from_str(contents).map_err(|_| unusable("it is no JSON"))?;
        match file.kind.as_deref() {
            Some("service_account") => {
                let (Some(email), Some(key)) = (file.client_email, file.private_key) else {
                    return Err(unusable("it has not both client_email and private_key"));
                };
                let named = file.token_uri.as_deref().unwrap_or(TOKEN_URI);
                let token_uri = match endpoint {
                    Some(endpoint) => endpoint.clone(),
                    None => token_uri(named)?,
                };
                let key = parse_key(&key)?;
                let key_id = file.private_key_id;
                Ok(Self::Service(Box::new(Service { email, key_id, token_uri, key })))
            }
            Some("authorized_user") => {
                let all = (file.client_id, file.client_secret, file.refresh_token);
                let (Some(client_id), Some(client_secret), Some(refresh_token)) = all else {
                    return Err(unusable(
                        "it has not all of client_id, client_secret and refresh_token",
                    ));
                };
                Ok(Self::User {
                    client_id,
                    client_secret: Secret::new(client_secret),
                    refresh_token: Secret::new(refresh_token),
                })
            }
            _ => Err(unusable("its type is not service_account or authorized_user")),
        }
    }
}

impl Service {
    /// Signs `text` (RFC 8017, RSASSA-PKCS1-v1_5 with SHA-256).
    pub(super) fn sign(&self, text: &str) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| unusable("its private_key cannot sign"))?;
        Ok(signature)
    }
}

/// Reads the address of a token service: an assertion is good for whoever it is shown to.
fn token_uri(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|_| unusable("its token_uri is no address"))?;
    let host = url.host_str().unwrap_or_default();
    let is_google = host.ends_with(".googleapis.com") || host == "accounts.google.com";
    if url.scheme() != "https" || !is_google || url.port().is_some() {
        return Err(unusable("its token_uri is not a service of Google's"));
    }
    Ok(url)
}

fn parse_key(pem: &str) -> Result<KeyPair, Error> {
    let broken = "its private_key is no RSA key in PEM";
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unusable(broken))?;
    match &key {
        PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
        _ => return Err(unusable(broken)),
    }
    .map_err(|_| unusable(broken))
}

fn unusable(rule: &'static str) -> Error {
    Error::Unusable { what: "the file".to_owned(), rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_cannot_be_used() {
        for (file, words) in [
            ("", "no JSON"),
            ("{}", "its type"),
            (r#"{"type":"external_account"}"#, "its type"),
            (r#"{"type":"service_account","client_email":"a"}"#, "not both"),
            (
                r#"{"type":"service_account","client_email":"a","private_key":"canary"}"#,
                "no RSA key",
            ),
            (
                r#"{"type":"service_account","client_email":"a","private_key":"canary","token_uri":"https://evil.example/"}"#,
                "not a service of Google's",
            ),
            (r#"{"type":"authorized_user","client_id":"a"}"#, "not all of"),
        ] {
            let error = Account::parse(file, None).err().expect("refused").to_string();
            assert!(error.contains(words) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn token_services() {
        for (text, good) in [
            (TOKEN_URI, true),
            ("https://accounts.google.com/o/oauth2/token", true),
            ("https://sts.googleapis.com/v1/token", true),
            ("http://oauth2.googleapis.com/token", false),
            ("https://oauth2.googleapis.com:8443/token", false),
            ("https://googleapis.com.evil.example/", false),
            ("https://evilgoogleapis.com/", false),
            ("token", false),
        ] {
            assert_eq!(token_uri(text).is_ok(), good, "{text}");
        }
    }
}
