//! An identity from elsewhere for a token of Google's: workload identity federation (AIP-4117; RFC 8693).
//!
//! The identity lies in a file or is had from an address, as the user's own settings say. Those that are
//! made of a program's answer, of a request that Amazon's key signs or of a certificate are not read.

use std::collections::BTreeMap;
use std::time::SystemTime;

use cutaway_ref::auth::Secret;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde::Deserialize;

use super::impersonation::Impersonation;
use super::token::{Answer, SCOPE, Token};
use crate::Error;
use crate::call::form;
use crate::search::Search;

const STS: &str = "Google's security token service";
const SUBJECT: &str = "the service with the identity";

/// Settings for an identity from elsewhere.
pub(super) struct External {
    pub(super) audience: String,
    pub(super) subject_type: String,
    pub(super) token_url: Url,
    pub(super) source: Source,
    /// A client that has to name itself.
    pub(super) client: Option<(String, Secret)>,
    /// The project that pays for a workforce's requests.
    pub(super) project: Option<String>,
    pub(super) impersonation: Option<Impersonation>,
}

/// Where an identity is.
#[derive(Deserialize)]
pub(super) struct Source {
    file: Option<String>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    format: Option<Format>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(rename = "type")]
    kind: Option<String>,
    subject_token_field_name: Option<String>,
}

impl External {
    /// Returns whom the token is of.
    pub(super) fn name(&self) -> String {
        self.impersonation.as_ref().map_or_else(|| self.audience.clone(), Impersonation::account)
    }

    /// Exchanges the identity.
    pub(super) async fn token(
        &self,
        search: &Search<'_>,
        asked: SystemTime,
    ) -> Result<Token, Error> {
        let subject = self.source.subject(search).await?;
        let options = self.project.as_ref().filter(|_| self.client.is_none());
        let options =
            options.map(|project| serde_json::json!({ "userProject": project }).to_string());
        let mut pairs = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("audience", self.audience.as_str()),
            ("scope", SCOPE),
            ("subject_token_type", self.subject_type.as_str()),
            ("subject_token", subject.expose()),
        ];
        pairs.extend(options.as_deref().map(|options| ("options", options)));
        let mut request = search
            .caller
            .service
            .post(self.token_url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(&pairs));
        if let Some((id, secret)) = &self.client {
            request = request.basic_auth(id, Some(secret.expose()));
        }
        let answer: Answer = search.caller.json(request, STS).await?;
        let token = Token::living(answer.access_token, asked, answer.expires_in);
        match &self.impersonation {
            Some(account) => account.token(search, &token.text, asked).await,
            None => Ok(token),
        }
    }
}

impl Source {
    /// Returns the identity.
    async fn subject(&self, search: &Search<'_>) -> Result<Secret, Error> {
        let text = match (&self.file, &self.url) {
            (Some(path), _) => search.read(path).await?,
            (None, Some(url)) => self.ask(search, url).await?,
            (None, None) => {
                return Err(unusable("its credential_source is neither a file nor a url"));
            }
        };
        let format = self.format.as_ref();
        if format.and_then(|format| format.kind.as_deref()).unwrap_or("text") == "text" {
            return Ok(Secret::new(text.expose().trim()));
        }
        let field = format
            .and_then(|format| format.subject_token_field_name.as_deref())
            .ok_or_else(|| unusable("its credential_source lacks subject_token_field_name"))?;
        // The parser's error is left out: it may quote the identity.
        let value: serde_json::Value = serde_json::from_str(text.expose()).unwrap_or_default();
        let token = value.get(field).and_then(serde_json::Value::as_str);
        token.map(Secret::new).ok_or_else(|| {
            unusable("its credential_source is not JSON with the subject_token_field_name")
        })
    }

    async fn ask(&self, search: &Search<'_>, url: &str) -> Result<Secret, Error> {
        let url = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| unusable("the url of its credential_source is no HTTP address"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name);
            let value = HeaderValue::from_str(value);
            let (Ok(name), Ok(mut value)) = (name, value) else {
                return Err(unusable("its credential_source has headers that are none"));
            };
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        // Metadata services speak plain HTTP and are not behind the proxy.
        let client: &Client = match url.scheme() {
            "http" => &search.caller.metadata,
            _ => &search.caller.service,
        };
        let bytes = search.caller.bytes(client.get(url).headers(headers), SUBJECT).await?;
        let rule = "its answer is no text";
        String::from_utf8(bytes)
            .map(Secret::new)
            .map_err(|_| Error::Answer { service: SUBJECT, rule })
    }
}

fn unusable(rule: &str) -> Error {
    super::account::unusable(rule)
}
