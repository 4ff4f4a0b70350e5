//! A service account's token for who may act as it (IAM Service Account Credentials, `generateAccessToken`).

use std::time::SystemTime;

use cutaway_ref::auth::Secret;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use super::token::{SCOPE, Token};
use crate::search::Search;
use crate::{Error, moment};

const SERVICE: &str = "Google's service account credentials";

/// A service account that is acted as.
#[derive(Debug)]
pub(super) struct Impersonation {
    /// Where its tokens are given.
    pub(super) url: Url,
    /// The accounts on the way to it.
    pub(super) delegates: Vec<String>,
    /// How long its token shall live, in seconds.
    pub(super) life: u64,
}

impl Impersonation {
    /// Returns the account's name.
    pub(super) fn account(&self) -> String {
        let name = self.url.path().rsplit('/').next().unwrap_or_default();
        name.split(':').next().unwrap_or_default().replace("%40", "@")
    }

    /// Exchanges the token of who acts as the account.
    pub(super) async fn token(
        &self,
        search: &Search<'_>,
        own: &Secret,
        asked: SystemTime,
    ) -> Result<Token, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            access_token: String,
            expire_time: Option<String>,
        }
        let rule = "the token has characters that no header may have";
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", own.expose()))
            .map_err(|_| Error::Answer { service: SERVICE, rule })?;
        bearer.set_sensitive(true);
        let body = json!({
            "delegates": self.delegates,
            "scope": [SCOPE],
            "lifetime": format!("{}s", self.life),
        });
        let request = search
            .caller
            .service
            .post(self.url.clone())
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer: Answer = search.caller.json(request, SERVICE).await?;
        let mut token = Token::living(answer.access_token, asked, Some(self.life));
        if let Some(end) = answer.expire_time.as_deref().and_then(moment::parse) {
            token.expires = end;
        }
        Ok(token)
    }
}
