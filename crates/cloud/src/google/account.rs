//! Credential files of Google, as data: a service account's key, or what a login has left.

use cutaway_ref::auth::Secret;
use reqwest::Url;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;

use super::external::{External, Source};
use super::impersonation::Impersonation;
use crate::Error;

/// What such a file holds.
pub(super) enum Account {
    /// Who proves itself.
    Own(Own),
    /// Who is known elsewhere.
    External(Box<External>),
    /// Who acts as a service account.
    Impersonated(Own, Impersonation),
}

/// Who proves itself to Google.
pub(super) enum Own {
    /// A service account, which signs for itself.
    Service(Box<Service>),
    /// A user, who logged in and left a refresh token.
    User { client_id: String, client_secret: Secret, refresh_token: Secret, token_uri: Url },
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
    audience: Option<String>,
    subject_token_type: Option<String>,
    token_url: Option<String>,
    credential_source: Option<Source>,
    workforce_pool_user_project: Option<String>,
    service_account_impersonation_url: Option<String>,
    service_account_impersonation: Option<ImpersonationFile>,
    delegates: Option<Vec<String>>,
    source_credentials: Option<Box<Self>>,
}

#[derive(Deserialize)]
struct ImpersonationFile {
    token_lifetime_seconds: Option<u64>,
}

/// Google's token service.
pub(super) const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// How long the token of an account that is acted as lives where its file does not say it, in seconds.
const LIFE: u64 = 3600;

impl Account {
    /// Parses the contents of a file. `endpoint` stands for the origin of Google's services.
    pub(super) fn parse(contents: &str, endpoint: Option<&Url>) -> Result<Self, Error> {
        // The parser's error is left out: it may quote the file.
        let file: File = serde_json::from_str(contents)
            .map_err(|_| unusable("it is no JSON of a credential file"))?;
        match file.kind.as_deref() {
            Some("external_account") => external(file, endpoint),
            Some("impersonated_service_account") => {
                let account = impersonation(&file, endpoint)?
                    .ok_or_else(|| unusable("it lacks service_account_impersonation_url"))?;
                let own = file
                    .source_credentials
                    .ok_or_else(|| unusable("it lacks source_credentials"))?;
                Ok(Self::Impersonated(Own::read(*own, endpoint)?, account))
            }
            _ => Ok(Self::Own(Own::read(file, endpoint)?)),
        }
    }
}

impl Own {
    /// Returns whose token it gets.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Service(service) => &service.email,
            Self::User { client_id, .. } => client_id,
        }
    }

    fn read(file: File, endpoint: Option<&Url>) -> Result<Self, Error> {
        match file.kind.as_deref() {
            Some("service_account") => {
                let (Some(email), Some(key)) = (file.client_email, file.private_key) else {
                    return Err(unusable("it has not both client_email and private_key"));
                };
                let named = file.token_uri.as_deref().unwrap_or(TOKEN_URI);
                let token_uri = service(named, "token_uri", endpoint)?;
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
                    token_uri: service(TOKEN_URI, "token_uri", endpoint)?,
                })
            }
            _ => Err(unusable(
                "its type is none of service_account, authorized_user, external_account and \
                 impersonated_service_account",
            )),
        }
    }
}

fn external(file: File, endpoint: Option<&Url>) -> Result<Account, Error> {
    let impersonation = impersonation(&file, endpoint)?;
    let (Some(audience), Some(subject_type), Some(token_url), Some(source)) =
        (file.audience, file.subject_token_type, file.token_url, file.credential_source)
    else {
        return Err(unusable(
            "it has not all of audience, subject_token_type, token_url and credential_source",
        ));
    };
    Ok(Account::External(Box::new(External {
        audience,
        subject_type,
        token_url: service(&token_url, "token_url", endpoint)?,
        source,
        client: file.client_id.zip(file.client_secret.map(Secret::new)),
        project: file.workforce_pool_user_project,
        impersonation,
    })))
}

fn impersonation(file: &File, endpoint: Option<&Url>) -> Result<Option<Impersonation>, Error> {
    let Some(url) = &file.service_account_impersonation_url else { return Ok(None) };
    let settings = file.service_account_impersonation.as_ref();
    Ok(Some(Impersonation {
        url: service(url, "service_account_impersonation_url", endpoint)?,
        delegates: file.delegates.clone().unwrap_or_default(),
        life: settings.and_then(|settings| settings.token_lifetime_seconds).unwrap_or(LIFE),
    }))
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

/// Reads the address of a service: what is shown to it is good for whoever sees it. `endpoint` stands for
/// its origin.
fn service(text: &str, name: &str, endpoint: Option<&Url>) -> Result<Url, Error> {
    let mut url = Url::parse(text).map_err(|_| unusable(&format!("its {name} is no address")))?;
    let host = url.host_str().unwrap_or_default();
    let is_google = host.ends_with(".googleapis.com") || host == "accounts.google.com";
    if url.scheme() != "https" || !is_google || url.port().is_some() {
        return Err(unusable(&format!("its {name} is not a service of Google's")));
    }
    if let Some(endpoint) = endpoint {
        let path = format!("{}{}", endpoint.path().trim_end_matches('/'), url.path());
        url.set_path(&path);
        let moved = url
            .set_scheme(endpoint.scheme())
            .and_then(|()| url.set_host(endpoint.host_str()).map_err(drop))
            .and_then(|()| url.set_port(endpoint.port()));
        moved.map_err(|()| unusable("the endpoint has no origin"))?;
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

pub(super) fn unusable(rule: &str) -> Error {
    Error::Unusable { what: "the file".to_owned(), rule: rule.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_cannot_be_used() {
        for (file, words) in [
            ("", "no JSON"),
            ("{}", "its type"),
            (r#"{"type":"external_account_authorized_user"}"#, "its type"),
            (r#"{"type":"external_account","audience":"canary"}"#, "not all of audience"),
            (
                r#"{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://evil.example/","credential_source":{"file":"canary"}}"#,
                "its token_url is not a service of Google's",
            ),
            (
                r#"{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"f"},"service_account_impersonation_url":"https://evil.example/canary"}"#,
                "its service_account_impersonation_url is not",
            ),
            (
                r#"{"type":"impersonated_service_account"}"#,
                "lacks service_account_impersonation_url",
            ),
            (
                r#"{"type":"impersonated_service_account","service_account_impersonation_url":"https://iamcredentials.googleapis.com/x","source_credentials":{"type":"external_account"}}"#,
                "its type is none",
            ),
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
            ("https://sts.europe-west1.rep.googleapis.com/v1/token", true),
            ("http://oauth2.googleapis.com/token", false),
            ("https://oauth2.googleapis.com:8443/token", false),
            ("https://googleapis.com.evil.example/", false),
            ("https://evilgoogleapis.com/", false),
            ("token", false),
        ] {
            assert_eq!(service(text, "token_uri", None).is_ok(), good, "{text}");
        }
    }
}
